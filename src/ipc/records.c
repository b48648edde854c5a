#include "ipc/records.h"

#include "base/codec.h"
#include "ipc/channel.h"

enum { WRITES_BYTES = 256 << 10 };

int records_get(struct arena *a, struct str key, struct str *ret_value, uint64_t *ret_version)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_record_get_req q = { .key = key };
	struct ipc_record_get_rep found;
	int r = ipc_call_record_get(NULL, &q, &found, &hold, RECORDS_MS);
	if (r == OK) {
		*ret_value = arena_dup(a, found.value);
		*ret_version = found.version;
	}
	ipc_release(&hold);
	return r;
}

void records_begin(struct records_batch *b)
{
	buf_init(&b->writes, WRITES_BYTES);
	b->w = (struct bufw){ .b = &b->writes };
}

static void add(struct records_batch *b, struct str key, uint64_t expect, bool remove, struct str value)
{
	write_str(&b->w, key);
	write_u64(&b->w, expect);
	write_u32(&b->w, remove);
	write_str(&b->w, value);
}

void records_set(struct records_batch *b, struct str key, uint64_t expect, struct str value)
{
	add(b, key, expect, false, value);
}

void records_remove(struct records_batch *b, struct str key, uint64_t expect)
{
	add(b, key, expect, true, STR(""));
}

int records_commit(struct records_batch *b)
{
	int r = b->w.err;
	if (r == OK) {
		struct ipc_hold hold = IPC_HOLD;
		struct ipc_record_put_req q = { .writes = buf_str(&b->writes) };
		struct ipc_record_put_rep done;
		r = ipc_call_record_put(NULL, &q, &done, &hold, RECORDS_MS);
		ipc_release(&hold);
	}
	secret_wipe(b->writes.p, b->writes.n);
	buf_done(&b->writes);
	return r;
}

int records_put(struct str key, uint64_t expect, struct str value)
{
	struct records_batch b;
	records_begin(&b);
	records_set(&b, key, expect, value);
	return records_commit(&b);
}

/* One answer of the store; *after becomes the last key of it. */
static int page(struct str records, records_each_fn *each, void *ctx, struct buf *after)
{
	struct reader in = reader_of(records);
	while (in.err == OK && in.rest.n) {
		struct records_item item = { .key = read_str(&in, RECORDS_KEY_MAX) };
		item.version = read_u64(&in);
		item.value = read_str(&in, RECORDS_VALUE_MAX);
		if (in.err != OK)
			return in.err;
		buf_clear(after);
		int r = buf_put_str(after, item.key);
		if (r == OK)
			r = each(ctx, &item);
		if (r != OK)
			return r;
	}
	return in.err;
}

int records_each(struct str prefix, records_each_fn *each, void *ctx)
{
	struct buf after;
	buf_init(&after, RECORDS_KEY_MAX);
	bool more = true;
	int r = OK;
	while (r == OK && more) {
		struct ipc_hold hold = IPC_HOLD;
		struct ipc_record_list_req q = { .prefix = prefix, .after = buf_str(&after) };
		struct ipc_record_list_rep found;
		r = ipc_call_record_list(NULL, &q, &found, &hold, RECORDS_MS);
		more = r == OK && found.more;
		if (r == OK)
			r = page(found.records, each, ctx, &after);
		ipc_release(&hold);
	}
	buf_done(&after);
	return r;
}
