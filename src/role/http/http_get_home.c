#include "role/http/http.h"

int http_get_home(struct http_exchange *x)
{
	http_page_open(x, 200, HTTP_TEXT_SERVER);
	http_page_raw(x, "<p>");
	http_page_say(x, HTTP_TEXT_HOME);
	http_page_raw(x, "</p><p>");
	http_page_say(x, HTTP_TEXT_HOME_HELP);
	http_page_raw(x, "</p>");
	http_page_close(x);
	return OK;
}
