#include "proto/imap/imap_list_match.h"

enum { BITS = 64, WORDS_MAX = IMAP_PATTERN_MAX / BITS + 1 };

static bool is_wild(char c)
{
	return c == '*' || c == '%';
}

/* Copies the pattern with each run of wildcards made one: "*" when there is a "*" in it. */
static struct str collapse(struct arena *a, struct str pattern)
{
	char *p = arena_alloc(a, pattern.n);
	size_t n = 0;
	for (size_t i = 0; i < pattern.n; i++) {
		char c = pattern.p[i];
		if (n && is_wild(c) && is_wild(p[n - 1]))
			p[n - 1] = c == '*' ? '*' : p[n - 1];
		else
			p[n++] = c;
	}
	return (struct str){ p, n };
}

static void set_bit(uint64_t *row, size_t i)
{
	row[i / BITS] |= (uint64_t)1 << i % BITS;
}

int imap_pattern_init(struct imap_pattern *p, struct arena *a, struct str pattern)
{
	struct str s = collapse(a, pattern);
	if (s.n > IMAP_PATTERN_MAX)
		return E_TOOBIG;
	size_t words = s.n / BITS + 1;
	uint64_t *rows = arena_new_array(a, uint64_t, 258 * words);
	uint64_t *star = rows + 256 * words, *percent = star + words;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		set_bit(c == '*' ? star : c == '%' ? percent : rows + c * words, i);
	}
	*p = (struct imap_pattern){ .n = s.n, .words = words, .byte = rows, .star = star, .percent = percent };
	return OK;
}

/* A wildcard may match nothing: whoever stands in front of one stands behind it too. No two follow each other. */
static void pass_wildcards(const struct imap_pattern *p, uint64_t *at)
{
	uint64_t carry = 0;
	for (size_t i = 0; i < p->words; i++) {
		uint64_t over = at[i] & (p->star[i] | p->percent[i]);
		uint64_t up = over << 1 | carry;
		carry = over >> (BITS - 1);
		at[i] |= up;
	}
}

static void step(const struct imap_pattern *p, uint64_t *at, unsigned char c, unsigned char folded, bool separator)
{
	const uint64_t *row = p->byte + c * p->words, *row2 = p->byte + folded * p->words;
	uint64_t carry = 0;
	for (size_t i = 0; i < p->words; i++) {
		uint64_t taken = at[i] & (row[i] | row2[i]);
		uint64_t stays = at[i] & (p->star[i] | (separator ? 0 : p->percent[i]));
		at[i] = stays | taken << 1 | carry;
		carry = taken >> (BITS - 1);
	}
	pass_wildcards(p, at);
}

bool imap_pattern_match(const struct imap_pattern *p, struct str name, char separator)
{
	uint64_t at[WORDS_MAX] = { 1 };
	bool inbox = str_starts(name, STR("INBOX")) && (name.n == 5 || name.p[5] == separator);
	pass_wildcards(p, at);
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i], folded = inbox && i < 5 ? ascii_lower(c) : c;
		step(p, at, (unsigned char)c, (unsigned char)folded, c == separator);
	}
	return at[p->n / BITS] >> p->n % BITS & 1;
}
