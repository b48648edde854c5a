#include "proto/password/password_patterns.h"

enum { DISTINCT_LEAST = 5 };

size_t password_characters(struct str s)
{
	size_t n = 0;
	for (; s.n; n++)
		(void)utf8_take(&s);
	return n;
}

static unsigned distinct_bytes(struct str s)
{
	bool seen[256] = { false };
	unsigned n = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		n += !seen[c];
		seen[c] = true;
	}
	return n;
}

bool password_has_few_different(struct str s)
{
	return distinct_bytes(s) < DISTINCT_LEAST;
}

/* Each byte follows the one before by the same step: "abcdefghijkl", "210987654321" but for the turns at 9 and 0. */
bool password_is_row(struct str s)
{
	for (int step = -1; step <= 1; step++) {
		size_t follows = 0;
		for (size_t i = 1; i < s.n; i++) {
			int d = s.p[i] - s.p[i - 1];
			follows += d == step || (ascii_is_digit(s.p[i]) && ascii_is_digit(s.p[i - 1]) && (d == 9 * -step) && step != 0);
		}
		if (follows + 2 >= s.n)
			return true;
	}
	return false;
}

struct str password_core(struct str s)
{
	while (s.n && !ascii_is_alpha(s.p[0]) && (unsigned char)s.p[0] < 0x80)
		s = str_skip(s, 1);
	while (s.n && !ascii_is_alpha(s.p[s.n - 1]) && (unsigned char)s.p[s.n - 1] < 0x80)
		s.n--;
	return s;
}

bool password_is_common(struct str s)
{
	static const struct str words[] = {
		STR_INIT("password"), STR_INIT("passwort"), STR_INIT("passphrase"), STR_INIT("qwertyuiop"), STR_INIT("qwerty"),
		STR_INIT("qwertzuiop"), STR_INIT("letmein"), STR_INIT("welcome"), STR_INIT("administrator"), STR_INIT("changeme"),
		STR_INIT("iloveyou"), STR_INIT("ceralacca"),
		STR_INIT("passwordpassword"), STR_INIT("qwertyqwerty"), STR_INIT("passw0rd"), STR_INIT("p@ssword"), STR_INIT("p@ssw0rd"),
	};
	s = password_core(s);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_ieq(s, words[i]))
			return true;
	return false;
}
