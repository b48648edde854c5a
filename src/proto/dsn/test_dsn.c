/* Reports, word for word and read back by our parser. */
#include "proto/dsn/dsn.h"
#include "proto/dsn/dsn_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena a;
static struct buf out;
static struct dsn_parsed parsed;

static const struct str original = STR_INIT("From: me@own.test\r\nTo: a@example.test\r\nSubject: hello\r\n\r\nsecret body\r\n");

static struct dsn report(const struct dsn_recipient *r, size_t n)
{
	return (struct dsn){ .reporting_mta = STR("mail.own.test"), .to = STR("me@own.test"), .unique = 0x1234, .now = 1700000000,
		.arrival = 1699990000, .recipient = r, .count = n, .message = original };
}

static void build(const struct dsn *d)
{
	buf_clear(&out);
	arena_reset(&a);
	assert_int_equal(dsn_build(d, &dsn_english, &out), OK);
	assert_int_equal(dsn_parse(&a, buf_str(&out), &parsed), OK);
}

static bool says(const char *text) { return str_search(buf_str(&out), str_c(text)) != STR_NPOS; }

/* B35, and RFC 5322 section 2.1.1. */
static void check_lines(struct str s)
{
	size_t line = 0;
	for (size_t i = 0; i < s.n; i++) {
		assert_true((s.p[i] == '\n') == (i > 0 && s.p[i - 1] == '\r'));
		line = s.p[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 999);
	}
	assert_true(str_ends(s, STR("\r\n")));
}

static void test_golden(void **state)
{
	(void)state;
	const struct dsn_recipient r = { .action = DSN_FAILED, .address = STR("a@example.test"), .original = STR("rfc822;b@example.test"),
		.status = "5.1.1", .remote = STR("mx.example.test [192.0.2.1]"), .diagnostic = STR("550 5.1.1 no such\nmailbox"), .replied = true,
		.last_attempt = 1700000000 };
	struct dsn d = report(&r, 1);
	d.envid = STR("env+1");
	build(&d);
	assert_true(str_eq(buf_str(&out), STR(
		"From: Mail Delivery System <MAILER-DAEMON@mail.own.test>\r\n"
		"To: <me@own.test>\r\n"
		"Subject: Your message could not be delivered\r\n"
		"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
		"Message-ID: <0000000000001234.dsn@mail.own.test>\r\n"
		"Auto-Submitted: auto-replied\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/report; report-type=delivery-status;\r\n"
		"\tboundary=\"=_dsn_0000000000001234\"\r\n"
		"\r\n"
		"--=_dsn_0000000000001234\r\n"
		"Content-Type: text/plain; charset=us-ascii\r\n"
		"\r\n"
		"This is the mail server mail.own.test.\r\n"
		"\r\n"
		"Your message could not be delivered to the following recipients, and will\r\n"
		"not be tried again:\r\n"
		"\r\n"
		"  <a@example.test>\r\n"
		"    Reason: 550 5.1.1 no such mailbox\r\n"
		"    Told by: mx.example.test [192.0.2.1]\r\n"
		"\r\n"
		"Details for programs, and your message or its header, are attached.\r\n"
		"\r\n"
		"--=_dsn_0000000000001234\r\n"
		"Content-Type: message/delivery-status\r\n"
		"\r\n"
		"Original-Envelope-Id: env+1\r\n"
		"Reporting-MTA: dns; mail.own.test\r\n"
		"Arrival-Date: Tue, 14 Nov 2023 19:26:40 +0000\r\n"
		"\r\n"
		"Original-Recipient: rfc822; b@example.test\r\n"
		"Final-Recipient: rfc822; a@example.test\r\n"
		"Action: failed\r\n"
		"Status: 5.1.1\r\n"
		"Remote-MTA: dns; mx.example.test\r\n"
		"Diagnostic-Code: smtp; 550 5.1.1 no such mailbox\r\n"
		"Last-Attempt-Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
		"\r\n"
		"--=_dsn_0000000000001234\r\n"
		"Content-Type: text/rfc822-headers\r\n"
		"\r\n"
		"From: me@own.test\r\n"
		"To: a@example.test\r\n"
		"Subject: hello\r\n"
		"\r\n"
		"\r\n"
		"--=_dsn_0000000000001234--\r\n")));
}

