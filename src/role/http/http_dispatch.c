/* The gate that every request passes, in this order: host, path, TLS, row, where it comes from, content. Handlers need not remember any of it. */
#include "role/http/http.h"

static const struct str known_methods[] = {
	STR_INIT("GET"), STR_INIT("HEAD"), STR_INIT("POST"), STR_INIT("PUT"), STR_INIT("PATCH"), STR_INIT("DELETE"), STR_INIT("OPTIONS"),
};

static bool method_known(struct str method)
{
	for (size_t i = 0; i < COUNT_OF(known_methods); i++)
		if (str_eq(known_methods[i], method))
			return true;
	return false;
}

static bool is(const struct http_exchange *x, const char *method)
{
	return str_eq(x->request.method, str_c(method));
}

/* HEAD is GET without its content. */
static struct str method_of_row(const struct http_exchange *x)
{
	return is(x, "HEAD") ? STR("GET") : x->request.method;
}

static bool has_path(const struct http_exchange *x)
{
	for (size_t i = 0; i < http_route_count; i++)
		if (str_eq(http_routes[i].path, x->path))
			return true;
	return false;
}

static const struct http_route *find_route(const struct http_exchange *x)
{
	for (size_t i = 0; i < http_route_count; i++) {
		const struct http_route *r = &http_routes[i];
		if (str_eq(r->path, x->path) && str_eq(r->method, method_of_row(x)) && (x->session->tls || (r->flags & HTTP_IN_CLEAR)))
			return r;
	}
	return NULL;
}

/* The Allow field: the methods of a path, of all paths for "*". */
static struct str allowed(const struct http_exchange *x)
{
	bool any = x->request.target.form == HTTP_ASTERISK_FORM, get = false, post = false;
	for (size_t i = 0; i < http_route_count; i++) {
		bool counts = any || str_eq(http_routes[i].path, x->path);
		get |= counts && str_eq(http_routes[i].method, STR("GET"));
		post |= counts && str_eq(http_routes[i].method, STR("POST"));
	}
	return get && post ? STR("GET, HEAD, OPTIONS, POST") : get ? STR("GET, HEAD, OPTIONS") : STR("OPTIONS, POST");
}

/* RFC 6797 7.2: to the same place by TLS. Only our own name is put into the answer, and never what a client would have sent in clear. */
static void redirect_to_tls(struct http_exchange *x)
{
	if (!is(x, "GET") && !is(x, "HEAD")) {
		http_answer_error(x, 403, "this is answered by https only");
		return;
	}
	const struct http_target *t = &x->request.target;
	http_answer_redirect(x, 308, arena_printf(x->memory, "%.*s%.*s%s%.*s", (int)x->session->site->origin.n, x->session->site->origin.p,
		(int)t->path.n, t->path.p, t->has_query ? "?" : "", (int)t->query.n, t->query.p ? t->query.p : ""));
}

static void answer_without_row(struct http_exchange *x)
{
	if (!method_known(x->request.method)) {
		http_answer_error(x, 501, "this method is not known here");
	} else if (!x->session->tls) {
		redirect_to_tls(x);
	} else if (x->request.target.form != HTTP_ASTERISK_FORM && !has_path(x)) {
		http_answer_error(x, 404, "there is nothing under this path");
	} else if (is(x, "OPTIONS")) {
		x->response.status = 204;
		http_response_field(&x->response, STR("Allow"), allowed(x));
	} else {
		http_answer_error(x, 405, "this path has no such method");
		http_response_field(&x->response, STR("Allow"), allowed(x));
	}
}

/* A form of ours comes from a page of ours. Browsers say where a request comes from (Fetch Metadata; Origin, RFC 6454 7); a program that is no
 * browser says nothing, and has no cookies that somebody else could make it send. */
static bool comes_from_elsewhere(const struct http_exchange *x)
{
	struct str site = http_request_field(&x->request, STR("Sec-Fetch-Site")), origin = http_request_field(&x->request, STR("Origin"));
	if (!(x->route->flags & HTTP_PAGE) || str_eq(x->route->method, STR("GET")))
		return false;
	return (site.n && !str_eq(site, STR("same-origin"))) || (origin.n && !str_ieq(origin, x->session->site->origin));
}

static bool accepts_html(const struct http_exchange *x)
{
	return str_isearch(http_request_field(&x->request, STR("Accept")), STR("text/html")) != STR_NPOS;
}

/* Before the path is decoded: what is written in another way is not asked for by anybody. */
static bool answers_to_any_name(const struct http_exchange *x)
{
	for (size_t i = 0; i < http_route_count; i++)
		if (http_routes[i].flags & HTTP_ANY_NAME && str_eq(http_routes[i].path, x->request.target.path))
			return true;
	return false;
}

/* True: answered already. */
static bool refused(struct http_exchange *x)
{
	bool asterisk = x->request.target.form == HTTP_ASTERISK_FORM;
	if (!str_ieq(x->request.host, x->session->site->host) && !answers_to_any_name(x))
		http_answer_error(x, 421, "this server answers under another name");
	else if (!asterisk && http_path_decode(x->memory, x->request.target.path, &x->path) != OK)
		http_answer_error(x, 400, "the path is malformed");
	else if (http_form_parse(x->memory, x->request.target.query, &x->query) != OK)
		http_answer_error(x, 400, "the query is malformed");
	return x->response.status;
}

/* Content that nobody read would be taken for the next request. */
static void skip_content(struct http_exchange *x)
{
	if (x->request.chunked || x->request.length) {
		x->close = true;
		x->session->turned_out = true;
	}
}

static int run(struct http_exchange *x)
{
	int r = http_content_read(x);
	if (r != OK || x->response.status)
		return r;
	r = x->route->run(x);
	if (r == E_CANCELLED)           /* the guard puts the client out, or we stop: there is nobody left to answer */
		return r;
	if (r != OK)
		http_answer_failure(x, r);
	return OK;
}

int http_dispatch(struct http_exchange *x)
{
	x->language = http_language_of(http_request_field(&x->request, STR("Accept-Language")));
	x->wants_page = accepts_html(x);
	if (refused(x)) {
		skip_content(x);
		return OK;
	}
	x->route = find_route(x);
	if (!x->route)
		answer_without_row(x);
	else if (comes_from_elsewhere(x))
		http_answer_error(x, 403, "this must come from a page of this server");
	if (x->response.status) {
		skip_content(x);
		return OK;
	}
	return run(x);
}
