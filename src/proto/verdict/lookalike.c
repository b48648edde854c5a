#include "proto/verdict/lookalike.h"

#include "proto/addr/addr_normal.h"
#include "proto/dns_env/dns_env.h"

#include <unicode/uspoof.h>

enum { TEXT_MAX = 256, MAIN_LEAST = 4, LONG_NAME = 10, SKELETON_MAX = 1024 };

static USpoofChecker *checker;

int lookalike_prepare(void)
{
	UErrorCode e = U_ZERO_ERROR;
	if (!checker)
		checker = uspoof_open(&e);
	char out[8];
	if (U_SUCCESS(e))
		uspoof_getSkeletonUTF8(checker, 0, "m", 1, out, sizeof out, &e);
	return U_SUCCESS(e) ? OK : E_IO;
}

static struct str skeleton(struct arena *a, struct str text)
{
	UErrorCode e = U_ZERO_ERROR;
	char out[SKELETON_MAX];
	text = utf8_first(text, TEXT_MAX);
	if (!checker || !utf8_valid(text))
		return text;
	int32_t n = uspoof_getSkeletonUTF8(checker, 0, text.p, (int32_t)text.n, out, sizeof out, &e);
	return U_SUCCESS(e) && n <= (int32_t)sizeof out ? arena_dup(a, (struct str){ out, (size_t)n }) : text;
}

static struct str lower(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(s.p[i]);
	return (struct str){ p, s.n };
}

static bool one_looks_like(struct arena *a, struct str one, struct str other)
{
	return str_eq(skeleton(a, lower(a, one)), skeleton(a, lower(a, other)));
}

static size_t code_points(struct str s, uint32_t *out, size_t most)
{
	size_t n = 0;
	while (s.n && n < most)
		out[n++] = utf8_take(&s);
	return n;
}

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* Three rows of the table of optimal string alignment. */
struct rows { unsigned r[3][TEXT_MAX + 1]; };

static void fill_row(struct rows *t, size_t i, const uint32_t *x, const uint32_t *y, size_t m)
{
	unsigned *now = t->r[i % 3], *up = t->r[(i + 2) % 3], *up2 = t->r[(i + 1) % 3];
	now[0] = (unsigned)i;
	for (size_t j = 1; j <= m; j++) {
		unsigned same = x[i - 1] == y[j - 1] ? 0 : 1;
		now[j] = least(least(up[j] + 1, now[j - 1] + 1), up[j - 1] + same);
		if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
			now[j] = least(now[j], up2[j - 2] + 1);
	}
}

unsigned lookalike_distance(struct str one, struct str other, unsigned most)
{
	uint32_t x[TEXT_MAX], y[TEXT_MAX];
	struct rows t;
	size_t n = code_points(one, x, TEXT_MAX), m = code_points(other, y, TEXT_MAX);
	if (n > m + most || m > n + most)
		return most + 1;
	for (size_t j = 0; j <= m; j++)
		t.r[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++)
		fill_row(&t, i, x, y, m);
	return least(t.r[n % 3][m], most + 1);
}

/* The label that people read as the name, and what stands behind it. Without a list of public suffixes: the second label from the right,
 * or the third where the second is as short as "co" in "co.uk". */
static struct str main_label(struct str domain, struct str *ret_ending)
{
	size_t labels = dns_env_name_labels(domain), skip = labels < 2 ? 0 : labels - 2;
	struct str rest = domain;
	for (size_t i = 0; i < skip; i++)
		rest = dns_env_name_parent(rest);
	struct str second = rest;
	if (labels >= 3 && str_until(&second, '.').n <= 3 && second.n <= 3) {
		rest = domain;
		for (size_t i = 0; i + 3 < labels; i++)
			rest = dns_env_name_parent(rest);
	}
	struct str label = str_until(&rest, '.');
	*ret_ending = rest;
	return label;
}

/* The name as a whole word: between the ends, hyphens and dots. */
static bool has_word(struct str text, struct str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++) {
		bool starts = i == 0 || text.p[i - 1] == '-' || text.p[i - 1] == '.';
		bool ends = i + word.n == text.n || text.p[i + word.n] == '-' || text.p[i + word.n] == '.';
		if (starts && ends && str_eq(str_first(str_skip(text, i), word.n), word))
			return true;
	}
	return false;
}

enum lookalike lookalike_domain(struct arena *a, struct str domain, struct str genuine)
{
	struct str ending, genuine_ending;
	struct str shown = addr_domain_unicode(a, str_first(domain, TEXT_MAX)), real = addr_domain_unicode(a, str_first(genuine, TEXT_MAX));
	struct str name = main_label(shown, &ending), own = main_label(real, &genuine_ending);
	if (dns_env_name_is_below(domain, genuine) || dns_env_name_is_below(genuine, domain))
		return LOOKALIKE_NOT;
	bool same_ending = str_ieq(ending, genuine_ending);
	if (str_eq(name, own) && same_ending)
		return LOOKALIKE_NOT;
	if (!str_eq(name, own) && one_looks_like(a, name, own))
		return LOOKALIKE_CONFUSABLE;
	if (own.n < MAIN_LEAST)
		return LOOKALIKE_NOT;
	if (str_eq(name, own))
		return LOOKALIKE_ENDING;
	unsigned most = own.n >= LONG_NAME ? 2 : 1;
	if (lookalike_distance(name, own, most) <= most)
		return LOOKALIKE_TYPO;
	return has_word(shown, own) ? LOOKALIKE_WORDS : LOOKALIKE_NOT;
}

const char *lookalike_text(enum lookalike kind)
{
	static const char *const texts[] = { "is not like", "has letters that look like those of", "is nearly written like", "has words added to", "has another ending than" };
	return texts[kind];
}

/* Letters and digits only. */
static struct str bare(struct arena *a, struct str name)
{
	char *p = arena_alloc(a, name.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++)
		if (ascii_is_alnum(name.p[i]) || (unsigned char)name.p[i] >= 0x80)
			p[n++] = ascii_lower(name.p[i]);
	return (struct str){ p, n };
}

bool lookalike_name(struct arena *a, struct str one, struct str other)
{
	struct str x = bare(a, str_first(one, TEXT_MAX)), y = bare(a, str_first(other, TEXT_MAX));
	return x.n >= MAIN_LEAST && y.n && str_eq(skeleton(a, x), skeleton(a, y));
}
