#include "role/imap/imap_connection.h"

#include "ipc/channel.h"
#include "ipc/guard_bans.h"
#include "ipc/guard_report.h"
#include "ipc/tls_keys.h"
#include "os/clock.h"
#include "os/log.h"
#include "proto/proxy/proxy_header.h"

enum { CALL_MS = 30 * 1000, CLOSE_MS = 5 * 1000, WRITE_MS = 5 * 60 * 1000 };

static struct stream *stream_of(void *io) { return ((struct imap_connection *)io)->stream; }

static struct str env_in(void *io) { return stream_in(stream_of(io)); }
static void env_consume(void *io, size_t n) { stream_consume(stream_of(io), n); }

static int env_read(void *io, int64_t deadline)
{
	struct imap_connection *c = io;
	int r = stream_read(c->stream, deadline);
	if (r == OK && !c->session.grant && guard_bans_find(&c->peer) == BAN_SLOW)
		r = fiber_sleep(GUARD_SLOW_MS);
	return r;
}

static struct buf *env_out(void *io) { return stream_out(stream_of(io)); }
static int env_push(void *io) { return stream_write(stream_of(io), STR("")); }
static int env_write(void *io, struct str bytes) { return stream_write(stream_of(io), bytes); }
static int env_flush(void *io) { return stream_flush(stream_of(io)); }

static int env_start_tls(void *io, int64_t deadline)
{
	struct imap_connection *c = io;
	SSL *ssl = tls_keys_session("imap");
	if (!ssl)
		return E_UNSUPPORTED;
	c->handshaking = true;
	int r = stream_tls_accept(c->stream, ssl, deadline);
	c->handshaking = false;
	c->session.has_exporter = r == OK && tls_exporter(stream_tls(c->stream), STR(SCRAM_EXPORTER_LABEL), c->session.exporter, SCRAM_EXPORTER) == OK;
	return r;
}

/* A store that cannot be told has lost the grant with its channel. */
static void env_grant_close(uint64_t grant)
{
	struct channel *store = channel_to(ROLE_STORE, UINT32_MAX);
	if (store && ipc_note_grant_close(store, &(struct ipc_grant_close_note){ .grant = grant }) != OK)
		log_event(LOG_WARNING, "imap.grant_not_closed", LOG_U("grant", grant), LOG_END);
}

static void job_fiber(void *arg)
{
	struct imap_job *job = arg;
	int r = job->run(job);
	job->result = r == E_CANCELLED ? E_CLOSED : r;      /* cancelled is what the session is, not its helper */
	job->done = true;
	if (job->abandoned)
		imap_job_free(job);
	else if (job->waiting)
		fiber_wake(job->waiting, OK);
}

static void env_job_start(struct imap_job *job)
{
	fiber_start(job_fiber, job);
}

/* The call within has its own deadline. */
static int env_job_wait(struct imap_job *job)
{
	int r = OK;
	job->waiting = fiber_current();
	while (!job->done && r == OK)
		r = fiber_park(FIBER_FOREVER);
	job->waiting = NULL;
	return job->done ? OK : r;
}

static void env_tell_guard(struct imap_session *s, enum guard_kind kind)
{
	const struct imap_connection *c = s->io;
	char room[16];
	struct ipc_guard_event_note e = { .kind = kind, .source = guard_report_source(&c->peer, room) };
	if (e.source.n)
		guard_report(&e);
}

static void env_signed_out(struct imap_session *s)
{
	struct imap_connection *c = s->io;
	c->signed_out(c);
}

static void env_signed_in(struct imap_session *s)
{
	struct imap_connection *c = s->io;
	c->signed_in(c);
}

#define IMAP_CALL(name)                                                                                                \
	static int call_##name(const struct ipc_##name##_req *q, struct ipc_##name##_rep *ret, struct ipc_hold *hold)  \
	{                                                                                                              \
		return ipc_call_##name(NULL, q, ret, hold, CALL_MS);                                                   \
	}
IMAP_CALLS(IMAP_CALL)
#undef IMAP_CALL

static const struct imap_env env = {
	.in = env_in,
	.consume = env_consume,
	.read = env_read,
	.out = env_out,
	.push = env_push,
	.write = env_write,
	.flush = env_flush,
	.start_tls = env_start_tls,
	.now = clock_mono_ms,
	.real = clock_real,
	.job_start = env_job_start,
	.job_wait = env_job_wait,
	.grant_close = env_grant_close,
	.signed_in = env_signed_in,
	.signed_out = env_signed_out,
	.tell_guard = env_tell_guard,
#define IMAP_CALL(name) .name = call_##name,
	IMAP_CALLS(IMAP_CALL)
#undef IMAP_CALL
};

static noreturn_fn void memory_full(void *ctx)
{
	struct imap_session *s = ctx;
	log_event(LOG_WARNING, "imap.session_memory", LOG_C("peer", s->peer), LOG_S("command", s->reader.command.name),
		  LOG_END);
	fiber_exit();
}

struct imap_connection *imap_connection_new(int fd, const struct net_address *peer, enum conf_service service,
					    const struct imap_conf *conf)
{
	struct imap_connection *c = mem_new(struct imap_connection);
	c->stream = stream_new(fd);
	stream_set_timeout(c->stream, WRITE_MS);
	c->service = service;
	imap_session_init(&c->session, &env, conf, c, memory_full);
	imap_connection_peer(c, peer);
	return c;
}

void imap_connection_peer(struct imap_connection *c, const struct net_address *peer)
{
	c->peer = *peer;
	net_format(peer, c->session.peer);
}

void imap_connection_free(struct imap_connection *c)
{
	imap_session_done(&c->session);
	stream_free(c->stream);
	mem_free(c);
}

static int take_header(struct str in, size_t *ret_used, void *ctx)
{
	return proxy_header_parse(in, ctx, ret_used);
}

int imap_connection_hear_front_end(struct imap_connection *c, struct net_address *client)
{
	struct proxy_header h;
	c->handshaking = true;
	int r = stream_take_front(c->stream, PROXY_V2_MAX, clock_mono_ms() + c->session.conf->proxy_ms, take_header, &h);
	c->handshaking = false;
	if (r != OK)
		log_event(LOG_WARNING, "imap.front_end", LOG_C("peer", c->session.peer), LOG_E(r), LOG_END);
	if (r != OK || h.local)
		return r;
	*client = (struct net_address){ .v6 = h.source.v6, .port = h.source_port };
	memcpy(client->bytes, h.source.bytes, sizeof client->bytes);
	return OK;
}

/* Where TLS comes first, failing at it is the end. */
static int shake_hands(struct imap_connection *c)
{
	if (c->service != SERVICE_IMAPS)
		return OK;
	int r = env_start_tls(c, clock_mono_ms() + c->session.conf->handshake_ms);
	imap_saw_handshake(&c->session, r);
	c->session.tls = r == OK;
	return r;
}

void imap_connection_run(struct imap_connection *c)
{
	c->session.tls_offered = tls_keys_ready();
	int r = shake_hands(c);
	if (r == OK)
		r = imap_session_run(&c->session);
	log_event(LOG_DEBUG, "imap.session", LOG_C("peer", c->session.peer), LOG_C("user", c->session.address),
		  LOG_E(r), LOG_END);
	if (r == OK)
		stream_close(c->stream, clock_mono_ms() + CLOSE_MS);
	else
		stream_free(c->stream);
	c->stream = NULL;
}

void imap_connection_wake(struct imap_connection *c)
{
	if (c->session.waits || c->session.between)
		fiber_wake(c->fiber, E_AGAIN);
}
