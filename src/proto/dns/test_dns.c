/* Names and RDATA from wire form (RFC 1035 section 3). */
#include "proto/dns/dns_rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena a;

#define WIRE(lit) { "" lit, sizeof(lit) - 1 }

/* A48: control bytes, dots in labels, 255 octets, the root alone. */
static void test_A48_names(void **state)
{
	(void)state;
	static const struct { struct str wire, text; } rows[] = {
		{ WIRE("\0"), STR_INIT(".") },
		{ WIRE("\2mx\7example\4test\0"), STR_INIT("mx.example.test") },
		{ WIRE("\2MX\7Example\4TEST\0"), STR_INIT("MX.Example.TEST") },
		{ WIRE("\3a.b\4test\0"), STR_INIT("a\\.b.test") },
		{ WIRE("\4\r\n\t \4test\0"), STR_INIT("\\013\\010\\009\\032.test") },
		{ WIRE("\3\0\177\377\0"), STR_INIT("\\000\\127\\255") },
		{ WIRE("\5\\\"();\2@$\0"), STR_INIT("\\\\\\\"\\(\\)\\;.\\@\\$") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str ret;
		assert_int_equal(dns_domain_parse(&a, rows[i].wire, &ret), OK);
		assert_true(str_eq(ret, rows[i].text));
	}
}

static void test_A48_refused(void **state)
{
	(void)state;
	static const struct str rows[] = {
		WIRE(""), WIRE("\2mx"), WIRE("\3mx\0"), WIRE("\2mx\0x"), WIRE("\300\14"), WIRE("\100aaaa\0"), WIRE("\2mx\300\14"),
	};
	struct str ret = STR("kept");
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(dns_domain_parse(&a, rows[i], &ret), E_SYNTAX);
	assert_true(str_eq(ret, STR("kept")));
}

/* Four labels of 63, 63, 63 and 61 octets make 255 in all (RFC 1035 section 2.3.4); one more is too many. */
static void test_A48_longest(void **state)
{
	(void)state;
	char wire[256];
	size_t n = 0;
	for (size_t i = 0; i < 4; i++) {
		size_t label = i < 3 ? 63 : 61;
		wire[n++] = (char)label;
		memset(wire + n, 1, label);
		n += label;
	}
	wire[n++] = 0;
	assert_int_equal(n, 255);
	struct str ret;
	assert_int_equal(dns_domain_parse(&a, (struct str){ wire, n }, &ret), OK);
	assert_int_equal(ret.n, 4 * 250 + 3);
	wire[192] = 62;
	wire[n++] = 0;
	assert_int_equal(dns_domain_parse(&a, (struct str){ wire, n }, &ret), E_SYNTAX);
}

static void test_hosts(void **state)
{
	(void)state;
	static const struct { struct str text; bool host; } rows[] = {
		{ STR_INIT("mx.example.test"), true }, { STR_INIT("mx_1.example.test"), true }, { STR_INIT("localhost"), true },
		{ STR_INIT("."), false }, { STR_INIT(""), false }, { STR_INIT("a..b"), false }, { STR_INIT(".a"), false }, { STR_INIT("a."), false },
		{ STR_INIT("a\\.b"), false }, { STR_INIT("a\\010.test"), false }, { STR_INIT("-a.test"), false }, { STR_INIT("a b"), false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(dns_name_is_host(rows[i].text), rows[i].host);
}

static void test_mx(void **state)
{
	(void)state;
	struct dns_mx mx;
	assert_int_equal(dns_mx_parse(&a, (struct str)WIRE("\1\2\2mx\0"), &mx), OK);
	assert_int_equal(mx.preference, 258);
	assert_true(str_eq(mx.host, STR("mx")));
	struct dns_srv srv;
	assert_int_equal(dns_srv_parse(&a, (struct str)WIRE("\0\1\0\2\1\321\2mx\0"), &srv), OK);        /* RFC 2782 */
	assert_int_equal(srv.priority, 1);
	assert_int_equal(srv.weight, 2);
	assert_int_equal(srv.port, 465);
	assert_true(str_eq(srv.host, STR("mx")));
	assert_int_equal(dns_srv_parse(&a, (struct str)WIRE("\0\1\0\2\1"), &srv), E_SYNTAX);
	assert_int_equal(dns_mx_parse(&a, (struct str)WIRE("\0\0\0"), &mx), OK);     /* RFC 7505 */
	assert_true(str_eq(mx.host, STR(".")));
	assert_int_equal(dns_mx_parse(&a, (struct str)WIRE("\0"), &mx), E_SYNTAX);
	assert_int_equal(dns_mx_parse(&a, (struct str)WIRE("\0\0"), &mx), E_SYNTAX);
}

/* B14: a record of many strings is their concatenation. */
static void test_B14_txt(void **state)
{
	(void)state;
	char rdata[4 * 256];
	struct str ret;
	assert_int_equal(dns_txt_parse(&a, (struct str)WIRE("\3v=s\0\4pf1 "), &ret), OK);
	assert_true(str_eq(ret, STR("v=spf1 ")));
	for (size_t i = 0; i < 4; i++) {
		rdata[256 * i] = (char)255;
		memset(rdata + 256 * i + 1, 'a' + (int)i, 255);
	}
	assert_int_equal(dns_txt_parse(&a, (struct str){ rdata, sizeof rdata }, &ret), OK);
	assert_int_equal(ret.n, 4 * 255);
	assert_int_equal(ret.p[255], 'b');
	assert_int_equal(dns_txt_parse(&a, (struct str){ rdata, sizeof rdata - 1 }, &ret), E_SYNTAX);
	assert_int_equal(dns_txt_parse(&a, STR(""), &ret), E_SYNTAX);
}

static void test_others(void **state)
{
	(void)state;
	uint8_t v4[4], v6[16];
	struct dns_tlsa tlsa;
	uint32_t minimum;
	assert_int_equal(dns_a_parse((struct str)WIRE("\300\0\2\1"), v4), OK);
	assert_int_equal(v4[0], 192);
	assert_int_equal(dns_a_parse((struct str)WIRE("\300\0\2"), v4), E_SYNTAX);
	assert_int_equal(dns_aaaa_parse((struct str)WIRE("0123456789abcdef"), v6), OK);
	assert_int_equal(dns_aaaa_parse((struct str)WIRE("0123"), v6), E_SYNTAX);
	assert_int_equal(dns_tlsa_parse((struct str)WIRE("\3\1\1xyz"), &tlsa), OK);
	assert_int_equal(tlsa.usage, 3);
	assert_true(str_eq(tlsa.data, STR("xyz")));
	assert_int_equal(dns_tlsa_parse((struct str)WIRE("\3\1\1"), &tlsa), E_SYNTAX);
	assert_int_equal(dns_soa_parse((struct str)WIRE("\2ns\0\1h\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\1\5"), &minimum), OK);
	assert_int_equal(minimum, 261);
	assert_int_equal(dns_soa_parse((struct str)WIRE("\2ns\0\1h\0\0\0\0\1"), &minimum), E_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A48_names), cmocka_unit_test(test_A48_refused), cmocka_unit_test(test_A48_longest), cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_mx), cmocka_unit_test(test_B14_txt), cmocka_unit_test(test_others),
	};
	arena_init(&a, 1 << 20, NULL, NULL);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&a);
	return r;
}
