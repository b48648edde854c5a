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
	arena_init(&arena, 4 << 20, NULL, NULL);
	dns_zone_init(&zone, &arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void add(const char *name, const char *type_name, const char *value)
{
	enum dns_type type;
	assert_int_equal(dns_zone_type(str_c(type_name), &type), OK);
	assert_int_equal(dns_zone_add(&zone, str_c(name), type, str_c(value)), OK);
}

static struct dns_env new_env(unsigned questions)
{
	struct dns_env e;
	dns_env_init(&e, &arena, dns_zone_source(&zone), (struct dns_env_limits){ .questions = questions });
	return e;
}

static void answers(void **state)
{
	(void)state;
	add("a.example", "A", "192.0.2.1");
	add("A.example.", "A", "192.0.2.2");
	add("a.example", "MX", "10 mx.example.");
	add("null.example", "MX", "0 .");
	add("alias.example", "CNAME", "a.example.");
	add("loop.example", "CNAME", "loop.example");
	add("deep.under.example", "TXT", "x");
	dns_zone_fail(&zone, STR("slow.example"));
	add("slow.example", "TXT", "fast");
	static const struct {
		struct str name;
		enum dns_type type;
		enum dns_env_status status;
		size_t count;
	} rows[] = {
		{ STR_INIT("a.example"), DNS_A, DNS_ENV_FOUND, 2 },
		{ STR_INIT("a.EXAMPLE."), DNS_A, DNS_ENV_FOUND, 2 },
		{ STR_INIT("a.example"), DNS_AAAA, DNS_ENV_NODATA, 0 },
		{ STR_INIT("a.example"), DNS_MX, DNS_ENV_FOUND, 1 },
		{ STR_INIT("alias.example"), DNS_A, DNS_ENV_FOUND, 2 },
		{ STR_INIT("alias.example"), DNS_TXT, DNS_ENV_NODATA, 0 },
		{ STR_INIT("loop.example"), DNS_A, DNS_ENV_TEMPERROR, 0 },
		{ STR_INIT("under.example"), DNS_A, DNS_ENV_NODATA, 0 }, /* RFC 8020 */
		{ STR_INIT("b.example"), DNS_A, DNS_ENV_NXDOMAIN, 0 },
		{ STR_INIT("slow.example"), DNS_TXT, DNS_ENV_FOUND, 1 },
		{ STR_INIT("slow.example"), DNS_A, DNS_ENV_TEMPERROR, 0 },
	};
	struct dns_env e = new_env(100);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dns_env_answer got = dns_env_ask(&e, rows[i].name, rows[i].type);
		assert_int_equal(got.status, rows[i].status);
		assert_int_equal(got.count, rows[i].count);
	}
	struct dns_env_answer mx = dns_env_ask(&e, STR("a.example"), DNS_MX),
			      null = dns_env_ask(&e, STR("null.example"), DNS_MX);
	assert_true(str_eq(mx.values[0].text, STR("mx.example")) && mx.values[0].preference == 10);
	assert_true(str_eq(null.values[0].text, STR(".")));
}

static void wrong_values(void **state)
{
	(void)state;
	static const struct {
		enum dns_type type;
		struct str value;
	} rows[] = {
		{ DNS_A, STR_INIT("192.0.2") },           { DNS_A, STR_INIT("::1") },
		{ DNS_AAAA, STR_INIT("192.0.2.1") },      { DNS_MX, STR_INIT("mx.example") },
		{ DNS_MX, STR_INIT("70000 mx.example") },
	};
	enum dns_type type;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_true(dns_zone_add(&zone, STR("a.example"), rows[i].type, rows[i].value) != OK);
	assert_int_equal(dns_zone_type(STR("SPF"), &type), E_UNSUPPORTED);
}

