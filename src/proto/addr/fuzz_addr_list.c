#include "proto/addr/addr_list.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Groups open and close in turn, the list keeps its limit, and nothing is longer than its source. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct addr_list list;
	if (n == 0)
		return 0;
	size_t max = data[0] % 40u, total = 0;
	bool open = false;
	arena_init(&a, 64 << 20, NULL, NULL);
	addr_list_parse(&a, (struct str){ (const char *)data + 1, n - 1 }, max, &list);
	require(list.count <= max);
	for (size_t i = 0; i < list.count; i++) {
		const struct addr_item *it = &list.items[i];
		require(it->kind == ADDR_MAILBOX || open == (it->kind == ADDR_GROUP_END));
		open = it->kind == ADDR_MAILBOX ? open : it->kind == ADDR_GROUP_START;
		require(it->kind == ADDR_MAILBOX || (it->local.n == 0 && it->domain.n == 0));
		require(str_find(it->name, '\n') == STR_NPOS);
		total += it->name.n + it->route.n + it->local.n + it->domain.n;
	}
	require(!open || list.truncated);
	require(total <= 2 * n);
	arena_done(&a);
	return 0;
}
