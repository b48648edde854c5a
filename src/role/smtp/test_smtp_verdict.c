/* What scan finds out about a stranger's message, and what smtp makes of it. */
#include "role/smtp/smtp_content.h"
#include "role/smtp/smtp_fake.h"

#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define END { NULL, 0 }
#define S(text) STR_INIT(text)
#define MAIL S("EHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n")

static bool says(struct fake *f, const char *text) { return str_search(buf_str(&f->said), str_c(text)) != STR_NPOS; }

static void run(struct fake *f, enum conf_service service, struct ipc_scan_rep verdict, const struct str *in)
{
	fake_init(f, service);
	f->verdict = verdict;
	(void)fake_run(f, in);
}

/* Refused and deferred mail is not delivered; junk goes where junk belongs; our fields go along beside the bytes. */
static void verdicts(void **state)
{
	(void)state;
	static const struct str in[] = { MAIL, S("From: a@b.test\r\n\r\nx\r\n.\r\n"), END };
	static const struct { struct ipc_scan_rep scanned; const char *said; unsigned delivered, mailbox; } rows[] = {
		{ { .verdict = SCAN_ACCEPT, .reason = STR_INIT("fine") }, "250 2.0.0", 1, MAILBOX_NONE },
		{ { .verdict = SCAN_JUNK, .prefix = STR_INIT("Authentication-Results: x; none\r\n") }, "250 2.0.0", 1, MAILBOX_JUNK },
		{ { .verdict = SCAN_REJECT, .reason = STR_INIT("No") }, "\r\n550 5.7.1 No\r\n", 0, 0 },
		{ { .verdict = SCAN_DEFER, .reason = STR_INIT("Later") }, "\r\n451 4.7.1 Later\r\n", 0, 0 },
		{ { .verdict = 77, .reason = STR_INIT("Odd") }, "\r\n550 5.7.1 Odd\r\n", 0, 0 },
		/* the reason is no way into our line */
		{ { .verdict = SCAN_REJECT, .reason = STR_INIT("No\r\n250 yes") }, "\r\n550 5.7.1 Refused by policy\r\n", 0, 0 },
		{ { .verdict = SCAN_REJECT, .reason = STR_INIT("\xc3\xa4") }, "\r\n550 5.7.1 Refused by policy\r\n", 0, 0 },
		{ { .verdict = SCAN_REJECT }, "\r\n550 5.7.1 Refused by policy\r\n", 0, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fake f;
		run(&f, SERVICE_SMTP, rows[i].scanned, in);
		if (!says(&f, rows[i].said))
			fail_msg("row %zu: " STR_FMT, i, STR_ARG(buf_str(&f.said)));
		assert_int_equal(f.delivered, rows[i].delivered);
		assert_int_equal(f.mailbox, rows[i].mailbox);
		if (f.delivered)
			assert_true(str_eq(buf_str(&f.prefix), rows[i].scanned.prefix));
		fake_done(&f);
	}
}

/* Strangers are verified; this machine, a gateway that speaks LMTP and who signed in are not. */
static void who_is_verified(void **state)
{
	(void)state;
	static const struct str in[] = { MAIL, S("From: a@b.test\r\n\r\nx\r\n.\r\n"), END };
	static const struct str lmtp[] = { S("LHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
					   S("From: a@b.test\r\n\r\nx\r\n.\r\n"), END };
	struct fake f;
	run(&f, SERVICE_SMTP, (struct ipc_scan_rep){ 0 }, in);
	assert_int_equal(f.purpose, SCAN_INBOUND);
	fake_done(&f);
	run(&f, SERVICE_LMTP, (struct ipc_scan_rep){ 0 }, lmtp);
	assert_int_equal(f.purpose, SCAN_LOCAL);
	fake_done(&f);
	fake_init(&f, SERVICE_SMTP);
	f.peer = (struct net_address){ .bytes = { 127, 0, 0, 1 } };
	(void)fake_run(&f, in);
	assert_int_equal(f.purpose, SCAN_LOCAL);
	fake_done(&f);
}

/* A32: what claims to be our finding goes, all else stays byte for byte. */
static void a32_forged(void **state)
{
	(void)state;
	static const struct str in[] = { MAIL,
					 S("Authentication-Results: mx.local.test; dkim=pass\r\nAUTHENTICATION-RESULTS :\r\n\tMX.local.test; x=pass\r\n"
					   "Authentication-Results: (c) \"mx.local.test\" 1; spf=pass\r\nFrom: a@b.test\r\n"
					   "Authentication-Results: other.test; dkim=pass\r\nAuthentication-Results: mx.local.test.; none\r\n\r\nx\r\n.\r\n"),
					 END };
	struct fake f;
	run(&f, SERVICE_SMTP, (struct ipc_scan_rep){ 0 }, in);
	assert_int_equal(f.delivered, 1);
	assert_true(str_ends(buf_str(&f.message), STR("\r\nFrom: a@b.test\r\nAuthentication-Results: other.test; dkim=pass\r\n\r\nx\r\n")));
	assert_true(str_isearch(buf_str(&f.message), STR("mx.local.test; ")) == STR_NPOS);
	fake_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(verdicts), cmocka_unit_test(who_is_verified), cmocka_unit_test(a32_forged) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
