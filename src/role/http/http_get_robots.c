#include "role/http/http.h"

/* RFC 9309: nothing here is for search engines. */
int http_get_robots(struct http_exchange *x)
{
	x->response.status = 200;
	x->response.content = STR("User-agent: *\nDisallow: /\n");
	http_response_field(&x->response, STR("Content-Type"), STR("text/plain; charset=utf-8"));
	http_response_field(&x->response, STR("Cache-Control"), STR("public, max-age=86400"));
	return OK;
}
