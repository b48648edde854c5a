/* Accepting connections on a listening socket that was handed in.
 *
 * Connections come in small batches, so that several workers on one socket share them. Out of descriptors (EMFILE, ENFILE): a spare
 * one is given up to accept the client and close it, and the listener rests a moment instead of spinning (B53). */
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include "base/base.h"
#include "os/net.h"

enum { LISTENER_BATCH = 16, LISTENER_REST_MS = 250 };

struct listener;
/* Called on the loop, outside fibers, for each connection: takes fd (non-blocking, close-on-exec). Usually counts, then starts a
 * fiber; it may pause or stop the listener. peer of a unix socket: all zero. */
typedef void listener_fn(int fd, const struct net_address *peer, void *ctx);

struct listener *listener_start(int fd, listener_fn *on_connection, void *ctx);     /* takes fd */
void listener_pause(struct listener *l);        /* clients wait in the kernel's backlog */
void listener_resume(struct listener *l);
void listener_stop(struct listener *l);         /* closes and frees; takes NULL */
uint64_t listener_turned_away(const struct listener *l);    /* closed unserved for want of descriptors */

#endif
