#include "role/http/http.h"

const struct http_route http_routes[] = {
	{ STR_INIT("GET"), STR_INIT("/"), http_get_home, HTTP_TAKES_NOTHING, HTTP_PAGE, "" },
	{ STR_INIT("GET"), STR_INIT("/assets/style.css"), http_get_style, HTTP_TAKES_NOTHING, HTTP_CACHEABLE, "" },
	{ STR_INIT("GET"), STR_INIT("/robots.txt"), http_get_robots, HTTP_TAKES_NOTHING, HTTP_CACHEABLE, "RFC 9309" },
};
const size_t http_route_count = COUNT_OF(http_routes);
