#include "proto/http/http_chars.h"
#include "role/http/http.h"

static void turn_out(struct http_exchange *x, unsigned status, const char *detail)
{
	x->close = true;
	x->session->turned_out = true;
	http_answer_error(x, status, detail);
}

static bool has_content(const struct http_request *rq)
{
	return rq->chunked || rq->length;
}

static bool is_form(const struct http_request *rq)
{
	struct str type = http_request_field(rq, STR("Content-Type"));
	return str_ieq(http_trim(str_until(&type, ';')), STR("application/x-www-form-urlencoded"));
}

/* E_AGAIN: go on. OK: answered. */
static int refuse_kind(struct http_exchange *x)
{
	const struct http_request *rq = &x->request;
	if (x->route->takes == HTTP_TAKES_NOTHING && has_content(rq))
		turn_out(x, 413, "no content is expected here");
	else if (http_request_field(rq, STR("Content-Encoding")).n)
		turn_out(x, 415, "the content must not be encoded");
	else if (x->route->takes == HTTP_TAKES_FORM && !is_form(rq))
		turn_out(x, 415, "the content must be application/x-www-form-urlencoded");
	return x->response.status ? OK : E_AGAIN;
}

/* RFC 9110 10.1.1: not when the content is already there. */
static int say_continue(struct http_exchange *x)
{
	struct http_session *s = x->session;
	if (!x->request.expects_continue || s->env->in(s->ctx).n)
		return OK;
	return buf_put_str(s->env->out(s->ctx), STR("HTTP/1.1 100 Continue\r\n\r\n"));
}

static int feed(struct http_exchange *x, struct http_body *b)
{
	struct http_session *s = x->session;
	int64_t deadline = s->env->mono() + (int64_t)s->conf->http.content_timeout * 1000;
	for (;;) {
		struct str in = s->env->in(s->ctx);
		size_t had = in.n;
		int r = http_body_feed(b, &in, &s->content);
		s->env->consume(s->ctx, had - in.n);
		if (r != E_AGAIN)
			return r;
		r = s->env->read(s->ctx, deadline);
		if (r != OK)
			return r;
	}
}

static int read_all(struct http_exchange *x)
{
	struct http_body b;
	int r = http_body_begin(&b, &x->request, HTTP_FORM_MAX);
	if (r == OK)
		r = say_continue(x);
	if (r == OK)
		r = feed(x, &b);
	if (r == E_TOOBIG)
		turn_out(x, 413, "the content is too large");
	else if (r == E_SYNTAX)
		turn_out(x, 400, "the content is not framed as it should be");
	else if (r == E_TIMEOUT)
		turn_out(x, 408, "the content took too long");
	return x->response.status ? OK : r;
}

int http_content_read(struct http_exchange *x)
{
	int r = refuse_kind(x);
	if (r == OK)
		return OK;
	r = has_content(&x->request) ? read_all(x) : OK;
	if (r != OK || x->response.status)
		return r;
	x->content = buf_str(&x->session->content);
	if (x->route->takes == HTTP_TAKES_FORM && http_form_parse(x->memory, x->content, &x->form) != OK)
		http_answer_error(x, 400, "the form is malformed");
	return OK;
}
