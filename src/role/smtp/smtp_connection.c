#include "role/smtp/smtp_connection.h"

#include "ipc/channel.h"
#include "ipc/guard_bans.h"
#include "ipc/guard_report.h"
#include "ipc/tls_keys.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/proxy/proxy_header.h"

#include <stdio.h>
#include <sys/socket.h>

enum {
	LOOKUP_MS = 5 * 1000,           /* time enough for a store that is being started again */
	SIGN_IN_MS = 30 * 1000,
	SCAN_MS = 60 * 1000,
	DELIVER_MS = 60 * 1000,
	CLOSE_MS = 5 * 1000,
	LINGER_MS = 2 * 1000,
	LINGER_BYTES = 1 << 20
};

static struct stream *stream_of(void *ctx) { return ((struct smtp_connection *)ctx)->stream; }

static struct str env_in(void *ctx) { return stream_in(stream_of(ctx)); }
static void env_consume(void *ctx, size_t n) { stream_consume(stream_of(ctx), n); }
static struct buf *env_out(void *ctx) { return stream_out(stream_of(ctx)); }
static int env_flush(void *ctx) { return stream_flush(stream_of(ctx)); }
static bool env_spoke(void *ctx) { return stream_has_input(stream_of(ctx)); }

static int env_read(void *ctx, int64_t timeout_ms)
{
	struct smtp_connection *c = ctx;
	int r = stream_read(c->stream, clock_mono_ms() + timeout_ms);
	if (r == OK && !c->session.grant && guard_bans_find(&c->session.peer) == BAN_SLOW)
		r = fiber_sleep(GUARD_SLOW_MS);
	return r;
}

static uint64_t handshakes;        /* under way in this process */

/* Handshakes that do not get on are limited in time and number (A20). */
static int shake_hands(struct smtp_connection *c, int64_t timeout_ms)
{
	if (handshakes >= c->session.conf->limits.unfinished_handshakes)
		return E_BUSY;
	SSL *ssl = tls_keys_session("smtp esmtp");
	if (!ssl)
		return E_UNSUPPORTED;
	handshakes++;
	c->handshaking = true;
	int r = stream_tls_accept(c->stream, ssl, clock_mono_ms() + timeout_ms);
	c->handshaking = false;
	handshakes--;
	return r;
}

static int env_start_tls(void *ctx, int64_t timeout_ms, struct str *ret_version, struct str *ret_cipher)
{
	struct smtp_connection *c = ctx;
	struct tls_info info;
	int r = shake_hands(c, timeout_ms);
	if (r != OK)
		return r;
	tls_describe(stream_tls(c->stream), &info);
	*ret_version = str_c(info.version);
	*ret_cipher = str_c(info.cipher);
	c->session.has_exporter = tls_exporter(stream_tls(c->stream), STR(SCRAM_EXPORTER_LABEL), c->session.exporter, SCRAM_EXPORTER) == OK;
	return OK;
}

static int env_recipient(void *ctx, const struct ipc_recipient_req *q, struct ipc_recipient_rep *ret)
{
	(void)ctx;
	struct ipc_hold hold = IPC_HOLD;
	int r = ipc_call_recipient(NULL, q, ret, &hold, LOOKUP_MS);
	ipc_release(&hold);
	return r;
}

static int env_identity(void *ctx, const struct ipc_identity_req *q)
{
	(void)ctx;
	struct ipc_identity_rep none;
	struct ipc_hold hold = IPC_HOLD;
	int r = ipc_call_identity(NULL, q, &none, &hold, LOOKUP_MS);
	ipc_release(&hold);
	return r;
}

static int env_sign_in(void *ctx, const struct ipc_sign_in_req *q, struct ipc_sign_in_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_sign_in(NULL, q, ret, hold, SIGN_IN_MS);
}

static int env_token_sign_in(void *ctx, const struct ipc_token_sign_in_req *q, struct ipc_token_sign_in_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_token_sign_in(NULL, q, ret, hold, SIGN_IN_MS);
}

static int env_scram_first(void *ctx, const struct ipc_scram_first_req *q, struct ipc_scram_first_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_scram_first(NULL, q, ret, hold, SIGN_IN_MS);
}

static int env_scram_final(void *ctx, const struct ipc_scram_final_req *q, struct ipc_scram_final_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_scram_final(NULL, q, ret, hold, SIGN_IN_MS);
}

/* A store that cannot be told has lost the grant with its channel. */
static void env_grant_close(void *ctx, uint64_t grant)
{
	(void)ctx;
	struct channel *store = channel_to(ROLE_STORE, UINT32_MAX);
	struct ipc_grant_close_note note = { .grant = grant };
	if (store && ipc_note_grant_close(store, &note) != OK)
		log_event(LOG_WARNING, "smtp.grant-not-closed", LOG_U("grant", grant), LOG_END);
}

