/* What a session tells the guard: a row is what a stranger says, and what is counted for it. */
#include "role/smtp/smtp_fake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S(text) STR_INIT(text)
#define END { NULL, 0 }

struct row {
	const char *name;
	enum conf_service service;
	struct str in[6];
	enum guard_kind kind;
	unsigned times;         /* of kind; nothing else is told */
	int end;                /* of the input */
	bool early;
};

static const struct row rows[] = {
	{ "nothing to tell", SERVICE_SMTP, { S("EHLO c.test\r\n"), S("NOOP\r\n"), S("QUIT\r\n"), END }, GUARD_JUNK, 0, E_CLOSED, false },
	{ "A04 early talker", SERVICE_SMTP, { S("EHLO c.test\r\n"), END }, GUARD_EARLY_TALK, 1, E_CLOSED, true },
	{ "A04 pipelined where it may not be", SERVICE_SMTP, { S("EHLO c.test\r\nNOOP\r\n"), END }, GUARD_EARLY_TALK, 1, E_CLOSED, false },
	{ "junk", SERVICE_SMTP, { S("XYZZY\r\n"), S("PLUGH x\r\n"), S("QUIT\r\n"), END }, GUARD_JUNK, 2, E_CLOSED, false },
	{ "A72 HTTP", SERVICE_SMTP, { S("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), END }, GUARD_HTTP, 1, E_CLOSED, false },
	{ "A89 a front end of ours that was not made known", SERVICE_SMTP, { S("PROXY TCP4 192.0.2.1 192.0.2.2 1 25\r\n"), END }, GUARD_JUNK, 1, E_CLOSED, false },
	{ "bare LF in commands", SERVICE_SMTP, { S("EHLO c.test\nNOOP\n"), END }, GUARD_BARE_NEWLINE, 1, E_CLOSED, false },
	{ "A68 VRFY, EXPN", SERVICE_SMTP, { S("EHLO c.test\r\n"), S("VRFY bob\r\n"), S("EXPN staff\r\n"), END }, GUARD_VRFY, 2, E_CLOSED, false },
	{ "A68 unknown recipients", SERVICE_SMTP,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\n"), S("RCPT TO:<x@local.test>\r\n"), S("RCPT TO:<y@local.test>\r\n"), END },
	  GUARD_RCPT_UNKNOWN, 2, E_CLOSED, false },
	{ "known recipients", SERVICE_SMTP,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\n"), S("RCPT TO:<bob@local.test>\r\n"), S("RCPT TO:<full@local.test>\r\n"), END },
	  GUARD_RCPT_OK, 2, E_CLOSED, false },
	{ "B02 a store that cannot say tells nothing", SERVICE_SMTP,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\n"), S("RCPT TO:<lost@local.test>\r\n"), END }, GUARD_RCPT_UNKNOWN, 0, E_CLOSED, false },
	{ "relay", SERVICE_SMTP, { S("EHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\n"), S("RCPT TO:<x@elsewhere.test>\r\n"), END },
	  GUARD_RELAY_DENIED, 1, E_CLOSED, false },
	{ "too slow", SERVICE_SMTP, { S("EHLO c.test\r\n"), END }, GUARD_SLOW, 1, E_TIMEOUT, false },
	{ "who has signed in is known by name", SERVICE_SUBMISSIONS,
	  { S("EHLO c.test\r\n"), S("AUTH PLAIN AGFsaWNlQGxvY2FsLnRlc3QAc2VjcmV0\r\n"), S("XYZZY\r\n"), S("VRFY bob\r\n"), S("QUIT\r\n"), END },
	  GUARD_JUNK, 0, E_CLOSED, false },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fake f;
		fake_init(&f, rows[i].service);
		f.end = rows[i].end;
		f.early = rows[i].early;
		int r = fake_run(&f, rows[i].in);
		(void)r;
		for (unsigned k = 0; k < GUARD_KINDS; k++)
			if (f.seen[k] != (k == rows[i].kind ? rows[i].times : 0))
				fail_msg("%s: %u times %s\n" STR_FMT, rows[i].name, f.seen[k], guard_kind_name((enum guard_kind)k), STR_ARG(buf_str(&f.said)));
		fake_done(&f);
	}
}

/* A01: a bare line end alone is an old sender's; with a lone dot and commands behind it somebody means it. */
static void test_A01_smuggling(void **state)
{
	(void)state;
	static const struct { struct str content; enum guard_kind kind; } contents[] = {
		{ S("x\ny\r\n.\r\n"), GUARD_BARE_NEWLINE },
		{ S("x\n.\ny\r\n.\r\n"), GUARD_BARE_NEWLINE },
		{ S("x\nMAIL FROM:<a@b.test>\r\n.\r\n"), GUARD_BARE_NEWLINE },
		{ S("x\n.\nMAIL FROM:<a@b.test>\nRCPT TO:<bob@local.test>\r\n.\r\n"), GUARD_SMUGGLING },
		{ S("x\n.\r\nmail from:<a@b.test>\r\n.\r\n"), GUARD_SMUGGLING },
		{ S("x\r.\rMAIL FROM:<a@b.test>\r\n.\r\n"), GUARD_SMUGGLING },
	};
	for (size_t i = 0; i < COUNT_OF(contents); i++) {
		const struct str in[] = { S("EHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\n"), S("RCPT TO:<bob@local.test>\r\n"), S("DATA\r\n"), contents[i].content, END };
		struct fake f;
		fake_init(&f, SERVICE_SMTP);
		assert_int_equal(fake_run(&f, in), OK);
		assert_int_equal(f.seen[GUARD_BARE_NEWLINE], contents[i].kind == GUARD_BARE_NEWLINE);
		assert_int_equal(f.seen[GUARD_SMUGGLING], contents[i].kind == GUARD_SMUGGLING);
		assert_int_equal(f.delivered, 0);
		fake_done(&f);
	}
}

static void test_handshakes(void **state)
{
	(void)state;
	static const struct { int err; unsigned bad, slow; } ends[] = {
		{ OK, 0, 0 }, { E_PROTO, 1, 0 }, { E_TIMEOUT, 0, 1 }, { E_CLOSED, 0, 0 }, { E_BUSY, 0, 0 }, { E_CANCELLED, 0, 0 }, { E_UNSUPPORTED, 0, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		static const struct str nothing[] = { END };
		struct fake f;
		fake_init(&f, SERVICE_SMTP);
		assert_int_equal(fake_run(&f, nothing), E_CLOSED);
		smtp_saw_handshake(&f.session, ends[i].err);
		assert_int_equal(f.seen[GUARD_TLS_FAILED], ends[i].bad);
		assert_int_equal(f.seen[GUARD_SLOW], ends[i].slow);
		fake_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_A01_smuggling), cmocka_unit_test(test_handshakes) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
