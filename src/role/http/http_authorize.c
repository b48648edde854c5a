/* The authorisation endpoint (RFC 6749 3.1, 4.1): a program sent somebody here; they sign in, and allow it or not. */
#include "role/http/http_oauth.h"

/* Nothing leads back to whoever is not registered (RFC 6749 4.1.2.1, RFC 9700 4.11). */
static int stop_here(struct http_exchange *x)
{
	http_page_open(x, 400, HTTP_TEXT_ERROR);
	http_page_raw(x, "<p role=\"alert\">");
	http_page_say(x, HTTP_TEXT_CLIENT_BAD);
	http_page_raw(x, "</p>");
	http_page_close(x);
	return OK;
}

static int go_back(struct http_exchange *x, const struct oauth_authorize *a, struct str name, struct str value)
{
	struct str location = oauth_authorize_answer(x->memory, a, name, value, x->session->site->origin);
	if (!location.n)
		return stop_here(x);
	http_answer_redirect(x, 303, location);
	return OK;
}

/* E_AGAIN: it is a good request, go on. Otherwise it is answered, or can't be. */
static int judge(struct http_exchange *x, const struct http_form *f, struct oauth_client *c, struct oauth_authorize *a)
{
	struct str redirect;
	int r = http_oauth_client(x, oauth_authorize_client(f), c);
	if (r == E_NOTFOUND)
		return stop_here(x);
	if (r != OK)
		return r;
	if (oauth_authorize_redirect(f, c, &redirect) != OK)
		return stop_here(x);
	enum oauth_outcome outcome = oauth_authorize_check(f, c, a);
	return outcome == OAUTH_OK ? E_AGAIN : go_back(x, a, STR("error"), oauth_error(outcome));
}

/* The request goes along in the form, so that two windows don't get in each other's way; it is judged anew when it comes back. */
static void carry(struct http_exchange *x, const struct http_form *f)
{
	static const char *const names[] = {
		"client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method",
	};
	struct str value;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (http_form_get(f, str_c(names[i]), &value) == OK)
			http_page_hidden(x, names[i], value);
}

static void consent_page(struct http_exchange *x, const struct oauth_client *c, const struct oauth_authorize *a, const struct http_person *p)
{
	x->form_action = oauth_redirect_source(x->memory, a->redirect);
	http_page_open(x, 200, HTTP_TEXT_CONSENT);
	http_page_raw(x, "<p>");
	http_page_fill(x, HTTP_TEXT_CONSENT_WHO, c->name);
	http_page_raw(x, "</p><p>");
	http_page_say(x, HTTP_TEXT_CONSENT_WHAT);
	http_page_raw(x, "</p>");
	http_page_scope(x, a->scope);
	http_page_raw(x, "<dl>");
	http_page_term(x, HTTP_TEXT_CONSENT_AS, p->address);
	http_page_term(x, HTTP_TEXT_CONSENT_WHERE, oauth_redirect_host(a->redirect));
	http_page_raw(x, "</dl>");
	http_page_form(x, "/oauth/authorize");
	carry(x, &x->query);
	http_page_button(x, HTTP_TEXT_ALLOW, "allow", true);
	http_page_button(x, HTTP_TEXT_DENY, "deny", false);
	http_page_raw(x, "</form>");
	http_page_form(x, "/sign-out");
	http_page_button(x, HTTP_TEXT_SIGN_OUT, "sign-out", false);
	http_page_raw(x, "</form>");
	http_page_close(x);
}

int http_get_authorize(struct http_exchange *x)
{
	struct oauth_client c;
	struct oauth_authorize a;
	struct http_person p;
	int r = judge(x, &x->query, &c, &a);
	if (r != E_AGAIN)
		return r;
	r = http_person_find(x, &p);
	if (r == E_DENIED)
		http_answer_sign_in(x);
	else if (r == OK)
		consent_page(x, &c, &a, &p);
	return r == E_DENIED ? OK : r;
}

static int allow(struct http_exchange *x, const struct oauth_authorize *a, const struct http_person *p)
{
	struct ipc_oauth_approve_rep rep;
	struct ipc_oauth_approve_req q = { .session = p->cookie, .client = a->client, .redirect = a->redirect, .scope = a->scope, .challenge = a->challenge };
	int r = x->session->env->oauth_approve(&q, &rep, &x->hold);
	if (r != OK)
		return r;
	if (rep.outcome != OAUTH_OK)
		return go_back(x, a, STR("error"), oauth_error(rep.outcome));
	return go_back(x, a, STR("code"), rep.code);
}

int http_post_authorize(struct http_exchange *x)
{
	struct oauth_client c;
	struct oauth_authorize a;
	struct http_person p;
	if (!http_form_is_ours(x))
		return OK;
	int r = judge(x, &x->form, &c, &a);
	if (r != E_AGAIN)
		return r;
	r = http_person_find(x, &p);
	if (r == E_DENIED) {
		http_answer_sign_in(x);
		return OK;
	}
	if (r != OK)
		return r;
	if (!str_eq(http_form_text(&x->form, STR("decision")), STR("allow")))
		return go_back(x, &a, STR("error"), oauth_error(OAUTH_ACCESS_DENIED));
	return allow(x, &a, &p);
}
