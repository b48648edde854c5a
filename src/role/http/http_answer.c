#include "proto/http/http_text.h"
#include "role/http/http.h"

/* RFC 9457 */
static void problem(struct http_exchange *x, unsigned status, const char *detail)
{
	http_answer_json(x, status);
	http_response_replace(&x->response, STR("Content-Type"), STR("application/problem+json"));
	bufw_c(&x->w, "{\"type\":\"about:blank\",\"title\":");
	http_json_string(&x->w, str_c(http_reason(status)));
	bufw_printf(&x->w, ",\"status\":%u,\"detail\":", status);
	http_json_string(&x->w, str_c(detail));
	bufw_c(&x->w, "}\n");
	http_answer_written(x);
}

static enum http_text text_of(unsigned status)
{
	static const struct { unsigned status; enum http_text text; } rows[] = {
		{ 403, HTTP_TEXT_ERROR_403 }, { 404, HTTP_TEXT_ERROR_404 }, { 421, HTTP_TEXT_ERROR_421 }, { 429, HTTP_TEXT_ERROR_503 }, { 503, HTTP_TEXT_ERROR_503 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return status >= 500 ? HTTP_TEXT_ERROR_500 : HTTP_TEXT_ERROR_400;
}

static void error_page(struct http_exchange *x, unsigned status)
{
	http_page_open(x, status, HTTP_TEXT_ERROR);
	http_page_raw(x, "<p role=\"alert\">");
	http_page_say(x, text_of(status));
	http_page_raw(x, "</p>");
	http_page_close(x);
}

void http_answer_error(struct http_exchange *x, unsigned status, const char *detail)
{
	x->response = (struct http_response){ 0 };
	x->form_action = STR("");
	buf_clear(&x->session->answer);
	x->w.err = OK;
	if (x->wants_page)
		error_page(x, status);
	else
		problem(x, status, detail);
	if (status == 503 || status == 429)
		http_response_field(&x->response, STR("Retry-After"), STR("30"));
}

void http_answer_failure(struct http_exchange *x, int err)
{
	bool busy = err == E_BUSY || err == E_TIMEOUT || err == E_CLOSED;
	http_answer_error(x, busy ? 503 : 500, busy ? "too much at once, or not ready: try again" : "this server could not do it");
}

void http_answer_redirect(struct http_exchange *x, unsigned status, struct str location)
{
	x->response.status = status;
	http_response_field(&x->response, STR("Location"), location);
}

void http_answer_json(struct http_exchange *x, unsigned status)
{
	x->response.status = status;
	http_response_field(&x->response, STR("Content-Type"), STR("application/json"));
}

void http_answer_written(struct http_exchange *x)
{
	if (x->w.err != OK)
		http_answer_error(x, 500, "the answer is too large");
	else
		x->response.content = buf_str(&x->session->answer);
}

static void set_unless(struct http_response *rs, struct str name, struct str value)
{
	if (!http_response_get(rs, name).n)
		http_response_field(rs, name, value);
}

/* Nothing is loaded but our own style sheet and pictures, nobody frames us, and forms lead to us or where the page says. */
static struct str content_policy(struct http_exchange *x)
{
	return arena_printf(x->memory, "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'%s%.*s; frame-ancestors 'none'; base-uri 'none'",
		x->form_action.n ? " " : "", (int)x->form_action.n, x->form_action.n ? x->form_action.p : "");
}

void http_answer_complete(struct http_exchange *x)
{
	struct http_response *rs = &x->response;
	set_unless(rs, STR("Cache-Control"), STR("no-store"));
	set_unless(rs, STR("Content-Security-Policy"), content_policy(x));
	http_response_field(rs, STR("X-Content-Type-Options"), STR("nosniff"));
	http_response_field(rs, STR("X-Frame-Options"), STR("DENY"));
	http_response_field(rs, STR("Referrer-Policy"), STR("no-referrer"));
	http_response_field(rs, STR("Cross-Origin-Opener-Policy"), STR("same-origin"));
	http_response_field(rs, STR("Cross-Origin-Resource-Policy"), STR("same-origin"));
	http_response_field(rs, STR("Permissions-Policy"), STR("camera=(), geolocation=(), microphone=()"));
	if (x->session->tls)
		http_response_field(rs, STR("Strict-Transport-Security"), STR("max-age=31536000"));
}
