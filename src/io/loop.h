/* The one loop of a process (libuv), its thread pool, and signals. */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/base.h"

typedef struct uv_loop_s uv_loop_t;

void loop_init(void);                   /* once, before anything else of io/; ignores SIGPIPE */
void loop_run(void);                    /* until loop_stop */
void loop_stop(void);
uv_loop_t *loop_uv(void);

/* Calls fn(arg) in the thread pool; the fiber waits for it, whatever happens: fn owns arg meanwhile. */
void pool_run(void (*fn)(void *arg), void *arg);
/* Threads of the pool; call before the first pool_run. */
void pool_size(unsigned threads);

/* fn(ctx) before each time the loop waits for events: where writes that were collected leave together.
 * The hook is the caller's and must live as long as the loop. */
struct loop_hook { void (*fn)(void *ctx); void *ctx; struct loop_hook *next; };
void loop_before_wait(struct loop_hook *hook);

/* on_signal(number) runs on the loop, outside fibers. */
must_use int loop_signal(int number, void (*on_signal)(int number));

/* A timer that fires every period ms (or once with period 0) on the loop, outside fibers. Never freed. */
must_use int loop_timer(int64_t first_ms, int64_t period_ms, void (*fn)(void *ctx), void *ctx);

#endif
