/* Group commit with early compute and late release.
 *
 * One thread (the loop) reads and writes keys here at once. Writes go to the *current* batch; a committer thread makes
 * the batch before it (the *flight*) durable with one flush. Reads see current, then flight, then the engine: so
 * every operation works on the newest state and waits for nothing. Each batch has a number; the number of the newest
 * durable batch is kv_durable(). An answer may leave once every batch it saw is durable: kv_release.
 *
 *     operation ──▶ current batch (collects) ──▶ flight (one write, one flush) ──▶ engine
 *                        N + 1                        N                              ..N - 1
 *
 * When a commit fails, the flight and the current batch are dropped together, every waiter is told the error,
 * dropped(ctx) tells the owner to forget what it derived from them, and writes are refused with E_FULL until a probe
 * succeeds. Reads go on.
 *
 * An operation is atomic within its batch: between kv_op_begin and kv_op_end(fail) its writes are undone. */
#ifndef KV_H
#define KV_H

#include "role/store/engine.h"

struct kv;
struct kv_options {
	struct engine *engine;
	void (*notify)(void *ctx);          /* called on the committer's thread: kv_poll has something to do */
	void (*durable)(void *ctx, uint64_t commit);        /* on the loop: this batch is durable */
	void (*dropped)(void *ctx);         /* on the loop: forget every state derived from keys */
	void *ctx;
	size_t batch_max;                   /* bytes of the current batch; above: E_BUSY. 0: 128 MiB */
};

struct kv *kv_new(const struct kv_options *o);
void kv_free(struct kv *kv); /* ends the committer after the flight; the current batch is lost. Takes NULL */

/* Reads. kv_get appends to out: E_NOTFOUND, E_CORRUPT, E_IO, E_TOOBIG. */
must_use int kv_get(struct kv *kv, enum engine_space space, struct str key, struct buf *out);
/* OK or E_NOTFOUND, or an error. */
must_use int kv_has(struct kv *kv, enum engine_space space, struct str key);

/* A scan over from <= key < end (an empty end: to the space's end), in order. No write while it is open. */
struct kv_iter {
	bool valid;
	struct str key, value;              /* until the next step */
	struct kv *kv;
	struct engine_iter *base;
	struct kv_node *node[2];            /* positions in current and flight */
	unsigned char end[ENGINE_KEY_MAX];
	size_t end_n;
	enum engine_space space;
};
must_use int kv_iter_open(struct kv *kv, enum engine_space space, struct str from, struct str end, struct kv_iter *ret);
must_use int kv_iter_next(struct kv_iter *it);
must_use int kv_iter_seek(struct kv_iter *it, struct str key);      /* forward */
void kv_iter_close(struct kv_iter *it);

/* Writes, within an operation. Both copy. */
must_use int kv_op_begin(struct kv *kv);    /* E_FULL while writes are refused, E_BUSY when the batch is too large */
void kv_put(struct kv *kv, enum engine_space space, struct str key, struct str value);
void kv_remove(struct kv *kv, enum engine_space space, struct str key);
/* Keeps (r == OK) or undoes the operation's writes; returns r. */
int kv_op_end(struct kv *kv, int r);

/* Commit numbers. */
uint64_t kv_durable(const struct kv *kv);
uint64_t kv_current(const struct kv *kv);   /* the number that a write made now will get */
uint64_t
kv_newest(const struct kv *kv); /* the newest batch that holds a write: what a reader of anything may have seen */
bool kv_refusing(const struct kv *kv);

/* Calls w->fn with OK once commit is durable, or with the error of the batch that held it. At once when it is
 * durable already. The waiter is the caller's and must live until then. */
struct kv_waiter {
	void (*fn)(struct kv_waiter *w, int err);
	struct kv_waiter *next;
	uint64_t commit;
};
void kv_release(struct kv *kv, struct kv_waiter *w, uint64_t commit);
void kv_cancel(struct kv *kv, struct kv_waiter *w);     /* forgets a waiter that has not been called */

void kv_flush(struct kv *kv);       /* hands the current batch over when the committer is idle: once a loop turn */
void kv_poll(struct kv *kv);        /* takes the committer's result: when notified */
int kv_settle(struct kv *kv);       /* blocks until everything is durable; OK or the error of a batch */
int kv_probe(struct kv *kv);        /* while refusing: tries to take writes again (blocks for one small commit) */

#endif
