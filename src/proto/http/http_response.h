/* Responses (RFC 9110, RFC 9112): written whole, with Content-Length. What is put into a field is checked, so that no answer can be split. */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "proto/http/http_request.h"

enum { HTTP_RESPONSE_FIELDS_MAX = 24, HTTP_DATE_TEXT = 32 };

struct http_response {
	unsigned status;
	struct http_field fields[HTTP_RESPONSE_FIELDS_MAX];
	size_t count;
	struct str content;             /* empty for 204 and 304 */
	bool overflow;                  /* more fields than there is room for; writing fails then */
};

void http_response_field(struct http_response *rs, struct str name, struct str value);
/* Instead of an earlier one of that name. */
void http_response_replace(struct http_response *rs, struct str name, struct str value);
struct str http_response_get(const struct http_response *rs, struct str name);

/* head_only: the request was HEAD: the length is told, the content not sent. now: for Date, unix seconds. E_SYNTAX: a name or value that may not
 * be; E_TOOBIG. Nothing is written then. */
must_use int http_response_write(struct buf *out, const struct http_response *rs, bool head_only, bool keep_alive, int64_t now);
const char *http_reason(unsigned status);                       /* reason-phrase, "" for what we never answer */
bool http_status_has_content(unsigned status);
/* IMF-fixdate (RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT". */
struct str http_date(int64_t unix_seconds, char out[HTTP_DATE_TEXT]);

/* Does If-None-Match, as it was sent, name this entity-tag (weak comparison, RFC 9110 8.8.3.2)? A field that can't be read matches nothing. etag
 * is in its quotes. */
bool http_none_match(struct str if_none_match, struct str etag);

#endif
