/* The process: accepts connections, gives each a fiber and a session, passes on what the store tells of changes, ends
 * in order. The only file that knows it is a process. */
#include "io/listener.h"
#include "ipc/role_run.h"
#include "ipc/tls_keys.h"
#include "os/fd.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/header/charset.h"
#include "proto/imap/imap_fold.h"
#include "role/imap/imap_connection.h"
#include "role/imap/imap_notify.h"
#include "ipc/connection_gate.h"
#include "ipc/front_end.h"
#include "ipc/guard_bans.h"
#include "ipc/guard_report.h"

enum { PORTS_MAX = 64 };

/* A listening socket comes before the walls are up: it waits as a descriptor until we are told to start. */
struct port { enum conf_service service; int fd; struct listener *listener; };

static struct {
	struct connection_gate gate;
	struct front_ends front_ends;
	struct imap_conf conf;
	struct port ports[PORTS_MAX];
	size_t port_count;
	struct imap_connection *first;
	struct map by_grant;
	uint64_t turned_away;
	bool working;
} role;

static void link_connection(struct imap_connection *c)
{
	c->next = role.first;
	if (c->next)
		c->next->previous = c;
	role.first = c;
}

static void unlink_connection(struct imap_connection *c)
{
	if (c->next)
		c->next->previous = c->previous;
	if (c->previous)
		c->previous->next = c->next;
	else
		role.first = c->next;
}

/* However the fiber ends. */
static void connection_done(void *ctx)
{
	struct imap_connection *c = ctx;
	unlink_connection(c);
	connection_gate_leave(&role.gate, &c->counted);
	imap_connection_free(c);
	if (role_stopping() && !role.first)
		role_finished();
}

static void signed_in(struct imap_connection *c)
{
	map_put(&role.by_grant, c->session.grant, c);
}

static void signed_out(struct imap_connection *c)
{
	map_remove(&role.by_grant, c->session.grant);
}

/* One try to say why, without waiting; where TLS comes first there is nothing that could be said. (A16) */
static void turn_away(enum conf_service service, int fd, const struct net_address *peer)
{
	static const struct str busy = STR_INIT("* BYE [UNAVAILABLE] too many connections, try again later\r\n");
	char text[NET_ADDRESS_TEXT];
	role.turned_away++;
	if (service != SERVICE_IMAPS && fd_write_all(fd, busy) != OK)
		log_event(LOG_DEBUG, "imap.turned_away_unheard", LOG_END);
	log_event(LOG_WARNING, "imap.turned_away", LOG_C("peer", net_format(peer, text)),
		  LOG_U("count", role.turned_away), LOG_END);
}

/* Whom the guard keeps out is not answered; who is refused for a while is told so once, without waiting. */
static bool kept_out(enum conf_service service, int fd, const struct net_address *peer)
{
	static const struct str later = STR_INIT("* BYE [UNAVAILABLE] too many attempts, try again later\r\n");
	enum ban_act act = guard_bans_find(peer);
	if (act == BAN_REFUSE && service != SERVICE_IMAPS && fd_write_all(fd, later) != OK)
		log_event(LOG_DEBUG, "imap.refused_unheard", LOG_END);
	return act >= BAN_REFUSE;
}

/* Whether the connection may begin: one that came through a front end is known, and counts for its client, only now. */
static bool admitted(struct imap_connection *c)
{
	struct net_address client = c->peer;
	if (!c->front_end)
		return true;
	if (imap_connection_hear_front_end(c, &client) != OK || kept_out(c->service, stream_fd(c->stream), &client))
		return false;
	if (!connection_gate_change(&role.gate, role_conf(), &c->counted, &client)) {
		turn_away(c->service, stream_fd(c->stream), &client);
		return false;
	}
	c->counted = client;
	imap_connection_peer(c, &client);
	return true;
}

static void connection_fiber(void *ctx)
{
	struct imap_connection *c = ctx;
	fiber_on_exit(connection_done, c);
	if (!admitted(c))
		return;
	imap_saw(&c->session, GUARD_CONNECT);
	imap_connection_run(c);
}

static void on_connection(int fd, const struct net_address *peer, void *ctx)
{
	const struct port *p = ctx;
	bool front_end = front_ends_have(&role.front_ends, peer);
	struct net_address counted = front_end ? (struct net_address){ 0 } : *peer;
	if (!front_end && kept_out(p->service, fd, peer)) {
		fd_close(&fd);
		return;
	}
	if (!connection_gate_enter(&role.gate, role_conf(), &counted)) {
		turn_away(p->service, fd, peer);
		fd_close(&fd);
		return;
	}
	struct imap_connection *c = imap_connection_new(fd, peer, p->service, &role.conf);
	c->front_end = front_end;
	c->counted = counted;
	c->signed_in = signed_in;
	c->signed_out = signed_out;
	link_connection(c);
	c->fiber = fiber_start(connection_fiber, c);
}

/* Only the highest modseq is kept: the session asks for everything since what it knows. */
static void on_changed(struct channel *from, const struct ipc_changed_note *m)
{
	struct imap_connection *c = map_get(&role.by_grant, m->grant);
	(void)from;
	if (c && imap_notify_mark(&c->session, m->mailbox))
		imap_connection_wake(c);
	if (!c || c->session.view.mailbox != m->mailbox || m->modseq <= c->session.noted)
		return;
	c->session.noted = m->modseq;
	if (c->session.waits && m->modseq > c->session.view.modseq)
		imap_connection_wake(c);
}

