#include "io/loop.h"

#include "io/fiber.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static uv_loop_t loop;
static uv_prepare_t prepare;
static struct loop_hook *hooks;

uv_loop_t *loop_uv(void) { return &loop; }

static void before_wait(uv_prepare_t *p)
{
	(void)p;
	fiber_run_ready();
	do {        /* what a hook wakes may have more to send: nothing is left behind when the loop waits */
		for (struct loop_hook *h = hooks; h; h = h->next)
			h->fn(h->ctx);
	} while (fiber_run_ready());
}

void loop_init(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (uv_loop_init(&loop) != 0 || uv_prepare_init(&loop, &prepare) != 0)
		abort();
	uv_prepare_start(&prepare, before_wait);
	uv_unref((uv_handle_t *)&prepare);
}

void loop_run(void)
{
	fiber_run_ready();
	uv_run(&loop, UV_RUN_DEFAULT);
}

void loop_stop(void) { uv_stop(&loop); }

void loop_before_wait(struct loop_hook *hook)
{
	hook->next = hooks;
	hooks = hook;
}

void pool_size(unsigned threads)
{
	char n[16];
	snprintf(n, sizeof n, "%u", threads);
	setenv("UV_THREADPOOL_SIZE", n, 1);
}

struct pool_work { uv_work_t uv; void (*fn)(void *arg); void *arg; struct fiber *fiber; bool done; };

static void work(uv_work_t *w)
{
	struct pool_work *p = w->data;
	p->fn(p->arg);
}

static void worked(uv_work_t *w, int status)
{
	struct pool_work *p = w->data;
	(void)status;
	p->done = true;
	fiber_wake(p->fiber, OK);
	fiber_run_ready();
}

void pool_run(void (*fn)(void *arg), void *arg)
{
	struct pool_work p = { .fn = fn, .arg = arg, .fiber = fiber_current() };
	p.uv.data = &p;
	if (uv_queue_work(&loop, &p.uv, work, worked) != 0)
		abort();
	while (!p.done)
		fiber_park_fixed();
}

struct signal_watch { uv_signal_t uv; void (*fn)(int number); };

static void signalled(uv_signal_t *s, int number)
{
	struct signal_watch *w = s->data;
	w->fn(number);
	fiber_run_ready();
}

int loop_signal(int number, void (*on_signal)(int number))
{
	struct signal_watch *w = mem_new(struct signal_watch);
	w->fn = on_signal;
	w->uv.data = w;
	if (uv_signal_init(&loop, &w->uv) != 0 || uv_signal_start(&w->uv, signalled, number) != 0)
		return E_IO;
	uv_unref((uv_handle_t *)&w->uv);
	return OK;
}

struct ticker { uv_timer_t uv; void (*fn)(void *ctx); void *ctx; };

static void ticked(uv_timer_t *t)
{
	struct ticker *k = t->data;
	k->fn(k->ctx);
	fiber_run_ready();
}

int loop_timer(int64_t first_ms, int64_t period_ms, void (*fn)(void *ctx), void *ctx)
{
	struct ticker *k = mem_new(struct ticker);
	k->fn = fn;
	k->ctx = ctx;
	k->uv.data = k;
	if (uv_timer_init(&loop, &k->uv) != 0 || uv_timer_start(&k->uv, ticked, (uint64_t)first_ms, (uint64_t)period_ms) != 0)
		return E_IO;
	uv_unref((uv_handle_t *)&k->uv);
	return OK;
}
