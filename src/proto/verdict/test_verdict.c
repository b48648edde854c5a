/* The whole evaluator, with DNS from a table: decisions, overrides, marks, and attacks of THREATS A.2. */
#include "proto/verdict/verdict.h"

#include "proto/authres/authres.h"
#include "proto/dkim/test_dkim.h"
#include "proto/header/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

enum { NOW = 1700000000 };

static struct arena arena;
static struct dns_zone zone;
static struct verdict verdict;
static struct verdict_input input;
static struct str own[] = { STR_INIT("example.test") };
static struct verdict_person people[] = { { STR_INIT("Anna Rossi"), STR_INIT("anna@example.test") } };

static void add(const char *name, enum dns_type type, const char *value)
{
	assert_int_equal(dns_zone_add(&zone, str_c(name), type, str_c(value)), OK);
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 64 << 20, NULL, NULL);
	dns_zone_init(&zone, &arena);
	add("strict.test", DNS_TXT, "v=spf1 ip4:192.0.2.1 -all");
	add("_dmarc.strict.test", DNS_TXT, "v=DMARC1; p=reject");
	add("k._domainkey.strict.test", DNS_TXT, TEST_RFC8463_RECORD);
	add("soft.test", DNS_TXT, "v=spf1 -all");
	add("_dmarc.soft.test", DNS_TXT, "v=DMARC1; p=quarantine");
	add("free.test", DNS_TXT, "v=spf1 ip4:203.0.113.9 -all");
	add("k._domainkey.lists.test", DNS_TXT, TEST_RFC8463_RECORD);
	add("k._domainkey.free.test", DNS_TXT, TEST_RFC8463_RECORD);
	input = (struct verdict_input){ .has_client = true, .client = { .bytes = { 203, 0, 113, 9 } }, .helo = STR("mx.free.test"),
					.sender = STR("x@free.test"), .receiver = STR("mx.example.test"), .now = NOW,
					.facts = { .own = own, .own_count = 1, .people = people, .people_count = 1 } };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static const struct verdict *judge(struct str message)
{
	struct dns_env dns;
	struct buf out;
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	input.message = message;
	verdict_begin(&verdict, &arena, &input);
	verdict_judge(&verdict, &dns);
	verdict_done(&verdict);
	buf_init(&out, 32 << 10);
	assert_int_equal(verdict_write(&verdict, &out), OK);
	assert_true(str_starts(buf_str(&out), STR("Authentication-Results: mx.example.test;")));
	assert_true(verdict.reason.n > 0 && str_is_ascii(verdict.reason) && !str_has_control(verdict.reason));
	buf_done(&out);
	return &verdict;
}

static struct str mail(const char *fields) { return arena_printf(&arena, "%sTo: anna@example.test\r\nSubject: s\r\n\r\nbody\r\n", fields); }

static struct str signed_by(const char *domain, struct str message)
{
	EVP_PKEY *key = test_rfc8463_key();
	struct dkim_signer signer = { str_c(domain), STR("k"), DKIM_ED25519_SHA256, test_sign_callback, key };
	struct buf out;
	buf_init(&out, 1 << 20);
	assert_int_equal(test_sign(&arena, message, &signer, 1, NOW, 600, &out), OK);
	struct str s = arena_dup(&arena, buf_str(&out));
	buf_done(&out);
	EVP_PKEY_free(key);
	return s;
}

static void expect(struct str message, enum verdict_action action, enum dmarc_code dmarc)
{
	const struct verdict *v = judge(message);
	if (v->action != action || v->dmarc.code != dmarc)
		fail_msg("%s, dmarc=%s: " STR_FMT " / " STR_FMT, verdict_action_name(v->action), dmarc_code_name(v->dmarc.code), STR_ARG(v->reason),
			 STR_ARG(v->dmarc.reason));
}

