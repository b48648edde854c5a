/* The process: accepts connections, gives each a fiber and a session, ends in order. The only file that knows it is a
 * process. */
#include "io/listener.h"
#include "ipc/role_run.h"
#include "ipc/tls_keys.h"
#include "os/fd.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/addr/addr_normal.h"
#include "role/smtp/smtp_connection.h"
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
	struct port ports[PORTS_MAX];
	size_t port_count;
	struct smtp_connection *first;
	uint64_t turned_away;
	bool working;
} role;

static void link_connection(struct smtp_connection *c)
{
	c->next = role.first;
	if (c->next)
		c->next->previous = c;
	role.first = c;
}

static void unlink_connection(struct smtp_connection *c)
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
	struct smtp_connection *c = ctx;
	unlink_connection(c);
	connection_gate_leave(&role.gate, &c->counted);
	smtp_session_done(&c->session);
	stream_free(c->stream);
	mem_free(c);
	if (role_stopping() && !role.first)
		role_finished();
}

/* One try to say why, without waiting; where TLS comes first there is nothing that could be said. A flood is logged
 * ever more rarely. */
static void turn_away(enum conf_service service, int fd, const struct net_address *peer)
{
	char text[NET_ADDRESS_TEXT];
	int r = conf_services[service].tls
		    ? OK
		    : fd_write_all(fd, STR("421 4.3.2 Too many connections, try again later\r\n"));
	uint64_t n = ++role.turned_away;
	if ((n & (n - 1)) == 0)
		log_event(LOG_WARNING, "smtp.turned-away", LOG_C("peer", net_format(peer, text)), LOG_U("count", n),
			  LOG_E(r), LOG_END);
}

/* Whom the guard keeps out is not answered; who is refused for a while is told so once, without waiting. */
static bool kept_out(enum conf_service service, int fd, const struct net_address *peer)
{
	enum ban_act act = guard_bans_find(peer);
	if (act == BAN_REFUSE && !conf_services[service].tls && fd_write_all(fd, STR("421 4.7.0 Too many attempts, try again later\r\n")) != OK)
		log_event(LOG_DEBUG, "smtp.refused-unheard", LOG_END);
	return act >= BAN_REFUSE;
}

/* Whether the connection may begin: one that came through a front end is known, and counts for its client, only now. */
static bool admitted(struct smtp_connection *c)
{
	struct net_address client = c->session.peer;
	if (!c->front_end)
		return true;
	if (smtp_connection_hear_front_end(c, &client) != OK || kept_out(c->session.service, stream_fd(c->stream), &client))
		return false;
	if (!connection_gate_change(&role.gate, role_conf(), &c->counted, &client)) {
		turn_away(c->session.service, stream_fd(c->stream), &client);
		return false;
	}
	c->counted = client;
	smtp_session_peer(&c->session, &client);
	return true;
}

static void connection_fiber(void *ctx)
{
	struct smtp_connection *c = ctx;
	fiber_on_exit(connection_done, c);
	if (!admitted(c))
		return;
	smtp_saw(&c->session, GUARD_CONNECT);
	smtp_connection_run(c);
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
	struct smtp_connection *c = mem_new(struct smtp_connection);
	c->front_end = front_end;
	c->counted = counted;
	c->stream = stream_new(fd);
	smtp_session_init(&c->session, &smtp_connection_env, c, role_conf(), p->service, peer);
	link_connection(c);
	c->fiber = fiber_start(connection_fiber, c);
}

static void on_tls(int err, uint64_t serial)
{
	log_event(err == OK ? LOG_INFO : LOG_WARNING, "smtp.certificates", LOG_U("serial", serial), LOG_E(err),
		  LOG_END);
}

/* Who is out is out now: also those who are talking to us. */
static void put_out(const struct ipc_ban_note *m)
{
	for (struct smtp_connection *c = role.first; c; c = c->next)
		if (ban_covers(m, &c->session.peer))
			fiber_cancel(c->fiber);
}

/* ICU and libidn2 load their tables at the first use: before the walls. */
static int prepare(const struct conf *c, int dir)
{
	(void)c;
	(void)dir;
	struct arena a;
	struct str address;
	guard_bans_start(put_out);
	arena_init(&a, 4096, NULL, NULL);
	int r = addr_normalize(&a, STR("\xc3\xa4"), STR("\xc3\xa4.test"), &address);
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
	front_ends_set(&role.front_ends, c);
	connection_gate_init(&role.gate, random_u64());
	tls_keys_start(on_tls);
	role.working = true;
	for (size_t i = 0; i < role.port_count; i++)
		listen_at(&role.ports[i]);
}

static void listener(enum conf_service service, struct str name, int fd)
{
	if (role.port_count == PORTS_MAX) {
		log_event(LOG_ERROR, "smtp.too-many-listeners", LOG_S("name", name), LOG_END);
		fd_close(&fd);
		return;
	}
	struct port *p = &role.ports[role.port_count++];
	*p = (struct port){ .service = service, .fd = fd };
	if (role.working)
		listen_at(p);
}

static void peer(struct channel *c)
{
	if (role.working && channel_peer(c) == ROLE_KEYS)
		tls_keys_refresh();
	if (role.working && channel_peer(c) == ROLE_GUARD && guard_report_dropped())
		log_event(LOG_WARNING, "smtp.guard-was-away", LOG_U("untold", guard_report_dropped()), LOG_END);
}

static void reloaded(const struct conf *c)
{
	front_ends_set(&role.front_ends, c);
	tls_keys_refresh();
}

static void let_go(struct smtp_connection *c)
{
	c->session.stopping = true;
	if (c->handshaking || smtp_session_is_idle(&c->session))
		fiber_cancel(c->fiber);
}

/* The store refuses what the session still tries; it ends with its transaction. */
static void on_grant_ended(struct channel *from, const struct ipc_grant_ended_note *m)
{
	(void)from;
	for (struct smtp_connection *c = role.first; c; c = c->next)
		if (c->session.grant && c->session.grant == m->grant)
			let_go(c);
}

static const struct ipc_service services[] = {
	IPC_SERVE(grant_ended, on_grant_ended), IPC_SERVE(ban, guard_bans_on_note), IPC_SERVE(guard_key, guard_report_on_key),
};

/* Who waits for its next command, or shakes hands, is let go now; a transaction in hand is finished first
 * (smtp_session.c). */
static void stopping(int64_t within_ms)
{
	(void)within_ms;
	for (size_t i = 0; i < role.port_count; i++)
		listener_stop(role.ports[i].listener);
	role.port_count = 0;
	for (struct smtp_connection *c = role.first; c; c = c->next)
		let_go(c);
	if (!role.first)
		role_finished();
}

const struct role_spec smtp_role = {
	.role = ROLE_SMTP,
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
