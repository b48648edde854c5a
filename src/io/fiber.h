/* Fibers: stackful coroutines on one loop, so that code which waits looks like code which calls.
 *
 * All fibers of a process run on its loop's thread, one at a time; a fiber gives the processor up only in
 * fiber_park, which every waiting call of io/ and ipc/ ends in. Each park has a deadline. A fiber that is
 * cancelled gets E_CANCELLED from its current park and from each later one, and unwinds by returning.
 *
 * Stacks are FIBER_STACK bytes with a guard page, taken from a free list. No large arrays on them. */
#ifndef IO_FIBER_H
#define IO_FIBER_H

#include "base/base.h"

struct fiber;
typedef void fiber_fn(void *arg);

enum { FIBER_STACK = 256 << 10 };       /* virtual; only touched pages cost memory */
#define FIBER_FOREVER INT64_MAX

/* Starts fn(arg) in a new fiber; it runs first when the current callback or fiber gives up. The fiber frees
 * itself when fn returns. The pointer is valid until then. */
struct fiber *fiber_start(fiber_fn *fn, void *arg);
struct fiber *fiber_current(void);                  /* NULL outside a fiber */

/* Suspends the current fiber until somebody wakes it, or until deadline (clock_mono_ms; FIBER_FOREVER for none).
 * Returns what fiber_wake gave, E_TIMEOUT or E_CANCELLED. Wake-ups may be spurious: callers loop on a condition. */
must_use int fiber_park(int64_t deadline);
/* The same, but neither deadline nor cancellation ends it: for work in the pool that owns our memory. */
int fiber_park_fixed(void);
/* Makes a parked fiber ready with a result; nothing happens when it is not parked. */
void fiber_wake(struct fiber *f, int result);
void fiber_cancel(struct fiber *f);
bool fiber_cancelled(void);

/* Ends the current fiber at once, from any depth (an arena that is full). What it owns must be freed by on_exit. */
noreturn_fn void fiber_exit(void);
void fiber_on_exit(void (*fn)(void *ctx), void *ctx);   /* runs when the current fiber ends, however it ends; one a fiber */

must_use int fiber_sleep(int64_t ms);
void fiber_yield(void);                             /* lets others run, then goes on */
size_t fiber_count(void);                           /* that live */

/* Fibers that wait for a condition: a queue of waiters. */
struct waiters { struct waiter *first, **last; };
void waiters_init(struct waiters *w);
must_use int waiters_wait(struct waiters *w, int64_t deadline);     /* OK when woken */
void waiters_wake_one(struct waiters *w);
void waiters_wake_all(struct waiters *w);

/* Called by loop.c: runs all fibers that are ready; true when there was one. Never from inside a fiber. */
bool fiber_run_ready(void);

#endif
