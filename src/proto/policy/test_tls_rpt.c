/* Our own TLS reports (RFC 8460): counting, JSON, the message; and that our reader reads what our writer wrote. */
#include "proto/policy/tls_rpt_mail.h"
#include "proto/policy/tls_rpt_tally.h"

#include "base/base64.h"
#include "proto/header/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena a;
static struct tlsrpt_tally tally;

static struct tlsrpt_row row(enum tlsrpt_policy_type policy, enum tlsrpt_result result, const char *mx)
{
	return (struct tlsrpt_row){ (uint8_t)policy, (uint8_t)result, str_c(mx), STR("192.0.2.1"), 1 };
}

static void add(enum tlsrpt_policy_type policy, enum tlsrpt_result result, const char *mx)
{
	struct tlsrpt_row r = row(policy, result, mx);
	tlsrpt_tally_add(&tally, &r);
}

static void test_count(void **state)
{
	(void)state;
	struct buf b;
	struct tlsrpt_tally back;
	buf_init(&b, TLSRPT_TALLY_MAX);
	struct bufw w = { .b = &b };
	tally.count = 0;
	add(TLSRPT_TLSA, TLSRPT_SUCCESS, "a.test");
	add(TLSRPT_TLSA, TLSRPT_SUCCESS, "b.test");
	add(TLSRPT_TLSA, TLSRPT_VALIDATION_FAILURE, "a.test");
	add(TLSRPT_TLSA, TLSRPT_VALIDATION_FAILURE, "A.test");
	add(TLSRPT_TLSA, TLSRPT_VALIDATION_FAILURE, "b.test");
	add(TLSRPT_TLSA, TLSRPT_NO_SESSION, "b.test"); /* is none */
	assert_int_equal(tally.count, 3);
	assert_int_equal(tally.row[0].sessions, 2);
	assert_int_equal(tally.row[1].sessions, 2);
	tlsrpt_tally_write(&w, &tally);
	assert_int_equal(w.err, OK);
	assert_int_equal(tlsrpt_tally_read(buf_str(&b), &back), OK);
	assert_int_equal(back.count, 3);
	assert_true(str_eq(back.row[2].mx, STR("b.test")));
	assert_int_equal(tlsrpt_tally_read(str_first(buf_str(&b), b.n - 1), &back), E_SYNTAX);
	assert_int_equal(tlsrpt_tally_read(STR("\x09\x01\0\0\1"), &back), E_SYNTAX);
	assert_int_equal(tlsrpt_tally_read(STR(""), &back), OK);
	buf_done(&b);
}

/* Whoever has a thousand hosts that fail gets all of them counted, and so many of them named. */
static void test_bound(void **state)
{
	(void)state;
	char name[20];
	uint64_t sessions = 0;
	arena_reset(&a);
	tally.count = 0;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "mx%u.test", i);
		struct tlsrpt_row r = row((enum tlsrpt_policy_type)(i % TLSRPT_POLICY_TYPES),
					  (enum tlsrpt_result)(TLSRPT_SUCCESS + i % (TLSRPT_RESULTS - 1)), "");
		r.mx = arena_dup(&a, str_c(name));
		tlsrpt_tally_add(&tally, &r);
	}
	assert_true(tally.count <= TLSRPT_ROWS_MAX);
	for (size_t i = 0; i < tally.count; i++)
		sessions += tally.row[i].sessions;
	assert_int_equal(sessions, 1000);
}

