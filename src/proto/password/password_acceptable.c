#include "proto/password/password_hash.h"

enum { DISTINCT_LEAST = 5, NAME_LEAST = 4 };

static size_t characters(struct str s)
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

/* Each byte follows the one before by the same step: "abcdefghijkl", "210987654321" but for the turns at 9 and 0. */
static bool is_row(struct str s)
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

/* What is left when digits and signs at both ends are taken away is a word that everybody tries first. */
static bool is_common(struct str s)
{
	static const struct str words[] = {
		STR_INIT("password"), STR_INIT("passwort"), STR_INIT("passphrase"), STR_INIT("qwertyuiop"), STR_INIT("qwerty"),
		STR_INIT("qwertzuiop"), STR_INIT("letmein"), STR_INIT("welcome"), STR_INIT("administrator"), STR_INIT("changeme"),
		STR_INIT("iloveyou"), STR_INIT("ceralacca"),
		STR_INIT("passwordpassword"), STR_INIT("qwertyqwerty"), STR_INIT("passw0rd"), STR_INIT("p@ssword"), STR_INIT("p@ssw0rd"),
	};
	while (s.n && !ascii_is_alpha(s.p[0]))
		s = str_skip(s, 1);
	while (s.n && !ascii_is_alpha(s.p[s.n - 1]))
		s.n--;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_ieq(s, words[i]))
			return true;
	return false;
}

static bool holds_name(struct str password, struct str address)
{
	size_t at = str_rfind(address, '@');
	struct str local = str_first(address, at), domain = at == STR_NPOS ? STR("") : str_skip(address, at + 1);
	struct str label = str_until(&domain, '.');
	return (local.n >= NAME_LEAST && str_isearch(password, local) != STR_NPOS) ||
		(label.n >= NAME_LEAST && str_isearch(password, label) != STR_NPOS);
}

static const char *fault(struct str password, struct str address)
{
	if (characters(password) < PASSWORD_CHARACTERS_LEAST)
		return "it needs at least 12 characters; three or four unrelated words make a good one";
	if (distinct_bytes(password) < DISTINCT_LEAST)
		return "it repeats too few different characters";
	if (is_row(password))
		return "it is a plain row of characters";
	if (is_common(password))
		return "it is one of those that are tried first";
	if (holds_name(password, address))
		return "it holds a name from the address";
	return NULL;
}

bool password_acceptable(struct str password, struct str address, const char **reterr_why)
{
	char normal[PASSWORD_BYTES_MAX];
	size_t n;
	int r = password_normalize(password, normal, &n);
	const char *why = r == E_TOOBIG ? "it is longer than 1024 bytes" : r != OK ? "it holds characters that cannot be typed everywhere" :
		fault((struct str){ normal, n }, address);
	secret_wipe(normal, sizeof normal);
	if (why)
		*reterr_why = why;
	return !why;
}
