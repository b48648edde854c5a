#include "io/ready.h"

#include "io/fiber.h"
#include "io/loop.h"

#include <stdlib.h>
#include <uv.h>

struct ready {
	uv_poll_t poll;
	int armed;                          /* UV_READABLE | UV_WRITABLE that the kernel watches */
	struct fiber *reader, *writer;
	void (*on_readable)(void *ctx);
	void *readable_ctx;
	void (*on_writable)(void *ctx);
	void *writable_ctx;
	bool *gone;                         /* set while a callback runs, so that it may free us */
};

struct ready *ready_new(int fd)
{
	struct ready *r = mem_new(struct ready);
	if (uv_poll_init(loop_uv(), &r->poll, fd) != 0)
		abort();
	r->poll.data = r;
	return r;
}

static void closed(uv_handle_t *h) { mem_free(h->data); }

void ready_free(struct ready *r)
{
	if (!r)
		return;
	if (r->gone)
		*r->gone = true;
	uv_poll_stop(&r->poll);
	uv_close((uv_handle_t *)&r->poll, closed);
}

static void on_event(uv_poll_t *p, int status, int events);

static void arm(struct ready *r, int events)
{
	if (events == r->armed)
		return;
	r->armed = events;
	if (!events)
		uv_poll_stop(&r->poll);
	else if (uv_poll_start(&r->poll, events, on_event) != 0)
		abort();
}

static int wanted(const struct ready *r)
{
	return (r->reader || r->on_readable ? UV_READABLE : 0) | (r->writer || r->on_writable ? UV_WRITABLE : 0);
}

static void on_event(uv_poll_t *p, int status, int events)
{
	struct ready *r = p->data;
	if (status < 0) {
		/* libuv stopped the handle; whoever waits will see the error from its own read or write */
		r->armed = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	int idle = events & ~wanted(r);
	if (idle)
		arm(r, r->armed & ~idle);
	if ((events & UV_READABLE) && r->reader)
		fiber_wake(r->reader, OK);
	if ((events & UV_WRITABLE) && r->writer)
		fiber_wake(r->writer, OK);
	bool gone = false;
	r->gone = &gone;
	if ((events & UV_WRITABLE) && r->on_writable) {
		void (*fn)(void *) = r->on_writable;
		r->on_writable = NULL;
		fn(r->writable_ctx);
	}
	if (!gone && (events & UV_READABLE) && r->on_readable)
		r->on_readable(r->readable_ctx);
	if (!gone)
		r->gone = NULL;
	fiber_run_ready();
}

int ready_wait_read(struct ready *r, int64_t deadline)
{
	r->reader = fiber_current();
	arm(r, r->armed | UV_READABLE);
	int e = fiber_park(deadline);
	r->reader = NULL;
	return e;
}

int ready_wait_write(struct ready *r, int64_t deadline)
{
	r->writer = fiber_current();
	arm(r, r->armed | UV_WRITABLE);
	int e = fiber_park(deadline);
	r->writer = NULL;
	return e;
}

void ready_watch(struct ready *r, void (*on_readable)(void *ctx), void *ctx)
{
	r->on_readable = on_readable;
	r->readable_ctx = ctx;
	arm(r, r->armed | UV_READABLE);
}

void ready_unwatch(struct ready *r)
{
	r->on_readable = NULL;
	arm(r, r->armed & ~UV_READABLE);
}

void ready_watch_write_once(struct ready *r, void (*on_writable)(void *ctx), void *ctx)
{
	r->on_writable = on_writable;
	r->writable_ctx = ctx;
	arm(r, r->armed | UV_WRITABLE);
}
