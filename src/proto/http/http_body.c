#include "proto/http/http_body.h"

#include "proto/http/http_chars.h"

int http_body_begin_as(struct http_body *b, bool chunked, uint64_t length, uint64_t max)
{
	if (!chunked && length > max)
		return E_TOOBIG;
	*b = (struct http_body){ .state = chunked ? HTTP_BODY_SIZE : HTTP_BODY_LENGTH, .left = length, .max = max };
	return OK;
}

int http_body_begin(struct http_body *b, const struct http_request *rq, uint64_t max)
{
	return http_body_begin_as(b, rq->chunked, rq->length, max);
}

static int take_data(struct http_body *b, struct str *in, struct buf *out)
{
	struct str piece = str_first(*in, b->left < in->n ? (size_t)b->left : in->n);
	int r = buf_put_str(out, piece);
	if (r != OK)
		return r;
	*in = str_skip(*in, piece.n);
	b->left -= piece.n;
	return OK;
}

static int go(struct http_body *b, enum http_body_state next)
{
	b->state = next;
	return OK;
}

static int on_size_digit(struct http_body *b, char c)
{
	unsigned value = ascii_is_digit(c) ? (unsigned)(c - '0') : (unsigned)(ascii_lower(c) - 'a' + 10);
	if (++b->digits > HTTP_CHUNK_DIGITS_MAX)
		return E_SYNTAX;
	b->left = b->left << 4 | value;
	return OK;
}

static bool is_hex(char c)
{
	return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

static int on_size(struct http_body *b, char c)
{
	if (is_hex(c))
		return on_size_digit(b, c);
	if (!b->digits || (c != ';' && c != '\r'))
		return E_SYNTAX;
	return go(b, c == ';' ? HTTP_BODY_EXTENSION : HTTP_BODY_SIZE_LF);
}

static int on_passed_over(struct http_body *b, char c, enum http_body_state at_cr)
{
	if (c == '\r')
		return go(b, at_cr);
	if (++b->extra > HTTP_CHUNK_EXTRA_MAX)
		return E_TOOBIG;
	return http_is_value((struct str){ &c, 1 }) ? OK : E_SYNTAX;
}

static int on_size_lf(struct http_body *b, char c)
{
	if (c != '\n')
		return E_SYNTAX;
	if (b->left > b->max - b->total)
		return E_TOOBIG;
	b->total += b->left;
	b->digits = 0;
	return go(b, b->left ? HTTP_BODY_DATA : HTTP_BODY_TRAILER);
}

static int on_trailer_name(struct http_body *b, char c)
{
	if (++b->extra > HTTP_CHUNK_EXTRA_MAX)
		return E_TOOBIG;
	if (c == ':' && b->state == HTTP_BODY_TRAILER_NAME)
		return go(b, HTTP_BODY_TRAILER_VALUE);
	return http_is_tchar(c) ? go(b, HTTP_BODY_TRAILER_NAME) : E_SYNTAX;
}

static int expect(struct http_body *b, char c, char want, enum http_body_state next)
{
	return c == want ? go(b, next) : E_SYNTAX;
}

static int on_byte(struct http_body *b, char c)
{
	switch (b->state) {
	case HTTP_BODY_SIZE: return on_size(b, c);
	case HTTP_BODY_EXTENSION: return on_passed_over(b, c, HTTP_BODY_SIZE_LF);
	case HTTP_BODY_SIZE_LF: return on_size_lf(b, c);
	case HTTP_BODY_DATA_CR: return expect(b, c, '\r', HTTP_BODY_DATA_LF);
	case HTTP_BODY_DATA_LF: return expect(b, c, '\n', HTTP_BODY_SIZE);
	case HTTP_BODY_TRAILER: return c == '\r' ? go(b, HTTP_BODY_END_LF) : on_trailer_name(b, c);
	case HTTP_BODY_TRAILER_NAME: return on_trailer_name(b, c);
	case HTTP_BODY_TRAILER_VALUE: return on_passed_over(b, c, HTTP_BODY_TRAILER_LF);
	case HTTP_BODY_TRAILER_LF: return expect(b, c, '\n', HTTP_BODY_TRAILER);
	case HTTP_BODY_END_LF: return expect(b, c, '\n', HTTP_BODY_DONE);
	case HTTP_BODY_LENGTH:
	case HTTP_BODY_DATA:
	case HTTP_BODY_DONE: break;
	}
	return E_SYNTAX;
}

static int step(struct http_body *b, struct str *in, struct buf *out)
{
	if (b->state != HTTP_BODY_LENGTH && b->state != HTTP_BODY_DATA) {
		int r = on_byte(b, in->p[0]);
		*in = str_skip(*in, 1);
		return r;
	}
	int r = take_data(b, in, out);
	if (r == OK && b->left == 0)
		b->state = b->state == HTTP_BODY_LENGTH ? HTTP_BODY_DONE : HTTP_BODY_DATA_CR;
	return r;
}

int http_body_feed(struct http_body *b, struct str *in, struct buf *out)
{
	if (b->state == HTTP_BODY_LENGTH && b->left == 0)
		b->state = HTTP_BODY_DONE;
	while (b->state != HTTP_BODY_DONE) {
		if (!in->n)
			return E_AGAIN;
		int r = step(b, in, out);
		if (r != OK)
			return r;
	}
	return OK;
}