static void decisions(void **state)
{
	(void)state;
	expect(mail("From: a@free.test\r\n"), VERDICT_ACCEPT, DMARC_NONE);
	expect(mail("From: a@strict.test\r\n"), VERDICT_REJECT, DMARC_FAIL);
	expect(mail("From: a@soft.test\r\n"), VERDICT_JUNK, DMARC_FAIL);
	expect(signed_by("strict.test", mail("From: a@strict.test\r\n")), VERDICT_ACCEPT, DMARC_PASS);
	input.policy.mode = VERDICT_QUARANTINE;
	expect(mail("From: a@strict.test\r\n"), VERDICT_JUNK, DMARC_FAIL);
	assert_int_equal(verdict.override, VERDICT_LOCAL_POLICY);
	input.policy.mode = VERDICT_MARK;
	expect(mail("From: a@strict.test\r\n"), VERDICT_ACCEPT, DMARC_FAIL);
	expect(mail("X: no author\r\n"), VERDICT_ACCEPT, DMARC_PERMERROR);
}

/* What DNS cannot tell is neither a reason to refuse nor a way around a policy. */
static void uncertain(void **state)
{
	(void)state;
	dns_zone_fail(&zone, STR("_dmarc.lost.test"));
	expect(mail("From: a@lost.test\r\n"), VERDICT_ACCEPT, DMARC_TEMPERROR);
	assert_true(verdict_has(&verdict, VERDICT_UNCERTAIN));
	input.policy.defer_uncertain = true;
	expect(mail("From: a@lost.test\r\n"), VERDICT_DEFER, DMARC_TEMPERROR);
	input.policy.defer_uncertain = false;
	/* the key cannot be had, the policy can */
	struct str message = signed_by("strict.test", mail("From: a@strict.test\r\n"));
	dns_zone_init(&zone, &arena);
	add("_dmarc.strict.test", DNS_TXT, "v=DMARC1; p=reject");
	dns_zone_fail(&zone, STR("k._domainkey.strict.test"));
	expect(message, VERDICT_JUNK, DMARC_FAIL);
	/* a dead domain of somebody else's excuses nothing */
	dns_zone_fail(&zone, STR("k._domainkey.dead.test"));
	expect(signed_by("dead.test", mail("From: a@strict.test\r\n")), VERDICT_REJECT, DMARC_FAIL);
}

static void overrides(void **state)
{
	(void)state;
	struct str listed = mail("From: a@strict.test\r\nList-Id: Garden <garden.lists.test>\r\n");
	expect(listed, VERDICT_REJECT, DMARC_FAIL);     /* anybody can say so */
	expect(signed_by("lists.test", listed), VERDICT_JUNK, DMARC_FAIL);
	assert_int_equal(verdict.override, VERDICT_LIST_LIKE);
	struct str trusted = STR("lists.test");
	input.policy.lists = &trusted;
	input.policy.list_count = 1;
	expect(signed_by("lists.test", listed), VERDICT_ACCEPT, DMARC_FAIL);
	assert_int_equal(verdict.override, VERDICT_TRUSTED_LIST);
	expect(listed, VERDICT_REJECT, DMARC_FAIL);
	expect(signed_by("free.test", listed), VERDICT_REJECT, DMARC_FAIL);
}

static struct str sealed(struct str message, const char *results)
{
	EVP_PKEY *key = test_rfc8463_key();
	struct dkim_signer signer = { STR("lists.test"), STR("k"), DKIM_ED25519_SHA256, test_sign_callback, key };
	struct dkim_message m;
	struct arc_verify chain;
	struct arc_seal seal;
	struct dns_env dns;
	struct buf out;
	buf_init(&out, 1 << 20);
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	dkim_message_init(&m, &arena, str_first(message, header_end(message)));
	arc_verify_begin(&chain, &m);
	assert_int_equal(arc_seal_begin(&seal, &m, NULL, 0), OK);
	dkim_message_body(&m, str_skip(message, header_end(message)));
	dkim_message_body_end(&m);
	arc_verify_end(&chain, &dns, NOW);
	assert_int_equal(arc_seal_end(&seal, &chain, str_c(results), &signer, NOW, &out), OK);
	dkim_message_done(&m);
	assert_int_equal(buf_put_str(&out, message), OK);
	struct str s = arena_dup(&arena, buf_str(&out));
	buf_done(&out);
	EVP_PKEY_free(key);
	return s;
}

