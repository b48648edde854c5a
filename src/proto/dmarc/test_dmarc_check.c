#include "proto/dmarc/dmarc_check.h"
#include "proto/dns_env/dns_env_zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena arena;
static struct dns_zone zone;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 16 << 20, NULL, NULL);
	dns_zone_init(&zone, &arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void record(const char *domain, const char *text)
{
	assert_int_equal(dns_zone_add(&zone, arena_printf(&arena, "_dmarc.%s", domain), DNS_TXT, str_c(text)), OK);
}

static struct dmarc_result check_header(const char *header, const char *dkim, const char *spf)
{
	struct dmarc_from from;
	struct dmarc_signature signature = { .domain = str_c(dkim), .pass = true };
	struct dmarc_input in = { .from = &from,
				  .spf_domain = str_c(spf),
				  .spf_pass = spf != NULL,
				  .signatures = &signature,
				  .signature_count = dkim != NULL };
	struct dmarc_result r;
	struct dns_env dns;
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	dmarc_from_header(&arena, str_c(header), &from);
	dmarc_check(&dns, &in, &r);
	assert_true(r.reason.n > 0);
	return r;
}

static struct dmarc_result check(const char *from_domain, const char *dkim, const char *spf)
{
	return check_header(arena_printf(&arena, "From: x@%s\r\n", from_domain).p, dkim, spf);
}

/* RFC 9989 section 4.7 */
static void records(void **state)
{
	(void)state;
	static const struct {
		struct str txt;
		bool usable;
		enum dmarc_policy p, sp, np;
		bool testing;
		enum dmarc_psd psd;
		size_t rua;
		uint64_t limit;
	} rows[] = {
		{ STR_INIT("v=DMARC1; p=reject"), true, DMARC_POLICY_REJECT, DMARC_POLICY_REJECT, DMARC_POLICY_REJECT,
		  false, DMARC_PSD_UNKNOWN, 0, 0 },
		{ STR_INIT("v=DMARC1;sp=none;p=reject;"), true, DMARC_POLICY_REJECT, DMARC_POLICY_NONE,
		  DMARC_POLICY_NONE, false, DMARC_PSD_UNKNOWN, 0, 0 },
		{ STR_INIT("v=DMARC1; p=none; np=reject; t=y; psd=y"), true, DMARC_POLICY_NONE, DMARC_POLICY_NONE,
		  DMARC_POLICY_REJECT, true, DMARC_PSD_YES, 0, 0 },
		{ STR_INIT("v=DMARC1; p=reject; sp=oops"), false, DMARC_POLICY_NONE, DMARC_POLICY_NONE,
		  DMARC_POLICY_NONE, false, DMARC_PSD_UNKNOWN, 0, 0 },
		{ STR_INIT("v=DMARC1; p=reject; sp=oops; rua=mailto:a@b.example!10m"), true, DMARC_POLICY_NONE,
		  DMARC_POLICY_NONE, DMARC_POLICY_NONE, false, DMARC_PSD_UNKNOWN, 1, 10 << 20 },
		{ STR_INIT("v=DMARC1; p=none; p=reject"), false, DMARC_POLICY_NONE, DMARC_POLICY_NONE,
		  DMARC_POLICY_NONE, false, DMARC_PSD_UNKNOWN, 0, 0 },
		{ STR_INIT("v=DMARC1; rua=junk, https://x.example/r ,mailto:a@b.example!x,mailto:"), true,
		  DMARC_POLICY_NONE, DMARC_POLICY_NONE, DMARC_POLICY_NONE, false, DMARC_PSD_UNKNOWN, 1, 0 },
		{ STR_INIT("v=DMARC1"), false, DMARC_POLICY_NONE, DMARC_POLICY_NONE, DMARC_POLICY_NONE, false,
		  DMARC_PSD_UNKNOWN, 0, 0 },
	};
	struct dmarc_record r;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(dmarc_record_parse(rows[i].txt, &r), OK);
		assert_int_equal(r.usable, rows[i].usable);
		assert_true(r.p == rows[i].p && r.sp == rows[i].sp && r.np == rows[i].np &&
			    r.testing == rows[i].testing && r.psd == rows[i].psd);
		assert_int_equal(r.rua_count, rows[i].rua);
		assert_int_equal(r.rua[0].max_bytes, rows[i].limit);
	}
	static const struct str none[] = { STR_INIT(""), STR_INIT("p=none; v=DMARC1"), STR_INIT("v=DMARC2; p=none"),
					   STR_INIT("v=DMARC1 p=none"), STR_INIT("v DMARC1") };
	for (size_t i = 0; i < COUNT_OF(none); i++)
		assert_int_equal(dmarc_record_parse(none[i], &r), E_SYNTAX);
}

