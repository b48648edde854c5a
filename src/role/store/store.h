/* The store's model, without processes: accounts, mailboxes, e-mails, threads; directory; queue. One thread calls it.
 *
 * Every function works at once on the newest state and never waits for the disk. What it answers may leave the
 * process only when everything it saw is durable:
 *
 *     store_call_begin(st);
 *     r = store_append(st, ...);                      // any number of functions
 *     store_release(st, &w, store_call_seen(st));     // w.fn(&w, err): now the answer may go, or the error instead
 *     ...
 *     store_flush(st);                                // once a turn of the loop, after all calls of the turn
 *
 * A function that fails has changed nothing. Errors of all of them, beside those named at each: E_FULL (the disk is
 * full or has failed, writes are refused for now), E_BUSY (too much waits to be written), E_IO, E_CORRUPT.
 * When a commit fails, every answer that depended on it becomes E_FULL or E_IO at its release; state returns to what
 * is on disk.
 *
 * Dates are seconds since 1970. The model reads no clock: `now` is an argument, and
 * what leases go by is store_options.steady. */
#ifndef STORE_H
#define STORE_H

#include "role/store/engine.h"
#include "role/store/kv.h"

enum { STORE_FORMAT = 1 };              /* of everything on disk; a newer one is refused at opening */

struct store;

struct store_options {
	struct engine *engine;              /* the store's from now on, also when opening fails */
	size_t cache_max;                   /* bytes of accounts and mailboxes kept decoded; 0: 64 MiB */
	void (*notify)(void *ctx);          /* on another thread: call store_poll soon */
	/* A mailbox has changed and the change is durable. mailbox 0: the list of mailboxes itself. */
	void (*changed)(void *ctx, uint32_t account, uint32_t mailbox, uint64_t modseq);
	/* The queue holds something due at this time or before (durable). */
	void (*queued)(void *ctx, int64_t due);
	/* Seconds that never step, for leases: a clock that is set while an attempt runs must not let a second one begin (B52). NULL:
	 * leases go by `now`. */
	int64_t (*steady)(void *ctx);
	void *ctx;
};

/* E_UNSUPPORTED: written by a newer version. E_CORRUPT: not a store. reterr (may be NULL): a line for the log. */
must_use int store_open(const struct store_options *o, struct store **ret, struct buf *reterr);
void store_close(struct store *st);     /* waits for the disk; takes NULL */

void store_call_begin(struct store *st);
uint64_t store_call_seen(const struct store *st);
void store_call_see(struct store *st, uint64_t seen);      /* a call that was interrupted goes on: it saw this before */
void store_release(struct store *st, struct kv_waiter *w, uint64_t seen);
void store_release_cancel(struct store *st, struct kv_waiter *w);
void store_flush(struct store *st);
void store_poll(struct store *st);
int store_settle(struct store *st);     /* blocks until all is durable: tests, tools, shutdown */

uint64_t store_recounts(const struct store *st);     /* mailboxes whose counters were found wrong and set right */
bool store_refusing(const struct store *st);        /* a commit has failed; store_probe every second or so */
const char *store_why(const struct store *st);      /* the engine's newest trouble, for the log */
int store_probe(struct store *st);                  /* OK when writes are taken again */

/* Removes a bounded piece of what expunging and deleting left behind (blobs, summaries, whole accounts). Returns true
 * while there is more: call when idle. */
bool store_purge(struct store *st, size_t emails_max);

must_use int store_checkpoint(struct store *st, const char *dir);

/* A set of numbers, as sorted disjoint closed ranges. */
struct store_range { uint32_t from, to; };
struct store_set { struct store_range *v; size_t n, cap; };
/* Numbers come in order: no range begins before the one added last. */
void store_set_add(struct store_set *s, uint32_t v);
void store_set_add_range(struct store_set *s, uint32_t from, uint32_t to);
void store_set_done(struct store_set *s);
size_t store_set_count(const struct store_set *s);
bool store_set_has(const struct store_set *s, uint32_t v);

/* Several operations as one: between these each operation is a part, and all are undone when one failed. */
must_use int store_join_begin(struct store *st);
int store_join_end(struct store *st, int r);

#endif
