/* What the pages and endpoints of the authorisation server share. */
#ifndef ROLE_HTTP_OAUTH_H
#define ROLE_HTTP_OAUTH_H

#include "proto/oauth/oauth_authorize.h"
#include "role/http/http.h"

/* In the memory of the exchange. E_NOTFOUND. */
must_use int http_oauth_client(struct http_exchange *x, struct str id, struct oauth_client *ret);
/* "<ul>" of what a scope would allow. */
void http_page_scope(struct http_exchange *x, unsigned scope);
void http_page_term(struct http_exchange *x, enum http_text term, struct str value);

#endif
