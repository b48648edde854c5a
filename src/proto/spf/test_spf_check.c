#include "proto/dns_env/dns_env_zone.h"
#include "proto/spf/spf_check.h"

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

static void add(const char *name, enum dns_type type, const char *value)
{
	assert_int_equal(dns_zone_add(&zone, str_c(name), type, str_c(value)), OK);
}

static void txt(const char *name, const char *value) { add(name, DNS_TXT, value); }

static struct spf_result check_with(const char *ip, struct str helo, struct str local, struct str domain,
				    bool helo_identity)
{
	struct spf_question q = { .helo = helo, .local = local, .domain = domain, .receiver = STR("mx.me.example") };
	struct dns_env dns;
	struct spf_result r;
	assert_int_equal(ip_parse(str_c(ip), &q.client), OK);
	dns_env_init(&dns, &arena, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	if (helo_identity)
		spf_check_helo(&dns, &q, &r);
	else
		spf_check_mail_from(&dns, &q, &r);
	assert_true(r.reason.n > 0 && !str_has_control(r.reason) && str_is_ascii(r.reason));
	return r;
}

static struct spf_result check(const char *ip, const char *domain)
{
	return check_with(ip, STR("mail.e.example"), STR("ann"), str_c(domain), false);
}

static void assert_check(const char *ip, const char *domain, enum spf_code want)
{
	struct spf_result r = check(ip, domain);
	if (r.code != want)
		fprintf(stderr, "%s %s: %s, " STR_FMT "\n", ip, domain, spf_code_name(r.code), STR_ARG(r.reason));
	assert_int_equal(r.code, want);
}

/* Each mechanism once with a match, once without (RFC 7208 section 5). */
static void mechanisms(void **state)
{
	(void)state;
	static const struct {
		const char *record;
		enum spf_code v4, v6;
	} rows[] = {
		{ "v=spf1 all", SPF_PASS, SPF_PASS },
		{ "v=spf1", SPF_NEUTRAL, SPF_NEUTRAL },
		{ "v=spf1 -all", SPF_FAIL, SPF_FAIL },
		{ "v=spf1 ~all", SPF_SOFTFAIL, SPF_SOFTFAIL },
		{ "v=spf1 ?all", SPF_NEUTRAL, SPF_NEUTRAL },
		{ "V=SPF1 A -ALL", SPF_PASS, SPF_PASS },
		{ "v=spf1 a:other.example -all", SPF_FAIL, SPF_FAIL },
		{ "v=spf1 a:other.example/24 -all", SPF_PASS, SPF_FAIL },
		{ "v=spf1 a:other.example//32 -all", SPF_FAIL, SPF_PASS },
		{ "v=spf1 a:other.example/24//32 -all", SPF_PASS, SPF_PASS },
		{ "v=spf1 mx -all", SPF_PASS, SPF_PASS },
		{ "v=spf1 mx:other.example -all", SPF_FAIL, SPF_FAIL },
		{ "v=spf1 ip4:192.0.2.0/24 -all", SPF_PASS, SPF_FAIL },
		{ "v=spf1 ip4:192.0.2.1 -all", SPF_PASS, SPF_FAIL },
		{ "v=spf1 ip6:2001:db8::/32 -all", SPF_FAIL, SPF_PASS },
		{ "v=spf1 ip6:::ffff:192.0.2.1 -all", SPF_FAIL, SPF_FAIL },
		{ "v=spf1 ptr -all", SPF_PASS, SPF_FAIL },
		{ "v=spf1 ptr:example -all", SPF_PERMERROR, SPF_PERMERROR },
		{ "v=spf1 ptr:e.example -all", SPF_PASS, SPF_FAIL },
		{ "v=spf1 exists:%{l}.users.e.example -all", SPF_PASS, SPF_PASS },
		{ "v=spf1 exists:%{i}.users.e.example -all", SPF_FAIL, SPF_FAIL },
		{ "v=spf1 include:ok.example -all", SPF_PASS, SPF_FAIL },
		{ "v=spf1 -include:ok.example ?all", SPF_FAIL, SPF_NEUTRAL },
		{ "v=spf1 include:absent.example -all", SPF_PERMERROR, SPF_PERMERROR },
		{ "v=spf1 include:slow.example -all", SPF_TEMPERROR, SPF_TEMPERROR },
		{ "v=spf1 redirect=ok.example", SPF_PASS, SPF_NEUTRAL },
		{ "v=spf1 redirect=absent.example", SPF_PERMERROR, SPF_PERMERROR },
		{ "v=spf1 -all redirect=ok.example", SPF_FAIL, SPF_FAIL },
		{ "v=spf1 a:slow.example -all", SPF_TEMPERROR, SPF_TEMPERROR },
		{ "v=spf1 +a:e.example x-y_z.1=%{d} unknown=:/ -all", SPF_PASS, SPF_PASS },
		{ "v=spf1 unknown -all", SPF_PERMERROR, SPF_PERMERROR },
		{ "v=spf1 -all +", SPF_PERMERROR, SPF_PERMERROR },
		{ "v=spf1 ++all", SPF_PERMERROR, SPF_PERMERROR },
		{ "v=spf1 ip4:192.0.2.1/33 -all", SPF_PERMERROR, SPF_PERMERROR },
		{ "v=spf1 ip6:2001:db8:://64 -all", SPF_PERMERROR, SPF_PERMERROR },
		{ "v=spf1\ta -all", SPF_NONE, SPF_NONE },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		teardown(NULL);
		setup(NULL);
		txt("e.example", rows[i].record);
		add("e.example", DNS_A, "192.0.2.1");
		add("e.example", DNS_AAAA, "2001:db8::1");
		add("e.example", DNS_MX, "10 e.example");
		add("other.example", DNS_A, "192.0.2.7");
		add("other.example", DNS_AAAA, "2001:db8:ffff::1");
		add("other.example", DNS_MX, "10 other.example");
		add("1.2.0.192.in-addr.arpa", DNS_PTR, "e.example");
		add("ann.users.e.example", DNS_A, "127.0.0.2");
		txt("ok.example", "v=spf1 ip4:192.0.2.1");
		dns_zone_fail(&zone, STR("slow.example"));
		assert_check("192.0.2.1", "e.example", rows[i].v4);
		assert_check("::ffff:192.0.2.1", "e.example", rows[i].v4);
		assert_check("2001:db8::1", "e.example", rows[i].v6);
	}
}

/* Section 4.3 and A30: what cannot be asked about has no policy, and nothing is asked. */
static void a30_domains(void **state)
{
	(void)state;
	static const struct str rows[] = {
		STR_INIT("[192.0.2.1]"),
		STR_INIT("example"),
		STR_INIT("a..example"),
		STR_INIT("a b.example"),
		STR_INIT("a\0.example"),
		STR_INIT("a(.example"),
		STR_INIT("a%00.example"),
		STR_INIT("a\r\n.example"),
		STR_INIT("-a.example"),
		STR_INIT(".example"),
		STR_INIT("\xff.example"),
		STR_INIT("a1234567890123456789012345678901234567890123456789012345678901234.example"),
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(check_with("192.0.2.1", STR("h.example"), STR("x"), rows[i], false).code, SPF_NONE);
	assert_int_equal(zone.question_count, 0);
	txt("xn--bcher-kva.example", "v=spf1 +all");
	assert_int_equal(check("192.0.2.1", "b\xc3\xbc"
					    "cher.example")
			     .code,
			 SPF_PASS);
}

/* A31: two identities, two results; HELO stands in for the null sender only. */
static void a31_identities(void **state)
{
	(void)state;
	txt("helo.example", "v=spf1 ip4:192.0.2.1 -all");
	txt("from.example", "v=spf1 -all");
	txt("user.example", "v=spf1 exists:%{l}._at.%{o} -all");
	add("postmaster._at.user.example", DNS_A, "127.0.0.2");
	struct spf_result helo = check_with("192.0.2.1", STR("helo.example"), STR("x"), STR("from.example"), true);
	struct spf_result from = check_with("192.0.2.1", STR("helo.example"), STR("x"), STR("from.example"), false);
	struct spf_result null = check_with("192.0.2.1", STR("helo.example"), STR(""), STR(""), false);
	assert_int_equal(helo.code, SPF_PASS);
	assert_true(str_eq(helo.domain, STR("helo.example")));
	assert_int_equal(from.code, SPF_FAIL);
	assert_true(str_eq(from.domain, STR("from.example")));
	assert_int_equal(null.code, SPF_PASS);
	assert_true(str_eq(null.domain, STR("helo.example")));
	assert_int_equal(check_with("192.0.2.1", STR("user.example"), STR(""), STR(""), false).code, SPF_PASS);
	assert_int_equal(check_with("192.0.2.1", STR("user.example"), STR("ann"), STR("user.example"), true).code,
			 SPF_PASS);
	assert_int_equal(check_with("192.0.2.1", STR("user.example"), STR("ann"), STR("user.example"), false).code,
			 SPF_FAIL);
}

/* A38: loops, one include too many, too many MX, void answers, ptr of a client with countless names; questions stay
 * few. */
static void a38_bombs(void **state)
{
	(void)state;
	txt("loop.example", "v=spf1 include:loop.example -all");
	txt("ping.example", "v=spf1 include:pong.example -all");
	txt("pong.example", "v=spf1 redirect=ping.example");
	for (int i = 0; i < 12; i++)
		txt(arena_printf(&arena, "i%d.example", i).p,
		    arena_printf(&arena, "v=spf1 include:i%d.example -all", i + 1).p);
	txt("i10.example", "v=spf1 -all");
	txt("mx.example", "v=spf1 mx -all");
	for (int i = 0; i < 50; i++)
		add("mx.example", DNS_MX, arena_printf(&arena, "1 h%d.example", i).p);
	txt("void2.example", "v=spf1 a:v1.example exists:v2.example -all");
	txt("void3.example", "v=spf1 a:v1.example exists:v2.example mx:v3.example -all");
	txt("ptr.example", "v=spf1 ptr ptr ptr ptr ptr ptr ptr ptr ptr ptr -all");
	for (int i = 0; i < 500; i++)
		add("1.2.0.192.in-addr.arpa", DNS_PTR, arena_printf(&arena, "p%d.example", i).p);
	static const struct {
		const char *domain;
		enum spf_code code;
		size_t questions;
	} rows[] = {
		{ "loop.example", SPF_PERMERROR, 1 }, { "ping.example", SPF_PERMERROR, 2 },
		{ "i0.example", SPF_PERMERROR, 11 },  { "mx.example", SPF_PERMERROR, 2 },
		{ "void2.example", SPF_FAIL, 3 },     { "void3.example", SPF_PERMERROR, 4 },
		{ "ptr.example", SPF_FAIL, 12 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t before = zone.question_count;
		assert_check("192.0.2.1", rows[i].domain, rows[i].code);
		assert_int_equal(zone.question_count - before, rows[i].questions);
	}
}

/* A39: exp= with every letter, hostile values, and what cannot be explained. */
static void a39_explanation(void **state)
{
	(void)state;
	txt("e.example", "v=spf1 -all exp=why.%{d2}");
	txt("why.e.example", "%{s} %{l} %{o} %{d} %{i} %{p} %{v} %{h} %{c} %{r} %{L} see https://e.example/?%{S}");
	struct spf_result r = check_with("192.0.2.1", STR("h.example"), STR("a&b"), STR("e.example"), false);
	assert_int_equal(r.code, SPF_FAIL);
	assert_true(str_eq(
	    r.explanation,
	    STR("a&b@e.example a&b e.example e.example 192.0.2.1 unknown in-addr h.example 192.0.2.1 mx.me.example "
		"a%26b see https://e.example/?a%26b%40e.example")));
	r = check_with("192.0.2.1", STR("h.example"), STR("a\x1b[2J"), STR("e.example"), false);
	assert_int_equal(r.code, SPF_FAIL);
	assert_int_equal(r.explanation.n, 0);
	txt("inner.example", "v=spf1 -all exp=why.e.example");
	txt("outer.example", "v=spf1 include:inner.example -all");
	assert_int_equal(check("192.0.2.1", "outer.example").explanation.n, 0);
	txt("moved.example", "v=spf1 exp=why.e.example redirect=bare.example");
	txt("bare.example", "v=spf1 -all");
	assert_int_equal(check("192.0.2.1", "moved.example").explanation.n, 0);
}

/* A40: how much a pass proves. */
static void a40_width(void **state)
{
	(void)state;
	static const struct {
		const char *record;
		int width;
		bool broad;
		const char *mechanism;
	} rows[] = {
		{ "v=spf1 ip4:192.0.2.1 -all", 0, false, "ip4:192.0.2.1" },
		{ "v=spf1 ip4:192.0.2.0/24 -all", 8, false, "ip4:192.0.2.0/24" },
		{ "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all", 31, true, "ip4:128.0.0.0/1" },
		{ "v=spf1 ip4:192.0.0.0/12", 20, true, "ip4:192.0.0.0/12" },
		{ "v=spf1 ip4:192.0.0.0/13", 19, false, "ip4:192.0.0.0/13" },
		{ "v=spf1 +all", 32, true, "+all" },
		{ "v=spf1 exists:yes.example", SPF_WIDTH_UNKNOWN, false, "exists:yes.example" },
		{ "v=spf1 include:half.example -all", 31, true, "ip4:128.0.0.0/1" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		teardown(NULL);
		setup(NULL);
		txt("e.example", rows[i].record);
		txt("half.example", "v=spf1 ip4:128.0.0.0/1 -all");
		add("yes.example", DNS_A, "127.0.0.1");
		struct spf_result r = check("192.0.2.1", "e.example");
		assert_int_equal(r.code, SPF_PASS);
		assert_int_equal(r.width, rows[i].width);
		assert_int_equal(spf_pass_is_broad(&r, (struct ip_address){ .v6 = false }), rows[i].broad);
		assert_true(str_eq(r.mechanism, str_c(rows[i].mechanism)));
	}
	txt("miss.example", "v=spf1 include:e.example ?include:neutral.example");
	txt("neutral.example", "v=spf1 -ip4:192.0.2.1");
	assert_int_equal(check("100.64.0.1", "miss.example").mechanism.n, 0);
}

/* The budget of the whole message ends it all with temperror and says so. */
static void budget(void **state)
{
	(void)state;
	struct spf_question q = { .helo = STR("h.example"), .local = STR("x"), .domain = STR("e.example") };
	struct dns_env dns;
	struct spf_result r;
	txt("e.example", "v=spf1 a:a.example a:b.example -all");
	add("a.example", DNS_A, "192.0.2.9");
	dns_env_init(&dns, &arena, dns_zone_source(&zone), (struct dns_env_limits){ .questions = 2 });
	spf_check_mail_from(&dns, &q, &r);
	assert_int_equal(r.code, SPF_TEMPERROR);
	assert_true(str_eq(r.reason, STR("the DNS budget of the message is spent")));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = { T(mechanisms),      T(a30_domains), T(a31_identities), T(a38_bombs),
					    T(a39_explanation), T(a40_width),   T(budget) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