/* A43: a chain that holds changes nothing, unless its sealer is trusted and says that DMARC passed. */
static void a43_sealers(void **state)
{
	(void)state;
	struct str message = mail("From: a@strict.test\r\nDate: x\r\nMessage-ID: <1@strict.test>\r\n"), trusted = STR("lists.test");
	struct str good = sealed(message, "mx.lists.test; dmarc=pass header.from=strict.test"), bad = sealed(message, "mx.lists.test; dmarc=fail");
	expect(good, VERDICT_REJECT, DMARC_FAIL);
	assert_int_equal(verdict.arc.result.code, ARC_PASS);
	input.policy.sealers = &trusted;
	input.policy.sealer_count = 1;
	expect(good, VERDICT_ACCEPT, DMARC_FAIL);
	assert_int_equal(verdict.override, VERDICT_TRUSTED_SEALER);
	expect(bad, VERDICT_REJECT, DMARC_FAIL);
}

/* A34, A35: a signed message with a field on top that people would see instead. */
static void a34_a35_added(void **state)
{
	(void)state;
	struct str signed_mail = signed_by("strict.test", mail("From: a@strict.test\r\n"));
	static const char *const added[] = { "Subject: other", "To: victim@example.test", "From: b@strict.test" };
	expect(signed_mail, VERDICT_ACCEPT, DMARC_PASS);
	for (size_t i = 0; i < COUNT_OF(added); i++)
		assert_int_equal(judge(arena_printf(&arena, "%s\r\n%.*s", added[i], (int)signed_mail.n, signed_mail.p))->action, VERDICT_REJECT);
}

static void marks(void **state)
{
	(void)state;
	static const struct { const char *fields; enum verdict_mark mark; } rows[] = {
		{ "X: y\r\n", VERDICT_FROM_MISSING },
		{ "From: a@free.test\r\nFrom: b@free.test\r\n", VERDICT_FROM_REPEATED },                                    /* A27 */
		{ "From: a@free.test, b@free.test\r\n", VERDICT_FROM_SEVERAL },
		{ "From: Staff: a@free.test;\r\n", VERDICT_FROM_MALFORMED },                                                /* A28 */
		{ "From: <@relay.test:a@free.test>\r\n", VERDICT_FROM_MALFORMED },
		{ "From: MAILER-DAEMON\r\n", VERDICT_FROM_MALFORMED },
		{ "From: a@[192.0.2.1]\r\n", VERDICT_FROM_NO_DOMAIN },
		{ "From: =?utf-8?q?a=40strict.test?=\r\n", VERDICT_FROM_ENCODED },                                          /* A29 */
		{ "From: \"ceo@strict.test\" <a@free.test>\r\n", VERDICT_NAME_ADDRESS },
		{ "From: =?utf-8?q?ceo=40strict.test?= <a@free.test>\r\n", VERDICT_NAME_ADDRESS },
		{ "From: =?utf-8?q?ceo=EF=BC=A0strict.test?= <a@free.test>\r\n", VERDICT_NAME_ADDRESS },                     /* full-width @ */
		{ "From: a@free.test (ceo@strict.test)\r\n", VERDICT_NAME_ADDRESS },                                        /* a comment is shown as a name */
		{ "From: =?utf-8?q?=E2=80=AEnna?= <a@free.test>\r\n", VERDICT_NAME_HIDDEN },                                 /* right to left */
		{ "From: Anna Rossi <a@free.test>\r\n", VERDICT_NAME_COLLEAGUE },
		{ "From: a@exarnple.test\r\n", VERDICT_LOOKALIKE_OWN },
		{ "From: a@example.test\r\n", VERDICT_OWN_UNPROVEN },
		{ "From: a@free.test\r\nReply-To: b@elsewhere.test\r\n", VERDICT_REPLY_ELSEWHERE },
		{ "From: a@free.test\r\nSubject: one\r\n", VERDICT_FIELD_REPEATED },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct verdict *v = judge(mail(rows[i].fields));
		if (!verdict_has(v, rows[i].mark) || v->detail[rows[i].mark].n == 0)
			fail_msg("row %zu: no %s in %s", i, verdict_mark_name(rows[i].mark), rows[i].fields);
	}
	const struct verdict *v = judge(mail("From: \"Bob\" <b@free.test>\r\nReply-To: b@news.free.test\r\n"));
	if (v->marks)
		fail_msg("marks %x", v->marks);
	input.facts.relation = VERDICT_RELATION_NONE;
	assert_false(verdict_has(judge(mail("From: b@free.test\r\n")), VERDICT_FIRST_TIME));       /* not the envelope's sender */
	input.sender = STR("b@free.test");
	assert_true(verdict_has(judge(mail("From: b@free.test\r\n")), VERDICT_FIRST_TIME));
	input.facts.relation = VERDICT_RELATION_CORRESPONDENT;
	assert_true(verdict_has(judge(mail("From: b@free.test\r\n")), VERDICT_CORRESPONDENT));
}

