#include "proto/header/content_type.h"

#include "proto/header/charset.h"
#include "proto/header/encoded_word.h"
#include "proto/header/header_lex.h"
#include "proto/header/header_text.h"

static void skip_spaces(struct str *s)
{
	while (s->n && ascii_is_space(s->p[0]))
		*s = str_skip(*s, 1);
}

static struct str take_until_any(struct str *s, const char *stops)
{
	size_t n = 0;
	while (n < s->n && !(s->p[n] && strchr(stops, s->p[n])))
		n++;
	return str_take_n(s, n);
}

#define SPACES " \t\r\n"

/* Inside of a quoted string without its quotes: quoted pairs and folding go. */
static struct str unquote(struct arena *a, struct str s)
{
	if (str_find(s, '\\') == STR_NPOS && str_find(s, '\r') == STR_NPOS && str_find(s, '\n') == STR_NPOS)
		return s;
	char *p = arena_alloc(a, s.n);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\r' || s.p[i] == '\n')
			continue;
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		p[n++] = s.p[i];
	}
	return (struct str){ p, n };
}

/* *s starts at the opening quote. */
static struct str take_quoted(struct arena *a, struct str *s, bool *malformed)
{
	struct str in = str_skip(*s, 1);
	size_t n = 0;
	while (n < in.n && in.p[n] != '"')
		n += in.p[n] == '\\' && n + 1 < in.n ? 2 : 1;
	if (n >= in.n)
		*malformed = true;
	*s = str_skip(in, n + 1);
	return unquote(a, str_first(in, n));
}

/* Whether the next word reads "name=": then a semicolon was forgotten. */
static bool next_is_param(struct str s)
{
	struct str word = take_until_any(&s, SPACES ";\"=");
	return word.n && s.n && s.p[0] == '=';
}

/* A bare value: one token by the grammar; with spaces in it ("name=my file.txt") up to the semicolon. */
static struct str take_bare(struct str *s, bool *malformed)
{
	struct str value = take_until_any(s, SPACES ";"), rest = *s;
	for (;;) {
		skip_spaces(&rest);
		if (rest.n == 0 || rest.p[0] == ';' || rest.p[0] == '(')
			break;
		*malformed = true;
		if (next_is_param(rest))
			break;
		take_until_any(&rest, SPACES ";");
		value.n = (size_t)(rest.p - value.p);
	}
	*s = rest;
	return value;
}

static struct str take_value(struct arena *a, struct str *s, bool *malformed)
{
	header_skip_cfws(s);
	if (s->n && s->p[0] == '"')
		return take_quoted(a, s, malformed);
	return take_bare(s, malformed);
}

static bool take_param(struct arena *a, struct str *s, struct content_param *ret, bool *malformed)
{
	header_skip_cfws(s);
	struct str name = take_until_any(s, SPACES ";=(\"");
	header_skip_cfws(s);
	if (name.n == 0 || !str_take_char(s, '='))
		return false;
	ret->name = name;
	ret->value = take_value(a, s, malformed);
	header_skip_cfws(s);
	return true;
}

/* Ends behind the next semicolon, or where a parameter starts whose semicolon was forgotten. */
static void end_param(struct str *s, bool *malformed)
{
	header_skip_cfws(s);
	if (s->n == 0 || str_take_char(s, ';'))
		return;
	*malformed = true;
	if (next_is_param(*s))
		return;
	take_until_any(s, ";");
	str_take_char(s, ';');
}

static void parse_params(struct arena *a, struct str s, struct content_type *ct)
{
	size_t cap = 0;
	end_param(&s, &ct->malformed);
	while (s.n) {
		struct content_param p;
		struct str before = s;
		if (take_param(a, &s, &p, &ct->malformed)) {
			ct->truncated = ct->count == CONTENT_PARAMS_MAX;
			if (ct->truncated)
				return;
			struct content_param *at = arena_push(a, &ct->params, &ct->count, &cap, sizeof *at);
			*at = p;
		} else if (s.n && s.p[0] != ';') {
			ct->malformed = true;
			if (s.n == before.n)
				s = str_skip(s, 1);
		}
		end_param(&s, &ct->malformed);
	}
}

void content_type_parse(struct arena *a, struct str value, struct content_type *ret)
{
	*ret = (struct content_type){ .subtype = STR("") };
	header_skip_cfws(&value);
	ret->type = take_until_any(&value, SPACES ";/(\"");
	header_skip_cfws(&value);
	if (str_take_char(&value, '/')) {
		header_skip_cfws(&value);
		ret->subtype = take_until_any(&value, SPACES ";(\"");
	}
	ret->malformed = ret->type.n == 0 || ret->subtype.n == 0;
	parse_params(a, value, ret);
}

