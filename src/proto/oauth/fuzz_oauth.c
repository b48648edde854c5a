/* What strangers send to the authorisation server, and its records. The first byte chooses. Invariants: a token that was read writes the same
 * text; a redirect that was accepted has no byte that could end a header, a policy or a host, and fits the policy's source; a scope that was
 * read is read again; records that were read are written as they were. */
#include "proto/oauth/oauth_authorize.h"
#include "proto/oauth/oauth_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void token(struct str in)
{
	struct oauth_token t;
	char text[OAUTH_TOKEN_TEXT], code[OAUTH_USER_CODE];
	for (unsigned kind = 0; kind < OAUTH_KIND_COUNT; kind++) {
		if (oauth_token_read(in, (enum oauth_kind)kind, &t) != OK)
			continue;
		oauth_token_write(&t, text);
		check(str_eq(str_c(text), in));
	}
	if (oauth_user_code_read(in, code) == OK)
		check(in.n >= OAUTH_USER_CODE);
	if (oauth_verifier_matches(in, in))
		abort();
}

static void redirect(struct str in)
{
	struct arena a;
	if (!oauth_redirect_valid(in))
		return;
	arena_init(&a, 1 << 20, NULL, NULL);
	struct str source = oauth_redirect_source(&a, in);
	check(!str_has_control(in) && str_is_ascii(in) && str_find(in, '#') == STR_NPOS && str_find(in, ' ') == STR_NPOS && str_find(in, '"') == STR_NPOS);
	check(source.n && str_find(source, ';') == STR_NPOS && str_find(source, ',') == STR_NPOS && str_find(source, '\'') == STR_NPOS && oauth_redirect_host(in).n);
	struct oauth_client c = { .redirects = { in }, .redirect_count = 1 };
	check(oauth_client_redirects(&c, in));
	arena_done(&a);
}

static void request(struct str in)
{
	static const struct oauth_client c = {
		.id = STR_INIT("c"), .name = STR_INIT("C"), .flags = OAUTH_CLIENT_CODE, .scope = OAUTH_SCOPE_IMAP, .redirect_count = 2,
		.redirects = { STR_INIT("https://a.test/cb"), STR_INIT("http://127.0.0.1/cb") },
	};
	struct arena a;
	struct http_form f;
	struct oauth_authorize r;
	arena_init(&a, 4 << 20, NULL, NULL);
	if (http_form_parse(&a, in, &f) == OK) {
		enum oauth_outcome outcome = oauth_authorize_check(&f, &c, &r);
		check(outcome != OAUTH_OK || (r.scope == OAUTH_SCOPE_IMAP && r.redirect.n && oauth_challenge_valid(r.challenge)));
		struct str to = r.redirect.n && r.state.n <= OAUTH_STATE_MAX ? oauth_authorize_answer(&a, &r, STR("code"), STR("x"), STR("https://m.test")) : STR("");
		check(!str_has_control(to) && (!to.n || str_starts(to, STR("https://a.test/cb?")) || str_starts(to, STR("http://127.0.0.1"))));
	}
	arena_done(&a);
}

static void scope(struct str in)
{
	unsigned one, again;
	char text[OAUTH_SCOPE_TEXT];
	if (oauth_scope_read(in, 0, OAUTH_SCOPE_ALL, &one) == OK && one)
		check(oauth_scope_read(oauth_scope_write(one, text), 0, OAUTH_SCOPE_ALL, &again) == OK && again == one);
}

#define RECORD(name, over)                                                                                             \
	static void name(struct str in)                                                                                \
	{                                                                                                              \
		struct oauth_##name record, again;                                                                     \
		struct buf b;                                                                                          \
		if (oauth_##name##_decode(in, &record) != OK)                                                          \
			return;                                                                                        \
		buf_init(&b, 1 << 16);                                                                                 \
		check(oauth_##name##_encode(&b, &record) == OK && oauth_##name##_decode(buf_str(&b), &again) == OK);   \
		over;                                                                                                  \
		buf_done(&b);                                                                                          \
	}
RECORD(code, (void)oauth_code_over(&again, 1))
RECORD(device, (void)oauth_device_over(&again, 1))
RECORD(grant, (void)oauth_grant_over(&again, 1))
RECORD(session, (void)oauth_session_over(&again, 1))
RECORD(client, check(oauth_client_id_valid(again.id)))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static void (*const targets[])(struct str) = { token, redirect, request, scope, code, device, grant, session, client };
	if (n < 1 || n > 8192)
		return 0;
	targets[data[0] % COUNT_OF(targets)]((struct str){ (const char *)data + 1, n - 1 });
	return 0;
}
