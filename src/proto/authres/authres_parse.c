#include "proto/authres/authres.h"

#include "proto/header/header.h"
#include "proto/header/header_lex.h"

/* tspecials, white space and controls end a token; "@" and "/" belong to what stands in property values. */
static bool ends_word(char c) { return (unsigned char)c <= ' ' || c == 0x7f || strchr("()<>,;:\\\"[]?=", c); }

static struct str take_token(struct str *s)
{
	size_t n = 0;
	while (n < s->n && !ends_word(s->p[n]))
		n++;
	return str_take_n(s, n);
}

/* Methods, results, types and names (RFC 5321 Keyword, and what is seen besides). */
static bool is_keyword(struct str s)
{
	enum { KEYWORD_MAX = 64 };
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && !strchr("-_.", s.p[i]))
			return false;
	return s.n > 0 && s.n <= KEYWORD_MAX;
}

/* At the opening quote. False: it never closes. */
static bool take_quoted(struct arena *a, struct str *s, struct str *ret)
{
	char *p = arena_alloc(a, s->n);
	size_t n = 0;
	for (size_t i = 1; i < s->n; i++) {
		if (s->p[i] == '"') {
			*s = str_skip(*s, i + 1);
			*ret = (struct str){ p, n };
			return true;
		}
		if (s->p[i] == '\\' && i + 1 < s->n)
			i++;
		if (s->p[i] != '\r' && s->p[i] != '\n')
			p[n++] = s->p[i];
	}
	return false;
}

/* value, and pvalue = value / [ [ local-part ] "@" ] domain-name, where the local part may be quoted. */
static int take_value(struct arena *a, struct str *s, struct str *ret)
{
	struct str value;
	if (s->n == 0 || s->p[0] != '"') {
		*ret = take_token(s);
		return ret->n ? OK : E_SYNTAX;
	}
	if (!take_quoted(a, s, &value))
		return E_SYNTAX;
	struct str rest = s->n && s->p[0] == '@' ? take_token(s) : STR("");
	*ret = value;
	if (rest.n) {
		char *p = arena_alloc(a, value.n + rest.n);
		memcpy(p, value.p, value.n);
		memcpy(p + value.n, rest.p, rest.n);
		*ret = (struct str){ p, value.n + rest.n };
	}
	return OK;
}

static bool take_char(struct str *s, char c)
{
	header_skip_cfws(s);
	if (!str_take_char(s, c))
		return false;
	header_skip_cfws(s);
	return true;
}

/* "/" 1*DIGIT behind a method, 1*DIGIT behind the authserv-id: there is one version, it is not kept. */
static int skip_version(struct str *s)
{
	uint64_t version;
	header_skip_cfws(s);
	if (s->n == 0 || !ascii_is_digit(s->p[0]))
		return OK;
	return str_take_u64(s, UINT32_MAX, &version);
}

/* methodspec = Keyword [ "/" version ] "=" Keyword */
static int take_method(struct str *s, struct authres_result *r)
{
	struct str method = take_token(s);
	r->method = str_until(&method, '/'); /* part of tokens here, because property values need it */
	if (take_char(s, '/') && skip_version(s) != OK)
		return E_SYNTAX;
	if (!is_keyword(r->method) || !take_char(s, '='))
		return E_SYNTAX;
	r->result = take_token(s);
	return is_keyword(r->result) ? OK : E_SYNTAX;
}

/* "reason" "=" value, or ptype "." property "=" pvalue. */
static int take_property(struct arena *a, struct str *s, struct authres_result *r, size_t *cap)
{
	struct str type = take_token(s), value, name = type;
	size_t dot = str_find(type, '.');
	header_skip_cfws(s);
	if (dot == STR_NPOS && take_char(s, '.')) /* CFWS is allowed around the dot */
		name = take_token(s);
	else if (dot != STR_NPOS) {
		name = str_skip(type, dot + 1);
		type = str_first(type, dot);
		header_skip_cfws(s);
		if (name.n == 0)
			name = take_token(s);
	}
	if (!is_keyword(type) || !is_keyword(name) || !take_char(s, '='))
		return E_SYNTAX;
	int e = take_value(a, s, &value);
	if (e != OK)
		return e;
	if (name.p == type.p) {
		r->reason = value;
		return str_ieq(type, STR("reason")) ? OK : E_SYNTAX;
	}
	if (r->count == AUTHRES_PROPERTIES_MAX)
		return E_TOOBIG;
	struct authres_property *p = arena_push(a, &r->properties, &r->count, cap, sizeof *p);
	*p = (struct authres_property){ type, name, value };
	return OK;
}

