#include "proto/header/message_id.h"

/* Length of what follows a "<" up to its ">". 0 with *ret_closed false: unclosed within the limit. A quoted ">" or "<"
 * is text, where respect_quotes. */
static size_t id_length(struct str s, bool respect_quotes, bool *ret_closed)
{
	bool quoted = false;
	size_t n = 0, max = s.n < MESSAGE_ID_MAX + 1 ? s.n : MESSAGE_ID_MAX + 1;
	for (; n < max; n++) {
		char c = s.p[n];
		if (quoted && c == '\\')
			n++;
		else if (c == '"' && respect_quotes)
			quoted = !quoted;
		else if (!quoted && (c == '>' || c == '<'))
			break;
	}
	*ret_closed = n < max && s.p[n] == '>' && !quoted;
	return n < max ? n : max;
}

static size_t word_length(struct str s)
{
	size_t n = 0;
	while (n < s.n && !ascii_is_space(s.p[n]) && s.p[n] != '<')
		n++;
	return n;
}

/* *s stands behind a "<". */
static struct str take_id(struct str *s)
{
	bool closed;
	size_t n = id_length(*s, true, &closed);
	if (!closed)
		n = id_length(*s, false, &closed);
	if (!closed)
		n = word_length(*s);
	struct str id = str_take_n(s, n);
	if (closed)
		*s = str_skip(*s, 1);
	return str_trim(id);
}

bool message_id_next(struct str *value, struct str *ret)
{
	for (;;) {
		size_t at = str_find(*value, '<');
		if (at == STR_NPOS)
			return false;
		*value = str_skip(*value, at + 1);
		struct str id = take_id(value);
		if (id.n == 0 || id.n > MESSAGE_ID_MAX)
			continue;
		*ret = id;
		return true;
	}
}

bool message_id_first(struct str value, struct str *ret)
{
	struct str rest = value;
	if (message_id_next(&rest, ret))
		return true;
	if (str_find(value, '<') != STR_NPOS)
		return false;
	value = str_trim(value);
	value.n = word_length(value);
	if (value.n == 0 || value.n > MESSAGE_ID_MAX)
		return false;
	*ret = value;
	return true;
}

static bool is_normal(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (ascii_is_space(id.p[i]) || id.p[i] == '"' || id.p[i] == '(' || id.p[i] == '\\')
			return false;
	return true;
}

static bool is_dot_atom(struct str s)
{
	bool after_dot = true;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c <= ' ' || c == 0x7f || strchr("()<>[]:;@\\,\"", c) || (c == '.' && after_dot))
			return false;
		after_dot = c == '.';
	}
	return !after_dot;
}

/* The id without comments and without white space outside quotes, into p, which has room for all of it. */
static struct str squeeze(struct str id, char *p)
{
	size_t n = 0, depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];
		if (c == '"' && !depth)
			quoted = !quoted;
		if (!quoted && c == '(')
			depth++;
		if (!depth && (quoted || !ascii_is_space(c)))
			p[n++] = c;
		if (c == '\\' && (quoted || depth) && i + 1 < id.n && ++i && !depth)
			p[n++] = id.p[i];
		else if (!quoted && c == ')' && depth)
			depth--;
	}
	return (struct str){ p, n };
}

struct str message_id_normalize(struct arena *a, struct str id)
{
	if (is_normal(id))
		return id;
	char *p = arena_alloc(a, id.n + 1);
	struct str whole = squeeze(id, p), rest = str_skip(whole, 1);
	size_t end = str_find(rest, '"');
	bool quoted = str_starts(whole, STR("\"")) && end != STR_NPOS && str_starts(str_skip(rest, end + 1), STR("@"));
	if (!quoted || !is_dot_atom(str_first(rest, end)))
		return whole;
	memmove(p, p + 1, end);
	memmove(p + end, p + end + 2, whole.n - end - 2);
	return (struct str){ p, whole.n - 2 };
}
