#include "proto/smtp/smtp_data.h"

#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct outcome { struct smtp_data d; char *text; size_t n, rest; };

static void take_all(struct outcome *o, struct str *in)
{
	struct str run;
	while (smtp_data_next(&o->d, in, &run)) {
		assert_true(run.n > 0);
		memcpy(o->text + o->n, run.p, run.n);
		o->n += run.n;
	}
}

/* Feeds the input in two pieces, or byte by byte when cut is 0. */
static struct outcome feed(struct str in, unsigned mode, uint64_t max, size_t cut)
{
	struct outcome o = { .text = malloc(2 * in.n + 1) };
	smtp_data_init(&o.d, mode, max);
	size_t at = 0;
	while (at < in.n && !o.d.ended) {
		size_t step = cut == 0 ? 1 : at == 0 && cut < in.n ? cut : in.n - at;
		char *piece = malloc(step);
		memcpy(piece, in.p + at, step);
		struct str view = { piece, step };
		take_all(&o, &view);
		free(piece);
		at += step;
		o.rest = view.n;
	}
	o.rest += in.n - at;
	return o;
}

enum { ENDED = 1, BARE = 2, NUL = 4 };

struct row { unsigned mode; struct str in, content; size_t rest; unsigned flags; };

static const struct row rows[] = {
	/* RFC 5321 section 4.5.2 */
	{ SMTP_DATA_STRICT, STR_INIT(".\r\n"), STR_INIT(""), 0, ENDED },
	{ SMTP_DATA_STRICT, STR_INIT("a\r\n.\r\nQUIT\r\n"), STR_INIT("a\r\n"), 6, ENDED },
	{ SMTP_DATA_STRICT, STR_INIT("a\r\nb\r\n"), STR_INIT("a\r\nb\r\n"), 0, 0 },
	/* B33: one, two, three dots, dot and text, dots elsewhere */
	{ SMTP_DATA_STRICT, STR_INIT("..\r\n...\r\n....\r\n.\r\n"), STR_INIT(".\r\n..\r\n...\r\n"), 0, ENDED },
	{ SMTP_DATA_STRICT, STR_INIT(".a\r\n..b\r\nc.\r\n.\r\n"), STR_INIT("a\r\n.b\r\nc.\r\n"), 0, ENDED },
	{ SMTP_DATA_STRICT, STR_INIT("\r\n\r\n.\r\n"), STR_INIT("\r\n\r\n"), 0, ENDED },
	{ SMTP_DATA_STRICT, STR_INIT("a.\r\n.\r\n"), STR_INIT("a.\r\n"), 0, ENDED },
	/* A01, A02: no end but the true one */
	{ SMTP_DATA_STRICT, STR_INIT("a\n.\r\nb\r\n.\r\nX"), STR_INIT(""), 1, ENDED | BARE },
	{ SMTP_DATA_STRICT, STR_INIT("a\r.\r\nb\r\n.\r\nX"), STR_INIT(""), 1, ENDED | BARE },
	{ SMTP_DATA_STRICT, STR_INIT("a\r\n.\nb\r\n.\r\nX"), STR_INIT(""), 1, ENDED | BARE },
	{ SMTP_DATA_STRICT, STR_INIT("a\r\n.\rb\r\n.\r\nX"), STR_INIT(""), 1, ENDED | BARE },
	{ SMTP_DATA_STRICT, STR_INIT("a\r\n.\r\r\nb\r\n.\r\nX"), STR_INIT(""), 1, ENDED | BARE },
	{ SMTP_DATA_STRICT, STR_INIT("a\r"), STR_INIT("a\r"), 0, 0 },
	{ SMTP_DATA_STRICT, STR_INIT("a\0b\r\n.\r\n"), STR_INIT(""), 0, ENDED | NUL },
	/* B34: line feeds of a client that has signed in; they end neither the message nor the stuffing */
	{ SMTP_DATA_NORMALISE, STR_INIT("a\nb\n\nc\r\n.\r\n"), STR_INIT("a\r\nb\r\n\r\nc\r\n"), 0, ENDED },
	{ SMTP_DATA_NORMALISE, STR_INIT("a\n.\nb\n.\r\nc\r\n.\r\n"), STR_INIT("a\r\n.\r\nb\r\n.\r\nc\r\n"), 0, ENDED },
	{ SMTP_DATA_NORMALISE, STR_INIT("\n\n\r\n.\r\n"), STR_INIT("\r\n\r\n\r\n"), 0, ENDED },
	{ SMTP_DATA_NORMALISE, STR_INIT("..\r\n.a\r\n.\r\n"), STR_INIT(".\r\na\r\n"), 0, ENDED },
	{ SMTP_DATA_NORMALISE, STR_INIT("a\rb\r\n.\r\n"), STR_INIT(""), 0, ENDED | BARE },
	{ SMTP_DATA_NORMALISE, STR_INIT("a\r\r\n.\r\n"), STR_INIT(""), 0, ENDED | BARE },
	/* RFC 3030: chunks have neither dots nor an end */
	{ SMTP_DATA_CHUNKED, STR_INIT("a\r\n.\r\n..b\r\n"), STR_INIT("a\r\n.\r\n..b\r\n"), 0, 0 },
	{ SMTP_DATA_CHUNKED, STR_INIT("a\nb"), STR_INIT(""), 0, BARE },
	{ SMTP_DATA_CHUNKED | SMTP_DATA_BINARY, STR_INIT("a: b\r\n\r\n\n\r\0x\r\n.\n"),
	  STR_INIT("a: b\r\n\r\n\n\r\0x\r\n.\n"), 0, 0 },
	{ SMTP_DATA_CHUNKED | SMTP_DATA_BINARY, STR_INIT("a: b\n\r\n\n"), STR_INIT(""), 0, BARE },
	{ SMTP_DATA_CHUNKED | SMTP_DATA_BINARY, STR_INIT("a\0: b\r\n\r\n"), STR_INIT(""), 0, NUL },
};

