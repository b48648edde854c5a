/* The endpoints for programs: token (RFC 6749 3.2), revocation (RFC 7009), device authorisation (RFC 8628 3.1), metadata (RFC 8414). Clients are public:
 * they name themselves and prove nothing; what they show proves it. */
#include "proto/http/http_text.h"
#include "role/http/http_oauth.h"

static const struct { struct str name; unsigned type; const char *credential; } grant_types[] = {
	{ STR_INIT("authorization_code"), OAUTH_BY_CODE, "code" },
	{ STR_INIT("refresh_token"), OAUTH_BY_REFRESH, "refresh_token" },
	{ STR_INIT("urn:ietf:params:oauth:grant-type:device_code"), OAUTH_BY_DEVICE, "device_code" },
};

/* A parameter that must stand there once and fit its message; without it the request is none. */
static bool need(const struct http_exchange *x, const char *name, size_t max, struct str *ret)
{
	return http_form_get(&x->form, str_c(name), ret) == OK && ret->n && ret->n <= max;
}

/* One that may be absent. */
static bool may(const struct http_exchange *x, const char *name, size_t max, struct str *ret)
{
	*ret = STR("");
	int r = http_form_get(&x->form, str_c(name), ret);
	return r == E_NOTFOUND || (r == OK && ret->n <= max);
}

static enum oauth_outcome take_grant_type(const struct http_exchange *x, struct ipc_oauth_token_req *q)
{
	struct str type;
	if (!need(x, "grant_type", 128, &type))
		return OAUTH_INVALID_REQUEST;
	for (size_t i = 0; i < COUNT_OF(grant_types); i++) {
		if (!str_eq(grant_types[i].name, type))
			continue;
		q->grant_type = grant_types[i].type;
		return need(x, grant_types[i].credential, 128, &q->credential) ? OAUTH_OK : OAUTH_INVALID_REQUEST;
	}
	return OAUTH_UNSUPPORTED_GRANT_TYPE;
}

static enum oauth_outcome take_token_request(const struct http_exchange *x, struct ipc_oauth_token_req *q)
{
	struct str scope;
	enum oauth_outcome outcome = take_grant_type(x, q);
	if (outcome != OAUTH_OK)
		return outcome;
	if (!need(x, "client_id", OAUTH_CLIENT_ID_MAX, &q->client))
		return OAUTH_INVALID_CLIENT;
	if (!may(x, "redirect_uri", OAUTH_REDIRECT_MAX, &q->redirect) || !may(x, "code_verifier", 128, &q->verifier) || !may(x, "scope", 256, &scope))
		return OAUTH_INVALID_REQUEST;
	q->peer = str_c(x->session->peer);
	return oauth_scope_read(scope, 0, OAUTH_SCOPE_ALL, &q->scope) == OK ? OAUTH_OK : OAUTH_INVALID_SCOPE;
}

static void write_member(struct http_exchange *x, const char *name, struct str value)
{
	bufw_printf(&x->w, "%s\"%s\":", x->w.b->n > 1 ? "," : "", name);
	http_json_string(&x->w, value);
}

static void write_tokens(struct http_exchange *x, const struct ipc_oauth_token_rep *a)
{
	char scope[OAUTH_SCOPE_TEXT];
	http_answer_json(x, 200);
	bufw_c(&x->w, "{");
	write_member(x, "access_token", a->access);
	write_member(x, "token_type", STR("Bearer"));
	bufw_printf(&x->w, ",\"expires_in\":%u", a->expires);
	write_member(x, "refresh_token", a->refresh);
	write_member(x, "scope", oauth_scope_write(a->scope, scope));
	bufw_c(&x->w, "}\n");
	http_answer_written(x);
}

int http_post_token(struct http_exchange *x)
{
	struct ipc_oauth_token_req q = { 0 };
	struct ipc_oauth_token_rep a;
	enum oauth_outcome outcome = take_token_request(x, &q);
	int r = outcome == OAUTH_OK ? x->session->env->oauth_token(&q, &a, &x->hold) : OK;
	if (r != OK)
		return r;
	if (outcome == OAUTH_OK)
		outcome = a.outcome;
	if (outcome == OAUTH_OK)
		write_tokens(x, &a);
	else
		http_answer_oauth_error(x, outcome);
	return OK;
}

