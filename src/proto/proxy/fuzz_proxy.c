/* Whatever comes: a header that is taken lies inside the input, a shorter view of it asks for more, a longer one says the same. */
#include "proto/proxy/proxy_header.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
	if (!good)
		abort();
}

static bool same(const struct proxy_header *a, const struct proxy_header *b)
{
	return a->local == b->local && memcmp(&a->source, &b->source, sizeof a->source) == 0 && a->source_port == b->source_port &&
	       memcmp(&a->destination, &b->destination, sizeof a->destination) == 0 && a->destination_port == b->destination_port;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct proxy_header h, again;
	size_t used, used_again;
	int r = proxy_header_parse(in, &h, &used);
	require(r == OK || r == E_AGAIN || r == E_PROTO || r == E_TOOBIG || r == E_UNSUPPORTED);
	require(r != E_AGAIN || size < PROXY_V2_MAX);
	if (r != OK)
		return 0;
	require(used > 0 && used <= size && used <= PROXY_V2_MAX);
	require(h.local || h.source.v6 == ip_unmapped(h.source).v6);
	require(proxy_header_parse(str_first(in, used), &again, &used_again) == OK && used == used_again && same(&h, &again));
	for (size_t n = 0; n < used; n++)
		require(proxy_header_parse(str_first(in, n), &again, &used_again) == E_AGAIN);
	return 0;
}
