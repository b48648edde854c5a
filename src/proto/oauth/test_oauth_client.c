#include "proto/oauth/oauth_authorize.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* RFC 8252 7, RFC 9700 4.1 */
static void registered(void **state)
{
	static const struct { struct str uri; bool valid; } rows[] = {
		{ STR_INIT("https://app.example.com/cb"), true }, { STR_INIT("https://app.example.com/cb?x=1"), true }, { STR_INIT("https://app.example.com"), true },
		{ STR_INIT("http://127.0.0.1/cb"), true }, { STR_INIT("http://127.0.0.1:8080/cb"), true }, { STR_INIT("http://[::1]/cb"), true },
		{ STR_INIT("http://localhost/"), true }, { STR_INIT("com.example.app:/cb"), true },
		{ STR_INIT("http://app.example.com/cb"), false }, { STR_INIT("http://127.0.0.2/cb"), false }, { STR_INIT("http://127.0.0.1.evil.test/cb"), false },
		{ STR_INIT("https://app.example.com/cb#x"), false }, { STR_INIT("https://me@app.example.com/cb"), false }, { STR_INIT("https:///cb"), false },
		{ STR_INIT("https:/cb"), false }, { STR_INIT("https://app.example.com/c b"), false }, { STR_INIT("https://app.example.com/\xc3\xa4"), false },
		{ STR_INIT("https://app.example.com/<x>"), false }, { STR_INIT("https://app.example.com/x;y"), true }, { STR_INIT("app:/cb"), false },
		{ STR_INIT("com.example.app:cb"), false }, { STR_INIT("com.example.app://cb"), false }, { STR_INIT("javascript:alert(1)"), false },
		{ STR_INIT("data:text/html,x"), false }, { STR_INIT("//app.example.com/cb"), false }, { STR_INIT("/cb"), false }, { STR_INIT(""), false },
		{ STR_INIT("HTTPS://app.example.com/cb"), false }, { STR_INIT("https://app.example.com:0/cb"), false }, { STR_INIT("https://app.example.com\\@evil.test/"), false },
		{ STR_INIT("https://app.example.com/cb\r\nX: y"), false }, { STR_INIT(".a.b:/cb"), false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (oauth_redirect_valid(rows[i].uri) != rows[i].valid)
			fail_msg(STR_FMT, STR_ARG(rows[i].uri));
}

static const struct oauth_client client = {
	.id = STR_INIT("c"), .name = STR_INIT("C"), .flags = OAUTH_CLIENT_CODE, .scope = OAUTH_SCOPE_IMAP | OAUTH_SCOPE_SMTP, .redirect_count = 3,
	.redirects = { STR_INIT("https://app.example.com/cb"), STR_INIT("http://127.0.0.1/cb"), STR_INIT("com.example.app:/cb") },
};

static void compared(void **state)
{
	static const struct { struct str uri; bool match; } rows[] = {
		{ STR_INIT("https://app.example.com/cb"), true }, { STR_INIT("http://127.0.0.1/cb"), true }, { STR_INIT("http://127.0.0.1:49152/cb"), true },
		{ STR_INIT("com.example.app:/cb"), true },
		{ STR_INIT("https://app.example.com:443/cb"), false }, { STR_INIT("https://app.example.com/cb/"), false }, { STR_INIT("https://app.example.com/cb?"), false },
		{ STR_INIT("https://app.example.com/CB"), false }, { STR_INIT("https://app.example.com/x/../cb"), false }, { STR_INIT("https://app.example.com/%63b"), false },
		{ STR_INIT("https://APP.example.com/cb"), false }, { STR_INIT("https://xapp.example.com/cb"), false }, { STR_INIT("http://[::1]:49152/cb"), false },
		{ STR_INIT("http://localhost:49152/cb"), false }, { STR_INIT("https://127.0.0.1:49152/cb"), false }, { STR_INIT("http://127.0.0.1:49152/cb2"), false },
		{ STR_INIT("http://127.0.0.1:99999/cb"), false }, { STR_INIT("com.example.app:/cb/"), false }, { STR_INIT("com.example.app2:/cb"), false }, { STR_INIT(""), false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (oauth_client_redirects(&client, rows[i].uri) != rows[i].match)
			fail_msg(STR_FMT, STR_ARG(rows[i].uri));
}

static void sources(void **state)
{
	static const struct { struct str uri, source, host; } rows[] = {
		{ STR_INIT("https://app.example.com/cb;x"), STR_INIT("https://app.example.com"), STR_INIT("app.example.com") },
		{ STR_INIT("http://127.0.0.1:8080/cb"), STR_INIT("http://127.0.0.1:8080"), STR_INIT("127.0.0.1") },
		{ STR_INIT("com.example.app:/cb"), STR_INIT("com.example.app:"), STR_INIT("com.example.app") },
		{ STR_INIT("https://a b/"), STR_INIT(""), STR_INIT("") },
	};
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 16, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_true(str_eq(oauth_redirect_source(&a, rows[i].uri), rows[i].source));
		assert_true(str_eq(oauth_redirect_host(rows[i].uri), rows[i].host));
	}
	arena_done(&a);
}

static void scopes(void **state)
{
	static const struct { struct str text; int err; unsigned scope; const char *again; } rows[] = {
		{ STR_INIT(""), OK, OAUTH_SCOPE_IMAP, "imap" }, { STR_INIT("smtp imap"), OK, OAUTH_SCOPE_IMAP | OAUTH_SCOPE_SMTP, "imap smtp" },
		{ STR_INIT("imap offline_access"), OK, OAUTH_SCOPE_IMAP, "imap" }, { STR_INIT("offline_access"), OK, OAUTH_SCOPE_IMAP, "imap" },
		{ STR_INIT("imap  smtp "), OK, OAUTH_SCOPE_IMAP | OAUTH_SCOPE_SMTP, "imap smtp" },
		{ STR_INIT("IMAP"), E_SYNTAX, 0, NULL }, { STR_INIT("imap admin"), E_SYNTAX, 0, NULL }, { STR_INIT("imap,smtp"), E_SYNTAX, 0, NULL },
		{ STR_INIT("sieve"), E_DENIED, 0, NULL },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		unsigned scope = 0;
		char text[OAUTH_SCOPE_TEXT];
		assert_int_equal(oauth_scope_read(rows[i].text, OAUTH_SCOPE_IMAP, OAUTH_SCOPE_IMAP | OAUTH_SCOPE_SMTP, &scope), rows[i].err);
		assert_int_equal(scope, rows[i].scope);
		assert_true(!rows[i].again || str_eq(oauth_scope_write(scope, text), str_c(rows[i].again)));
	}
	char all[OAUTH_SCOPE_TEXT];
	assert_true(oauth_scope_write(OAUTH_SCOPE_ALL, all).n < OAUTH_SCOPE_TEXT);
}

/* A94, A95: a name can't turn its text around or hide something in it. */
static void names(void **state)
{
	(void)state;
	assert_true(oauth_client_name_valid(STR("Caff\xc3\xa8 Mail")));
	static const struct str bad[] = { STR_INIT(""), STR_INIT("a\nb"), STR_INIT("a\xe2\x80\xae" "b"), STR_INIT("a\xe2\x80\x8b" "b"), STR_INIT("a\xffz"), STR_INIT("a\xc2\x85"),
		STR_INIT("0123456789012345678901234567890123456789012345678901234567890123456789012345678901") };
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(oauth_client_name_valid(bad[i]));
	assert_true(oauth_client_id_valid(STR("a-b.c_1")) && !oauth_client_id_valid(STR("a/b")) && !oauth_client_id_valid(STR("")));
}

static void client_kept(void **state)
{
	(void)state;
	struct buf b;
	struct oauth_client again;
	buf_init(&b, 8192);
	assert_int_equal(oauth_client_encode(&b, &client), OK);
	assert_int_equal(oauth_client_decode(buf_str(&b), &again), OK);
	assert_true(str_eq(again.id, client.id) && again.redirect_count == 3 && str_eq(again.redirects[2], client.redirects[2]) && again.scope == client.scope);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(oauth_client_decode(str_first(buf_str(&b), n), &again), E_CORRUPT);
	buf_done(&b);
}

#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define GOOD "client_id=c&response_type=code&state=s&code_challenge_method=S256&code_challenge=" CHALLENGE
#define TO "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb"
static void requests(void **state)
{
	static const struct { struct str query; enum oauth_outcome outcome; } rows[] = {
		{ STR_INIT(GOOD TO), OAUTH_OK }, { STR_INIT(GOOD TO "&scope=imap"), OAUTH_OK }, { STR_INIT(GOOD TO "&scope=sieve"), OAUTH_INVALID_SCOPE },
		{ STR_INIT(GOOD TO "&scope=imap&scope=smtp"), OAUTH_INVALID_REQUEST }, { STR_INIT(GOOD TO "&state=t"), OAUTH_INVALID_REQUEST },
		{ STR_INIT(GOOD TO "&response_mode=fragment"), OAUTH_INVALID_REQUEST }, { STR_INIT(GOOD TO "&unknown=1"), OAUTH_OK },
		{ STR_INIT("response_type=token&code_challenge_method=S256&code_challenge=" CHALLENGE TO), OAUTH_UNSUPPORTED_RESPONSE_TYPE },
		{ STR_INIT("response_type=code&code_challenge=" CHALLENGE TO), OAUTH_INVALID_REQUEST }, { STR_INIT("response_type=code" TO), OAUTH_INVALID_REQUEST },
		{ STR_INIT("response_type=code&code_challenge_method=plain&code_challenge=" CHALLENGE TO), OAUTH_INVALID_REQUEST },
	};
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 20, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct http_form f;
		struct oauth_authorize r;
		assert_int_equal(http_form_parse(&a, rows[i].query, &f), OK);
		if (oauth_authorize_check(&f, &client, &r) != rows[i].outcome)
			fail_msg("row %zu", i);
		assert_true(str_eq(r.redirect, client.redirects[0]));
	}
	arena_done(&a);
}

static void nowhere_to_go(void **state)
{
	static const struct str rows[] = { STR_INIT(GOOD), STR_INIT(GOOD TO TO), STR_INIT(GOOD "&redirect_uri="), STR_INIT(GOOD "&redirect_uri=https://evil.test/cb") };
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 20, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct http_form f;
		struct str to;
		assert_int_equal(http_form_parse(&a, rows[i], &f), OK);
		assert_int_equal(oauth_authorize_redirect(&f, &client, &to), E_DENIED);
	}
	arena_done(&a);
}

static void answers(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 20, NULL, NULL);
	struct oauth_authorize r = { .redirect = STR("https://app.example.com/cb"), .state = STR("a&b=c\r\n") };
	assert_true(str_eq(oauth_authorize_answer(&a, &r, STR("code"), STR("x"), STR("https://m.test")),
		STR("https://app.example.com/cb?code=x&state=a%26b%3Dc%0D%0A&iss=https%3A%2F%2Fm.test")));
	r = (struct oauth_authorize){ .redirect = STR("https://app.example.com/cb?y=1") };
	assert_true(str_eq(oauth_authorize_answer(&a, &r, STR("error"), STR("access_denied"), STR("https://m.test")),
		STR("https://app.example.com/cb?y=1&error=access_denied&iss=https%3A%2F%2Fm.test")));
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registered), cmocka_unit_test(compared), cmocka_unit_test(sources), cmocka_unit_test(scopes), cmocka_unit_test(names),
		cmocka_unit_test(client_kept), cmocka_unit_test(requests), cmocka_unit_test(nowhere_to_go), cmocka_unit_test(answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
