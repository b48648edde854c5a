#include "role/http/http.h"

enum { A_WEEK = 604800 };

/* RFC 8461 3.2, at mta-sts.DOMAIN of each domain of ours: all of them have this host as their MX. */
int http_get_mta_sts(struct http_exchange *x)
{
	const struct conf *c = x->session->conf;
	x->response.status = 200;
	x->response.content = arena_printf(x->memory, "version: STSv1\r\nmode: %s\r\nmx: %s\r\nmax_age: %d\r\n", c->http.mta_sts_enforce ? "enforce" : "testing",
		c->server.hostname, A_WEEK);
	http_response_field(&x->response, STR("Content-Type"), STR("text/plain"));
	http_response_field(&x->response, STR("Cache-Control"), STR("public, max-age=3600"));
	return OK;
}
