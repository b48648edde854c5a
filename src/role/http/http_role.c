/* The process: accepts connections, gives each a fiber and a session, ends in order. The only file that knows it is a process. */
#include "io/listener.h"
#include "ipc/connection_gate.h"
#include "ipc/front_end.h"
#include "ipc/guard_bans.h"
#include "ipc/role_run.h"
#include "ipc/tls_keys.h"
#include "os/fd.h"
#include "os/log.h"
#include "os/random.h"
#include "role/http/http_connection.h"

enum { PORTS_MAX = 64 };

/* A listening socket comes before the walls are up: it waits as a descriptor until we are told to start. */
struct port { enum conf_service service; int fd; struct listener *listener; };

static struct {
	struct connection_gate gate;
	struct front_ends front_ends;
	struct http_site site;
	struct port ports[PORTS_MAX];
	size_t port_count;
	struct http_connection *first;
	uint64_t turned_away;
	bool working;
} role;

static void link_connection(struct http_connection *c)
{
	c->next = role.first;
	if (c->next)
		c->next->previous = c;
	role.first = c;
}

static void unlink_connection(struct http_connection *c)
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
	struct http_connection *c = ctx;
	unlink_connection(c);
	connection_gate_leave(&role.gate, &c->counted);
	http_connection_free(c);
	if (role_stopping() && !role.first)
		role_finished();
}

/* Nothing can be said before the handshake, and in clear nothing is worth saying. A flood is logged ever more rarely (A16). */
static void turn_away(const struct net_address *peer)
{
	char text[NET_ADDRESS_TEXT];
	uint64_t n = ++role.turned_away;
	if ((n & (n - 1)) == 0)
		log_event(LOG_WARNING, "http.turned_away", LOG_C("peer", net_format(peer, text)), LOG_U("count", n), LOG_END);
}

/* Whom the guard keeps out, or refuses for a while, is not answered. */
static bool kept_out(const struct net_address *peer) { return guard_bans_find(peer) >= BAN_REFUSE; }

/* Whether the connection may begin: one that came through a front end is known, and counts for its client, only now. */
static bool admitted(struct http_connection *c)
{
	struct net_address client = c->peer;
	if (!c->front_end)
		return true;
	if (http_connection_hear_front_end(c, &client) != OK || kept_out(&client))
		return false;
	if (!connection_gate_change(&role.gate, role_conf(), &c->counted, &client)) {
		turn_away(&client);
		return false;
	}
	c->counted = client;
	http_connection_peer(c, &client);
	return true;
}

static void connection_fiber(void *ctx)
{
	struct http_connection *c = ctx;
	fiber_on_exit(connection_done, c);
	if (admitted(c))
		http_connection_run(c);
}

static void on_connection(int fd, const struct net_address *peer, void *ctx)
{
	const struct port *p = ctx;
	bool front_end = front_ends_have(&role.front_ends, peer);
	struct net_address counted = front_end ? (struct net_address){ 0 } : *peer;
	if (!front_end && kept_out(peer)) {
		fd_close(&fd);
		return;
	}
	if (!connection_gate_enter(&role.gate, role_conf(), &counted)) {
		turn_away(peer);
		fd_close(&fd);
		return;
	}
	struct http_connection *c = http_connection_new(fd, peer, p->service, role_conf(), &role.site);
	c->front_end = front_end;
	c->counted = counted;
	link_connection(c);
	c->fiber = fiber_start(connection_fiber, c);
}

static void on_tls(int err, uint64_t serial)
{
	log_event(err == OK ? LOG_INFO : LOG_WARNING, "http.certificates", LOG_U("serial", serial), LOG_E(err), LOG_END);
}

static void take_conf(const struct conf *c)
{
	front_ends_set(&role.front_ends, c);
	http_site_set(&role.site, c);
}

/* Who is out is out now: also those who are talking to us. */
static void put_out(const struct ipc_ban_note *m)
{
	for (struct http_connection *c = role.first; c; c = c->next)
		if (ban_covers(m, &c->peer))
			fiber_cancel(c->fiber);
}

static int prepare(const struct conf *c, int dir)
{
	(void)c;
	(void)dir;
	guard_bans_start(put_out);
	return OK;
}

static const struct ipc_service services[] = { IPC_SERVE(ban, guard_bans_on_note) };

static void listen_at(struct port *p)
{
	p->listener = listener_start(p->fd, on_connection, p);
	p->fd = -1;
}

static void started(const struct conf *c)
{
	take_conf(c);
	connection_gate_init(&role.gate, random_u64());
	tls_keys_start(on_tls);
	role.working = true;
	for (size_t i = 0; i < role.port_count; i++)
		listen_at(&role.ports[i]);
}

static void listener(enum conf_service service, struct str name, int fd)
{
	if (role.port_count == PORTS_MAX) {
		log_event(LOG_ERROR, "http.too_many_listeners", LOG_S("name", name), LOG_END);
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
}

static void reloaded(const struct conf *c)
{
	take_conf(c);
	tls_keys_refresh();
}

/* Who has no request under way is let go now; a request in hand is answered first. */
static void stopping(int64_t within_ms)
{
	(void)within_ms;
	for (size_t i = 0; i < role.port_count; i++)
		listener_stop(role.ports[i].listener);
	role.port_count = 0;
	for (struct http_connection *c = role.first; c; c = c->next) {
		c->session.stopping = true;
		if (c->handshaking || c->session.between)
			fiber_cancel(c->fiber);
	}
	if (!role.first)
		role_finished();
}

const struct role_spec http_role = {
	.role = ROLE_HTTP,
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
