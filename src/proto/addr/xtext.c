#include "proto/addr/xtext.h"

#include "proto/header/header_lex.h"

/* xchar, or hexchar = "+" 2HEXDIG. Lower-case digits are taken too; the value counts. */
static int take_char(struct str *s, char *ret)
{
	bool coded = s->p[0] == '+';
	int value = coded ? header_hex_escape(*s, '+') : (unsigned char)s->p[0];
	if (value > '~' || value < ' ' || (!coded && (value == ' ' || value == '=')))
		return E_SYNTAX;
	*s = str_skip(*s, coded ? 3 : 1);
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
	*ret = (struct str){ out, n };
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
		char hex[3] = { '+', digits[c >> 4], digits[c & 15] };
		bufw_put(out, hex, sizeof hex);
	}
}
