#include "role/http/http_connection.h"

#include "ipc/channel.h"
#include "ipc/guard_report.h"
#include "ipc/tls_keys.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/guard/guard_event.h"
#include "proto/proxy/proxy_header.h"

#include <sys/socket.h>

enum { AUTH_MS = 30 * 1000, CLOSE_MS = 5 * 1000, WRITE_MS = 30 * 1000, LINGER_MS = 2 * 1000, LINGER_BYTES = 1 << 20 };

static struct stream *stream_of(void *ctx) { return ((struct http_connection *)ctx)->stream; }

static struct str env_in(void *ctx) { return stream_in(stream_of(ctx)); }
static void env_consume(void *ctx, size_t n) { stream_consume(stream_of(ctx), n); }
static int env_read(void *ctx, int64_t deadline) { return stream_read(stream_of(ctx), deadline); }
static struct buf *env_out(void *ctx) { return stream_out(stream_of(ctx)); }
static int env_flush(void *ctx) { return stream_flush(stream_of(ctx)); }

static noreturn_fn void env_overflow(void *ctx)
{
	struct http_connection *c = ctx;
	log_event(LOG_WARNING, "http.session_memory", LOG_C("peer", c->session.peer), LOG_END);
	fiber_exit();
}

/* For the guard: what a stranger did. Never waits. */
static void saw(const struct http_connection *c, enum guard_kind kind)
{
	char room[16];
	struct ipc_guard_event_note e = { .kind = kind, .source = guard_report_source(&c->peer, room) };
	if (e.source.n)
		guard_report(&e);
}

/* Who only looks whether the port is open breaks no rule; one refused code or form is none either, only what is no HTTP (http_session.c). */
static void saw_handshake(const struct http_connection *c, int err)
{
	if (err == E_PROTO)
		saw(c, GUARD_TLS_FAILED);
	else if (err == E_TIMEOUT)
		saw(c, GUARD_SLOW);
}

/* The path and no more: a query may hold what nobody should read in a log. */
static void env_tell(void *ctx, const struct http_exchange *x)
{
	struct http_connection *c = ctx;
	bool ours = x->response.status == 500 || x->response.status == 503;
	log_event(ours ? LOG_WARNING : LOG_DEBUG, "http.request", LOG_C("peer", c->session.peer), LOG_S("method", x->request.method),
		  LOG_S("path", x->path), LOG_U("status", x->response.status), LOG_END);
}

static void env_saw(void *ctx, enum guard_kind kind) { saw(ctx, kind); }

#define CALL(name)                                                                                                             \
	static int call_##name(const struct ipc_##name##_req *q, struct ipc_##name##_rep *ret, struct ipc_hold *hold)          \
	{                                                                                                                      \
		return ipc_call_##name(NULL, q, ret, hold, AUTH_MS);                                                           \
	}
HTTP_CALLS(CALL)
#undef CALL

static const struct http_env env = {
	.in = env_in,
	.consume = env_consume,
	.read = env_read,
	.out = env_out,
	.flush = env_flush,
	.mono = clock_mono_ms,
	.now = clock_real,
	.random = random_bytes,
#define CALL(name) .name = call_##name,
	HTTP_CALLS(CALL)
#undef CALL
	.saw = env_saw,
	.overflow = env_overflow,
	.tell = env_tell,
};

struct http_connection *http_connection_new(int fd, const struct net_address *peer, enum conf_service service, const struct conf *conf,
					    const struct http_site *site)
{
	struct http_connection *c = mem_new(struct http_connection);
	c->stream = stream_new(fd);
	stream_set_timeout(c->stream, WRITE_MS);
	http_session_init(&c->session, &env, c, conf, site, conf_services[service].tls);
	http_connection_peer(c, peer);
	return c;
}

void http_connection_peer(struct http_connection *c, const struct net_address *peer)
{
	c->peer = *peer;
	net_format(peer, c->session.peer);
}

void http_connection_free(struct http_connection *c)
{
	http_session_done(&c->session);
	stream_free(c->stream);
	mem_free(c);
}

static int take_header(struct str in, size_t *ret_used, void *ctx)
{
	return proxy_header_parse(in, ctx, ret_used);
}

int http_connection_hear_front_end(struct http_connection *c, struct net_address *client)
{
	struct proxy_header h;
	c->handshaking = true;
	int r = stream_take_front(c->stream, PROXY_V2_MAX, clock_mono_ms() + (int64_t)c->session.conf->server.proxy_timeout * 1000, take_header, &h);
	c->handshaking = false;
	if (r != OK)
		log_event(LOG_WARNING, "http.front_end", LOG_C("peer", c->session.peer), LOG_E(r), LOG_END);
	if (r != OK || h.local)
		return r;
	*client = (struct net_address){ .v6 = h.source.v6, .port = h.source_port };
	memcpy(client->bytes, h.source.bytes, sizeof client->bytes);
	return OK;
}

static uint64_t handshakes;        /* under way in this process */

/* Handshakes that do not get on are limited in time and number (A20). */
static int shake_hands(struct http_connection *c)
{
	if (!c->session.tls)
		return OK;
	if (handshakes >= c->session.conf->limits.unfinished_handshakes)
		return E_BUSY;
	SSL *ssl = tls_keys_session("http/1.1");
	if (!ssl)
		return E_UNSUPPORTED;
	handshakes++;
	c->handshaking = true;
	int r = stream_tls_accept(c->stream, ssl, clock_mono_ms() + (int64_t)c->session.conf->http.handshake_timeout * 1000);
	c->handshaking = false;
	handshakes--;
	return r;
}

/* A socket that is closed with input unread resets the connection, and our last answer may be lost on the way: who was
 * turned out gets a moment to see it and hang up. */
static void let_go(struct http_connection *c)
{
	int64_t deadline = clock_mono_ms() + LINGER_MS;
	uint64_t limit = stream_bytes_in(c->stream) + LINGER_BYTES;
	if (stream_flush(c->stream) != OK)
		return;
	if (!stream_tls(c->stream))
		shutdown(stream_fd(c->stream), SHUT_WR);
	do
		stream_consume(c->stream, stream_in(c->stream).n);
	while (stream_bytes_in(c->stream) < limit && stream_read(c->stream, deadline) == OK);
}

void http_connection_run(struct http_connection *c)
{
	saw(c, GUARD_CONNECT);
	int r = shake_hands(c);
	saw_handshake(c, r);
	if (r == OK)
		r = http_session_run(&c->session);
	log_event(LOG_DEBUG, "http.session", LOG_C("peer", c->session.peer), LOG_U("requests", c->session.requests), LOG_E(r), LOG_END);
	if (r == OK && c->session.turned_out)
		let_go(c);
	if (r == OK)
		stream_close(c->stream, clock_mono_ms() + CLOSE_MS);
	else
		stream_free(c->stream);
	c->stream = NULL;
}
