/* What the files of kv share. */
#ifndef KV_INTERNAL_H
#define KV_INTERNAL_H

#include "role/store/kv.h"
#include "role/store/kv_sorted.h"

/* The thread that makes batches durable. It touches nothing of kv but the batch it was given. */
struct kv_committer;
struct kv_committer *kv_committer_new(struct engine *e, void (*notify)(void *ctx), void *ctx);
void kv_committer_free(struct kv_committer *c);         /* after the batch under way; takes NULL */
void kv_committer_start(struct kv_committer *c, const struct kv_sorted *batch);     /* must be idle */
/* True when a batch is done: its result in *ret. wait: blocks until it is. */
bool kv_committer_take(struct kv_committer *c, bool wait, int *ret);

struct kv_undo { struct kv_node *node; struct str value; enum kv_state state; };

struct kv {
	struct kv_options o;
	struct kv_committer *committer;
	struct kv_sorted half[2];
	struct kv_sorted *current, *flight;     /* each one of the halves */
	bool flying, refusing, in_op;
	uint64_t durable, number;               /* number: of the current batch */
	uint64_t failed_from;                   /* batches failed_from < b <= failed_to have failed with failed_with */
	uint64_t failed_to;
	int failed_with;
	uint64_t probes;
	struct kv_undo *undo;
	size_t undos, undo_cap;
	struct kv_waiter *waiters, **waiters_end;
};

#endif
