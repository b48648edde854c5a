/* What a web server sends: head and content. Invariants: the end of the head is the same in pieces as in one; no field has a byte that could end
 * it; one way of framing at most; a head that was accepted, written anew from what was understood, is understood the same; content within its bounds. */
#include "proto/http/http_body.h"
#include "proto/http/http_chars.h"
#include "proto/http/http_reply.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { BODY_MAX = 4096 };

static void check(bool ok)
{
	if (!ok)
		abort();
}

static int find_in_pieces(struct str in, size_t *ret)
{
	int r = E_AGAIN;
	for (size_t have = 0; have <= in.n && r == E_AGAIN; have++)
		r = http_reply_find(str_first(in, have), ret);
	return r;
}

static void check_same(struct arena *a, const struct http_reply *rp)
{
	struct buf b;
	struct http_reply again;
	buf_init(&b, 1 << 20);
	struct bufw w = { .b = &b };
	bufw_printf(&w, "HTTP/1.1 %u \r\n", rp->status);
	for (size_t i = 0; i < rp->count; i++) {
		bufw_str(&w, rp->fields[i].name);
		bufw_char(&w, ':');
		bufw_str(&w, rp->fields[i].value);
		bufw_c(&w, "\r\n");
	}
	bufw_c(&w, "\r\n");
	check(w.err == OK && http_reply_parse(a, buf_str(&b), &again) == OK);
	check(again.status == rp->status && again.count == rp->count && again.chunked == rp->chunked && again.has_length == rp->has_length &&
	      again.length == rp->length);
	buf_done(&b);
}

static void check_reply(struct arena *a, const struct http_reply *rp)
{
	check(rp->status >= 100 && rp->status <= 599 && rp->count <= HTTP_FIELDS_MAX && !(rp->chunked && rp->has_length));
	for (size_t i = 0; i < rp->count; i++)
		check(http_is_token(rp->fields[i].name) && (!rp->fields[i].value.n || http_is_value(rp->fields[i].value)));
	check_same(a, rp);
}

static void check_body(const struct http_reply *rp, struct str in)
{
	struct http_body body;
	struct buf out;
	buf_init(&out, BODY_MAX);
	if (http_body_begin_as(&body, rp->chunked, rp->length, BODY_MAX) == OK) {
		int r = http_body_feed(&body, &in, &out);
		check(out.n <= BODY_MAX && (r != OK || rp->chunked || out.n == rp->length));
	}
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str in = { (const char *)data, n };
	struct arena a;
	struct http_reply rp;
	size_t end = 0, end_pieces = 0;
	int r = http_reply_find(in, &end);
	if (n < 300)
		check(find_in_pieces(in, &end_pieces) == r && end == end_pieces);
	if (r != OK)
		return 0;
	check(end <= n && end <= HTTP_HEAD_MAX && str_ends(str_first(in, end), STR("\r\n\r\n")));
	arena_init(&a, 1 << 20, NULL, NULL);
	if (http_reply_parse(&a, str_first(in, end), &rp) == OK) {
		check_reply(&a, &rp);
		check_body(&rp, str_skip(in, end));
	}
	arena_done(&a);
	return 0;
}
