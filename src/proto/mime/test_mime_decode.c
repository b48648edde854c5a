#include "proto/mime/mime_decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define MIB ((size_t)1024 * 1024)

static const struct { enum mime_encoding encoding; const char *in, *want; bool junk; } rows[] = {
	{ MIME_7BIT, "a=41\r\n", "a=41\r\n", false },
	{ MIME_ENCODING_OTHER, "YQ==", "YQ==", false },
	/* RFC 4648 section 10 */
	{ MIME_BASE64, "", "", false }, { MIME_BASE64, "Zg==", "f", false }, { MIME_BASE64, "Zm8=", "fo", false },
	{ MIME_BASE64, "Zm9v", "foo", false }, { MIME_BASE64, "Zm9vYmE=", "fooba", false }, { MIME_BASE64, "Zm9vYmFy", "foobar", false },
	{ MIME_BASE64, "Zm9v\r\nYmFy\r\n", "foobar", false }, { MIME_BASE64, " Z m 9 v\t", "foo", false },
	/* no padding, joined encodings, A74: junk inside */
	{ MIME_BASE64, "Zm8", "fo", false }, { MIME_BASE64, "Zg", "f", false }, { MIME_BASE64, "Zg==Zm8=", "ffo", false },
	{ MIME_BASE64, "Zm9v====YmFy", "foobar", false },
	{ MIME_BASE64, "Z*m-9_v!", "foo", true }, { MIME_BASE64, "Zm9v\xffYmFy", "foobar", true }, { MIME_BASE64, "Zm9vY", "foo", true },
	{ MIME_BASE64, "=Zm9v", "foo", false },
	/* RFC 2045 section 6.7 */
	{ MIME_QP, "Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
	  "Now's the time for all folk to come to the aid of their country.", false },
	{ MIME_QP, "a=3Db=3d", "a=b=", false }, { MIME_QP, "blanks \t \r\nnext\t", "blanks\r\nnext", false },
	{ MIME_QP, "soft= \t\r\nbreak", "softbreak", false }, { MIME_QP, "end=", "end", false }, { MIME_QP, "bare=\nlf \nx", "barelf\nx", false },
	{ MIME_QP, "=zz=4=", "=zz=4", true }, { MIME_QP, "==41", "=A", true }, { MIME_QP, "=\r\n=\r\n", "", false }, { MIME_QP, "a=4\r\n1", "a=4\r\n1", true },
	{ MIME_QP, "\r\n\r\n", "\r\n\r\n", false }, { MIME_QP, "a\rb", "a\rb", false },
};

static void check(enum mime_encoding encoding, struct str in, size_t piece, struct str want, bool junk)
{
	struct mime_decoder d;
	struct buf out;
	buf_init(&out, 64 * MIB);
	mime_decoder_init(&d, encoding);
	while (in.n)
		assert_int_equal(mime_decoder_feed(&d, str_take_n(&in, piece), &out), OK);
	assert_int_equal(mime_decoder_end(&d, &out), OK);
	if (!str_eq(buf_str(&out), want))
		print_message("piece %zu: [" STR_FMT "] want [" STR_FMT "]\n", piece, STR_ARG(buf_str(&out)), STR_ARG(want));
	assert_true(str_eq(buf_str(&out), want));
	assert_int_equal(d.junk, junk);
	buf_done(&out);
}

static void known_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t piece = 1; piece < 12; piece++)
			check(rows[i].encoding, str_c(rows[i].in), piece, str_c(rows[i].want), rows[i].junk);
}

static void whole_and_ceiling(void **state)
{
	struct buf out;
	(void)state;
	buf_init(&out, 8);
	assert_int_equal(mime_decode(MIME_BASE64, STR("Zm9v"), &out), OK);
	assert_int_equal(mime_decode(MIME_BASE64, STR("Zm9vYmFyZm9vYmFy"), &out), E_TOOBIG);
	assert_true(str_eq(buf_str(&out), STR("foo")));
	buf_done(&out);
}

/* Long runs of blanks do not stay held for ever, and cost linear time. */
static void blank_runs(void **state)
{
	struct buf in, out;
	(void)state;
	buf_init(&in, MIB);
	buf_init(&out, MIB);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(buf_put_char(&in, ' '), OK);
	assert_int_equal(buf_put_str(&in, STR("x")), OK);
	check(MIME_QP, buf_str(&in), SIZE_MAX, buf_str(&in), false);
	check(MIME_QP, buf_str(&in), 7, buf_str(&in), false);
	buf_done(&out);
	buf_done(&in);
}

static void text_of_parts(void **state)
{
	static const struct { const char *message, *want; size_t max; } texts[] = {
		{ "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nM=FCller", "M\xc3\xbcller", 100 },
		{ "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nTcO8bGxlcg==", "M\xc3\xbcller", 100 },
		{ "Content-Type: text/plain; charset=bogus\r\n\r\nM\xfcller", "M\xc3\xbcller", 100 },
		{ "\r\nplain", "plain", 100 },
		{ "Content-Type: text/plain; charset=utf-8\r\n\r\nab\xc3\xbc", "ab", 3 },
		{ "Content-Transfer-Encoding: base64\r\n\r\nZm9vYmFyZm9vYmFy", "foob", 5 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct arena a;
		struct mime_tree t;
		arena_init(&a, MIB, NULL, NULL);
		mime_parse(&a, str_c(texts[i].message), &mime_limits_default, &t);
		struct str got = mime_decode_text(&a, str_c(texts[i].message), &t.parts[0], texts[i].max);
		if (!str_eq(got, str_c(texts[i].want)))
			print_message("row %zu: [" STR_FMT "]\n", i, STR_ARG(got));
		assert_true(str_eq(got, str_c(texts[i].want)));
		arena_done(&a);
	}
}

/* Prints the speed of decoding; asserts nothing about it. */
static void figures(void **state)
{
	static const struct { enum mime_encoding encoding; const char *line; } kinds[] = {
		{ MIME_BASE64, "QWxsIHlvdXIgYmFzZSBhcmUgYmVsb25nIHRvIHVzLiBBbGwgeW91ciBiYXNlIGFyZSBiZWxvbmcu\r\n" },
		{ MIME_QP, "A line of text as it is found in mail, with an umlaut: =C3=BC, and some more=\r\n" },
	};
	(void)state;
	for (size_t k = 0; k < COUNT_OF(kinds); k++) {
		struct buf in, out;
		struct timespec from, to;
		buf_init(&in, 17 * MIB);
		buf_init(&out, 17 * MIB);
		while (in.n < 8 * MIB)
			assert_int_equal(buf_put_str(&in, str_c(kinds[k].line)), OK);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		assert_int_equal(mime_decode(kinds[k].encoding, buf_str(&in), &out), OK);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		double took = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
		print_message("%s: %.2f GB/s\n", k ? "quoted-printable" : "base64", (double)in.n / took / 1e9);
		buf_done(&out);
		buf_done(&in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values), cmocka_unit_test(whole_and_ceiling), cmocka_unit_test(blank_runs),
		cmocka_unit_test(text_of_parts), cmocka_unit_test(figures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