/* RFC 9989 appendix B.4, and marks on the way. */
static void organizations(void **state)
{
	(void)state;
	record("example.com", "v=DMARC1; p=none");
	record("b.example.com", "v=DMARC1; p=none");
	record("own.example.net", "v=DMARC1; p=none; psd=n");
	record("example.net", "v=DMARC1; p=none");
	record("bank.example", "v=DMARC1; p=none; psd=y");
	static const struct {
		struct str domain, organization;
	} rows[] = {
		{ STR_INIT("example.com"), STR_INIT("example.com") },
		{ STR_INIT("a.b.example.com"), STR_INIT("example.com") },
		{ STR_INIT("a.b.c.d.e.f.g.h.i.j.example.com"), STR_INIT("example.com") },
		{ STR_INIT("x.own.example.net"), STR_INIT("own.example.net") },
		{ STR_INIT("x.other.example.net"), STR_INIT("example.net") },
		{ STR_INIT("bank.example"), STR_INIT("bank.example") },
		{ STR_INIT("giant.bank.example"), STR_INIT("giant.bank.example") },
		{ STR_INIT("a.b.giant.bank.example"), STR_INIT("giant.bank.example") },
		{ STR_INIT("a.nobody.example"), STR_INIT("a.nobody.example") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dns_env dns;
		struct dmarc_walk w;
		dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
		dmarc_walk(&dns, rows[i].domain, &w);
		assert_true(str_eq(w.organization, rows[i].organization));
		assert_true(dns.asked <= DMARC_WALK_MAX);
	}
}

/* A41: strict is equal and nothing else, in both directions. */
static void a41_strict(void **state)
{
	(void)state;
	record("example.org", "v=DMARC1; p=reject; adkim=s; aspf=s");
	record("sub.example.org", "v=DMARC1; p=reject; adkim=s; aspf=s");
	assert_int_equal(check("sub.example.org", "example.org", NULL).code, DMARC_FAIL);
	assert_int_equal(check("example.org", "sub.example.org", NULL).code, DMARC_FAIL);
	assert_int_equal(check("sub.example.org", NULL, "example.org").code, DMARC_FAIL);
	assert_int_equal(check("example.org", NULL, "sub.example.org").code, DMARC_FAIL);
	assert_int_equal(check("SUB.example.org", "sub.Example.org.", NULL).code, DMARC_PASS);
	assert_int_equal(check("example.org", NULL, "EXAMPLE.ORG").code, DMARC_PASS);
}

/* A42: equal always aligns, on a public suffix too; two names under a suffix never do; nor does a name that only ends
 * alike. */
static void a42_suffixes(void **state)
{
	(void)state;
	record("co.example", "v=DMARC1; p=reject; psd=y");
	record("a.co.example", "v=DMARC1; p=reject");
	assert_int_equal(check("co.example", "co.example", NULL).code, DMARC_PASS);
	assert_int_equal(check("a.co.example", "b.co.example", NULL).code, DMARC_FAIL);
	assert_int_equal(check("a.co.example", "co.example", NULL).code, DMARC_FAIL);
	assert_int_equal(check("a.co.example", "mail.a.co.example", NULL).code, DMARC_PASS);
	assert_int_equal(check("a.co.example", "xa.co.example", NULL).code, DMARC_FAIL);
	struct dmarc_result r =
	    check("new.co.example", "b.co.example", NULL); /* a suffix speaks for names without a record */
	assert_int_equal(r.code, DMARC_FAIL);
	assert_int_equal(dmarc_disposition(&r), DMARC_POLICY_REJECT);
	assert_true(str_eq(r.policy_domain, STR("co.example")));
	assert_int_equal(check("sub.b.example", "sub.c.example", NULL).code, DMARC_NONE);
}

/* A31: what SPF says counts only when it is given; a HELO pass is not handed in when MAIL FROM has a domain. A33: l=
 * gives no pass. */
static void a33_unsigned(void **state)
{
	(void)state;
	record("example.org", "v=DMARC1; p=quarantine");
	struct dmarc_from from = { .defect = DMARC_FROM_OK };
	dmarc_from_add(&arena, STR("example.org"), &from);
	struct dmarc_signature signatures[] = { { STR("example.org"), true, 12 }, { STR("example.org"), false, 0 } };
	struct dmarc_input in = {
		.from = &from, .signatures = signatures, .signature_count = 2, .spf_domain = STR("example.org")
	};
	struct dmarc_result r;
	struct dns_env dns;
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	dmarc_check(&dns, &in, &r);
	assert_int_equal(r.code, DMARC_FAIL);
	assert_int_equal(r.dkim_unsigned_bytes, 12);
	assert_int_equal(dmarc_disposition(&r), DMARC_POLICY_QUARANTINE);
	in.spf_pass = true;
	dmarc_check(&dns, &in, &r);
	assert_int_equal(r.code, DMARC_PASS);
	assert_true(str_eq(r.comment, STR("p=quarantine dis=none")));
}

/* A27, A28, A29, A30: nothing but one field with proper addresses can pass, and every author must. */
static void a27_from(void **state)
{
	(void)state;
	record("good.example", "v=DMARC1; p=reject");
	record("other.example", "v=DMARC1; p=quarantine");
	static const struct {
		const char *header;
		enum dmarc_code code;
		enum dmarc_from_defect defect;
	} rows[] = {
		{ "From: a@good.example\r\n", DMARC_PASS, DMARC_FROM_OK },
		{ "from: =?utf-8?q?a=40other.example?= <a@good.example>\r\n", DMARC_PASS, DMARC_FROM_OK },
		{ "From: a@good.example, b@GOOD.example\r\n", DMARC_PASS, DMARC_FROM_OK },
		{ "From: a@good.example, b@other.example\r\n", DMARC_FAIL, DMARC_FROM_OK },
		{ "From: b@other.example, a@good.example\r\n", DMARC_FAIL, DMARC_FROM_OK },
		{ "From: a@good.example, b@unknown.example\r\n", DMARC_NONE, DMARC_FROM_OK },
		{ "From: \"a@other.example\"@good.example\r\n", DMARC_PASS, DMARC_FROM_OK },
		{ "Subject: x\r\n", DMARC_PERMERROR, DMARC_FROM_MISSING },
		{ "From:\r\n", DMARC_PERMERROR, DMARC_FROM_MISSING },
		{ "From: a@good.example\r\nFrom: b@other.example\r\n", DMARC_PERMERROR, DMARC_FROM_SEVERAL_FIELDS },
		{ "From: a@good.example\r\nFROM: a@good.example\r\n", DMARC_PERMERROR, DMARC_FROM_SEVERAL_FIELDS },
		{ "From : b@good.example\r\n", DMARC_PERMERROR, DMARC_FROM_MALFORMED },
		{ "From: team: a@good.example;\r\n", DMARC_PERMERROR, DMARC_FROM_MALFORMED },
		{ "From: undisclosed:;\r\n", DMARC_PERMERROR, DMARC_FROM_MALFORMED },
		{ "From: <@other.example:a@good.example>\r\n", DMARC_PERMERROR, DMARC_FROM_MALFORMED },
		{ "From: a@good.example <b@other.example\r\n", DMARC_PERMERROR, DMARC_FROM_MALFORMED },
		{ "From: =?utf-8?q?a=40good.example?=\r\n", DMARC_PERMERROR, DMARC_FROM_BAD_DOMAIN },
		{ "From: <a>\r\n", DMARC_PERMERROR, DMARC_FROM_BAD_DOMAIN },
		{ "From: a@[192.0.2.1]\r\n", DMARC_PERMERROR, DMARC_FROM_BAD_DOMAIN },
		{ "From: a@go%od.example\r\n", DMARC_PERMERROR, DMARC_FROM_BAD_DOMAIN },
		{ "From: a@1.example, a@2.example, a@3.example, a@4.example, a@5.example, a@6.example\r\n",
		  DMARC_PERMERROR, DMARC_FROM_MALFORMED },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dmarc_from from;
		dmarc_from_header(&arena, str_c(rows[i].header), &from);
		struct dmarc_result r = check_header(rows[i].header, "good.example", NULL);
		bool defect_right =
		    rows[i].defect == from.defect || (rows[i].defect != DMARC_FROM_OK && from.defect != DMARC_FROM_OK);
		if (r.code != rows[i].code || !defect_right)
			fprintf(stderr, "%s%s, defect %d\n", rows[i].header, dmarc_code_name(r.code), from.defect);
		assert_int_equal(r.code, rows[i].code);
		assert_true(defect_right);
	}
	struct dmarc_result two = check_header("From: b@other.example, a@good.example\r\n", NULL, NULL);
	assert_int_equal(dmarc_disposition(&two), DMARC_POLICY_REJECT); /* the strictest of both */
	struct dmarc_from nul;
	dmarc_from_header(&arena, STR("From: a@good.example\0.other.example\r\n"), &nul);
	assert_true(nul.defect != DMARC_FROM_OK);
	dmarc_from_header(&arena, STR("From: a@b\xff.example\r\n"), &nul);
	assert_true(nul.defect != DMARC_FROM_OK);
}

/* Answers that do not come: never pass, never fail for it. A36: many signatures cost little. */
static void no_answers(void **state)
{
	(void)state;
	dns_zone_fail(&zone, STR("_dmarc.slow.example"));
	record("own.slow.example", "v=DMARC1; p=reject");
	assert_int_equal(check("slow.example", NULL, NULL).code, DMARC_TEMPERROR);
	assert_int_equal(check("sub.slow.example", NULL, NULL).code, DMARC_TEMPERROR);
	assert_int_equal(check("own.slow.example", "own.slow.example", NULL).code, DMARC_PASS);
	assert_int_equal(check("own.slow.example", "a.own.slow.example", NULL).code, DMARC_PASS);
	assert_int_equal(check("own.slow.example", "evil.example", NULL).code, DMARC_FAIL);
	record("busy.example", "v=DMARC1; p=reject");
	struct dmarc_from from = { .defect = DMARC_FROM_OK };
	dmarc_from_add(&arena, STR("busy.example"), &from);
	struct dmarc_signature signatures[500];
	for (size_t i = 0; i < COUNT_OF(signatures); i++)
		signatures[i] =
		    (struct dmarc_signature){ .domain = arena_printf(&arena, "a.b.c.d.e.f.s%zu.busy.example", i),
					      .pass = true };
	record("s9.busy.example", "v=DMARC1; p=none; psd=n");
	struct dmarc_input in = { .from = &from, .signatures = signatures, .signature_count = COUNT_OF(signatures) };
	for (size_t i = 0; i < 9; i++)
		record(arena_printf(&arena, "s%zu.busy.example", i).p, "v=DMARC1; p=none; psd=n");
	struct dmarc_result r;
	struct dns_env dns;
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	dmarc_check(&dns, &in, &r);
	assert_int_equal(r.code, DMARC_FAIL);
	assert_true(dns.asked < 10 * DMARC_WALK_MAX);
}

/* RFC 9990 section 4: who may be sent reports about whom. */
static void destinations(void **state)
{
	(void)state;
	record("example.org", "v=DMARC1; p=none; rua=mailto:d@thirdparty.example");
	assert_int_equal(
	    dns_zone_add(&zone, STR("example.org._report._dmarc.thirdparty.example"), DNS_TXT, STR("v=DMARC1;")), OK);
	assert_int_equal(dns_zone_add(&zone, STR("example.org._report._dmarc.wrong.example"), DNS_TXT, STR("v=spf1")),
			 OK);
	dns_zone_fail(&zone, STR("example.org._report._dmarc.slow.example"));
	static const struct {
		struct str host;
		int want;
	} rows[] = {
		{ STR_INIT("example.org"), OK },          { STR_INIT("mail.example.org"), OK },
		{ STR_INIT("thirdparty.example"), OK },   { STR_INIT("wrong.example"), E_DENIED },
		{ STR_INIT("victim.example"), E_DENIED }, { STR_INIT("slow.example"), E_AGAIN },
	};
	struct dns_env dns;
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(dmarc_destination_check(&dns, STR("example.org"), rows[i].host), rows[i].want);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = { T(records),      T(organizations), T(a41_strict), T(a42_suffixes),
					    T(a33_unsigned), T(a27_from),      T(no_answers), T(destinations) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
