#include "proto/http/http_target.h"
#include "role/http/http.h"

#include <stdio.h>

enum { HTTPS_PORT = 443 };

void http_site_set(struct http_site *s, const struct conf *c)
{
	unsigned port = (unsigned)(conf_services[SERVICE_HTTPS].port + c->server.port_base);
	uint16_t given;
	if (*c->http.url)
		snprintf(s->text, sizeof s->text, "%s", c->http.url);
	else if (port == HTTPS_PORT)
		snprintf(s->text, sizeof s->text, "https://%s", c->server.hostname);
	else
		snprintf(s->text, sizeof s->text, "https://%s:%u", c->server.hostname, port);
	s->origin = str_c(s->text);
	if (http_host_parse(str_skip(s->origin, strlen("https://")), &s->host, &given) != OK)
		s->host = str_c(c->server.hostname);
}