static void test_report(void **state)
{
	(void)state;
	struct buf json;
	struct tlsrpt_report r = { .organization = STR("mail.own.test"), .contact = STR("postmaster@mail.own.test"), .id = STR("19675.ab"),
				   .begin = 1699920000, .end = 1700006399 }, back;
	buf_init(&json, 64 << 10);
	arena_reset(&a);
	tally.count = 0;
	add(TLSRPT_TLSA, TLSRPT_SUCCESS, "");
	add(TLSRPT_TLSA, TLSRPT_DNSSEC_INVALID, "mx.a.test");
	add(TLSRPT_STS, TLSRPT_CERTIFICATE_EXPIRED, "mx.a.test");
	tlsrpt_tally_report(&tally, &a, STR("a.test"), &r);
	assert_int_equal(tlsrpt_report_write(&r, &json), OK);
	assert_true(str_search(buf_str(&json), STR("\"start-datetime\": \"2023-11-14T00:00:00Z\"")) != STR_NPOS);
	assert_int_equal(tlsrpt_report_read(&a, buf_str(&json), &back), OK);
	assert_int_equal(back.policy_count, 2);
	assert_true(str_eq(back.policies[0].type, STR("tlsa")) && str_eq(back.policies[1].type, STR("sts")));
	assert_true(back.policies[0].succeeded == 1 && back.policies[0].failed == 1);
	assert_true(str_eq(back.policies[0].failures[0].result_type, STR("dnssec-invalid")));
	assert_true(str_eq(back.policies[1].failures[0].receiving_mx_hostname, STR("mx.a.test")));
	assert_true(back.begin == r.begin && back.end == r.end && str_eq(back.id, r.id));
	buf_done(&json);
}

/* RFC 8460 section 5.3. */
static void test_mail(void **state)
{
	(void)state;
	struct buf b, json;
	struct header_field h;
	struct tlsrpt_mail m = { .host = STR("mail.own.test"), .domain = STR("a.test"), .to = STR("tls@a.test"), .id = STR("1.ab"),
				 .now = 1700000000, .json = STR("{\"a\": \"0123456789012345678901234567890123456789012345678901234567890123456789\"}") };
	buf_init(&b, 64 << 10);
	buf_init(&json, 64 << 10);
	assert_int_equal(tlsrpt_mail_write(&m, &b), OK);
	struct str mail = buf_str(&b), head = str_first(mail, header_end(mail));
	assert_true(header_find(head, STR("TLS-Report-Domain"), &h) && str_eq(str_trim(h.value), STR("a.test")));
	assert_true(header_find(head, STR("TLS-Report-Submitter"), &h) && str_eq(str_trim(h.value), STR("mail.own.test")));
	assert_true(header_find(head, STR("TLS-Required"), &h) && str_eq(str_trim(h.value), STR("No")));
	size_t at = str_search(mail, STR(".json\"\r\n\r\n")), end = str_search(mail, STR("\r\n--1.ab--\r\n"));
	struct str coded = str_skip(str_first(mail, end), at + 10);
	char joined[400];
	size_t n = 0;
	for (size_t i = 0; i < coded.n; i++)
		if (coded.p[i] != '\r' && coded.p[i] != '\n')
			joined[n++] = coded.p[i];
	assert_int_equal(base64_decode(&json, (struct str){ joined, n }), OK);
	assert_true(str_eq(buf_str(&json), m.json));
	m.to = STR("a@b\r\nBcc: x@y");
	assert_int_equal(tlsrpt_mail_write(&m, &b), E_SYNTAX);
	buf_done(&b);
	buf_done(&json);
}

static void test_address(void **state)
{
	(void)state;
	static const struct { const char *uri; int result; const char *address; } rows[] = {
		{ "mailto:tls@a.test", OK, "tls@a.test" },
		{ "MAILTO:tls%2Brpt@a.test?subject=x", OK, "tls+rpt@a.test" },
		{ "mailto:tls%0d%0a@a.test", E_SYNTAX, NULL },
		{ "mailto:tls%2@a.test", E_SYNTAX, NULL },
		{ "mailto:tls@a.test%2", E_SYNTAX, NULL },
		{ "mailto:a@a.test,b@b.test", E_SYNTAX, NULL },
		{ "mailto:nobody", E_SYNTAX, NULL },
		{ "https://a.test/", E_UNSUPPORTED, NULL },
	};
	struct str got;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(tlsrpt_mail_address(str_c(rows[i].uri), &a, &got), rows[i].result);
		assert_true(rows[i].result != OK || str_eq(got, str_c(rows[i].address)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count), cmocka_unit_test(test_bound),   cmocka_unit_test(test_report),
		cmocka_unit_test(test_mail),  cmocka_unit_test(test_address),
	};
	arena_init(&a, 4 << 20, NULL, NULL);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&a);
	return r;
}
