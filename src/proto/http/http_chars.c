#include "proto/http/http_chars.h"

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

bool http_is_tchar(char c)
{
	return ascii_is_alnum(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

bool http_is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!http_is_tchar(s.p[i]))
			return false;
	return s.n > 0;
}

bool http_is_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

bool http_is_unreserved(char c)
{
	return ascii_is_alnum(c) || is_one_of(c, "-._~");
}

bool http_is_pchar(char c)
{
	return http_is_unreserved(c) || is_one_of(c, "!$&'()*+,;=:@");
}

struct str http_trim(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_skip(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}