static int env_scan(void *ctx, const struct ipc_scan_req *q, struct ipc_scan_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_scan(NULL, q, ret, hold, SCAN_MS);
}

static int env_deliver(void *ctx, const struct ipc_deliver_req *q, struct ipc_deliver_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	return ipc_call_deliver(NULL, q, ret, hold, DELIVER_MS);
}

static void env_tell_message(void *ctx, const struct smtp_session *s, unsigned code, struct str reply, uint64_t id)
{
	char trace[17];
	(void)ctx;
	snprintf(trace, sizeof trace, "%016llx", (unsigned long long)s->tx.id);
	log_event(LOG_INFO, "smtp.message", LOG_C("peer", s->peer_text), LOG_S("login", s->login),
		  LOG_S("sender", s->tx.sender), LOG_U("recipients", s->tx.count),
		  LOG_U("size", s->content.reader.size), LOG_C("trace", trace), LOG_U("id", id), LOG_U("code", code),
		  LOG_S("reply", reply), LOG_END);
}

static void env_tell_sign_in(void *ctx, const struct smtp_session *s, int err)
{
	(void)ctx;
	log_event(LOG_WARNING, "smtp.sign-in", LOG_C("peer", s->peer_text), LOG_E(err), LOG_END);
}

static void env_tell_guard(void *ctx, const struct smtp_session *s, enum guard_kind kind, struct str value)
{
	char room[16];
	(void)ctx;
	struct ipc_guard_event_note e = { .kind = kind, .source = guard_report_source(&s->peer, room), .helo = guard_report_hash(buf_str(&s->helo)),
		.value = guard_report_hash(value), .number = kind == GUARD_MESSAGE_IN ? (uint32_t)s->tx.count : 0 };
	if (e.source.n)
		guard_report(&e);
}

static int64_t env_now(void *ctx)
{
	(void)ctx;
	return clock_real();
}

static uint64_t env_unique(void *ctx)
{
	(void)ctx;
	return random_u64();
}

static noreturn_fn void env_overflow(void *ctx)
{
	struct smtp_connection *c = ctx;
	log_event(LOG_WARNING, "smtp.session-memory", LOG_C("peer", c->session.peer_text), LOG_END);
	fiber_exit();
}

const struct smtp_env smtp_connection_env = {
	.in = env_in,
	.consume = env_consume,
	.read = env_read,
	.out = env_out,
	.flush = env_flush,
	.spoke = env_spoke,
	.start_tls = env_start_tls,
	.recipient = env_recipient,
	.identity = env_identity,
	.sign_in = env_sign_in,
	.token_sign_in = env_token_sign_in,
	.scram_first = env_scram_first,
	.scram_final = env_scram_final,
	.grant_close = env_grant_close,
	.scan = env_scan,
	.deliver = env_deliver,
	.tell_message = env_tell_message,
	.tell_sign_in = env_tell_sign_in,
	.tell_guard = env_tell_guard,
	.now = env_now,
	.unique = env_unique,
	.overflow = env_overflow,
};

/* A socket that is closed with input unread resets the connection, and our last reply may be lost on the way: who was
 * turned out gets a moment to see it and hang up. */
static void let_go(struct smtp_connection *c)
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

static int take_header(struct str in, size_t *ret_used, void *ctx)
{
	return proxy_header_parse(in, ctx, ret_used);
}

int smtp_connection_hear_front_end(struct smtp_connection *c, struct net_address *client)
{
	struct proxy_header h;
	int64_t deadline = clock_mono_ms() + (int64_t)c->session.conf->server.proxy_timeout * 1000;
	c->handshaking = true;
	int r = stream_take_front(c->stream, PROXY_V2_MAX, deadline, take_header, &h);
	c->handshaking = false;
	if (r != OK)
		log_event(LOG_WARNING, "smtp.front-end", LOG_C("peer", c->session.peer_text), LOG_E(r), LOG_END);
	if (r != OK || h.local)
		return r;
	*client = (struct net_address){ .v6 = h.source.v6, .port = h.source_port };
	memcpy(client->bytes, h.source.bytes, sizeof client->bytes);
	return OK;
}

void smtp_connection_run(struct smtp_connection *c)
{
	struct smtp_session *s = &c->session;
	s->can_tls = tls_keys_ready();
	int r = smtp_session_run(s);
	log_event(LOG_DEBUG, "smtp.session", LOG_C("peer", s->peer_text), LOG_U("messages", s->messages),
		  LOG_U("errors", s->errors), LOG_E(r), LOG_END);
	if (r == OK && s->turned_out)
		let_go(c);
	if (r == OK && smtp_in_tls(s))
		stream_close(c->stream, clock_mono_ms() + CLOSE_MS);
	else
		stream_free(c->stream);         /* all was sent: in clear there is nothing more to say */
	c->stream = NULL;
}
