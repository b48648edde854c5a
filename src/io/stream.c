#include "io/stream.h"

#include "io/fiber.h"
#include "io/ready.h"
#include "os/clock.h"
#include "os/fd.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_STEP = 16 << 10, OUT_MAX = 4 << 20 };

struct stream {
	int fd;
	struct ready *ready;
	SSL *ssl;
	struct buf in, out;
	size_t consumed;            /* of in, at the front */
	int64_t write_timeout;
	uint64_t bytes_in;
	bool maybe_more;            /* the last read filled its buffer, or TLS holds decrypted bytes */
};

struct stream *stream_new(int fd)
{
	struct stream *s = mem_new(struct stream);
	s->fd = fd;
	s->ready = ready_new(fd);
	s->write_timeout = 300000;
	buf_init(&s->in, STREAM_IN_MAX + IN_STEP);
	buf_init(&s->out, OUT_MAX);
	return s;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	SSL_free(s->ssl);
	ERR_clear_error();
	ready_free(s->ready);
	fd_close(&s->fd);
	buf_done(&s->in);
	buf_done(&s->out);
	mem_free(s);
}

int stream_connect(const struct net_address *to, const struct net_address *bind_to, int64_t deadline, struct stream **ret)
{
	int fd;
	int r = net_connect_start(to, bind_to, &fd);
	if (r != OK)
		return r;
	struct stream *s = stream_new(fd);
	r = ready_wait_write(s->ready, deadline);
	if (r == OK)
		r = net_connect_result(fd);
	if (r != OK) {
		stream_free(s);
		return r;
	}
	*ret = s;
	return OK;
}

int stream_fd(const struct stream *s) { return s->fd; }
SSL *stream_tls(const struct stream *s) { return s->ssl; }
uint64_t stream_bytes_in(const struct stream *s) { return s->bytes_in; }
void stream_set_timeout(struct stream *s, int64_t ms) { s->write_timeout = ms; }
struct buf *stream_out(struct stream *s) { return &s->out; }

struct str stream_in(const struct stream *s)
{
	return str_skip(buf_str(&s->in), s->consumed);
}

void stream_consume(struct stream *s, size_t n)
{
	s->consumed += n;
	if (s->consumed >= s->in.n) {
		s->consumed = 0;
		buf_clear(&s->in);
	}
}

