#include "proto/http/http_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Finds and parses, as a server would, after `at_once` bytes at a time. The status of the refusal, 0 when there was none; 1: not complete. */
static unsigned read_head(struct arena *a, struct str in, size_t at_once, struct http_request *ret, size_t *ret_length)
{
	struct http_head h = { 0 };
	struct http_refusal why = { 0, NULL };
	int r = E_AGAIN;
	for (size_t have = at_once; r == E_AGAIN; have += at_once) {
		r = http_head_find(&h, str_first(in, have), ret_length, &why);
		if (have >= in.n)
			break;
	}
	if (r == OK)
		r = http_request_parse(a, str_first(in, *ret_length), ret, &why);
	assert_true((r == OK || r == E_AGAIN) == (why.status == 0));
	assert_true(why.status == 0 || why.why);
	return r == E_AGAIN ? 1 : why.status;
}

struct row { struct str in; unsigned status; };
#define H "Host: a.test\r\n"
#define G "GET / HTTP/1.1\r\n" H
static const struct row rows[] = {
	{ STR_INIT(G "\r\n"), 0 },
	{ STR_INIT("\r\n" G "\r\n"), 0 },                                       /* RFC 9112 2.2: one empty line */
	{ STR_INIT("\r\n\r\n" G "\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.0\r\n\r\n"), 0 },
	{ STR_INIT("GET / HTTP/1.7\r\n" H "\r\n"), 0 },
	{ STR_INIT("GET / HTTP/2.0\r\n" H "\r\n"), 505 },
	{ STR_INIT("GET / HTTP/0.9\r\n" H "\r\n"), 505 },
	{ STR_INIT("GET / http/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.10\r\n" H "\r\n"), 400 },
	{ STR_INIT("GET / HTTP/11\r\n" H "\r\n"), 400 },
	{ STR_INIT("GET /\r\n\r\n"), 400 },                                     /* HTTP/0.9 */
	{ STR_INIT("GET  / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1 \r\n" H "\r\n"), 400 },
	{ STR_INIT("GET /a b HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("GET\t/ HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT(" GET / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("G(T / HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n" H "\r\n"), 400 },
	/* line ends: RFC 9112 2.2 */
	{ STR_INIT("GET / HTTP/1.1\n" H "\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\nHost: a.test\n\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\nHost: a.test\r\n\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\nHost: a\r.test\r\n\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\r\n" H "\r\n"), 400 },
	{ STR_INIT(G "X: a\0b\r\n\r\n"), 400 },
	{ STR_INIT(G "X: a\x1b[0m\r\n\r\n"), 400 },
	{ STR_INIT(G "X: a\x7f\r\n\r\n"), 400 },
	{ STR_INIT(G "X: a\tb \xc3\xa4\r\n\r\n"), 0 },
	{ STR_INIT("\x16\x03\x01\x02\x00"), 400 },                              /* TLS to the plain port */
	/* fields: RFC 9112 5.1, 5.2 */
	{ STR_INIT(G "X : a\r\n\r\n"), 400 },
	{ STR_INIT(G "X\t: a\r\n\r\n"), 400 },
	{ STR_INIT(G ": a\r\n\r\n"), 400 },
	{ STR_INIT(G "X\r\n\r\n"), 400 },
	{ STR_INIT(G "X[]: a\r\n\r\n"), 400 },
	{ STR_INIT(G "X: a\r\n b\r\n\r\n"), 400 },
	{ STR_INIT(G "X: a\r\n\tb\r\n\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\n Host: a.test\r\n\r\n"), 400 },
	{ STR_INIT(G " \r\n\r\n"), 400 },
	{ STR_INIT(G "X:\r\n\r\n"), 0 },
	/* Host: RFC 9112 3.2 */
	{ STR_INIT("GET / HTTP/1.1\r\n\r\n"), 400 },
	{ STR_INIT(G "Host: a.test\r\n\r\n"), 400 },
	{ STR_INIT(G "hOST: b.test\r\n\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\nHost: me@a.test\r\n\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\nHost: a.test/x\r\n\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\nHost: a.test:99999\r\n\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\nHost: a.test:+8\r\n\r\n"), 400 },
	{ STR_INIT("GET / HTTP/1.1\r\nHost: [::1]:443\r\n\r\n"), 0 },
	/* targets: RFC 9112 3.2.2 and on */
	{ STR_INIT("GET http://a.test/x HTTP/1.1\r\n" H "\r\n"), 0 },
	{ STR_INIT("GET http://b.test/x HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("GET http://a.test HTTP/1.1\r\n" H "\r\n"), 0 },
	{ STR_INIT("GET http://me@a.test/ HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("GET ftp://a.test/ HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("CONNECT a.test:443 HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("OPTIONS * HTTP/1.1\r\n" H "\r\n"), 0 },
	{ STR_INIT("GET * HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("GET /#x HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n"), 400 },
	{ STR_INIT("GET x HTTP/1.1\r\n" H "\r\n"), 400 },
	/* framing: RFC 9112 6 */
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello"), 0 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length: -5\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 5 5\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n"), 413 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"), 0 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n"), 0 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nTransfer-Encoding: identity\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked, chunked\r\n\r\n"), 501 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n"), 501 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding: \"chunked\"\r\n\r\n"), 501 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding:\x0b" "chunked\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.1\r\n" H "Transfer-Encoding : chunked\r\n\r\n"), 400 },
	{ STR_INIT("POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n"), 400 },
	/* what may stand there once */
	{ STR_INIT(G "Cookie: a=1\r\nCookie: a=2\r\n\r\n"), 400 },
	{ STR_INIT(G "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"), 400 },
	{ STR_INIT(G "Accept: a\r\nAccept: b\r\n\r\n"), 0 },
	{ STR_INIT(G "Expect: 100-continue\r\n\r\n"), 0 },
	{ STR_INIT(G "Expect: a-miracle\r\n\r\n"), 417 },
	/* not complete */
	{ STR_INIT("GET / HTTP/1.1\r\nHost: a.test\r\n"), 1 },
	{ STR_INIT(""), 1 },
};

static void refused_and_taken(void **state)
{
	static const size_t steps[] = { 1, 7, 1 << 20 };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t j = 0; j < COUNT_OF(steps); j++) {
			struct arena a;
			struct http_request rq;
			size_t n = 0;
			arena_init(&a, 1 << 20, NULL, NULL);
			unsigned status = read_head(&a, rows[i].in, steps[j], &rq, &n);
			if (status != rows[i].status)
				fail_msg("row %zu, step %zu: %u, not %u: " STR_FMT, i, j, status, rows[i].status, STR_ARG(rows[i].in));
			arena_done(&a);
		}
}

/* The example of RFC 9112 3.2.1, and what stands behind it. */
static void parsed(void **state)
{
	(void)state;
	struct arena a;
	struct http_request rq;
	size_t n;
	struct str in = STR("GET /where?q=now&x HTTP/1.1\r\nHost: www.example.org:8443\r\nAccept:  text/html \t\r\nConnection: a, Close\r\n\r\nrest");
	arena_init(&a, 1 << 20, NULL, NULL);
	assert_int_equal(read_head(&a, in, 3, &rq, &n), 0);
	assert_int_equal(n, in.n - 4);
	assert_true(str_eq(rq.method, STR("GET")) && str_eq(rq.target.path, STR("/where")) && str_eq(rq.target.query, STR("q=now&x")));
	assert_true(str_eq(rq.host, STR("www.example.org")) && rq.port == 8443 && rq.count == 3 && rq.minor == 1);
	assert_true(str_eq(http_request_field(&rq, STR("accept")), STR("text/html")));
	assert_false(rq.keep_alive || rq.chunked || rq.has_length || rq.expects_continue);
	assert_true(http_request_lists(&rq, STR("Connection"), STR("a")));
	arena_done(&a);
}

static void keep_alive(void **state)
{
	static const struct { struct str in; bool keep; } of[] = {
		{ STR_INIT(G "\r\n"), true },
		{ STR_INIT(G "Connection: keep-alive\r\n\r\n"), true },
		{ STR_INIT(G "Connection: close\r\n\r\n"), false },
		{ STR_INIT(G "Connection: x\r\nConnection: CLOSE\r\n\r\n"), false },
		{ STR_INIT("GET / HTTP/1.0\r\n" H "Connection: keep-alive\r\n\r\n"), false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(of); i++) {
		struct arena a;
		struct http_request rq;
		size_t n;
		arena_init(&a, 1 << 20, NULL, NULL);
		assert_int_equal(read_head(&a, of[i].in, 100, &rq, &n), 0);
		assert_int_equal(rq.keep_alive, of[i].keep);
		arena_done(&a);
	}
}

static unsigned grown(const char *start, const char *piece, size_t times, const char *end)
{
	struct arena a;
	struct buf b;
	struct http_request rq;
	size_t n;
	buf_init(&b, 1 << 20);
	struct bufw w = { .b = &b };
	bufw_c(&w, start);
	for (size_t i = 0; i < times; i++)
		bufw_c(&w, piece);
	bufw_c(&w, end);
	assert_int_equal(w.err, OK);
	arena_init(&a, 1 << 20, NULL, NULL);
	unsigned status = read_head(&a, buf_str(&b), 100, &rq, &n);
	arena_done(&a);
	buf_done(&b);
	return status;
}

/* A16, A18: each dimension has its ceiling. */
static void ceilings(void **state)
{
	(void)state;
	assert_int_equal(grown("GET /", "a", 8000, " HTTP/1.1\r\n" H "\r\n"), 0);
	assert_int_equal(grown("GET /", "a", HTTP_LINE_MAX, " HTTP/1.1\r\n" H "\r\n"), 414);
	assert_int_equal(grown(G "X: ", "a", 8000, "\r\n\r\n"), 0);
	assert_int_equal(grown(G "X: ", "a", HTTP_LINE_MAX, "\r\n\r\n"), 431);
	assert_int_equal(grown(G, "X: a\r\n", HTTP_FIELDS_MAX - 1, "\r\n"), 0);
	assert_int_equal(grown(G, "X: a\r\n", HTTP_FIELDS_MAX, "\r\n"), 431);
	assert_int_equal(grown(G, "X: 0123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n", 62, "\r\n"), 431);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_and_taken), cmocka_unit_test(parsed), cmocka_unit_test(keep_alive), cmocka_unit_test(ceilings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