static void check_row(const struct row *row, size_t i, size_t cut)
{
	struct outcome o = feed(row->in, row->mode, 1000, cut);
	struct str got = { o.text, o.n };
	unsigned flags = (o.d.ended ? ENDED : 0u) | (o.d.bare ? BARE : 0u) | (o.d.nul ? NUL : 0u);
	bool refused = flags & (BARE | NUL);
	if (flags != row->flags || o.rest != row->rest || (!refused && !str_eq(got, row->content)))
		fail_msg("row %zu cut %zu: \"" STR_FMT "\" flags %u rest %zu", i, cut, STR_ARG(got), flags, o.rest);
	if (!refused)
		assert_int_equal(o.d.size, o.n);
	free(o.text);
}

static void contents(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t cut = 0; cut <= rows[i].in.n; cut++)
			check_row(&rows[i], i, cut);
}

/* C escapes of the suite: \r \n \xHH. */
static size_t unescape(const char *s, char *out)
{
	size_t n = 0;
	for (; *s && *s != '\n'; s++) {
		unsigned byte;
		if (*s != '\\')
			out[n++] = *s;
		else if (s[1] == 'x' && sscanf(s + 2, "%2x", &byte) == 1)
			out[n++] = (char)byte, s += 3;
		else
			out[n++] = s[1] == 'r' ? '\r' : '\n', s++;
	}
	return n;
}

/* A01, A02: the sequence between two halves of content. The second half must never come out as commands. */
static void check_sequence(const char *line)
{
	char in[256] = "From: a@b.test\r\n\r\nfirst";
	static const char second[] = "MAIL FROM:<x@y.test>\r\nDATA\r\nsecond\r\n.\r\n";
	size_t n = strlen(in);
	n += unescape(line, in + n);
	memcpy(in + n, second, sizeof second - 1);
	n += sizeof second - 1;
	for (size_t cut = 0; cut <= n; cut++) {
		struct outcome o = feed((struct str){ in, n }, SMTP_DATA_STRICT, 1000, cut);
		if (!o.d.ended || o.rest != 0 || !(o.d.bare || o.d.nul))
			fail_msg("%s at cut %zu: ended %d, rest %zu", line, cut, o.d.ended, o.rest);
		free(o.text);
		o = feed((struct str){ in, n }, SMTP_DATA_NORMALISE, 1000, cut);
		if (!o.d.ended || o.rest != 0)
			fail_msg("%s, normalised, at cut %zu: ended %d, rest %zu", line, cut, o.d.ended, o.rest);
		free(o.text);
	}
}

static void end_of_data_suite(void **state)
{
	(void)state;
	const char *suites = getenv("CERALACCA_SUITES");
	char path[512], line[256];
	snprintf(path, sizeof path, "%s/smtp-misc/eod-sequences.txt", suites ? suites : "../shared/suites");
	FILE *f = fopen(path, "r");
	if (!f) {
		print_message("skipped: no suite at %s\n", path);
		skip();
	}
	size_t count = 0;
	while (fgets(line, sizeof line, f)) {
		if (line[0] == '#' || strlen(line) < 4)
			continue;
		check_sequence(line + 3);
		count++;
	}
	fclose(f);
	assert_true(count >= 11);
}

/* A19: the limit counts content, not dots; what is beyond is read and dropped. */
static void size_limit(void **state)
{
	(void)state;
	const struct { struct str in; uint64_t max; bool over; } sizes[] = {
		{ STR("..2345\r\n.\r\n"), 7, false },
		{ STR("..2345\r\n.\r\n"), 6, true },
		{ STR("12345678\r\n12345678\r\n.\r\n"), 20, false },
		{ STR("12345678\r\n12345678\r\n.\r\n"), 19, true },
	};
	for (size_t i = 0; i < COUNT_OF(sizes); i++)
		for (size_t cut = 0; cut <= sizes[i].in.n; cut++) {
			struct outcome o = feed(sizes[i].in, SMTP_DATA_STRICT, sizes[i].max, cut);
			assert_true(o.d.ended);
			assert_int_equal(smtp_data_over(&o.d), sizes[i].over);
			assert_true(o.n <= sizes[i].max);
			free(o.text);
		}
}

static void header_facts(void **state)
{
	(void)state;
	const struct { unsigned mode; struct str in; unsigned received; uint64_t header; } facts[] = {
		{ 0, STR("Received: a\r\n b\r\nreceived:c\r\nReceive: d\r\n\r\nReceived: body\r\n.\r\n"), 2, 43 },
		{ 0, STR("RECEIVED:\r\nX-Received: a\r\n.\r\n"), 1, 0 },
		{ 0, STR("\r\nReceived: a\r\n.\r\n"), 0, 2 },
		{ 0, STR("Received\r\n: x\r\n\r\n.\r\n"), 0, 17 },
		{ SMTP_DATA_NORMALISE, STR("Received: a\nb: c\n\nd\r\n.\r\n"), 1, 21 },
		{ SMTP_DATA_CHUNKED, STR("a: b\r\n\r\nc"), 0, 8 },
	};
	for (size_t i = 0; i < COUNT_OF(facts); i++)
		for (size_t cut = 0; cut <= facts[i].in.n; cut++) {
			struct outcome o = feed(facts[i].in, facts[i].mode, 1000, cut);
			assert_int_equal(o.d.received, facts[i].received);
			assert_int_equal(o.d.header_size, facts[i].header);
			free(o.text);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents),
		cmocka_unit_test(end_of_data_suite),
		cmocka_unit_test(size_limit),
		cmocka_unit_test(header_facts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
