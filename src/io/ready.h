/* Waiting for a descriptor to become readable or writable, in a fiber. One reader and one writer at a time.
 *
 * Interest stays armed in the kernel after a wait, since the next one usually wants the same: a request and
 * answer costs no epoll_ctl. An event that nobody waits for disarms it. */
#ifndef IO_READY_H
#define IO_READY_H

#include "base/base.h"

struct ready;
struct ready *ready_new(int fd);                /* fd stays the caller's; the parts that wait must be gone before ready_free */
void ready_free(struct ready *r);               /* the caller may close fd afterwards */
must_use int ready_wait_read(struct ready *r, int64_t deadline);     /* OK, E_TIMEOUT, E_CANCELLED */
must_use int ready_wait_write(struct ready *r, int64_t deadline);

/* Outside fibers: calls on_readable(ctx) whenever fd is readable, until ready_free. */
void ready_watch(struct ready *r, void (*on_readable)(void *ctx), void *ctx);
void ready_unwatch(struct ready *r);
/* The same for one writable event. */
void ready_watch_write_once(struct ready *r, void (*on_writable)(void *ctx), void *ctx);

#endif