static void end_grant(struct imap_connection *c)
{
	c->session.gone = true;
	imap_connection_wake(c);
}

/* A69: who was locked out is out now, and not when the session happens to end. */
static void on_grant_ended(struct channel *from, const struct ipc_grant_ended_note *m)
{
	struct imap_connection *c = map_get(&role.by_grant, m->grant);
	(void)from;
	if (c)
		end_grant(c);
}

static const struct ipc_service services[] = {
	IPC_SERVE(changed, on_changed), IPC_SERVE(grant_ended, on_grant_ended),
	IPC_SERVE(ban, guard_bans_on_note), IPC_SERVE(guard_key, guard_report_on_key),
};

static void on_tls(int err, uint64_t serial)
{
	log_event(err == OK ? LOG_INFO : LOG_WARNING, "imap.certificates", LOG_U("serial", serial), LOG_E(err),
		  LOG_END);
}

static void take_conf(const struct conf *c)
{
	role.conf = (struct imap_conf){
		.message_size = c->limits.message_size,
		.session_memory = c->limits.session_memory,
		.command_size = c->imap.command_size,
		.idle_ms = (int64_t)c->imap.idle_timeout * 1000,
		.login_ms = (int64_t)c->imap.login_timeout * 1000,
		.handshake_ms = (int64_t)c->imap.handshake_timeout * 1000,
		.proxy_ms = (int64_t)c->server.proxy_timeout * 1000,
		.errors = (unsigned)c->imap.errors,
		.sign_in_attempts = (unsigned)c->imap.sign_in_attempts,
		.scram = c->imap.scram,
	};
}

/* Who is out is out now: also those who are talking to us. */
static void put_out(const struct ipc_ban_note *m)
{
	for (struct imap_connection *c = role.first; c; c = c->next)
		if (ban_covers(m, &c->peer))
			fiber_cancel(c->fiber);
}

/* ICU loads its tables at the first use: before the walls. */
static int prepare(const struct conf *c, int dir)
{
	struct arena a;
	(void)c;
	(void)dir;
	charset_init();
	guard_bans_start(put_out);
	arena_init(&a, 4096, NULL, NULL);
	struct str folded = imap_fold(&a, STR("\xc3\x84"));
	int r = str_eq(folded, STR("\xc3\xa4")) ? OK : E_IO;
	arena_done(&a);
	return r;
}

static void listen_at(struct port *p)
{
	p->listener = listener_start(p->fd, on_connection, p);
	p->fd = -1;
}

static void started(const struct conf *c)
{
	take_conf(c);
	front_ends_set(&role.front_ends, c);
	connection_gate_init(&role.gate, random_u64());
	map_init(&role.by_grant, random_u64());
	tls_keys_start(on_tls);
	role.working = true;
	for (size_t i = 0; i < role.port_count; i++)
		listen_at(&role.ports[i]);
}

static void listener(enum conf_service service, struct str name, int fd)
{
	if (role.port_count == PORTS_MAX) {
		log_event(LOG_ERROR, "imap.too_many_listeners", LOG_S("name", name), LOG_END);
		fd_close(&fd);
		return;
	}
	struct port *p = &role.ports[role.port_count++];
	*p = (struct port){ .service = service, .fd = fd };
	if (role.working)
		listen_at(p);
}

/* A store that was started anew knows none of our grants. */
static void grants_are_lost(void)
{
	for (struct imap_connection *c = role.first; c; c = c->next)
		if (c->session.grant)
			end_grant(c);
}

static void peer(struct channel *c)
{
	if (!role.working)
		return;
	if (channel_peer(c) == ROLE_KEYS)
		tls_keys_refresh();
	else if (channel_peer(c) == ROLE_STORE)
		grants_are_lost();
	else if (channel_peer(c) == ROLE_GUARD && guard_report_dropped())
		log_event(LOG_WARNING, "imap.guard_was_away", LOG_U("untold", guard_report_dropped()), LOG_END);
}

static void reloaded(const struct conf *c)
{
	take_conf(c);
	front_ends_set(&role.front_ends, c);
	tls_keys_refresh();
}

/* Who waits for a command, idles or shakes hands is let go now; a command in hand is finished first (imap_session.c). */
static void stopping(int64_t within_ms)
{
	(void)within_ms;
	for (size_t i = 0; i < role.port_count; i++)
		listener_stop(role.ports[i].listener);
	role.port_count = 0;
	for (struct imap_connection *c = role.first; c; c = c->next) {
		c->session.stopping = true;
		if (c->handshaking || c->session.between || c->session.waits)
			fiber_cancel(c->fiber);
	}
	if (!role.first)
		role_finished();
}

const struct role_spec imap_role = {
	.role = ROLE_IMAP,
	.policy = { .accept = true },
	.services = services,
	.service_count = COUNT_OF(services),
	.prepare = prepare,
	.started = started,
	.listener = listener,
	.peer = peer,
	.reloaded = reloaded,
	.stopping = stopping,
};