bool stream_has_input(struct stream *s)
{
	char c;
	return stream_in(s).n || recv(s->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

/* What an SSL call that did not succeed means: OK after waiting for the socket (call again), or an error. */
static int tls_wait(struct stream *s, int result, int64_t deadline)
{
	int e = SSL_get_error(s->ssl, result);
	/* who hangs up without a word of TLS has gone, and broken nothing */
	if (e == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		e = SSL_ERROR_SYSCALL;
	ERR_clear_error();
	switch (e) {
	case SSL_ERROR_WANT_READ: return ready_wait_read(s->ready, deadline);
	case SSL_ERROR_WANT_WRITE: return ready_wait_write(s->ready, deadline);
	case SSL_ERROR_ZERO_RETURN: return E_CLOSED;
	case SSL_ERROR_SYSCALL: return E_CLOSED;
	default: return E_PROTO;
	}
}

static int read_tls(struct stream *s, size_t room, int64_t deadline, size_t *ret)
{
	for (;;) {
		ERR_clear_error();
		int k = SSL_read(s->ssl, s->in.p + s->in.n, (int)room);
		if (k > 0) {
			*ret = (size_t)k;
			s->maybe_more = SSL_pending(s->ssl) > 0;
			return OK;
		}
		int r = tls_wait(s, k, deadline);
		if (r != OK)
			return r;
	}
}

static int read_plain(struct stream *s, size_t room, int64_t deadline, size_t *ret)
{
	for (;;) {
		if (!s->maybe_more) {
			int r = ready_wait_read(s->ready, deadline);
			if (r != OK)
				return r;
		}
		s->maybe_more = false;
		ssize_t k = recv(s->fd, s->in.p + s->in.n, room, MSG_DONTWAIT);
		if (k > 0) {
			*ret = (size_t)k;
			s->maybe_more = (size_t)k == room;
			return OK;
		}
		if (k == 0)
			return E_CLOSED;
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			return errno == ECONNRESET ? E_CLOSED : E_IO;
	}
}

/* Makes room for a read; an empty buffer is given back before waiting, so that an idle session holds none. */
static int in_room(struct stream *s, size_t *ret)
{
	if (s->consumed) {
		buf_consume(&s->in, s->consumed);
		s->consumed = 0;
	}
	if (s->in.n >= STREAM_IN_MAX)
		return E_TOOBIG;
	int r = buf_reserve(&s->in, IN_STEP);
	if (r == OK)
		*ret = s->in.cap - s->in.n;
	return r;
}

int stream_read(struct stream *s, int64_t deadline)
{
	size_t room, got;
	int r = stream_flush(s);
	if (r != OK)
		return r;
	if (s->in.n == 0 && !s->maybe_more && !s->ssl) {
		buf_shrink(&s->in);
		r = ready_wait_read(s->ready, deadline);
		if (r != OK)
			return r;
		s->maybe_more = true;
	} else if (s->in.n == 0 && s->ssl && !SSL_has_pending(s->ssl)) {
		buf_shrink(&s->in);
		r = ready_wait_read(s->ready, deadline);
		if (r != OK)
			return r;
	}
	r = in_room(s, &room);
	if (r == OK)
		r = s->ssl ? read_tls(s, room, deadline, &got) : read_plain(s, room, deadline, &got);
	if (r != OK)
		return r;
	s->in.n += got;
	s->bytes_in += got;
	return OK;
}

/* Looks at what has come without taking it. */
static int peek(struct stream *s, char *p, size_t room, int64_t deadline, size_t *ret)
{
	for (;;) {
		ssize_t k = recv(s->fd, p, room, MSG_PEEK | MSG_DONTWAIT);
		if (k > 0) {
			*ret = (size_t)k;
			return OK;
		}
		if (k == 0)
			return E_CLOSED;
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			return errno == ECONNRESET ? E_CLOSED : E_IO;
		int r = ready_wait_read(s->ready, deadline);
		if (r != OK)
			return r;
	}
}

/* Takes n bytes that were looked at. */
static int drop(struct stream *s, char *p, size_t n)
{
	return recv(s->fd, p, n, MSG_DONTWAIT) == (ssize_t)n ? OK : E_IO;
}

int stream_take_front(struct stream *s, size_t max, int64_t deadline, stream_front_fn *take, void *ctx)
{
	struct buf front;
	int r = E_AGAIN;
	buf_init(&front, max);
	while (r == E_AGAIN) {
		size_t had = front.n, got, used;
		r = had < max ? buf_reserve(&front, max - had) : E_TOOBIG;
		if (r == OK)
			r = peek(s, front.p + had, max - had, deadline, &got);
		if (r != OK)
			break;
		front.n += got;
		r = take(buf_str(&front), &used, ctx);
		/* what it did not decide on belongs to it; of the last piece only its part does */
		size_t mine = r == OK ? used - had : got;
		if (r == OK || r == E_AGAIN) {
			int taken = drop(s, front.p + had, mine);
			r = taken == OK ? r : taken;
		}
	}
	buf_done(&front);
	return r;
}

static int write_some(struct stream *s, struct str bytes, int64_t deadline, size_t *ret)
{
	for (;;) {
		int r;
		if (s->ssl) {
			ERR_clear_error();
			int k = SSL_write(s->ssl, bytes.p, bytes.n > INT32_MAX ? INT32_MAX : (int)bytes.n);
			if (k > 0) {
				*ret = (size_t)k;
				return OK;
			}
			r = tls_wait(s, k, deadline);
		} else {
			ssize_t k = send(s->fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (k >= 0) {
				*ret = (size_t)k;
				return OK;
			}
			if (errno == EPIPE || errno == ECONNRESET)
				return E_CLOSED;
			if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
				return E_IO;
			r = ready_wait_write(s->ready, deadline);
		}
		if (r != OK)
			return r;
	}
}

static int write_all(struct stream *s, struct str bytes)
{
	while (bytes.n) {
		size_t k;
		int r = write_some(s, bytes, clock_mono_ms() + s->write_timeout, &k);
		if (r != OK)
			return r;
		bytes = str_skip(bytes, k);
	}
	return OK;
}

int stream_flush(struct stream *s)
{
	if (!s->out.n)
		return OK;
	int r = write_all(s, buf_str(&s->out));
	buf_clear(&s->out);
	if (s->out.cap > 4096)
		buf_shrink(&s->out);
	return r;
}

int stream_write(struct stream *s, struct str bytes)
{
	int r = OK;
	if (s->out.n + bytes.n > STREAM_OUT_FLUSH) {
		r = stream_flush(s);
		if (r == OK && bytes.n > STREAM_OUT_FLUSH / 2)
			return write_all(s, bytes);
	}
	return r == OK ? buf_put_str(&s->out, bytes) : r;
}

int stream_printf(struct stream *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int r = buf_vprintf(&s->out, fmt, ap);
	va_end(ap);
	return r == OK ? stream_write(s, STR("")) : r;
}

static int handshake(struct stream *s, SSL *ssl, int (*step)(SSL *), int64_t deadline)
{
	int r = stream_flush(s);
	stream_consume(s, stream_in(s).n);
	s->maybe_more = false;
	s->ssl = ssl;
	SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (r == OK && SSL_set_fd(ssl, s->fd) != 1)
		r = E_IO;
	while (r == OK) {
		ERR_clear_error();
		int k = step(ssl);
		if (k == 1)
			return OK;
		r = tls_wait(s, k, deadline);
	}
	return r;
}

int stream_tls_accept(struct stream *s, SSL *ssl, int64_t deadline) { return handshake(s, ssl, SSL_accept, deadline); }
int stream_tls_connect(struct stream *s, SSL *ssl, int64_t deadline) { return handshake(s, ssl, SSL_connect, deadline); }

void stream_close(struct stream *s, int64_t deadline)
{
	int64_t left = deadline - clock_mono_ms();
	stream_set_timeout(s, left > 0 ? left : 0);
	if (stream_flush(s) == OK && s->ssl && SSL_is_init_finished(s->ssl)) {
		ERR_clear_error();
		SSL_shutdown(s->ssl);
		ERR_clear_error();
	}
	shutdown(s->fd, SHUT_WR);
	stream_free(s);
}
