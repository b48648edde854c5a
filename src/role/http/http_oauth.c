#include "proto/http/http_text.h"
#include "role/http/http_oauth.h"

static int unpack(struct http_exchange *x, struct str framed, struct oauth_client *c)
{
	struct reader r = reader_of(framed);
	while (r.err == OK && r.rest.n) {
		if (c->redirect_count == OAUTH_REDIRECTS_MAX)
			return E_PROTO;
		c->redirects[c->redirect_count++] = arena_dup(x->memory, read_str(&r, OAUTH_REDIRECT_MAX));
	}
	return r.err;
}

int http_oauth_client(struct http_exchange *x, struct str id, struct oauth_client *ret)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_oauth_client_rep a;
	struct oauth_client c = { .id = id };
	if (!oauth_client_id_valid(id))
		return E_NOTFOUND;
	int r = x->session->env->oauth_client(&(struct ipc_oauth_client_req){ .id = id }, &a, &hold);
	if (r == OK) {
		c.name = arena_dup(x->memory, a.name);
		c.flags = a.flags;
		c.scope = a.scope;
		r = unpack(x, a.redirects, &c);
	}
	ipc_release(&hold);
	if (r == OK)
		*ret = c;
	return r;
}

void http_page_scope(struct http_exchange *x, unsigned scope)
{
	static const struct { unsigned bit; enum http_text text; } rows[] = {
		{ OAUTH_SCOPE_JMAP, HTTP_TEXT_SCOPE_JMAP }, { OAUTH_SCOPE_IMAP, HTTP_TEXT_SCOPE_IMAP }, { OAUTH_SCOPE_POP3, HTTP_TEXT_SCOPE_POP3 },
		{ OAUTH_SCOPE_SMTP, HTTP_TEXT_SCOPE_SMTP }, { OAUTH_SCOPE_SIEVE, HTTP_TEXT_SCOPE_SIEVE },
	};
	http_page_raw(x, "<ul>");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (!(scope & rows[i].bit))
			continue;
		http_page_raw(x, "<li>");
		http_page_say(x, rows[i].text);
		http_page_raw(x, "</li>");
	}
	http_page_raw(x, "</ul>");
}

void http_page_term(struct http_exchange *x, enum http_text term, struct str value)
{
	http_page_raw(x, "<dt>");
	http_page_say(x, term);
	http_page_raw(x, "</dt><dd>");
	http_page_text(x, value);
	http_page_raw(x, "</dd>");
}

/* RFC 6749 5.2: 400, but 401 when it is the client that was not known. */
void http_answer_oauth_error(struct http_exchange *x, unsigned outcome)
{
	http_answer_json(x, outcome == OAUTH_INVALID_CLIENT ? 401 : 400);
	if (outcome == OAUTH_INVALID_CLIENT && http_request_field(&x->request, STR("Authorization")).n)
		http_response_field(&x->response, STR("WWW-Authenticate"), STR("Basic realm=\"oauth\""));
	bufw_c(&x->w, "{\"error\":");
	http_json_string(&x->w, oauth_error(outcome));
	bufw_c(&x->w, "}\n");
	http_answer_written(x);
}
