/* The loop of a connection: a request, its answer, the next one. */
#include "role/http/http.h"

void http_session_init(struct http_session *s, const struct http_env *env, void *ctx, const struct conf *conf, const struct http_site *site, bool tls)
{
	*s = (struct http_session){ .env = env, .ctx = ctx, .conf = conf, .site = site, .tls = tls };
	arena_init(&s->memory, HTTP_EXCHANGE_MEMORY, env->overflow, ctx);
	buf_init(&s->content, HTTP_FORM_MAX);
	buf_init(&s->answer, HTTP_CONTENT_MAX);
}

void http_session_done(struct http_session *s)
{
	secret_wipe(s->content.p, s->content.cap);      /* a form may have held a password */
	buf_done(&s->content);
	buf_done(&s->answer);
	arena_done(&s->memory);
}

/* Waits for a whole head. The first byte may take its time; from then on the head has a deadline, whatever its pieces (slow loris, A20). */
static int find_head(struct http_session *s, size_t *ret, struct http_refusal *reterr)
{
	struct http_head head = { 0 };
	int64_t start = s->env->mono();
	uint64_t wait = s->requests ? s->conf->http.idle_timeout : s->conf->http.head_timeout;
	int64_t deadline = start + (int64_t)wait * 1000;
	for (;;) {
		bool first = s->env->in(s->ctx).n == 0;
		int r = http_head_find(&head, s->env->in(s->ctx), ret, reterr);
		if (r != E_AGAIN)
			return r;
		s->between = first;
		r = s->env->read(s->ctx, deadline);
		s->between = false;
		if (r == E_TIMEOUT && !first)
			*reterr = (struct http_refusal){ 408, "the request took too long" };
		if (r != OK)
			return r;
		if (first)
			deadline = s->env->mono() + (int64_t)s->conf->http.head_timeout * 1000;
	}
}

static int read_request(struct http_exchange *x, struct http_refusal *reterr)
{
	struct http_session *s = x->session;
	size_t n = 0;
	int r = find_head(s, &n, reterr);
	if (r != OK)
		return r;
	struct str head = arena_dup(x->memory, str_first(s->env->in(s->ctx), n));
	s->env->consume(s->ctx, n);
	return http_request_parse(x->memory, head, &x->request, reterr);
}

static int answer(struct http_exchange *x)
{
	struct http_session *s = x->session;
	bool head_only = str_eq(x->request.method, STR("HEAD"));
	x->close |= s->stopping || !x->request.keep_alive || s->requests >= s->conf->http.requests;
	http_answer_complete(x);
	int r = http_response_write(s->env->out(s->ctx), &x->response, head_only, !x->close, s->env->now());
	s->env->tell(s->ctx, x);
	return r == OK ? s->env->flush(s->ctx) : r;
}

/* Where the next request starts nobody can say any more: an answer, and the end. */
static int refuse(struct http_exchange *x, const struct http_refusal *why)
{
	x->close = true;
	x->session->turned_out = true;
	if (why->status == 400 || why->status == 408)
		x->session->env->saw(x->session->ctx, why->status == 408 ? GUARD_SLOW : GUARD_JUNK);
	http_answer_error(x, why->status, why->why);
	return answer(x);
}

static void begin(struct http_session *s, struct http_exchange *x)
{
	arena_reset(&s->memory);
	buf_clear(&s->content);
	buf_clear(&s->answer);
	*x = (struct http_exchange){ .session = s, .memory = &s->memory, .w = { .b = &s->answer }, .hold = IPC_HOLD };
}

/* One exchange. *ret_more: the connection goes on. */
static int exchange(struct http_session *s, bool *ret_more)
{
	struct http_exchange x;
	struct http_refusal why = { 0, NULL };
	begin(s, &x);
	int r = read_request(&x, &why);
	if (why.status)
		return refuse(&x, &why);
	if (r != OK)
		return r == E_CLOSED || (r == E_TIMEOUT && s->requests) ? OK : r;
	s->requests++;
	r = http_dispatch(&x);
	if (r == OK)
		r = answer(&x);
	ipc_release(&x.hold);
	*ret_more = r == OK && !x.close;
	return r;
}

int http_session_run(struct http_session *s)
{
	bool more = true;
	int r = OK;
	while (more && r == OK) {
		more = false;
		r = exchange(s, &more);
	}
	return r;
}
