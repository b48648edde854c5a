#include "role/http/http.h"

extern const char http_style_bytes[], http_style_end[];

/* The entity-tag is a number of the content: another build with the same sheet has the same. */
int http_get_style(struct http_exchange *x)
{
	struct str sheet = str_range(http_style_bytes, http_style_end);
	struct str etag = arena_printf(x->memory, "\"%016llx\"", (unsigned long long)str_hash(sheet));
	bool has_it = http_none_match(http_request_field(&x->request, STR("If-None-Match")), etag);
	x->response.status = has_it ? 304 : 200;
	x->response.content = sheet;
	http_response_field(&x->response, STR("Content-Type"), STR("text/css; charset=utf-8"));
	http_response_field(&x->response, STR("ETag"), etag);
	http_response_field(&x->response, STR("Cache-Control"), STR("public, max-age=3600"));
	return OK;
}