/* A36: 500 signatures of as many domains: few questions, at once. */
static void a36_flood(void **state)
{
	(void)state;
	struct buf m;
	buf_init(&m, 8 << 20);
	for (int i = 0; i < 500; i++)
		assert_int_equal(buf_printf(&m, "DKIM-Signature: v=1; a=rsa-sha256; d=d%d.test; s=s; c=relaxed/relaxed; h=from; "
						"bh=g3zLYH4xKxcPrHOD18z9YfpQcnk/GaJedfustWU5uGs=; b=AAAA\r\n", i), OK);
	assert_int_equal(buf_put_str(&m, mail("From: a@strict.test\r\n")), OK);
	clock_t start = clock();
	const struct verdict *v = judge(buf_str(&m));
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 1);
	assert_int_equal(v->action, VERDICT_REJECT);
	assert_true(verdict_has(v, VERDICT_SIGNATURES_MANY));
	assert_true(v->asked <= 30);
	buf_done(&m);
}

/* A38, A47: a message that makes us ask more than we do is still held against its author's policy. */
static void a38_a47_budget(void **state)
{
	(void)state;
	struct dns_env dns;
	add("bomb.test", DNS_TXT, "v=spf1 mx:m0.bomb.test mx:m1.bomb.test a:v1.bomb.test a:v2.bomb.test a:v3.bomb.test -all");
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < 50; i++)
			add(arena_printf(&arena, "m%d.bomb.test", k).p, DNS_MX, arena_printf(&arena, "10 h%d.bomb.test", i).p);
	input.sender = STR("x@bomb.test");
	input.message = mail("From: a@strict.test\r\n");
	dns_env_init(&dns, &arena, dns_zone_source(&zone), (struct dns_env_limits){ .questions = 3 });
	verdict_begin(&verdict, &arena, &input);
	verdict_judge(&verdict, &dns);
	verdict_done(&verdict);
	assert_int_equal(verdict.action, VERDICT_REJECT);
	assert_true(verdict_has(&verdict, VERDICT_DNS_EXHAUSTED));
	assert_int_equal(judge(input.message)->mail_from.code, SPF_PERMERROR);
	assert_true(verdict.asked < 40);
}

/* A38: void look-ups; a CNAME loop; records of absurd size. */
static void a38_poison(void **state)
{
	(void)state;
	char *big = arena_alloc(&arena, 60001);
	memset(big, 'A', 60000);
	add("void.test", DNS_TXT, "v=spf1 a:a.void.test a:b.void.test a:c.void.test ip4:203.0.113.9 -all");
	add("loop.test", DNS_CNAME, "pool.test");
	add("pool.test", DNS_CNAME, "loop.test");
	add("k._domainkey.huge.test", DNS_TXT, arena_printf(&arena, "v=DKIM1; k=rsa; p=%s", big).p);
	input.sender = STR("x@void.test");
	assert_int_equal(judge(mail("From: a@free.test\r\n"))->mail_from.code, SPF_PERMERROR);
	input.sender = STR("x@loop.test");
	assert_int_equal(judge(mail("From: a@free.test\r\n"))->mail_from.code, SPF_TEMPERROR);
	judge(signed_by("huge.test", mail("From: a@free.test\r\n")));
	assert_int_equal(verdict.dkim.results[0].code, DKIM_PERMERROR);
}

/* A40: everybody is allowed. */
static void a40_broad(void **state)
{
	(void)state;
	add("broad.test", DNS_TXT, "v=spf1 ip4:128.0.0.0/1 -all");
	input.sender = STR("x@broad.test");
	assert_true(verdict_has(judge(mail("From: a@broad.test\r\n")), VERDICT_SPF_BROAD));
}

int main(void)
{
	if (verdict_prepare() != OK)
		return 1;
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		ROW(decisions), ROW(uncertain), ROW(overrides), ROW(a43_sealers), ROW(a34_a35_added), ROW(marks), ROW(a36_flood), ROW(a38_a47_budget),
		ROW(a38_poison), ROW(a40_broad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
