/* A connection as handlers see it: bytes in, bytes out, plain or TLS alike. Fibers only; every waiting call takes
 * a deadline (clock_mono_ms) and can return E_TIMEOUT, E_CANCELLED, E_CLOSED (orderly end) or E_IO.
 *
 *    while (smtp_line_next(&in, &line) == E_AGAIN)
 *            if ((r = stream_read(s, deadline)) != OK) ...
 *
 * Output is collected and leaves in one write at stream_flush, or earlier when it passes STREAM_OUT_FLUSH: the
 * writer then waits until the peer has taken it (back-pressure). stream_read flushes first: a session that waits
 * for its peer never sits on an answer. Buffers are given back while a session waits with nothing in them. */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include "base/base.h"
#include "os/net.h"

enum { STREAM_IN_MAX = 64 << 10, STREAM_OUT_FLUSH = 64 << 10 };

struct stream;
typedef struct ssl_st SSL;

struct stream *stream_new(int fd);                      /* takes fd */
void stream_free(struct stream *s);                     /* closes without waiting; takes NULL */
must_use int stream_connect(const struct net_address *to, const struct net_address *bind_to, int64_t deadline, struct stream **ret);

struct str stream_in(const struct stream *s);           /* what was read and not consumed; valid until the next call */
void stream_consume(struct stream *s, size_t n);
must_use int stream_read(struct stream *s, int64_t deadline);        /* waits for at least one more byte; E_TOOBIG when STREAM_IN_MAX wait unconsumed */
/* Takes what stands at the very front of a connection and is not for the session (a PROXY header): before any other read, and not a byte
 * more, since a TLS handshake may follow at once. take() gets all of it that has come: OK and its length, E_AGAIN for more (at most max
 * bytes in all, else E_TOOBIG), or why the connection shall end. */
typedef int stream_front_fn(struct str in, size_t *ret_used, void *ctx);
must_use int stream_take_front(struct stream *s, size_t max, int64_t deadline, stream_front_fn *take, void *ctx);
/* True when bytes can be read now without waiting (early talkers): looks at the socket, consumes nothing. */
bool stream_has_input(struct stream *s);

void stream_set_timeout(struct stream *s, int64_t ms);  /* how long one write may wait for the peer; default 5 minutes */
must_use int stream_write(struct stream *s, struct str bytes);       /* collected; may wait as above */
must_use int stream_printf(struct stream *s, const char *fmt, ...) printf_like(2, 3);
struct buf *stream_out(struct stream *s);               /* to append in place; follow with stream_write(s, STR("")) now and then */
must_use int stream_flush(struct stream *s);

/* TLS on this connection with a prepared SSL object (tls.h), which the stream then owns. What was read in clear and not
 * consumed is dropped (A05, A06). A TLS close in mid-stream is E_CLOSED, never clear text again (A08). */
must_use int stream_tls_accept(struct stream *s, SSL *ssl, int64_t deadline);
must_use int stream_tls_connect(struct stream *s, SSL *ssl, int64_t deadline);
SSL *stream_tls(const struct stream *s);                /* NULL in clear */
void stream_close(struct stream *s, int64_t deadline);  /* flush, close_notify, half-close; then stream_free */
int stream_fd(const struct stream *s);
uint64_t stream_bytes_in(const struct stream *s);

#endif