/* B31: action, status and words agree, for each kind of report; what disagrees is not written. */
static void test_B31_kinds(void **state)
{
	(void)state;
	static const struct { enum dsn_action action; const char *word, *status, *subject; } rows[] = {
		{ DSN_FAILED, "failed", "5.4.7", "could not be delivered" }, { DSN_DELAYED, "delayed", "4.4.1", "is delayed" },
		{ DSN_DELIVERED, "delivered", "2.0.0", "was delivered" }, { DSN_RELAYED, "relayed", "2.0.0", "was passed on" },
		{ DSN_EXPANDED, "expanded", "2.0.0", "to a list" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct dsn_recipient r = { .action = rows[i].action, .address = STR("a@example.test"), .status = rows[i].status, .retry_until = 1700009999 };
		struct dsn d = report(&r, 1);
		build(&d);
		check_lines(buf_str(&out));
		assert_int_equal(parsed.count, 1);
		assert_true(str_eq(parsed.recipient[0].action, str_c(rows[i].word)));
		assert_true(str_eq(parsed.recipient[0].status, str_c(rows[i].status)));
		assert_true(says(rows[i].subject));
		assert_int_equal(parsed.recipient[0].retry_until.n > 0, rows[i].action == DSN_DELAYED);
		for (size_t j = 0; j < COUNT_OF(rows); j++) {
			r.status = rows[j].status;
			buf_clear(&out);
			assert_int_equal(dsn_build(&d, &dsn_english, &out), rows[i].status[0] == rows[j].status[0] ? OK : E_SYNTAX);
		}
	}
	static const char *const bad[] = { "", "5", "5.1", "5.1.", "5..1", "5.1.1.1", "5.1.1x", "5.1234.1", "6.0.0", "5.-1.0" };
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct dsn_recipient r = { .action = DSN_FAILED, .address = STR("a@example.test"), .status = bad[i] };
		struct dsn d = report(&r, 1);
		assert_int_equal(dsn_build(&d, &dsn_english, &out), E_SYNTAX);
	}
}

/* A24: no report to a null sender; the body stays here unless RET=FULL asked for it. */
static void test_A24(void **state)
{
	(void)state;
	const struct dsn_recipient r = { .action = DSN_FAILED, .address = STR("a@example.test"), .status = "5.1.1" };
	struct dsn d = report(&r, 1);
	build(&d);
	assert_false(says("secret body"));
	assert_true(says("Auto-Submitted: auto-replied\r\n"));
	d.to = STR("");
	assert_int_equal(dsn_build(&d, &dsn_english, &out), E_SYNTAX);
}

static void test_full(void **state)
{
	(void)state;
	const struct dsn_recipient r = { .action = DSN_FAILED, .address = STR("a@example.test"), .status = "5.1.1" };
	struct dsn d = report(&r, 1);
	d.full = true;
	build(&d);
	assert_true(str_eq(parsed.original_type, STR("message/rfc822")));
	assert_true(str_eq(parsed.original, original));
	/* what does not fit, or is no text, comes back as its header */
	static char big[DSN_FULL_MAX + 100];
	memset(big, 'x', sizeof big);
	memcpy(big, "A: b\r\n\r\n", 8);
	const struct str odd[] = { { big, sizeof big }, STR("A: b\r\n\r\nx\0y\r\n"), STR("A: b\r\n\r\nx\ny\r\n"), { big, 5000 } };
	for (size_t i = 0; i < COUNT_OF(odd); i++) {
		d.message = odd[i];
		build(&d);
		check_lines(buf_str(&out));
		assert_true(str_eq(parsed.original_type, STR("text/rfc822-headers")));
		assert_true(str_eq(parsed.original, STR("A: b\r\n\r\n")));
	}
}

/* B35, A91: bad line ends, control bytes, long lines and an endless header of the original; a hostile reply; an original that holds our
 * boundary. */
