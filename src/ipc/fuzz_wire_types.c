/* Queue entries and index entries: what decodes encodes to what decodes to the same; views stay inside the input. */
#include "ipc/wire_types.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void expect_inside(struct str s, struct str all)
{
	if (s.n && (s.p < all.p || s.p + s.n > all.p + all.n))
		abort();
}

static void queue_entries(struct str all)
{
	struct reader r = reader_of(all);
	struct queue_entry e, again;
	struct buf first, second;
	buf_init(&first, 8192);
	buf_init(&second, 8192);
	while (r.rest.n && queue_entry_get(&r, &e) == OK) {
		expect_inside(e.sender, all);
		expect_inside(e.recipient, all);
		expect_inside(e.envid, all);
		expect_inside(e.orcpt, all);
		buf_clear(&first);
		buf_clear(&second);
		struct bufw a = { .b = &first }, b = { .b = &second };
		queue_entry_put(&a, &e);
		struct reader back = reader_of(buf_str(&first));
		if (a.err != OK || queue_entry_get(&back, &again) != OK || reader_end(&back) != OK)
			abort();
		queue_entry_put(&b, &again);
		if (!str_eq(buf_str(&first), buf_str(&second)))
			abort();
	}
	buf_done(&first);
	buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str all = { (const char *)data, n };
	queue_entries(all);
	for (; all.n >= INDEX_ENTRY_SIZE; all = str_skip(all, INDEX_ENTRY_SIZE)) {
		char packed[INDEX_ENTRY_SIZE];
		struct index_entry e = index_entry_get(all.p);
		index_entry_put(packed, &e);
		if (memcmp(packed, all.p, sizeof packed) != 0)
			abort();
	}
	return 0;
}
