#include "proto/http/http_percent.h"

#include "proto/http/http_chars.h"

static int hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int take_byte(struct str *s, bool form, char *ret)
{
	char c = s->p[0];
	if (c != '%') {
		*s = str_skip(*s, 1);
		*ret = form && c == '+' ? ' ' : c;
		return OK;
	}
	int high = s->n > 2 ? hex_value(s->p[1]) : -1, low = s->n > 2 ? hex_value(s->p[2]) : -1;
	if (high < 0 || low < 0)
		return E_SYNTAX;
	*s = str_skip(*s, 3);
	*ret = (char)(high << 4 | low);
	return OK;
}

static bool is_text(char c, bool form)
{
	if (form && (c == '\t' || c == '\r' || c == '\n'))
		return true;
	return (unsigned char)c >= 0x20 && c != 0x7f;
}

int http_percent_decode(struct arena *a, struct str s, bool form, struct str *ret)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	while (s.n) {
		int r = take_byte(&s, form, &out[n]);
		if (r != OK)
			return r;
		if (!is_text(out[n++], form))
			return E_SYNTAX;
	}
	struct str text = { out, n };
	if (!utf8_valid(text))
		return E_SYNTAX;
	*ret = text;
	return OK;
}

void http_percent_encode(struct bufw *w, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (http_is_unreserved(s.p[i]))
			bufw_char(w, s.p[i]);
		else
			bufw_put(w, (const char[]){ '%', digits[c >> 4], digits[c & 15] }, 3);
	}
}

static int add_pair(struct arena *a, struct str piece, struct http_form *f)
{
	struct str name = str_until(&piece, '=');
	if (f->count == HTTP_FORM_PAIRS_MAX)
		return E_TOOBIG;
	struct http_pair *p = arena_push(a, &f->pairs, &f->count, &f->cap, sizeof *p);
	int r = http_percent_decode(a, name, true, &p->name);
	return r == OK ? http_percent_decode(a, piece, true, &p->value) : r;
}

int http_form_parse(struct arena *a, struct str s, struct http_form *ret)
{
	struct http_form f = { 0 };
	while (s.n) {
		struct str piece = str_until(&s, '&');
		int r = piece.n ? add_pair(a, piece, &f) : OK;
		if (r != OK)
			return r;
	}
	*ret = f;
	return OK;
}

int http_form_get(const struct http_form *f, struct str name, struct str *ret)
{
	const struct http_pair *found = NULL;
	for (size_t i = 0; i < f->count; i++) {
		if (!str_eq(f->pairs[i].name, name))
			continue;
		if (found)
			return E_EXISTS;
		found = &f->pairs[i];
	}
	if (!found)
		return E_NOTFOUND;
	*ret = found->value;
	return OK;
}

struct str http_form_text(const struct http_form *f, struct str name)
{
	struct str value = STR("");
	return http_form_get(f, name, &value) == OK ? value : STR("");
}

void http_form_put(struct bufw *w, bool *first, struct str name, struct str value)
{
	if (!*first)
		bufw_char(w, '&');
	*first = false;
	http_percent_encode(w, name);
	bufw_char(w, '=');
	http_percent_encode(w, value);
}
