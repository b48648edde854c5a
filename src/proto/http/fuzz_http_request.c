/* A connection's bytes: head, content, what follows. Invariants: the same in pieces as in one; nothing is taken that was not sent; no field has
 * a byte that could end it; a request that was accepted, written anew from what was understood, is understood the same; a path that was accepted
 * has no way up. */
#include "proto/http/http_body.h"
#include "proto/http/http_chars.h"
#include "proto/http/http_percent.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { BODY_MAX = 4096 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

static int find(struct str in, size_t at_once, size_t *ret, struct http_refusal *why)
{
	struct http_head h = { 0 };
	int r = E_AGAIN;
	for (size_t have = 0; r == E_AGAIN && have < in.n;) {
		have = have + at_once > in.n ? in.n : have + at_once;
		r = http_head_find(&h, str_first(in, have), ret, why);
	}
	return r;
}

static void write_again(struct buf *out, const struct http_request *rq)
{
	struct bufw w = { .b = out };
	bufw_str(&w, rq->method);
	bufw_char(&w, ' ');
	bufw_str(&w, rq->target.path);
	if (rq->target.has_query)
		bufw_char(&w, '?');
	bufw_str(&w, rq->target.query);
	bufw_printf(&w, " HTTP/1.%u\r\n", rq->minor);
	for (size_t i = 0; i < rq->count; i++) {
		bufw_str(&w, rq->fields[i].name);
		bufw_char(&w, ':');
		bufw_str(&w, rq->fields[i].value);
		bufw_c(&w, "\r\n");
	}
	bufw_c(&w, "\r\n");
	check(w.err == OK);
}

static void check_same(struct arena *a, const struct http_request *rq)
{
	struct buf b;
	struct http_request again;
	struct http_refusal why;
	size_t n;
	buf_init(&b, 1 << 20);
	write_again(&b, rq);
	check(find(buf_str(&b), b.n, &n, &why) == OK && n == b.n);
	check(http_request_parse(a, buf_str(&b), &again, &why) == OK);
	check(str_eq(again.method, rq->method) && str_eq(again.target.path, rq->target.path) && str_eq(again.target.query, rq->target.query));
	check(again.count == rq->count && str_eq(again.host, rq->host) && again.port == rq->port);
	check(again.chunked == rq->chunked && again.has_length == rq->has_length && again.length == rq->length && again.keep_alive == rq->keep_alive);
	buf_done(&b);
}

static void check_request(struct arena *a, const struct http_request *rq)
{
	struct str path;
	check(http_is_token(rq->method) && !(rq->chunked && rq->has_length));
	check(rq->minor == 0 || rq->host.n);
	check(rq->count <= HTTP_FIELDS_MAX);
	for (size_t i = 0; i < rq->count; i++)
		check(http_is_token(rq->fields[i].name) && http_is_value(rq->fields[i].value));
	if (http_path_decode(a, rq->target.path, &path) == OK)
		check(path.p[0] == '/' && str_search(path, STR("//")) == STR_NPOS && str_search(path, STR("/../")) == STR_NPOS &&
		      !str_ends(path, STR("/..")) && !str_has_control(path) && utf8_valid(path));
	check_same(a, rq);
}

static int read_body(const struct http_request *rq, struct str in, size_t at_once, struct buf *out, size_t *ret_left)
{
	struct http_body b;
	int r = http_body_begin(&b, rq, BODY_MAX);
	if (r != OK)
		return r;
	r = E_AGAIN;
	while (r == E_AGAIN) {
		struct str piece = str_first(in, at_once);
		size_t had = piece.n;
		r = http_body_feed(&b, &piece, out);
		check(piece.n <= had && (r != E_AGAIN || piece.n == 0));
		in = str_skip(in, had - piece.n);
		if (!had)
			break;
	}
	*ret_left = in.n;
	return r;
}

static void check_body(const struct http_request *rq, struct str in)
{
	struct buf whole, pieces;
	size_t left = 0, left_pieces = 0;
	buf_init(&whole, BODY_MAX);
	buf_init(&pieces, BODY_MAX);
	int r = read_body(rq, in, in.n + 1, &whole, &left);
	check(read_body(rq, in, 1, &pieces, &left_pieces) == r && left == left_pieces && str_eq(buf_str(&whole), buf_str(&pieces)));
	check(r != OK || rq->chunked || whole.n == rq->length);
	buf_done(&whole);
	buf_done(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str in = { (const char *)data, n };
	struct arena a;
	struct http_request rq;
	struct http_refusal why = { 0, NULL }, why_pieces = { 0, NULL };
	size_t end = 0, end_pieces = 0;
	if (n > 40000)
		return 0;
	int r = find(in, n, &end, &why);
	check(find(in, 1, &end_pieces, &why_pieces) == r && end == end_pieces && why.status == why_pieces.status);
	check((r == E_SYNTAX || r == E_TOOBIG) == (why.status != 0));
	if (r != OK)
		return 0;
	check(end <= n && end <= HTTP_HEAD_MAX && str_ends(str_first(in, end), STR("\r\n\r\n")));
	arena_init(&a, 1 << 20, NULL, NULL);
	r = http_request_parse(&a, str_first(in, end), &rq, &why);
	check((r == OK) == (why.status == 0) && (r == OK || why.why));
	if (r == OK) {
		check_request(&a, &rq);
		check_body(&rq, str_skip(in, end));
	}
	arena_done(&a);
	return 0;
}
