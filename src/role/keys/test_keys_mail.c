/* What keys signs of mail, and what it refuses to whoever took over the process that asks. */
#include "role/keys/keys_mail.h"

#include "proto/arc/arc.h"
#include "proto/dkim/test_dkim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { NOW = 1700000000, WEEK = 7 * 86400 };

static struct arena arena;
static struct buf asked[2];
static size_t asked_count;

static bool own(struct str domain) { return dns_env_name_is_below(domain, STR("example.org")) || str_eq(domain, STR("example.net")); }

static int capture(void *ctx, enum dkim_algorithm algorithm, struct str input, struct buf *signature)
{
	(void)ctx, (void)algorithm;
	buf_clear(&asked[asked_count]);
	assert_int_equal(buf_put_str(&asked[asked_count++], input), OK);
	return buf_put_str(signature, STR("signature"));
}

static const struct dkim_signer signer = { STR_INIT("example.org"), STR_INIT("r1"), DKIM_RSA_SHA256, capture, NULL };

static struct str input_of(const char *from, uint64_t now, uint64_t lifetime)
{
	struct buf out;
	struct str message = arena_printf(&arena, "From: %s\r\nTo: bob@far.example\r\nSubject:  Some   words\r\n\tfolded\r\nReceived: x\r\n\r\nHello\r\n", from);
	buf_init(&out, 64 << 10);
	asked_count = 0;
	assert_int_equal(test_sign(&arena, message, &signer, 1, now, lifetime, &out), OK);
	buf_done(&out);
	return buf_str(&asked[0]);
}

static int check(struct str input)
{
	struct keys_mail k = { STR("example.org"), STR("r1"), DKIM_RSA_SHA256, NOW, own };
	return keys_mail_check(&arena, &k, input);
}

static struct str with(struct str s, const char *what, const char *instead)
{
	size_t at = str_search(s, str_c(what));
	assert_true(at != STR_NPOS);
	return arena_printf(&arena, "%.*s%s%.*s", (int)at, s.p, instead, (int)(s.n - at - strlen(what)), s.p + at + strlen(what));
}

static void what_is_written_here(void **state)
{
	static const char *const good[] = { "ann@example.org", "Ann <ann@example.org>", "ann@mail.example.org", "ann@example.org, bob@example.net" };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_int_equal(check(input_of(good[i], NOW, WEEK)), OK);
	assert_int_equal(check(input_of("ann@example.org", NOW - 200, WEEK)), OK);
}

/* A34, A35, and a relay that was taken over. */
static void refused(void **state)
{
	static const char *const foreign[] = { "eve@evil.example", "ann@example.org, eve@evil.example", "ann@notexample.org", "nobody" };
	static const struct { const char *what, *instead; } changes[] = {
		{ "d=example.org", "d=example.net" }, { "s=r1", "s=r2" }, { "a=rsa-sha256", "a=ed25519-sha256" },
		{ "c=relaxed/relaxed", "c=relaxed/simple" }, { "v=1;", "v=1; l=5;" }, { "from:ann@", "from:x@evil.example\r\nfrom:ann@" },
		{ "to:bob@far.example\r\n", "" "to:bob@far.example\r\nx-other:1\r\n" }, { "h=From:From:", "h=From:" },
		{ "dkim-signature:", "dkim-signature-x:" }, { "dkim-signature:", "subject:" }, { "subject:", "subject:\x01" }, { " b=", " b=AAAA" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(foreign); i++)
		assert_int_equal(check(input_of(foreign[i], NOW, WEEK)), E_DENIED);
	assert_int_equal(check(input_of("ann@example.org", NOW - 3600, WEEK)), E_DENIED);
	assert_int_equal(check(input_of("ann@example.org", NOW + 3600, WEEK)), E_DENIED);
	assert_int_equal(check(input_of("ann@example.org", NOW, 0)), E_DENIED);
	assert_int_equal(check(input_of("ann@example.org", NOW, 365 * 86400)), E_DENIED);
	for (size_t i = 0; i < COUNT_OF(changes); i++)
		assert_int_equal(check(with(input_of("ann@example.org", NOW, WEEK), changes[i].what, changes[i].instead)), E_DENIED);
	assert_int_equal(check(STR("")), E_DENIED);
	assert_int_equal(check(STR("hello")), E_DENIED);
	assert_int_equal(check((struct str){ "\0\0\0\0", 4 }), E_DENIED);
}

static void seals(void **state)
{
	static struct dkim_message m;
	struct arc_seal seal;
	struct arc_verify chain;
	struct dns_zone zone;
	struct dns_env dns;
	struct buf out;
	struct str header = STR("From: eve@far.example\r\nTo: x@example.org\r\nSubject: x\r\n\r\n");
	(void)state;
	asked_count = 0;
	buf_init(&out, 64 << 10);
	dns_zone_init(&zone, &arena);
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	dkim_message_init(&m, &arena, header);
	arc_verify_begin(&chain, &m);
	assert_int_equal(arc_seal_begin(&seal, &m, NULL, 0), OK);
	dkim_message_body_end(&m);
	arc_verify_end(&chain, &dns, NOW);
	assert_int_equal(arc_seal_end(&seal, &chain, STR("mx.example.org; none"), &signer, NOW, &out), OK);
	assert_int_equal(asked_count, 2);
	assert_int_equal(check(buf_str(&asked[0])), OK);
	assert_int_equal(check(buf_str(&asked[1])), OK);
	assert_int_equal(check(with(buf_str(&asked[1]), "arc-authentication-results:", "subject:")), E_DENIED);
	assert_int_equal(check(with(buf_str(&asked[1]), "arc-seal:", "dkim-signature:")), E_DENIED);
	assert_int_equal(check(with(buf_str(&asked[0]), "arc-message-signature:", "dkim-signature:")), E_DENIED);
	dkim_message_done(&m);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_written_here), cmocka_unit_test(refused), cmocka_unit_test(seals) };
	arena_init(&arena, 64 << 20, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		buf_init(&asked[i], 64 << 10);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(asked); i++)
		buf_done(&asked[i]);
	arena_done(&arena);
	return failed;
}
