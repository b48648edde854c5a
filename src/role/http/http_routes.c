#include "role/http/http.h"

const struct http_route http_routes[] = {
	{ STR_INIT("GET"), STR_INIT("/"), http_get_home, HTTP_TAKES_NOTHING, HTTP_PAGE, "" },
	{ STR_INIT("GET"), STR_INIT("/assets/style.css"), http_get_style, HTTP_TAKES_NOTHING, HTTP_CACHEABLE, "" },
	{ STR_INIT("GET"), STR_INIT("/.well-known/mta-sts.txt"), http_get_mta_sts, HTTP_TAKES_NOTHING, HTTP_CACHEABLE | HTTP_ANY_NAME, "RFC 8461 3.2" },
	{ STR_INIT("GET"), STR_INIT("/robots.txt"), http_get_robots, HTTP_TAKES_NOTHING, HTTP_CACHEABLE, "RFC 9309" },
	{ STR_INIT("GET"), STR_INIT("/sign-in"), http_get_sign_in, HTTP_TAKES_NOTHING, HTTP_PAGE, "" },
	{ STR_INIT("POST"), STR_INIT("/sign-in"), http_post_sign_in, HTTP_TAKES_FORM, HTTP_PAGE, "" },
	{ STR_INIT("POST"), STR_INIT("/sign-out"), http_post_sign_out, HTTP_TAKES_FORM, HTTP_PAGE, "" },
	{ STR_INIT("GET"), STR_INIT("/oauth/authorize"), http_get_authorize, HTTP_TAKES_NOTHING, HTTP_PAGE, "RFC 6749 3.1" },
	{ STR_INIT("POST"), STR_INIT("/oauth/authorize"), http_post_authorize, HTTP_TAKES_FORM, HTTP_PAGE, "RFC 6749 3.1" },
	{ STR_INIT("POST"), STR_INIT("/oauth/token"), http_post_token, HTTP_TAKES_FORM, 0, "RFC 6749 3.2" },
	{ STR_INIT("POST"), STR_INIT("/oauth/revoke"), http_post_revoke, HTTP_TAKES_FORM, 0, "RFC 7009" },
	{ STR_INIT("POST"), STR_INIT("/oauth/device"), http_post_device_authorization, HTTP_TAKES_FORM, 0, "RFC 8628 3.1" },
	{ STR_INIT("GET"), STR_INIT("/device"), http_get_device, HTTP_TAKES_NOTHING, HTTP_PAGE, "RFC 8628 3.3" },
	{ STR_INIT("POST"), STR_INIT("/device"), http_post_device, HTTP_TAKES_FORM, HTTP_PAGE, "RFC 8628 3.3" },
	{ STR_INIT("POST"), STR_INIT("/device/decision"), http_post_device_decision, HTTP_TAKES_FORM, HTTP_PAGE, "RFC 8628 3.3" },
	{ STR_INIT("GET"), STR_INIT("/.well-known/oauth-authorization-server"), http_get_oauth_metadata, HTTP_TAKES_NOTHING, HTTP_CACHEABLE, "RFC 8414 3" },
};
const size_t http_route_count = COUNT_OF(http_routes);