/* RFC 7009 2.2: 200 also for what is no token. */
int http_post_revoke(struct http_exchange *x)
{
	struct ipc_oauth_revoke_req q = { 0 };
	struct ipc_oauth_revoke_rep none;
	if (!need(x, "token", SIZE_MAX, &q.token) || !need(x, "client_id", OAUTH_CLIENT_ID_MAX, &q.client)) {
		http_answer_oauth_error(x, OAUTH_INVALID_REQUEST);
		return OK;
	}
	int r = q.token.n <= 128 ? x->session->env->oauth_revoke(&q, &none, &x->hold) : OK;
	x->response.status = 200;
	return r;
}

static void write_device(struct http_exchange *x, const struct ipc_oauth_device_begin_rep *a)
{
	struct str origin = x->session->site->origin;
	http_answer_json(x, 200);
	bufw_c(&x->w, "{");
	write_member(x, "device_code", a->device_code);
	write_member(x, "user_code", a->user_code);
	write_member(x, "verification_uri", arena_printf(x->memory, STR_FMT "/device", STR_ARG(origin)));
	write_member(x, "verification_uri_complete", arena_printf(x->memory, STR_FMT "/device?user_code=" STR_FMT, STR_ARG(origin), STR_ARG(a->user_code)));
	bufw_printf(&x->w, ",\"expires_in\":%u,\"interval\":%u}\n", a->expires, a->interval);
	http_answer_written(x);
}

int http_post_device_authorization(struct http_exchange *x)
{
	struct ipc_oauth_device_begin_req q = { .peer = str_c(x->session->peer) };
	struct ipc_oauth_device_begin_rep a;
	struct oauth_client c;
	struct str scope;
	enum oauth_outcome outcome = OAUTH_OK;
	if (!need(x, "client_id", OAUTH_CLIENT_ID_MAX, &q.client) || !may(x, "scope", 256, &scope)) {
		http_answer_oauth_error(x, OAUTH_INVALID_REQUEST);
		return OK;
	}
	int r = http_oauth_client(x, q.client, &c);
	if (r == E_NOTFOUND)
		outcome = OAUTH_INVALID_CLIENT;
	else if (r != OK)
		return r;
	else if (oauth_scope_read(scope, c.scope, c.scope, &q.scope) != OK)
		outcome = OAUTH_INVALID_SCOPE;
	r = outcome == OAUTH_OK ? x->session->env->oauth_device_begin(&q, &a, &x->hold) : OK;
	if (r != OK)
		return r;
	outcome = outcome == OAUTH_OK ? a.outcome : outcome;
	if (outcome == OAUTH_OK)
		write_device(x, &a);
	else
		http_answer_oauth_error(x, outcome);
	return OK;
}

static void write_endpoint(struct http_exchange *x, const char *name, const char *path)
{
	struct str origin = x->session->site->origin;
	write_member(x, name, arena_printf(x->memory, STR_FMT "%s", STR_ARG(origin), path));
}

int http_get_oauth_metadata(struct http_exchange *x)
{
	http_answer_json(x, 200);
	bufw_c(&x->w, "{");
	write_endpoint(x, "issuer", "");
	write_endpoint(x, "authorization_endpoint", "/oauth/authorize");
	write_endpoint(x, "token_endpoint", "/oauth/token");
	write_endpoint(x, "revocation_endpoint", "/oauth/revoke");
	write_endpoint(x, "device_authorization_endpoint", "/oauth/device");
	bufw_c(&x->w, ",\"scopes_supported\":[\"imap\",\"smtp\",\"pop3\",\"sieve\",\"jmap\",\"offline_access\"],\"response_types_supported\":[\"code\"],"
		"\"response_modes_supported\":[\"query\"],\"grant_types_supported\":[\"authorization_code\",\"refresh_token\","
		"\"urn:ietf:params:oauth:grant-type:device_code\"],\"token_endpoint_auth_methods_supported\":[\"none\"],"
		"\"revocation_endpoint_auth_methods_supported\":[\"none\"],\"code_challenge_methods_supported\":[\"S256\"],"
		"\"authorization_response_iss_parameter_supported\":true,\"ui_locales_supported\":[\"en\",\"it\"]}\n");
	http_answer_written(x);
	http_response_field(&x->response, STR("Cache-Control"), STR("public, max-age=3600"));
	return OK;
}
