/* Descriptors: closing by scope, sealed memory files for bodies, passing over unix sockets. */
#ifndef OS_FD_H
#define OS_FD_H

#include "base/base.h"

#include <sys/types.h>

void fd_close(int *fd);                                     /* closes *fd when >= 0, sets it to -1 */
#define auto_fd __attribute__((cleanup(fd_close))) int

must_use int fd_nonblocking(int fd);
must_use int fd_pair(int ret[2]);                           /* unix stream pair, close-on-exec, non-blocking */

/* A memory file. fd_memory makes an empty one; fd_seal makes it unchangeable (no write, grow, shrink, exec).
 * A receiver must fd_map, which refuses what is not sealed: a peer could change it while it is read. */
must_use int fd_memory(const char *name, int *ret);
must_use int fd_write_all(int fd, struct str bytes);
must_use int fd_read_all(int fd, struct buf *out);          /* from the current position to the end */
must_use int fd_seal(int fd);
must_use int fd_map(int fd, size_t max, struct str *ret);   /* E_DENIED not sealed, E_TOOBIG; unmap with fd_unmap */
/* The same with `room` bytes in front of it, which are ours to write: a whole number of pages. *ret begins with the room. */
must_use int fd_map_behind(int fd, size_t max, size_t room, struct str *ret);
void fd_unmap(struct str mapped);

/* Sends up to one descriptor along with bytes; returns bytes sent, 0 when it would block, or E_IO/E_CLOSED. */
ssize_t fd_send(int sock, struct str bytes, int fd);
/* Receives bytes, and appends descriptors that came along to fds (at most cap; more are closed and E_PROTO).
 * Returns bytes, 0 when it would block, E_CLOSED at the end, E_IO, E_PROTO. */
ssize_t fd_receive(int sock, void *p, size_t n, int *fds, size_t cap, size_t *count);

#endif
