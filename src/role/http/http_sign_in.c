/* The sign-in: address and password; then, where the account has one, the second factor. */
#include "role/http/http.h"

enum { AGENT_MAX = 120, SESSION_SECONDS = 12 * 3600, FIELD_MAX = 1024 };

static struct str where_to(struct http_exchange *x, const struct http_form *f)
{
	struct str to = http_form_text(f, STR("to"));
	return http_is_own_page(x, to) ? to : STR("/");
}

static void alert(struct http_exchange *x, enum http_text text)
{
	if (text == HTTP_TEXT_COUNT)
		return;
	http_page_raw(x, "<p role=\"alert\">");
	http_page_say(x, text);
	http_page_raw(x, "</p>");
}

/* problem: HTTP_TEXT_COUNT for none. */
static void password_page(struct http_exchange *x, struct str to, struct str user, unsigned status, enum http_text problem)
{
	http_page_open(x, status, HTTP_TEXT_SIGN_IN);
	alert(x, problem);
	http_page_form(x, "/sign-in");
	http_page_hidden(x, "to", to);
	http_page_input(x, HTTP_TEXT_ADDRESS, "user", "type=\"text\" inputmode=\"email\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"320\"", user);
	http_page_input(x, HTTP_TEXT_PASSWORD, "password", "type=\"password\" autocomplete=\"current-password\" maxlength=\"1024\"", STR(""));
	http_page_button(x, HTTP_TEXT_SIGN_IN, "sign-in", true);
	http_page_raw(x, "</form>");
	http_page_close(x);
}

static void code_page(struct http_exchange *x, struct str to, struct str pending, unsigned status, enum http_text problem)
{
	http_page_open(x, status, HTTP_TEXT_SIGN_IN);
	alert(x, problem);
	http_page_raw(x, "<p>");
	http_page_say(x, HTTP_TEXT_CODE_ASKED);
	http_page_raw(x, "</p>");
	http_page_form(x, "/sign-in");
	http_page_hidden(x, "to", to);
	http_page_hidden(x, "pending", pending);
	http_page_input(x, HTTP_TEXT_CODE, "code", "class=\"code\" type=\"text\" autocomplete=\"one-time-code\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"64\"", STR(""));
	http_page_button(x, HTTP_TEXT_SIGN_IN, "sign-in", true);
	http_page_raw(x, "</form><p><a href=\"/sign-in?");
	http_form_put(&x->w, &(bool){ true }, STR("to"), to);
	http_page_raw(x, "\">");
	http_page_say(x, HTTP_TEXT_START_AGAIN);
	http_page_raw(x, "</a></p>");
	http_page_close(x);
}

static void refused_page(struct http_exchange *x, struct str text)
{
	http_page_open(x, 403, HTTP_TEXT_SIGN_IN);
	http_page_raw(x, "<p role=\"alert\">");
	http_page_text(x, text);
	http_page_raw(x, "</p>");
	http_page_close(x);
}

int http_get_sign_in(struct http_exchange *x)
{
	struct http_person p;
	struct str to = where_to(x, &x->query);
	int r = http_person_find(x, &p);
	if (r == OK)
		http_answer_redirect(x, 303, to);
	else if (r == E_DENIED)
		password_page(x, to, STR(""), 200, HTTP_TEXT_COUNT);
	return r == E_DENIED ? OK : r;
}

static void denied(struct http_exchange *x, struct str to, const struct ipc_web_sign_in_req *q)
{
	if (q->pending.n)               /* once more; with a ticket that is over only a new start helps */
		code_page(x, to, q->pending, 401, HTTP_TEXT_CODE_WRONG);
	else
		password_page(x, to, q->user, 401, HTTP_TEXT_SIGN_IN_WRONG);
}

static int settle(struct http_exchange *x, struct str to, const struct ipc_web_sign_in_req *q, int r, const struct ipc_web_sign_in_rep *a)
{
	if (r == E_DENIED)
		denied(x, to, q);
	else if (r == E_BUSY)
		password_page(x, to, q->user, 503, HTTP_TEXT_SIGN_IN_BUSY);
	else if (r != OK)
		return r;
	else if (a->state == WEB_REFUSED)
		refused_page(x, a->text);
	else if (a->state == WEB_NEEDS_CODE)
		code_page(x, to, a->token, 200, q->pending.n ? HTTP_TEXT_CODE_WRONG : HTTP_TEXT_COUNT);
	else {
		http_answer_redirect(x, 303, to);
		http_answer_cookie(x, STR(HTTP_COOKIE_SESSION), arena_dup(x->memory, a->token), SESSION_SECONDS);
	}
	return OK;
}

int http_post_sign_in(struct http_exchange *x)
{
	struct ipc_web_sign_in_rep a = { 0 };
	struct str to = where_to(x, &x->form);
	struct ipc_web_sign_in_req q = {
		.user = http_form_text(&x->form, STR("user")),
		.password = http_form_text(&x->form, STR("password")),
		.pending = http_form_text(&x->form, STR("pending")),
		.code = http_form_text(&x->form, STR("code")),
		.peer = str_c(x->session->peer),
		.agent = utf8_first(http_request_field(&x->request, STR("User-Agent")), AGENT_MAX),
	};
	if (!http_form_is_ours(x))
		return OK;
	/* a field that no message can carry belongs to nobody */
	int r = q.user.n > 320 || q.password.n > FIELD_MAX || q.pending.n > 128 || q.code.n > 64 ? E_DENIED : x->session->env->web_sign_in(&q, &a, &x->hold);
	return settle(x, to, &q, r, &a);
}

int http_post_sign_out(struct http_exchange *x)
{
	struct http_person p;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_web_sign_out_rep none;
	if (!http_form_is_ours(x))
		return OK;
	int r = http_person_find(x, &p);
	if (r == OK)
		r = x->session->env->web_sign_out(&(struct ipc_web_sign_out_req){ .token = p.cookie }, &none, &hold);
	ipc_release(&hold);
	if (r != OK && r != E_DENIED)
		return r;
	http_answer_redirect(x, 303, STR("/"));
	http_answer_cookie(x, STR(HTTP_COOKIE_SESSION), STR(""), 0);
	http_response_field(&x->response, STR("Clear-Site-Data"), STR("\"cache\", \"storage\""));
	return OK;
}
