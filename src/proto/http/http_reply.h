/* The head of a response that another server sends us (RFC 9112 section 4), as strictly read as a request: what two programs could take for
 * two different things is refused. Views point into the bytes; the list of fields is in the arena. */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "proto/http/http_request.h"

struct http_reply {
	unsigned status;                /* 100 to 599 */
	struct http_field *fields;
	size_t count, cap;
	bool chunked, has_length;       /* neither: the content goes on to the end of the connection */
	uint64_t length;
};

/* The length of the head in what has come so far, with the empty line that ends it. E_AGAIN: more; E_TOOBIG: not within HTTP_HEAD_MAX. */
must_use int http_reply_find(struct str in, size_t *ret);
/* head: exactly those bytes. E_SYNTAX: no HTTP/1.x, a control byte or a lone CR or LF, a folded field, a name that is no token, more than
 * HTTP_FIELDS_MAX fields, Content-Length twice, not one decimal number or beside Transfer-Encoding, another coding than "chunked". */
must_use int http_reply_parse(struct arena *a, struct str head, struct http_reply *ret);
/* The value of the first field of that name, compared without case; empty when there is none. */
struct str http_reply_field(const struct http_reply *rp, struct str name);

#endif
