#include "proto/oauth/oauth_authorize.h"

#include "proto/oauth/oauth_token.h"

enum { LOCATION_MAX = 4 << 10 };

struct str oauth_authorize_client(const struct http_form *f)
{
	return http_form_text(f, STR("client_id"));
}

int oauth_authorize_redirect(const struct http_form *f, const struct oauth_client *c, struct str *ret)
{
	struct str redirect = http_form_text(f, STR("redirect_uri"));
	if (!redirect.n || !oauth_client_redirects(c, redirect))
		return E_DENIED;
	*ret = redirect;
	return OK;
}

/* RFC 6749 3.1: no parameter more than once; what is unknown is passed over. */
static bool any_twice(const struct http_form *f)
{
	static const struct str names[] = {
		STR_INIT("response_type"), STR_INIT("scope"), STR_INIT("state"), STR_INIT("code_challenge"), STR_INIT("code_challenge_method"),
		STR_INIT("response_mode"),
	};
	struct str value;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (http_form_get(f, names[i], &value) == E_EXISTS)
			return true;
	return false;
}

static enum oauth_outcome check_scope(const struct http_form *f, const struct oauth_client *c, struct oauth_authorize *r)
{
	int err = oauth_scope_read(http_form_text(f, STR("scope")), c->scope, c->scope, &r->scope);
	return err == OK && r->scope ? OAUTH_OK : OAUTH_INVALID_SCOPE;
}

enum oauth_outcome oauth_authorize_check(const struct http_form *f, const struct oauth_client *c, struct oauth_authorize *ret)
{
	struct str mode = http_form_text(f, STR("response_mode"));
	*ret = (struct oauth_authorize){ .client = c->id, .state = http_form_text(f, STR("state")), .challenge = http_form_text(f, STR("code_challenge")) };
	if (oauth_authorize_redirect(f, c, &ret->redirect) != OK)
		return OAUTH_INVALID_REQUEST;
	if (any_twice(f) || ret->state.n > OAUTH_STATE_MAX || (mode.n && !str_eq(mode, STR("query"))))
		return OAUTH_INVALID_REQUEST;
	if (!str_eq(http_form_text(f, STR("response_type")), STR("code")))
		return http_form_text(f, STR("response_type")).n ? OAUTH_UNSUPPORTED_RESPONSE_TYPE : OAUTH_INVALID_REQUEST;
	if (!(c->flags & OAUTH_CLIENT_CODE))
		return OAUTH_UNAUTHORIZED_CLIENT;
	if (!str_eq(http_form_text(f, STR("code_challenge_method")), STR("S256")) || !oauth_challenge_valid(ret->challenge))
		return OAUTH_INVALID_REQUEST;
	return check_scope(f, c, ret);
}

struct str oauth_authorize_answer(struct arena *a, const struct oauth_authorize *r, struct str name, struct str value, struct str issuer)
{
	struct buf b;
	bool first = true;
	buf_init(&b, LOCATION_MAX);
	struct bufw w = { .b = &b };
	bufw_str(&w, r->redirect);
	bufw_char(&w, str_find(r->redirect, '?') == STR_NPOS ? '?' : '&');
	http_form_put(&w, &first, name, value);
	if (r->state.n)
		http_form_put(&w, &first, STR("state"), r->state);
	http_form_put(&w, &first, STR("iss"), issuer);
	struct str location = w.err == OK ? arena_dup(a, buf_str(&b)) : STR("");
	buf_done(&b);
	return location;
}
