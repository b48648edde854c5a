#include "proto/smtp/smtp_caps.h"
#include "proto/smtp/smtp_reply.h"

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct row { struct str in; int err; const char *want; };

static const struct row rows[] = {
	{ STR_INIT("250 ok\r\n"), OK, "250 0.0.0 1 [ok]" },
	{ STR_INIT("250 2.1.5 ok\r\n"), OK, "250 2.1.5 1 [ok]" },
	{ STR_INIT("250 2.1.5\r\n"), OK, "250 2.1.5 1 []" },
	{ STR_INIT("550-5.1.1 no\r\n550 5.1.1 such user\r\n"), OK, "550 5.1.1 2 [no\nsuch user]" },
	{ STR_INIT("550 2.1.1 class differs\r\n"), OK, "550 0.0.0 1 [2.1.1 class differs]" },
	{ STR_INIT("550 5.1 x\r\n"), OK, "550 0.0.0 1 [5.1 x]" },
	{ STR_INIT("550 5.1.1234 x\r\n"), OK, "550 0.0.0 1 [5.1.1234 x]" },
	{ STR_INIT("550 5.01.1 x\r\n"), OK, "550 0.0.0 1 [5.01.1 x]" },
	{ STR_INIT("250\r\n"), OK, "250 0.0.0 1 []" },                  /* A13: a bare code */
	{ STR_INIT("250 \r\n"), OK, "250 0.0.0 1 []" },
	{ STR_INIT("250-\r\n250 \r\n"), OK, "250 0.0.0 2 [\n]" },
	{ STR_INIT("250-a\r\n"), E_AGAIN, "" },
	{ STR_INIT("25"), E_AGAIN, "" },
	{ STR_INIT("250 a\x1b[0m\tb\xff\r\n"), OK, "250 0.0.0 1 [a?[0m?b?]" },
	{ STR_INIT("250 gr\xc3\xbc\xc3\x9f\r\n"), OK, "250 0.0.0 1 [gr\xc3\xbc\xc3\x9f]" },
	/* A13 */
	{ STR_INIT("250-a\r\n550 b\r\n"), E_PROTO, "" },
	{ STR_INIT("250-a\r\n\r\n"), E_PROTO, "" },
	{ STR_INIT("25\r\n"), E_PROTO, "" },
	{ STR_INIT("\r\n"), E_PROTO, "" },
	{ STR_INIT("150 x\r\n"), E_PROTO, "" },
	{ STR_INIT("650 x\r\n"), E_PROTO, "" },
	{ STR_INIT("2500\r\n"), E_PROTO, "" },
	{ STR_INIT("250_x\r\n"), E_PROTO, "" },
	{ STR_INIT("HTTP/1.1 400\r\n"), E_PROTO, "" },
	{ STR_INIT("250 a\n"), E_PROTO, "" },
	{ STR_INIT("250 a\r\r\n"), E_PROTO, "" },
};

static struct str show(struct arena *a, const struct smtp_reply *r)
{
	return arena_printf(a, "%u %u.%u.%u %u [" STR_FMT "]", r->code, r->status.class, r->status.subject,
			    r->status.detail, r->lines, STR_ARG(r->text));
}

static void replies(void **state)
{
	(void)state;
	struct arena a;
	struct buf text;
	arena_init(&a, 1 << 20, NULL, NULL);
	buf_init(&text, SMTP_REPLY_TEXT_MAX);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t cut = 0; cut <= rows[i].in.n; cut++) {
			struct smtp_reply_reader r;
			struct smtp_reply reply;
			smtp_reply_init(&r, &text);
			struct str in = str_first(rows[i].in, cut);
			int e = smtp_reply_next(&r, &in, &reply);
			if (e == E_AGAIN) {
				in.n += rows[i].in.n - cut;
				e = smtp_reply_next(&r, &in, &reply);
			}
			struct str got = e == OK ? show(&a, &reply) : STR("");
			if (e != rows[i].err || !str_eq(got, str_c(rows[i].want)))
				fail_msg("row %zu cut %zu: %s " STR_FMT, i, cut, err_name(e), STR_ARG(got));
		}
	buf_done(&text);
	arena_done(&a);
}