/* A36, A38: each question once, and not more than the budget has. */
static void budget(void **state)
{
	(void)state;
	struct dns_env e = new_env(3);
	for (int i = 0; i < 10; i++)
		assert_int_equal(dns_env_ask(&e, i % 2 ? STR("x.example") : STR("X.example."), DNS_A).status,
				 DNS_ENV_NXDOMAIN);
	assert_int_equal(e.asked, 1);
	assert_int_equal(dns_env_ask(&e, STR("y.example"), DNS_A).status, DNS_ENV_NXDOMAIN);
	assert_int_equal(dns_env_ask(&e, STR("y.example"), DNS_TXT).status, DNS_ENV_NXDOMAIN);
	assert_false(e.exhausted);
	assert_int_equal(dns_env_ask(&e, STR("z.example"), DNS_A).status, DNS_ENV_TEMPERROR);
	assert_true(e.exhausted);
	assert_int_equal(dns_env_ask(&e, STR("y.example"), DNS_A).status, DNS_ENV_NXDOMAIN); /* known already */
	assert_int_equal(zone.question_count, 3);
}

static uint64_t clock_ms;
static uint64_t now(void *ctx)
{
	(void)ctx;
	return clock_ms += 400;
}

/* Answers that take their time: the total is bounded. */
static void time_budget(void **state)
{
	(void)state;
	struct dns_source source = dns_zone_source(&zone);
	struct dns_env e;
	source.now_ms = now;
	dns_env_init(&e, &arena, source, (struct dns_env_limits){ .questions = 100, .time_ms = 2000 });
	for (int i = 0; i < 20; i++)
		(void)dns_env_ask(&e, arena_printf(&arena, "n%d.example", i), DNS_A);
	assert_true(e.exhausted);
	assert_int_equal(e.asked, 4);
}

/* A30, A48: what is no name is not asked about. */
static void names(void **state)
{
	(void)state;
	static const struct {
		struct str name;
		bool valid;
	} rows[] = {
		{ STR_INIT("a"), true },
		{ STR_INIT("a.b."), true },
		{ STR_INIT("_dmarc.a-b.example"), true },
		{ STR_INIT("a b.example"), true },
		{ STR_INIT("foo:bar/baz.example"), true },
		{ STR_INIT(""), false },
		{ STR_INIT("."), false },
		{ STR_INIT(".a"), false },
		{ STR_INIT("a..b"), false },
		{ STR_INIT("a.."), false },
		{ STR_INIT("a\\.b"), false },
		{ STR_INIT("a\0b"), false },
		{ STR_INIT("a\nb"), false },
		{ STR_INIT("\xc3\xa9.example"), false },
		{ STR_INIT("a\x7f"), false },
		{ STR_INIT("123456789012345678901234567890123456789012345678901234567890123.x"), true },
		{ STR_INIT("1234567890123456789012345678901234567890123456789012345678901234.x"), false },
	};
	struct dns_env e = new_env(100);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(dns_env_name_valid(rows[i].name), rows[i].valid);
		assert_int_equal(dns_env_ask(&e, rows[i].name, DNS_A).status, DNS_ENV_NXDOMAIN);
	}
	char name[254];
	for (size_t i = 0; i < sizeof name; i++)
		name[i] = i % 2 ? '.' : 'a';
	assert_true(dns_env_name_valid((struct str){ name, 253 }));
	name[253] = 'a';
	name[252] = 'a';
	assert_false(dns_env_name_valid((struct str){ name, 254 }));
	assert_true(dns_env_name_is_below(STR("A.b.example"), STR("B.example.")));
	assert_true(dns_env_name_is_below(STR("b.example"), STR("b.example")));
	assert_false(dns_env_name_is_below(STR("ab.example"), STR("b.example")));
	assert_false(dns_env_name_is_below(STR("b.example"), STR("a.b.example")));
	assert_int_equal(dns_env_name_labels(STR("a.b.c.")), 3);
	assert_true(str_eq(dns_env_name_parent(STR("a.b.c.")), STR("b.c")));
	assert_int_equal(dns_env_name_parent(STR("a")).n, 0);
}