static int take_result(struct arena *a, struct str *s, struct authres_result *ret)
{
	struct authres_result r = { .count = 0 };
	size_t cap = 0;
	int e = take_method(s, &r);
	header_skip_cfws(s);
	while (e == OK && s->n && s->p[0] != ';') {
		e = take_property(a, s, &r, &cap);
		header_skip_cfws(s);
	}
	if (e == OK)
		*ret = r;
	return e;
}

static bool says_none(struct str s)
{
	header_skip_cfws(&s);
	if (!str_ieq(take_token(&s), STR("none")))
		return false;
	header_skip_cfws(&s);
	return s.n == 0 || (take_char(&s, ';') && s.n == 0);
}

int authres_parse(struct arena *a, struct str value, struct authres *ret)
{
	struct authres r = { .count = 0 };
	size_t cap = 0;
	header_skip_cfws(&value);
	int e = take_value(a, &value, &r.id);
	if (e == OK)
		e = skip_version(&value);
	if (e == OK && !take_char(&value, ';'))
		e = E_SYNTAX;
	if (e == OK && says_none(value))
		value = STR("");
	while (e == OK && value.n) {
		struct authres_result result;
		if (r.count == AUTHRES_RESULTS_MAX)
			return E_TOOBIG;
		e = take_result(a, &value, &result);
		if (e == OK) {
			struct authres_result *slot = arena_push(a, &r.results, &r.count, &cap, sizeof *slot);
			*slot = result;
		}
		if (value.n && !take_char(&value, ';'))
			e = E_SYNTAX;
	}
	if (e == OK)
		*ret = r;
	return e;
}

/* The bytes up to the first ";" outside quotes and comments, without any white space, comment or quote: what a careless
 * reader may see. False: a comment or quoted string never closes, or the field ends in a comment before any ";". */
static bool squeeze(struct arena *a, struct str value, struct str *ret)
{
	char *p = arena_alloc(a, value.n + 1);
	size_t n = 0;
	while (value.n && value.p[0] != ';') {
		struct str quoted = STR("");
		if (value.p[0] == '"') {
			if (!take_quoted(a, &value, &quoted))
				return false;
			memcpy(p + n, quoted.p, quoted.n);
			n += quoted.n;
		} else if (value.p[0] == '(') {
			header_skip_comment(&value);
			if (value.n == 0) /* no id behind it, or it never closes */
				return false;
		} else {
			if (!ascii_is_space(value.p[0]))
				p[n++] = value.p[0];
			value = str_skip(value, 1);
		}
	}
	*ret = (struct str){ p, n };
	return true;
}

static bool is_id(struct str s, struct str id)
{
	if (str_ends(s, STR(".")))
		s.n--;
	return str_ieq(s, id);
}

bool authres_claims(struct arena *a, struct str value, struct str id)
{
	struct str squeezed, first, rest = value;
	if (!squeeze(a, value, &squeezed))
		return str_isearch(value, id) != STR_NPOS;
	header_skip_cfws(&rest);
	if (take_value(a, &rest, &first) == OK && is_id(str_until(&first, '/'), id))
		return true;
	return is_id(str_until(&squeezed, '/'), id);
}

static bool claims_any(struct arena *a, struct str value, const struct str *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (authres_claims(a, value, ids[i]))
			return true;
	return false;
}

int authres_strip(struct arena *a, struct str header, const struct str *ids, size_t id_count, struct buf *out,
		  size_t *ret_removed)
{
	const char *end = header.p + header.n, *kept = header.p;
	struct bufw w = { .b = out };
	struct header_field field;
	size_t removed = 0;
	while (header_next(&header, &field)) {
		if (!str_ieq(field.name, STR("Authentication-Results")) || !claims_any(a, field.value, ids, id_count))
			continue;
		bufw_str(&w, str_range(kept, field.whole.p));
		kept = field.whole.p + field.whole.n;
		removed++;
	}
	bufw_str(&w, str_range(kept, end));
	if (w.err == OK)
		*ret_removed = removed;
	return w.err;
}
