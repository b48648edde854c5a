#include "proto/http/http_text.h"
#include "role/http/http.h"

void http_page_raw(struct http_exchange *x, const char *html)
{
	bufw_c(&x->w, html);
}

void http_page_text(struct http_exchange *x, struct str text)
{
	http_html_text(&x->w, text);
}

void http_page_say(struct http_exchange *x, enum http_text text)
{
	http_page_text(x, http_text_in(text, x->language));
}

void http_page_open(struct http_exchange *x, unsigned status, enum http_text title)
{
	x->response.status = status;
	http_response_field(&x->response, STR("Content-Type"), STR("text/html; charset=utf-8"));
	http_response_field(&x->response, STR("Content-Language"), http_language_tag(x->language));
	http_response_field(&x->response, STR("Vary"), STR("Accept-Language, Cookie"));
	http_page_raw(x, "<!doctype html>\n<html lang=\"");
	http_page_text(x, http_language_tag(x->language));
	http_page_raw(x, "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
		"<meta name=\"color-scheme\" content=\"light dark\"><link rel=\"stylesheet\" href=\"/assets/style.css\"><title>");
	http_page_say(x, title);
	http_page_raw(x, "</title></head>\n<body><main><h1>");
	http_page_say(x, title);
	http_page_raw(x, "</h1>\n");
}

void http_page_close(struct http_exchange *x)
{
	http_page_raw(x, "\n</main><footer>");
	http_page_text(x, x->session->site->host);
	http_page_raw(x, "</footer></body></html>\n");
	http_answer_written(x);
}
