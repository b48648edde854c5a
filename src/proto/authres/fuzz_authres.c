#include "proto/authres/authres.h"
#include "proto/header/header.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Written again, a field is one field of one reading, whatever its strings hold. */
static void write_again(struct arena *a, const struct authres *r)
{
	struct buf out;
	struct header_field field;
	struct authres again;
	buf_init(&out, 8 << 20);
	require(authres_write(&out, r->id, r->results, r->count) == OK);
	struct str block = buf_str(&out);
	require(header_next(&block, &field) && block.n == 0);
	require(str_eq(field.name, STR("Authentication-Results")));
	require(authres_parse(a, field.value, &again) == OK && again.count == r->count);
	for (size_t i = 0; i < r->count; i++) {
		require(str_eq(again.results[i].method, r->results[i].method) &&
			str_eq(again.results[i].result, r->results[i].result));
		require(again.results[i].count == r->results[i].count);
	}
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct str id = STR_INIT("mx.example.net");
	struct arena a;
	struct authres r;
	struct buf kept;
	struct header_field field;
	struct str bytes = { (const char *)data, n };
	size_t removed, removed_again;
	arena_init(&a, 64 << 20, NULL, NULL);
	if (authres_parse(&a, bytes, &r) == OK) {
		require(r.count <= AUTHRES_RESULTS_MAX);
		require(!str_ieq(r.id, id) || authres_claims(&a, bytes, id));
		write_again(&a, &r);
	}
	buf_init(&kept, n + 1);
	require(authres_strip(&a, bytes, &id, 1, &kept, &removed) == OK);
	require(kept.n <= n && (removed == 0) == (kept.n == n));
	struct str block = buf_str(&kept);
	while (header_next(&block, &field)) /* nothing is left that is read as ours */
		require(!str_ieq(field.name, STR("Authentication-Results")) ||
			authres_parse(&a, field.value, &r) != OK || !str_ieq(r.id, id));
	struct buf again;
	buf_init(&again, n + 1);
	require(authres_strip(&a, buf_str(&kept), &id, 1, &again, &removed_again) == OK && removed_again == 0);
	buf_done(&again);
	buf_done(&kept);
	arena_done(&a);
	return 0;
}
