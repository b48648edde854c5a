#include "proto/http/http_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define OKAY "HTTP/1.1 200 OK\r\n"

/* RFC 9112 sections 2.2, 4, 5, 6. */
static void test_parse(void **state)
{
	(void)state;
	static const struct { const char *head; int result; unsigned status; bool chunked, has_length; uint64_t length; } rows[] = {
		{ OKAY "\r\n", OK, 200, false, false, 0 },
		{ "HTTP/1.0 301 Moved Permanently\r\nLocation: /x\r\n\r\n", OK, 301, false, false, 0 },
		{ "HTTP/1.1 404 \r\n\r\n", OK, 404, false, false, 0 },
		{ "HTTP/1.1 404\r\n\r\n", OK, 404, false, false, 0 },
		{ OKAY "content-length: 12\r\n\r\n", OK, 200, false, true, 12 },
		{ OKAY "Transfer-Encoding: Chunked\r\n\r\n", OK, 200, true, false, 0 },
		{ OKAY "X:\r\nY: \t a b \t\r\n\r\n", OK, 200, false, false, 0 },
		{ "HTTP/2 200 OK\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ "HTTP/1.1  200 OK\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ "HTTP/1.1 2000 OK\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ "HTTP/1.1 20 OK\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ "HTTP/1.1 099 OK\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ "HTTP/1.1 600 OK\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ "HTTP/1.1 200 O\001K\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ "\r\n" OKAY "\r\n", E_SYNTAX, 0, false, false, 0 },
		{ "220 mx.test ESMTP\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "no colon\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "A : b\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "A: b\r\n folded\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "A: b\nC: d\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "A: b\rC: d\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "Content-Length: 1, 1\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "Content-Length: -1\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "Content-Length: 99999999999999999999\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "Transfer-Encoding: gzip, chunked\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
		{ OKAY "Content-Type: a/b\r\nContent-Type: text/plain\r\n\r\n", E_SYNTAX, 0, false, false, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct http_reply rp = { 0 };
		size_t n = 0;
		arena_init(&a, 64 << 10, NULL, NULL);
		assert_int_equal(http_reply_find(str_c(rows[i].head), &n), OK);
		int r = http_reply_parse(&a, str_first(str_c(rows[i].head), n), &rp);
		if (r != rows[i].result)
			fail_msg("%s: %d", rows[i].head, r);
		assert_int_equal(rp.status, rows[i].status);
		assert_true(rp.chunked == rows[i].chunked && rp.has_length == rows[i].has_length && rp.length == rows[i].length);
		arena_done(&a);
	}
}

static void test_field(void **state)
{
	(void)state;
	struct arena a;
	struct http_reply rp;
	arena_init(&a, 64 << 10, NULL, NULL);
	assert_int_equal(http_reply_parse(&a, STR(OKAY "A: b\r\ncontent-TYPE: \ttext/plain \r\na: c\r\n\r\n"), &rp), OK);
	assert_true(str_eq(http_reply_field(&rp, STR("Content-Type")), STR("text/plain")));
	assert_true(str_eq(http_reply_field(&rp, STR("a")), STR("b")) && !http_reply_field(&rp, STR("z")).n);
	arena_done(&a);
}

/* A server that sends for ever gets no more room than a head has; nor does one with too many fields. */
static void test_bounds(void **state)
{
	(void)state;
	struct buf b;
	struct arena a;
	struct http_reply rp;
	size_t n;
	buf_init(&b, 1 << 20);
	assert_int_equal(buf_put_str(&b, STR(OKAY)), OK);
	for (size_t i = 0; i < HTTP_FIELDS_MAX + 1; i++)
		assert_int_equal(buf_put_str(&b, STR("A: b\r\n")), OK);
	assert_int_equal(http_reply_find(buf_str(&b), &n), E_AGAIN);
	assert_int_equal(buf_put_str(&b, STR("\r\n")), OK);
	assert_int_equal(http_reply_find(buf_str(&b), &n), OK);
	assert_int_equal(n, b.n);
	arena_init(&a, 64 << 10, NULL, NULL);
	assert_int_equal(http_reply_parse(&a, buf_str(&b), &rp), E_SYNTAX);
	arena_done(&a);
	buf_clear(&b);
	while (b.n < HTTP_HEAD_MAX)
		assert_int_equal(buf_put_char(&b, 'x'), OK);
	assert_int_equal(http_reply_find(buf_str(&b), &n), E_TOOBIG);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_parse), cmocka_unit_test(test_field), cmocka_unit_test(test_bounds) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
