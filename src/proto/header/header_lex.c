#include "proto/header/header_lex.h"

void header_skip_comment(struct str *s)
{
	size_t depth = 0, i = 0;
	do {
		if (s->p[i] == '\\')
			i++;
		else if (s->p[i] == '(')
			depth++;
		else if (s->p[i] == ')')
			depth--;
		i++;
	} while (depth && i < s->n);
	*s = str_skip(*s, i);
}

void header_skip_cfws(struct str *s)
{
	while (s->n && (ascii_is_space(s->p[0]) || s->p[0] == '(')) {
		if (s->p[0] == '(')
			header_skip_comment(s);
		else
			*s = str_skip(*s, 1);
	}
}

int header_hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_upper(c);
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int header_hex_escape(struct str s, char escape)
{
	if (s.n < 3 || s.p[0] != escape)
		return -1;
	int high = header_hex_digit(s.p[1]), low = header_hex_digit(s.p[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}
