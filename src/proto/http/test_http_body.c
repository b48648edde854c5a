#include "proto/http/http_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { MAX = 32 };
struct row { bool chunked; uint64_t length; struct str in, out; int err; size_t left; };
#define CHUNKED true, 0
static const struct row rows[] = {
	{ false, 0, STR_INIT("rest"), STR_INIT(""), OK, 4 },
	{ false, 5, STR_INIT("hellorest"), STR_INIT("hello"), OK, 4 },
	{ false, 5, STR_INIT("hell"), STR_INIT("hell"), E_AGAIN, 0 },
	{ CHUNKED, STR_INIT("0\r\n\r\nrest"), STR_INIT(""), OK, 4 },
	{ CHUNKED, STR_INIT("4\r\nWiki\r\n7\r\npedia i\r\nB\r\nn \r\nchunks.\r\n0\r\n\r\n"), STR_INIT("Wikipedia in \r\nchunks."), OK, 0 },
	{ CHUNKED, STR_INIT("00000003\r\nabc\r\n0\r\n\r\n"), STR_INIT("abc"), OK, 0 },
	{ CHUNKED, STR_INIT("000000003\r\nabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("3;a=\"b c\";d\r\nabc\r\n0;x\r\n\r\n"), STR_INIT("abc"), OK, 0 },
	/* smuggling: a line end inside an extension, or of another kind */
	{ CHUNKED, STR_INIT("3;a\nabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("3;a\rabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("3\nabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("3\r\nabc\n0\r\n\r\n"), STR_INIT("abc"), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("3\r\nabcd\r\n0\r\n\r\n"), STR_INIT("abc"), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("3 \r\nabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT(" 3\r\nabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("0x3\r\nabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("+3\r\nabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("-1\r\nabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("\r\nabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT(";a\r\nabc\r\n0\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("3\r\nabc\r\n0\r\n\n"), STR_INIT("abc"), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("3\r\nabc\r\n0\r\n"), STR_INIT("abc"), E_AGAIN, 0 },
	{ CHUNKED, STR_INIT("0\r\nX: y\r\nZ:\r\n\r\nrest"), STR_INIT(""), OK, 4 },
	{ CHUNKED, STR_INIT("0\r\nX : y\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("0\r\n X: y\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("0\r\nX\r\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("0\r\nX: y\n\r\n"), STR_INIT(""), E_SYNTAX, 0 },
	{ CHUNKED, STR_INIT("FFFFFFFF\r\n"), STR_INIT(""), E_TOOBIG, 0 },
	{ CHUNKED, STR_INIT("20\r\n0123456789abcdef0123456789abcdef\r\n1\r\n"), STR_INIT("0123456789abcdef0123456789abcdef"), E_TOOBIG, 0 },
};

static void check(const struct row *row, size_t i, size_t at_once)
{
	struct http_request rq = { .chunked = row->chunked, .has_length = !row->chunked, .length = row->length };
	struct http_body b;
	struct buf out;
	struct str rest = row->in;
	int r = E_AGAIN;
	buf_init(&out, MAX);
	assert_int_equal(http_body_begin(&b, &rq, MAX), OK);
	do {
		struct str piece = str_first(rest, at_once);
		size_t n = piece.n;
		r = http_body_feed(&b, &piece, &out);
		rest = str_skip(rest, n - piece.n);
	} while (r == E_AGAIN && rest.n);
	if (r != row->err || !str_eq(buf_str(&out), row->out) || (r == OK && rest.n != row->left))
		fail_msg("row %zu: %s, \"" STR_FMT "\", %zu left", i, err_name(r), STR_ARG(buf_str(&out)), rest.n);
	buf_done(&out);
}

/* RFC 9112 7.1 */
static void contents(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		check(&rows[i], i, 1);
		check(&rows[i], i, 3);
		check(&rows[i], i, 1 << 20);
	}
}

static void announced_too_large(void **state)
{
	(void)state;
	struct http_body b;
	struct http_request rq = { .has_length = true, .length = MAX + 1 };
	assert_int_equal(http_body_begin(&b, &rq, MAX), E_TOOBIG);
}

/* A16: extensions and trailers can't be made longer for ever. */
static void extras_are_bounded(void **state)
{
	(void)state;
	static const char *const starts[] = { "1;", "0\r\nX: ", "0\r\n" };
	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		struct http_body b;
		struct http_request rq = { .chunked = true };
		struct buf out;
		struct str in = str_c(starts[i]);
		int r;
		buf_init(&out, MAX);
		assert_int_equal(http_body_begin(&b, &rq, MAX), OK);
		r = http_body_feed(&b, &in, &out);
		for (size_t n = 0; r == E_AGAIN; n++) {
			in = STR("a");
			r = http_body_feed(&b, &in, &out);
			assert_true(n <= HTTP_CHUNK_EXTRA_MAX);
		}
		assert_int_equal(r, E_TOOBIG);
		buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(contents), cmocka_unit_test(announced_too_large), cmocka_unit_test(extras_are_bounded) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
