#include "proto/http/http_target.h"

#include "proto/http/http_chars.h"
#include "proto/http/http_percent.h"

enum { PORT_DIGITS_MAX = 5, NAME_MAX_BYTES = 255 };

static bool path_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!http_is_pchar(s.p[i]) && s.p[i] != '/' && s.p[i] != '%')
			return false;
	return true;
}

/* Browsers leave some characters of a query as they are that RFC 3986 would have encoded (WHATWG URL, query percent-encode set). */
static bool query_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == 0x7f || strchr("\"#<>", s.p[i]))
			return false;
	return true;
}

static int take_authority(struct str *rest, struct http_target *t)
{
	size_t colon = str_search(*rest, STR("://"));
	if (colon == STR_NPOS)
		return E_SYNTAX;
	t->scheme = str_first(*rest, colon);
	if (!str_ieq(t->scheme, STR("http")) && !str_ieq(t->scheme, STR("https")))
		return E_SYNTAX;
	*rest = str_skip(*rest, colon + 3);
	size_t end = 0;
	while (end < rest->n && rest->p[end] != '/' && rest->p[end] != '?')
		end++;
	t->authority = str_take_n(rest, end);
	t->form = HTTP_ABSOLUTE_FORM;
	return t->authority.n ? OK : E_SYNTAX;
}

int http_target_parse(struct str target, struct http_target *ret)
{
	struct http_target t = { .form = HTTP_ORIGIN_FORM };
	struct str rest = target;
	if (str_eq(target, STR("*"))) {
		*ret = (struct http_target){ .form = HTTP_ASTERISK_FORM, .path = target };
		return OK;
	}
	if (!rest.n || (rest.p[0] != '/' && take_authority(&rest, &t) != OK))
		return E_SYNTAX;
	t.has_query = str_find(rest, '?') != STR_NPOS;
	t.path = str_until(&rest, '?');
	t.query = rest;
	if (!t.path.n && t.form == HTTP_ABSOLUTE_FORM)
		t.path = STR("/");
	if (!t.path.n || !path_valid(t.path) || !query_valid(t.query))
		return E_SYNTAX;
	*ret = t;
	return OK;
}

static bool name_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.' && s.p[i] != '_')
			return false;
	return s.n > 0 && s.n <= NAME_MAX_BYTES;
}

static bool literal_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr("0123456789abcdefABCDEF:.", s.p[i]))
			return false;
	return s.n >= 2 && s.n <= NAME_MAX_BYTES;
}

static bool take_name(struct str *rest, struct str *ret)
{
	if (rest->n && rest->p[0] == '[') {
		size_t close = str_find(*rest, ']');
		if (close == STR_NPOS || !literal_valid((struct str){ rest->p + 1, close - 1 }))
			return false;
		*ret = str_take_n(rest, close + 1);
		return true;
	}
	size_t end = str_find(*rest, ':');
	*ret = str_take_n(rest, end == STR_NPOS ? rest->n : end);
	return name_valid(*ret);
}

int http_host_parse(struct str host, struct str *ret_name, uint16_t *ret_port)
{
	struct str name;
	uint64_t port = 0;
	if (!take_name(&host, &name))
		return E_SYNTAX;
	if (host.n && (!str_take_char(&host, ':') || host.n > PORT_DIGITS_MAX || str_u64(host, UINT16_MAX, &port) != OK || !port))
		return E_SYNTAX;
	*ret_name = name;
	*ret_port = (uint16_t)port;
	return OK;
}

static bool hides_separator(struct str path)
{
	return str_isearch(path, STR("%2f")) != STR_NPOS || str_isearch(path, STR("%5c")) != STR_NPOS;
}

static bool segments_plain(struct str path)
{
	path = str_skip(path, 1);
	while (path.n) {
		struct str segment = str_until(&path, '/');
		if (!segment.n || str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
			return false;
	}
	return true;
}

int http_path_decode(struct arena *a, struct str path, struct str *ret)
{
	struct str text;
	if (!path.n || path.p[0] != '/' || hides_separator(path))
		return E_SYNTAX;
	int r = http_percent_decode(a, path, false, &text);
	if (r != OK)
		return r;
	if (!segments_plain(text))
		return E_SYNTAX;
	*ret = text;
	return OK;
}
