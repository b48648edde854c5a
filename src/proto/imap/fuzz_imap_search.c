/* Search programs: whatever parses is a tree that is neither deep nor wide beyond its limits, of valid texts. */
#include "base/base.h"
#include "proto/imap/imap_search_args.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static void walk(const struct imap_search_key *k, unsigned depth, size_t *count)
{
	/* each level of the parser gives two of the tree at most: a parenthesis with what is in it */
	check(depth <= 2 * IMAP_SEARCH_DEPTH + 2);
	check(++*count <= 2 * IMAP_SEARCH_KEYS_MAX + 1);
	check(k->key <= IMAP_KEY_TEXT && utf8_valid(k->text));
	check(!k->child || k->key == IMAP_KEY_AND || k->key == IMAP_KEY_OR);
	check(k->key != IMAP_KEY_OR || (k->child && k->child->next));
	for (const struct imap_search_key *c = k->child; c; c = c->next)
		walk(c, depth + 1, count);
}

static void check_set(struct arena *arena, struct str in)
{
	struct imap_set set;
	struct imap_args a = imap_args_of(in, arena, false);
	if (imap_sequence_set(&a, &set) != OK || set.saved)
		return;
	imap_set_resolve(&set, 1000);
	check(set.n > 0);
	for (size_t i = 0; i < set.n; i++) {
		check(set.v[i].first >= 1 && set.v[i].first <= set.v[i].last);
		check(i == 0 || set.v[i].first > set.v[i - 1].last + 1);
		check(imap_set_has(&set, set.v[i].first) && imap_set_has(&set, set.v[i].last));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena arena;
	struct imap_search s;
	struct str in = { (const char *)data, n };
	if (n > 1 << 16)
		return 0;
	arena_init(&arena, 32 << 20, NULL, NULL);
	struct imap_args a = imap_args_of(in, &arena, false);
	if (imap_search_args(&a, &s) == OK) {
		size_t count = 0;
		check(a.rest.n == 0);
		walk(s.root, 0, &count);
		check(s.returns == 0 || (s.returns & IMAP_RETURN_GIVEN));
	}
	check_set(&arena, in);
	arena_done(&arena);
	return 0;
}
