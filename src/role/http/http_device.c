/* The page for codes of devices (RFC 8628 3.3). Who follows a link with a code in it still sees what it is about, and decides (5.4). */
#include "role/http/http_oauth.h"

static void code_page(struct http_exchange *x, unsigned status, struct str code, enum http_text problem)
{
	http_page_open(x, status, HTTP_TEXT_DEVICE);
	if (problem != HTTP_TEXT_COUNT) {
		http_page_raw(x, "<p role=\"alert\">");
		http_page_say(x, problem);
		http_page_raw(x, "</p>");
	}
	http_page_form(x, "/device");
	http_page_input(x, HTTP_TEXT_DEVICE_CODE, "user_code", "class=\"code\" type=\"text\" autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" maxlength=\"16\"", code);
	http_page_button(x, HTTP_TEXT_DEVICE_NEXT, "next", true);
	http_page_raw(x, "</form>");
	http_page_close(x);
}

int http_get_device(struct http_exchange *x)
{
	struct http_person p;
	int r = http_person_find(x, &p);
	if (r == E_DENIED)
		http_answer_sign_in(x);
	else if (r == OK)
		code_page(x, 200, str_first(http_form_text(&x->query, STR("user_code")), 16), HTTP_TEXT_COUNT);
	return r == E_DENIED ? OK : r;
}

static void decide_page(struct http_exchange *x, const struct http_person *p, const struct ipc_oauth_device_find_rep *a, struct str code)
{
	http_page_open(x, 200, HTTP_TEXT_DEVICE);
	http_page_raw(x, "<p>");
	http_page_fill(x, HTTP_TEXT_CONSENT_WHO, a->name);
	http_page_raw(x, "</p><p role=\"alert\">");
	http_page_say(x, HTTP_TEXT_DEVICE_WARNING);
	http_page_raw(x, "</p><p>");
	http_page_say(x, HTTP_TEXT_CONSENT_WHAT);
	http_page_raw(x, "</p>");
	http_page_scope(x, a->scope);
	http_page_raw(x, "<dl>");
	http_page_term(x, HTTP_TEXT_CONSENT_AS, p->address);
	http_page_term(x, HTTP_TEXT_DEVICE_FROM, a->asked_from);
	http_page_raw(x, "</dl>");
	http_page_form(x, "/device/decision");
	http_page_hidden(x, "user_code", code);
	http_page_button(x, HTTP_TEXT_ALLOW, "allow", true);
	http_page_button(x, HTTP_TEXT_DENY, "deny", false);
	http_page_raw(x, "</form>");
	http_page_close(x);
}

/* What can be wrong with a code. *ret: E_AGAIN when it is not that. */
static int refuse_code(struct http_exchange *x, int r)
{
	if (r == E_DENIED)
		http_answer_sign_in(x);
	else if (r == E_NOTFOUND)
		code_page(x, 400, STR(""), HTTP_TEXT_DEVICE_WRONG);
	else if (r == E_BUSY)
		code_page(x, 429, STR(""), HTTP_TEXT_DEVICE_BUSY);
	else
		return r;
	return OK;
}

int http_post_device(struct http_exchange *x)
{
	struct http_person p;
	struct ipc_oauth_device_find_rep a;
	struct str code = str_first(http_form_text(&x->form, STR("user_code")), 64);
	if (!http_form_is_ours(x))
		return OK;
	int r = http_person_find(x, &p);
	if (r == OK)
		r = x->session->env->oauth_device_find(&(struct ipc_oauth_device_find_req){ .session = p.cookie, .user_code = code }, &a, &x->hold);
	if (r != OK)
		return refuse_code(x, r);
	decide_page(x, &p, &a, code);
	return OK;
}

int http_post_device_decision(struct http_exchange *x)
{
	struct http_person p;
	struct ipc_oauth_device_decide_rep none;
	bool allow = str_eq(http_form_text(&x->form, STR("decision")), STR("allow"));
	if (!http_form_is_ours(x))
		return OK;
	int r = http_person_find(x, &p);
	struct ipc_oauth_device_decide_req q = { .user_code = str_first(http_form_text(&x->form, STR("user_code")), 64), .allow = allow };
	if (r == OK) {
		q.session = p.cookie;
		r = x->session->env->oauth_device_decide(&q, &none, &x->hold);
	}
	if (r != OK)
		return refuse_code(x, r);
	http_page_open(x, 200, HTTP_TEXT_DEVICE);
	http_page_raw(x, "<p role=\"status\">");
	http_page_say(x, allow ? HTTP_TEXT_DEVICE_DONE : HTTP_TEXT_DEVICE_DENIED);
	http_page_raw(x, "</p>");
	http_page_close(x);
	return OK;
}
