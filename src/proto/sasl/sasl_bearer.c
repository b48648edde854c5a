#include "proto/sasl/sasl_bearer.h"

#include "base/base64.h"
#include "proto/sasl/sasl.h"

#define SEPARATOR '\x01'

/* 1*( "-" / "." / "_" / "~" / "+" / "/" / ALPHA / DIGIT ) *"=" (RFC 6750 2.1) */
static bool token_valid(struct str t)
{
	size_t n = t.n;
	while (n && t.p[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++)
		if (!ascii_is_alnum(t.p[i]) && (!t.p[i] || !strchr("-._~+/", t.p[i])))
			return false;
	return n > 0;
}

static int take_auth(struct str value, struct str *ret_token)
{
	if (!str_itake(&value, STR("Bearer ")) || !token_valid(value))
		return E_SYNTAX;
	if (value.n > SASL_BEARER_TOKEN_MAX)
		return E_TOOBIG;
	*ret_token = value;
	return OK;
}

static bool user_valid(struct str user)
{
	return user.n <= SASL_USER_MAX && !str_has_control(user) && utf8_valid(user);
}

static bool key_valid(struct str key)
{
	for (size_t i = 0; i < key.n; i++)
		if (!ascii_is_alpha(key.p[i]))
			return false;
	return key.n > 0;
}

/* *kvpair kvsep: pairs up to an empty one at the very end; "auth" must be there once, others say nothing to us. */
static int take_pairs(struct str rest, struct str *ret_token)
{
	struct str token = STR("");
	if (!str_ends(rest, STR("\x01\x01")))
		return E_SYNTAX;
	rest.n--;
	while (rest.n) {
		struct str value = str_until(&rest, SEPARATOR), key = str_until(&value, '=');
		if (!key_valid(key) || (str_eq(key, STR("auth")) && token.n))
			return E_SYNTAX;
		int r = str_eq(key, STR("auth")) ? take_auth(value, &token) : OK;
		if (r != OK)
			return r;
	}
	*ret_token = token;
	return token.n ? OK : E_SYNTAX;
}

/* saslname (RFC 5801 4): "=2C" and "=3D" stand for "," and "=". */
static int take_name(struct arena *a, struct str name, struct str *ret)
{
	char *out = arena_alloc(a, name.n + 1);
	size_t n = 0;
	while (name.n) {
		char c = name.p[0];
		if (str_take(&name, STR("=2C")))
			out[n++] = ',';
		else if (str_take(&name, STR("=3D")))
			out[n++] = '=';
		else if (c == '=')
			return E_SYNTAX;
		else {
			out[n++] = c;
			name = str_skip(name, 1);
		}
	}
	*ret = (struct str){ out, n };
	return n && user_valid(*ret) ? OK : E_SYNTAX;
}

/* gs2-header = ("n" / "y") "," [ "a=" authzid ] ",": there is no channel binding to a bearer token. */
int sasl_oauthbearer_parse(struct arena *a, struct str message, struct str *ret_user, struct str *ret_token)
{
	struct str user = STR(""), token;
	if (!str_take(&message, STR("n,")) && !str_take(&message, STR("y,")))
		return E_SYNTAX;
	size_t comma = str_find(message, ',');
	if (comma == STR_NPOS)
		return E_SYNTAX;
	struct str authzid = str_take_n(&message, comma);
	if (authzid.n && (!str_take(&authzid, STR("a=")) || take_name(a, authzid, &user) != OK))
		return E_SYNTAX;
	message = str_skip(message, 1);
	if (!str_take_char(&message, SEPARATOR))
		return E_SYNTAX;
	int r = take_pairs(message, &token);
	if (r != OK)
		return r;
	*ret_user = user;
	*ret_token = token;
	return OK;
}

int sasl_xoauth2_parse(struct str message, struct str *ret_user, struct str *ret_token)
{
	struct str token;
	if (!str_take(&message, STR("user=")))
		return E_SYNTAX;
	struct str user = str_until(&message, SEPARATOR);
	if (!user.n || !user_valid(user))
		return E_SYNTAX;
	int r = take_pairs(message, &token);
	if (r != OK)
		return r;
	*ret_user = user;
	*ret_token = token;
	return OK;
}

int sasl_bearer_error(struct buf *out, const char *scope)
{
	struct buf json;
	buf_init(&json, 128);
	int r = buf_printf(&json, "{\"status\":\"invalid_token\",\"scope\":\"%s\"}", scope);
	if (r == OK)
		r = base64_encode(out, buf_str(&json));
	buf_done(&json);
	return r;
}