/* RDATA as the resolver hands it over; what does not parse is left out. */
static void rdata(void **state)
{
	(void)state;
	struct dns_env_answer answer = { .count = 0 };
	size_t cap = 0;
	dns_env_answer_add(&arena, DNS_MX, STR("\0\x0a\2mx\1e\0"), &answer, &cap);
	dns_env_answer_add(&arena, DNS_MX, STR("\0\x0a\2mx"), &answer, &cap);
	dns_env_answer_add(&arena, DNS_A, STR("\xc0\0\2\1"), &answer, &cap);
	dns_env_answer_add(&arena, DNS_A, STR("\xc0\0\2"), &answer, &cap);
	dns_env_answer_add(&arena, DNS_TXT, STR("\2ab\1c"), &answer, &cap);
	dns_env_answer_add(&arena, DNS_PTR, STR("\1h\1e\0"), &answer, &cap);
	dns_env_answer_add(&arena, DNS_TLSA, STR("\0\0\0x"), &answer, &cap);
	assert_int_equal(answer.count, 4);
	assert_true(str_eq(answer.values[0].text, STR("mx.e")));
	assert_int_equal(answer.values[0].preference, 10);
	assert_memory_equal(answer.values[1].address.bytes, "\xc0\0\2\1", 4);
	assert_true(str_eq(answer.values[2].text, STR("abc")));
	assert_true(str_eq(answer.values[3].text, STR("h.e")));
}

static void addresses(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		int want;
		bool v6;
		struct str again;
	} rows[] = {
		{ STR_INIT("192.0.2.1"), OK, false, STR_INIT("192.0.2.1") },
		{ STR_INIT("::ffff:192.0.2.1"), OK, false, STR_INIT("192.0.2.1") },
		{ STR_INIT("2001:DB8::1"), OK, true, STR_INIT("2001:db8::1") },
		{ STR_INIT("192.0.2.01"), E_SYNTAX, false, STR_INIT("") },
		{ STR_INIT("192.0.2"), E_SYNTAX, false, STR_INIT("") },
		{ STR_INIT("192.0.2.256"), E_SYNTAX, false, STR_INIT("") },
		{ STR_INIT("1:2:3:4:5:6:7:8:9"), E_SYNTAX, false, STR_INIT("") },
		{ STR_INIT("::1%lo"), E_SYNTAX, false, STR_INIT("") },
		{ STR_INIT("1.1.1.1\0"), E_SYNTAX, false, STR_INIT("") },
	};
	char text[IP_TEXT_MAX], dotted[IP_REVERSE_MAX];
	struct ip_address a, b;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(ip_parse(rows[i].text, &a), rows[i].want);
		if (rows[i].want != OK)
			continue;
		assert_int_equal(a.v6, rows[i].v6);
		assert_true(str_eq(ip_format(a, text), rows[i].again));
	}
	assert_int_equal(ip_parse(STR("192.0.2.129"), &a), OK);
	assert_int_equal(ip_parse(STR("192.0.2.255"), &b), OK);
	assert_true(ip_matches(a, b, 25) && ip_matches(a, b, 0) && ip_matches(a, a, 32));
	assert_false(ip_matches(a, b, 26) || ip_matches(a, a, 33));
	assert_true(str_eq(ip_dotted(a, dotted), STR("192.0.2.129")));
	assert_int_equal(ip_parse(STR("2001:db8::cb01"), &b), OK);
	assert_false(ip_matches(a, b, 0));
	assert_true(
	    str_eq(ip_dotted(b, dotted), STR("2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.C.B.0.1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_values, setup, teardown),
		cmocka_unit_test_setup_teardown(budget, setup, teardown),
		cmocka_unit_test_setup_teardown(time_budget, setup, teardown),
		cmocka_unit_test_setup_teardown(names, setup, teardown),
		cmocka_unit_test_setup_teardown(rdata, setup, teardown),
		cmocka_unit_test(addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