static void test_B35_hostile(void **state)
{
	(void)state;
	static char header[100000], reply[5000];
	memset(header, 'h', sizeof header);
	memcpy(header, "A: b\nB: c\rd\r\n", 13);
	for (size_t i = 5000; i + 4 < sizeof header; i += 1500)
		memcpy(header + i, "\nX: ", 4);
	memset(reply, 'r', sizeof reply);
	memcpy(reply, "550 \r\nAction: delivered\r\n\0", 26);
	const struct dsn_recipient r = { .action = DSN_FAILED, .address = STR("a@example.test\r\nX: y"), .original = STR("rfc822;x\r\ny"),
		.status = "5.1.1", .remote = STR("mx\r\nX: y"), .diagnostic = { reply, sizeof reply }, .replied = true };
	struct dsn d = report(&r, 1);
	d.envid = STR("x\r\ny");
	d.message = (struct str){ header, sizeof header };
	build(&d);
	check_lines(buf_str(&out));
	assert_int_equal(parsed.count, 1);
	assert_true(str_eq(parsed.recipient[0].action, STR("failed")));
	assert_true(parsed.original.n <= DSN_HEADERS_MAX + 4096);
	d.message = STR("A: b\r\n--=_dsn_0000000000001234\r\n--=_dsn_0000000000001235--\r\nC: d\r\n\r\n");
	build(&d);
	assert_true(str_eq(parsed.original, d.message));
}

/* RFC 6533: types and address forms where something is not ASCII and the sender can take it; else nothing but ASCII in our words. */
static void test_utf8(void **state)
{
	(void)state;
	const struct dsn_recipient r = { .action = DSN_FAILED, .address = STR("j\xc3\xbcrg@example.test"), .status = "5.6.7" };
	struct dsn d = report(&r, 1);
	d.utf8 = true;
	build(&d);
	assert_true(str_eq(parsed.status_type, STR("message/global-delivery-status")));
	assert_true(str_eq(parsed.recipient[0].final_type, STR("utf-8")));
	assert_true(str_eq(parsed.recipient[0].final_recipient, r.address));
	assert_true(str_eq(parsed.original_type, STR("text/rfc822-headers")));
	assert_true(says("Content-Transfer-Encoding: 8bit\r\n"));
	d.message = STR("Subject: \xc3\xbc\r\n\r\n");
	build(&d);
	assert_true(str_eq(parsed.original_type, STR("message/global-headers")));
	d.utf8 = false;
	build(&d);
	assert_true(str_eq(parsed.status_type, STR("message/delivery-status")));
	assert_true(str_eq(parsed.recipient[0].final_recipient, STR("j??rg@example.test")));
	assert_true(str_eq(parsed.original_type, STR("text/rfc822-headers")));
	assert_true(str_eq(parsed.original, d.message));
}

/* B07: one report for several recipients, what became of each beside it. */
static void test_B07_grouped(void **state)
{
	(void)state;
	const struct dsn_recipient r[] = {
		{ .action = DSN_DELAYED, .address = STR("a@example.test"), .status = "4.2.1" },
		{ .action = DSN_FAILED, .address = STR("b@example.test"), .status = "5.1.1" },
		{ .action = DSN_FAILED, .address = STR("c@example.test"), .status = "5.2.2" },
	};
	struct dsn d = report(r, 3);
	build(&d);
	assert_int_equal(parsed.count, 3);
	assert_true(says("Subject: What became of your message\r\n"));
	for (size_t i = 0; i < 3; i++)
		assert_true(str_eq(parsed.recipient[i].final_recipient, r[i].address));
	d = report(r + 1, 2);
	build(&d);
	assert_true(says("Subject: Your message could not be delivered\r\n"));
}

static void test_parser_refuses(void **state)
{
	(void)state;
	static const struct str rows[] = {
		STR_INIT(""), STR_INIT("A: b\r\n\r\nc"), STR_INIT("Content-Type: multipart/report; report-type=delivery-status\r\n\r\n"),
		STR_INIT("Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\n--x\r\n\r\n--x--\r\n"),
		STR_INIT("Content-Type: multipart/report; report-type=disposition-notification; boundary=x\r\n\r\n--x\r\n\r\n--x\r\n\r\n--x\r\n\r\n--x--"),
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(dsn_parse(&a, rows[i], &parsed), E_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden), cmocka_unit_test(test_B31_kinds), cmocka_unit_test(test_A24), cmocka_unit_test(test_full),
		cmocka_unit_test(test_B35_hostile), cmocka_unit_test(test_utf8), cmocka_unit_test(test_B07_grouped), cmocka_unit_test(test_parser_refuses),
	};
	arena_init(&a, 1 << 20, NULL, NULL);
	buf_init(&out, DSN_MAX);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&a);
	buf_done(&out);
	return r;
}
