#include "proto/addr/xtext.h"

static int hex_value(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_upper(c);
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* xchar, or hexchar = "+" 2HEXDIG. Lower-case digits are taken too; the value counts. */
static int take_char(struct str *s, char *ret)
{
	char c = s->p[0];
	*s = str_skip(*s, 1);
	if (c != '+') {
		*ret = c;
		return c > ' ' && c <= '~' && c != '=' ? OK : E_SYNTAX;
	}
	int high = s->n > 0 ? hex_value(s->p[0]) : -1;
	int low = s->n > 1 ? hex_value(s->p[1]) : -1;
	int value = high * 16 + low;
	if (high < 0 || low < 0 || value < ' ' || value > '~')
		return E_SYNTAX;
	*s = str_skip(*s, 2);
	*ret = (char)value;
	return OK;
}

int xtext_decode(struct arena *a, struct str s, struct str *ret)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	while (s.n) {
		int r = take_char(&s, &out[n++]);
		if (r != OK)
			return r;
	}
	*ret = (struct str){out, n};
	return OK;
}

void xtext_encode(struct bufw *out, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c > ' ' && c <= '~' && c != '+' && c != '=') {
			bufw_char(out, s.p[i]);
			continue;
		}
		char hex[3] = {'+', digits[c >> 4], digits[c & 15]};
		bufw_put(out, hex, sizeof hex);
	}
}
