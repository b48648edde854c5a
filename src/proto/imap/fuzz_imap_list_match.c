/* The matcher says what the definition says, computed cell by cell on inputs small enough for it. */
#include "base/base.h"
#include "proto/imap/imap_list_match.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool same(char p, char c, bool fold)
{
	return p == c || (fold && ascii_lower(p) == ascii_lower(c) && (p == c || p == ascii_lower(c)));
}

/* Row by row over the pattern: reach[j] tells whether the pattern so far can have eaten j bytes of the name. */
static bool by_definition(struct str pattern, struct str name)
{
	bool reach[257] = { true };
	bool inbox = str_starts(name, STR("INBOX")) && (name.n == 5 || name.p[5] == '/');
	for (size_t i = 0; i < pattern.n; i++) {
		bool next[257] = { false };
		char p = pattern.p[i];
		for (size_t j = 0; j <= name.n; j++) {
			if (p == '*' || p == '%')
				next[j] = reach[j] || (j && next[j - 1] && (p == '*' || name.p[j - 1] != '/'));
			else
				next[j] = j && reach[j - 1] && same(p, name.p[j - 1], inbox && j <= 5);
		}
		memcpy(reach, next, sizeof reach);
	}
	return reach[name.n];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena arena;
	struct imap_pattern p;
	struct str in = { (const char *)data, n };
	struct str pattern = str_until(&in, '\n');
	if (in.n > 256)
		return 0;
	arena_init(&arena, 1 << 20, NULL, NULL);
	if (imap_pattern_init(&p, &arena, str_first(pattern, IMAP_PATTERN_MAX)) != OK)
		abort();
	if (pattern.n <= IMAP_PATTERN_MAX && imap_pattern_match(&p, in, '/') != by_definition(pattern, in))
		abort();
	arena_done(&arena);
	return 0;
}
