/* The content of a request or a response: Content-Length or chunked (RFC 9112 6, 7.1), cut at a ceiling. A byte at a time or all at once gives the same.
 *
 * Chunk extensions and trailer fields are read by their grammar, bounded, and passed over. Refused: a size that is not 1 to 8 hex digits, white
 * space around it, a line that ends in anything but CRLF, data that no CRLF follows. */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "proto/http/http_request.h"

enum { HTTP_CHUNK_DIGITS_MAX = 8, HTTP_CHUNK_EXTRA_MAX = 4096 /* extensions and trailer of one content */ };

enum http_body_state {
	HTTP_BODY_LENGTH, HTTP_BODY_SIZE, HTTP_BODY_EXTENSION, HTTP_BODY_SIZE_LF, HTTP_BODY_DATA, HTTP_BODY_DATA_CR, HTTP_BODY_DATA_LF,
	HTTP_BODY_TRAILER, HTTP_BODY_TRAILER_NAME, HTTP_BODY_TRAILER_VALUE, HTTP_BODY_TRAILER_LF, HTTP_BODY_END_LF, HTTP_BODY_DONE
};
struct http_body { enum http_body_state state; uint64_t left, total, max; unsigned digits, extra; };

/* E_TOOBIG: the length that was announced is above max. */
must_use int http_body_begin(struct http_body *b, const struct http_request *rq, uint64_t max);
/* The same by what the head said of it. */
must_use int http_body_begin_as(struct http_body *b, bool chunked, uint64_t length, uint64_t max);
/* Takes bytes off *in and appends content to out. OK: complete, *in is what follows; E_AGAIN: all was taken; E_SYNTAX; E_TOOBIG: above max,
 * or above the ceiling of out. */
must_use int http_body_feed(struct http_body *b, struct str *in, struct buf *out);

#endif