/* Pipelined replies come out one by one; what belongs to the next stays (A06: the caller can see that more came). */
static void several(void **state)
{
	(void)state;
	struct buf text;
	struct smtp_reply_reader r;
	struct smtp_reply reply;
	struct str in = STR("250 a\r\n550-b\r\n550 c\r\n22");
	buf_init(&text, SMTP_REPLY_TEXT_MAX);
	smtp_reply_init(&r, &text);
	assert_int_equal(smtp_reply_next(&r, &in, &reply), OK);
	assert_true(reply.code == 250 && str_eq(reply.text, STR("a")));
	assert_int_equal(smtp_reply_next(&r, &in, &reply), OK);
	assert_true(reply.code == 550 && str_eq(reply.text, STR("b\nc")));
	assert_int_equal(smtp_reply_next(&r, &in, &reply), E_AGAIN);
	assert_true(str_eq(in, STR("22")));
	buf_done(&text);
}

/* A13: a line without end, lines without end, and text without end. */
static void endless(void **state)
{
	(void)state;
	struct buf text;
	struct smtp_reply_reader r;
	struct smtp_reply reply;
	static char line[SMTP_REPLY_LINE_MAX + 8];
	memset(line, 'x', sizeof line);
	memcpy(line, "250-", 4);
	buf_init(&text, SMTP_REPLY_TEXT_MAX);

	smtp_reply_init(&r, &text);
	struct str in = { line, sizeof line };
	assert_int_equal(smtp_reply_next(&r, &in, &reply), E_PROTO);
	in = STR("250 late\r\n");
	assert_int_equal(smtp_reply_next(&r, &in, &reply), E_PROTO);

	smtp_reply_init(&r, &text);
	for (unsigned i = 0; i < SMTP_REPLY_LINES_MAX; i++) {
		in = STR("250-x\r\n");
		assert_int_equal(smtp_reply_next(&r, &in, &reply), E_AGAIN);
	}
	in = STR("250 x\r\n");
	assert_int_equal(smtp_reply_next(&r, &in, &reply), E_PROTO);

	smtp_reply_init(&r, &text);
	memcpy(line + 2002, "\r\n", 2);
	int e = E_AGAIN;
	for (unsigned i = 0; i < 10 && e == E_AGAIN; i++) {
		in = (struct str){ line, 2004 };
		e = smtp_reply_next(&r, &in, &reply);
	}
	assert_int_equal(e, E_PROTO);
	buf_done(&text);
}

static void capabilities(void **state)
{
	(void)state;
	struct smtp_caps c;
	smtp_caps_parse(
	    STR("mx.test at your service\nSIZE 52428800\n8bitmime\nPIPELINING\nAUTH PLAIN LOGIN X-OTHER\nSTARTTLS\n"
		"LIMITS RCPTMAX=100 MAILMAX=9999999 X=1\nX-UNKNOWN\nDSN"),
	    &c);
	assert_true(str_eq(c.name, STR("mx.test")));
	assert_int_equal(c.offers, SMTP_CAP_SIZE | SMTP_CAP_8BITMIME | SMTP_CAP_PIPELINING | SMTP_CAP_AUTH |
				       SMTP_CAP_STARTTLS | SMTP_CAP_LIMITS | SMTP_CAP_DSN);
	assert_int_equal(c.mechanisms, SMTP_AUTH_PLAIN | SMTP_AUTH_LOGIN);
	assert_int_equal(c.size, 52428800);
	assert_int_equal(c.rcpt_max, 100);
	assert_int_equal(c.mail_max, 0);

	smtp_caps_parse(STR("PIPELINING"), &c);         /* the name of a server is no capability */
	assert_int_equal(c.offers, 0);
	smtp_caps_parse(STR("x\nSIZE\nSIZE x\nAUTH\nREQUIRETLS"), &c);
	assert_int_equal(c.offers, SMTP_CAP_SIZE | SMTP_CAP_REQUIRETLS);
	assert_int_equal(c.size, 0);
	smtp_caps_parse(STR(""), &c);
	assert_true(c.offers == 0 && c.name.n == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(several),
		cmocka_unit_test(endless),
		cmocka_unit_test(capabilities),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
