/* The bytes as a stored entry; then as the texts of one that is written. */
#include "proto/audit/audit_entry.h"

#include <stdlib.h>

static void stored(struct str in)
{
	struct audit_entry e = { 0 };
	unsigned char hash[AUDIT_HASH], before[AUDIT_HASH] = { 0 };
	bool reads = audit_entry_read(in, &e, hash) == OK;
	if (audit_entry_follow(in, e.number, before) == OK && (!reads || memcmp(before, hash, AUDIT_HASH) != 0))
		abort();
}

static void texts(struct str in)
{
	struct audit_entry e = { .number = in.n, .time_ms = -1 }, got;
	unsigned char zero[AUDIT_HASH] = { 0 }, hash[AUDIT_HASH];
	struct buf b;
	e.by = str_until(&in, '\n');
	e.from = str_until(&in, '\n');
	e.act = str_until(&in, '\n');
	e.target = str_until(&in, '\n');
	e.detail = in;
	buf_init(&b, AUDIT_ENTRY_MAX);
	if (audit_entry_write(&b, &e, zero, hash) != OK || audit_entry_read(buf_str(&b), &got, hash) != OK)
		abort();
	if (audit_entry_follow(buf_str(&b), e.number, zero) != OK)
		abort();
	if (!utf8_valid(got.detail) || str_has_control(got.by) || got.target.n > AUDIT_TARGET_MAX)
		abort();
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	stored(in);
	texts(in);
	return 0;
}
