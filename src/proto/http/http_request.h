/* The head of a request (RFC 9110, RFC 9112), read strictly: what two programs could take for two different things is refused, so that
 * nothing can be smuggled past one of them.
 *
 *    while ((r = http_head_find(&head, stream_in(s), &n, &refusal)) == E_AGAIN)        each byte is looked at once
 *            read more
 *    r = http_request_parse(arena, first n bytes, &request, &refusal)
 *
 * Refused, with the status to answer; after each the connection must be closed, since nobody knows where the next request starts:
 * a line that does not end in CRLF, a bare CR or LF, NUL or another control byte; a folded field; space before a colon; more than one
 * space in the request-line; a name that is no token; Host absent (in 1.1), twice or malformed; Content-Length twice, signed, as a list, or
 * with Transfer-Encoding; a transfer coding other than exactly "chunked", or any in 1.0; a field twice that may stand there once.
 *
 * Views point into the bytes; the list of fields is in the arena. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "proto/http/http_target.h"

enum { HTTP_HEAD_MAX = 16 << 10, HTTP_LINE_MAX = 8 << 10, HTTP_FIELDS_MAX = 64, HTTP_METHOD_MAX = 32 };

/* status: what to answer. why: a sentence without anything of the client's in it. */
struct http_refusal { unsigned status; const char *why; };

struct http_field { struct str name, value; };

struct http_request {
	struct str method;              /* as sent: methods are case-sensitive */
	struct http_target target;
	unsigned minor;                 /* of HTTP/1.x; 1 for what is above */
	struct str host;                /* without port; empty when there was none (HTTP/1.0 only) */
	uint16_t port;                  /* of Host; 0: none given */
	struct http_field *fields;
	size_t count, cap;
	bool chunked, has_length;
	uint64_t length;
	bool keep_alive;                /* the client would go on with this connection */
	bool expects_continue;
};

struct http_head { size_t at, line; unsigned lines; bool blank_first, after_cr; };

/* Looks for the end of the head in what has come so far, from where it stopped at the last call: OK and the length, with any empty line
 * that came before it (RFC 9112 2.2: one is passed over); E_AGAIN; E_SYNTAX and E_TOOBIG with *reterr. Start with a zeroed struct. */
must_use int http_head_find(struct http_head *h, struct str in, size_t *ret, struct http_refusal *reterr);
/* head: exactly those bytes. E_SYNTAX with *reterr. */
must_use int http_request_parse(struct arena *a, struct str head, struct http_request *ret, struct http_refusal *reterr);

/* The value of a field that may stand there once; empty when it is absent. Names compare without case. */
struct str http_request_field(const struct http_request *rq, struct str name);
/* Whether a comma-separated list has the token, in any line of that name. */
bool http_request_lists(const struct http_request *rq, struct str name, struct str token);

#endif
