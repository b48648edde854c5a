#include "proto/http/http_cookie.h"

#include "proto/http/http_chars.h"

/* cookie-octet (RFC 6265 4.1.1) */
static bool value_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("\",;\\", s.p[i]))
			return false;
	return true;
}

int http_cookie_get(struct str cookies, struct str name, struct str *ret)
{
	struct str found = STR("");
	bool seen = false;
	while (cookies.n) {
		struct str value = http_trim(str_until(&cookies, ';')), this_name = str_until(&value, '=');
		if (!str_eq(this_name, name))
			continue;
		if (seen)
			return E_EXISTS;
		seen = true;
		found = value;
	}
	if (!seen)
		return E_NOTFOUND;
	if (!value_valid(found))
		return E_SYNTAX;
	*ret = found;
	return OK;
}

int http_cookie_write(struct buf *out, struct str name, struct str value, enum http_same_site same_site, int64_t max_age)
{
	struct bufw w = { .b = out };
	if (!http_is_token(name) || !str_starts(name, STR("__Host-")) || !value_valid(value))
		return E_SYNTAX;
	bufw_str(&w, name);
	bufw_char(&w, '=');
	bufw_str(&w, value);
	bufw_c(&w, "; Path=/; Secure; HttpOnly; SameSite=");
	bufw_c(&w, same_site == HTTP_SAME_SITE_STRICT ? "Strict" : "Lax");
	if (max_age >= 0)
		bufw_printf(&w, "; Max-Age=%lld", (long long)max_age);
	return w.err;
}
