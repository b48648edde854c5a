#include "proto/smtp/smtp_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* What came of feeding an input: the lines, joined by "|"; "!" for a line too long; then the error, if it ended. */
struct outcome { char text[256]; size_t n; int err; };

static void note(struct outcome *o, struct str s)
{
	assert_true(o->n + s.n < sizeof o->text);
	memcpy(o->text + o->n, s.p, s.n);
	o->n += s.n;
}

static void read_lines(struct smtp_line *l, struct str *input, struct outcome *o)
{
	struct str line;
	while (o->err == E_AGAIN || o->err == OK || o->err == E_TOOBIG) {
		o->err = smtp_line_next(l, input, &line);
		if (o->err == E_AGAIN)
			return;
		if (o->err == OK)
			note(o, line);
		note(o, o->err == OK ? STR("|") : o->err == E_TOOBIG ? STR("!|") : STR(""));
	}
}

/* Feeds the input in pieces: up to cut, the rest; cut 0 is byte by byte. */
static struct outcome feed(struct str in, size_t max, size_t cut)
{
	struct outcome o = { .err = E_AGAIN };
	struct smtp_line l;
	smtp_line_init(&l, max);
	char *hold = malloc(in.n + 1);
	size_t held = 0, at = 0;
	while (at < in.n && o.err == E_AGAIN) {
		size_t step = cut == 0 ? 1 : at == 0 && cut < in.n ? cut : in.n - at;
		memcpy(hold + held, in.p + at, step);
		at += step;
		held += step;
		struct str input = { hold, held };
		read_lines(&l, &input, &o);
		memmove(hold, input.p, input.n);
		held = input.n;
	}
	free(hold);
	return o;
}

struct row { struct str in, want; int err; };

static const struct row rows[] = {
	{ STR_INIT(""), STR_INIT(""), E_AGAIN },
	{ STR_INIT("NOOP\r\n"), STR_INIT("NOOP|"), E_AGAIN },
	{ STR_INIT("\r\n"), STR_INIT("|"), E_AGAIN },
	{ STR_INIT("A\r\nB\r\nC"), STR_INIT("A|B|"), E_AGAIN },
	{ STR_INIT("A\r"), STR_INIT(""), E_AGAIN },
	{ STR_INIT("12345678\r\nB\r\n"), STR_INIT("12345678|B|"), E_AGAIN },
	/* A01: bare LF, bare CR; A02: doubled CR */
	{ STR_INIT("A\nB\r\n"), STR_INIT(""), E_SYNTAX },
	{ STR_INIT("\n"), STR_INIT(""), E_SYNTAX },
	{ STR_INIT("A\rB\r\n"), STR_INIT(""), E_SYNTAX },
	{ STR_INIT("A\r\r\n"), STR_INIT(""), E_SYNTAX },
	{ STR_INIT("A\r\n\nB\r\n"), STR_INIT("A|"), E_SYNTAX },
	{ STR_INIT("A\0B\r\n"), STR_INIT(""), E_SYNTAX },
	/* A09: too long for max = 8; the next line is read */
	{ STR_INIT("123456789\r\nB\r\n"), STR_INIT("!|B|"), E_AGAIN },
	{ STR_INIT("1234567890123456789\r\nB\r\n"), STR_INIT("!|B|"), E_AGAIN },
	{ STR_INIT("1234567890123456789"), STR_INIT(""), E_AGAIN },
	{ STR_INIT("1234567890\nB\r\n"), STR_INIT(""), E_SYNTAX },
	{ STR_INIT("1234567890\rB\r\n"), STR_INIT(""), E_SYNTAX },
};

static void lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t cut = 0; cut <= rows[i].in.n; cut++) {
			struct outcome o = feed(rows[i].in, 8, cut);
			struct str got = { o.text, o.n };
			if (!str_eq(got, rows[i].want) || o.err != rows[i].err)
				fail_msg("row %zu cut %zu: \"" STR_FMT "\" %s", i, cut, STR_ARG(got), err_name(o.err));
		}
}

/* An error stays: nothing behind it is ever taken for a line. */
static void error_is_final(void **state)
{
	(void)state;
	struct smtp_line l;
	struct str line, in = STR("A\nQUIT\r\nQUIT\r\n");
	smtp_line_init(&l, SMTP_LINE_MAX);
	assert_int_equal(smtp_line_next(&l, &in, &line), E_SYNTAX);
	in = STR("QUIT\r\n");
	assert_int_equal(smtp_line_next(&l, &in, &line), E_SYNTAX);
}

/* A09, A19: the limits as they are, and a line without end. */
static void limits(void **state)
{
	(void)state;
	static char big[SMTP_LINE_DISCARD_MAX + 4096];
	memset(big, 'x', sizeof big);
	struct smtp_line l;
	struct str line, in = { big, SMTP_LINE_MAX + 2 };
	memcpy(big + SMTP_LINE_MAX, "\r\n", 2);
	smtp_line_init(&l, SMTP_LINE_MAX);
	assert_int_equal(smtp_line_next(&l, &in, &line), OK);
	assert_int_equal(line.n, SMTP_LINE_MAX);

	memcpy(big + SMTP_LINE_MAX, "x\r\n", 3);
	in = (struct str){ big, SMTP_LINE_MAX + 3 };
	assert_int_equal(smtp_line_next(&l, &in, &line), E_TOOBIG);

	memset(big, 'x', sizeof big);
	for (size_t fed = 0; fed + 1024 <= SMTP_LINE_DISCARD_MAX; fed += 1024) {
		in = (struct str){ big, l.dropped ? 1024 : fed + 1024 };
		assert_int_equal(smtp_line_next(&l, &in, &line), E_AGAIN);
		if (fed >= 2048)
			assert_int_equal(in.n, 0);
	}
	in = (struct str){ big, 1024 };
	assert_int_equal(smtp_line_next(&l, &in, &line), E_PROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(error_is_final),
		cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
