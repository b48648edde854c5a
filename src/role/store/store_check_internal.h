/* What the files of the check share. */
#ifndef STORE_CHECK_INTERNAL_H
#define STORE_CHECK_INTERNAL_H

#include "role/store/store_check.h"
#include "role/store/store_internal.h"

struct check_blob { uint64_t id, size; uint32_t owners, shared; bool found; };

struct check {
	struct store *st;
	const struct store_check_options *o;
	struct store_check_counts n;
	struct arena arena;             /* blobs */
	struct map blobs;
};

void check_finding(struct check *c, const char *fmt, ...) printf_like(2, 3);
void check_blob_owner(struct check *c, uint64_t blob, uint64_t size);
must_use int check_account(struct check *c, uint32_t account);
must_use int check_leftover(struct check *c, uint32_t account); /* of a deleted account: only blobs are counted */
must_use int check_queue(struct check *c);

/* Calls fn for each key in from <= key < end. */
typedef int check_fn(struct check *c, void *ctx, struct str key, struct str value);
must_use int check_each(struct check *c, enum engine_space space, struct store_key from, struct store_key end,
			check_fn *fn, void *ctx);

#endif