void content_disposition_parse(struct arena *a, struct str value, struct content_type *ret)
{
	*ret = (struct content_type){ .subtype = STR("") };
	header_skip_cfws(&value);
	if (value.n && value.p[0] == '"')
		ret->type = take_quoted(a, &value, &ret->malformed);
	else
		ret->type = take_until_any(&value, SPACES ";(\"");
	ret->malformed = ret->malformed || ret->type.n == 0;
	parse_params(a, value, ret);
}

bool content_type_is(const struct content_type *ct, struct str type, struct str subtype)
{
	return str_ieq(ct->type, type) && (subtype.n == 0 || str_ieq(ct->subtype, subtype));
}

/* RFC 2231: one parameter under collection. */
struct pieces {
	struct str value[CONTENT_SEGMENTS_MAX];
	bool present[CONTENT_SEGMENTS_MAX], extended[CONTENT_SEGMENTS_MAX];
};

/* "name*7" or "name*7*" (sections 3 and 4.1). */
static bool is_piece(struct str name, struct str of, uint64_t *ret_index, bool *ret_extended)
{
	if (!str_itake(&name, of) || !str_take_char(&name, '*'))
		return false;
	if (name.n > 1 && name.p[0] == '0' && name.p[1] != '*')
		return false;
	if (str_take_u64(&name, CONTENT_SEGMENTS_MAX - 1, ret_index) != OK)
		return false;
	*ret_extended = str_take_char(&name, '*');
	return name.n == 0;
}

static void percent_decode(struct header_text *out, struct str s)
{
	while (s.n) {
		int coded = header_hex_escape(s, '%');
		header_text_char(out, coded >= 0 ? (char)coded : s.p[0]);
		s = str_skip(s, coded >= 0 ? 3 : 1);
	}
}

/* charset'language'text: cuts the first two off; a value without quotes is text only. */
static struct str take_charset(struct str *s)
{
	struct str in = *s, charset = str_until(&in, '\'');
	size_t second = str_find(in, '\'');
	if (second == STR_NPOS)
		return STR("");
	*s = str_skip(in, second + 1);
	return charset;
}

static struct str join_pieces(struct arena *a, const struct pieces *p)
{
	struct header_text raw = { .a = a };
	struct str charset = STR("");
	bool any_extended = false;
	for (size_t i = 0; i < CONTENT_SEGMENTS_MAX && p->present[i]; i++) {
		struct str value = p->value[i];
		if (i == 0 && p->extended[0])
			charset = take_charset(&value);
		any_extended = any_extended || p->extended[i];
		if (p->extended[i])
			percent_decode(&raw, value);
		else
			header_text_str(&raw, value);
	}
	struct str bytes = header_text_view(&raw);
	return any_extended ? charset_to_utf8(a, charset, bytes, NULL) : bytes;
}

static const struct content_param *find_exact(const struct content_type *ct, struct str name, struct str suffix)
{
	for (size_t i = 0; i < ct->count; i++) {
		struct str rest = ct->params[i].name;
		if (str_itake(&rest, name) && str_eq(rest, suffix))
			return &ct->params[i];
	}
	return NULL;
}

static bool find_extended(struct arena *a, const struct content_type *ct, struct str name, struct str *ret)
{
	const struct content_param *whole = find_exact(ct, name, STR("*"));
	struct pieces *p = NULL;
	if (whole) {
		p = arena_new(a, struct pieces);
		p->present[0] = p->extended[0] = true;
		p->value[0] = whole->value;
	}
	for (size_t i = 0; i < ct->count && !whole; i++) {
		uint64_t index;
		bool extended;
		if (!is_piece(ct->params[i].name, name, &index, &extended))
			continue;
		if (!p)
			p = arena_new(a, struct pieces);
		if (p->present[index])
			continue;
		p->present[index] = true;
		p->extended[index] = extended;
		p->value[index] = ct->params[i].value;
	}
	if (!p || !p->present[0])
		return false;
	*ret = join_pieces(a, p);
	return true;
}

bool content_param_find(struct arena *a, const struct content_type *ct, struct str name, struct str *ret)
{
	if (find_extended(a, ct, name, ret))
		return true;
	const struct content_param *plain = find_exact(ct, name, STR(""));
	if (plain)
		*ret = plain->value;
	return plain != NULL;
}

bool content_param_text(struct arena *a, const struct content_type *ct, struct str name, struct str *ret)
{
	struct str value;
	if (find_extended(a, ct, name, &value)) {
		struct str clean = arena_dup(a, charset_to_utf8(a, STR(""), value, NULL));
		char *p = (char *)(uintptr_t)clean.p;
		for (size_t i = 0; i < clean.n; i++)
			if ((unsigned char)p[i] < ' ' || p[i] == 0x7f)
				p[i] = ' ';
		*ret = clean;
		return true;
	}
	if (!content_param_find(a, ct, name, &value))
		return false;
	*ret = encoded_word_decode(a, value);
	return true;
}
