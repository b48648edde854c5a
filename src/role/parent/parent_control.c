/* What the command line may ask: status, reload, stop; and the doors to those roles that answer it. Only our own user and root come in. */
#include "role/parent/parent.h"

#include "io/ready.h"
#include "ipc/key_folder.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/log.h"
#include "os/net.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPORT_MAX = 64 << 10 };

struct door { const char *name; void (*enter)(int fd); int fd; struct ready *ready; };

static void enter_parent(int fd)
{
	static unsigned next;
	channel_new(fd, ROLE_CLI, ++next);
}

static void enter_store(int fd) { parent_give_to(ROLE_STORE, fd); }
static void enter_auth(int fd) { parent_give_to(ROLE_AUTH, fd); }
static void enter_guard(int fd) { parent_give_to(ROLE_GUARD, fd); }
static void enter_keys(int fd) { parent_give_to(ROLE_KEYS, fd); }
static void enter_relay(int fd) { parent_give_to(ROLE_RELAY, fd); }
static void enter_resolver(int fd) { parent_give_to(ROLE_RESOLVER, fd); }

static struct door doors[] = {
	{ "run/guard.sock", enter_guard, -1, NULL },
	{ "run/control.sock", enter_parent, -1, NULL }, { "run/store.sock", enter_store, -1, NULL }, { "run/auth.sock", enter_auth, -1, NULL },
	{ "run/keys.sock", enter_keys, -1, NULL }, { "run/resolver.sock", enter_resolver, -1, NULL },
	{ "run/relay.sock", enter_relay, -1, NULL },
};

static bool may_enter(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == 0 || who.uid == geteuid());
}

static void on_knock(void *ctx)
{
	struct door *d = ctx;
	int fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (may_enter(fd))
		d->enter(fd);
	else
		fd_close(&fd);
}

int parent_control_open(void)
{
	char path[108];
	for (size_t i = 0; i < COUNT_OF(doors); i++) {
		struct door *d = &doors[i];
		struct buf b;
		buf_init(&b, sizeof path);
		int r = buf_printf(&b, "%s/%s", parent.dir, d->name);
		if (r == OK)
			r = str_to_c(buf_str(&b), path, sizeof path);
		buf_done(&b);
		if (r == OK)
			r = net_listen_unix(path, 0600, &d->fd);
		if (r != OK)
			return r;
		d->ready = ready_new(d->fd);
		ready_watch(d->ready, on_knock, d);
	}
	return OK;
}

void parent_control_close(void)
{
	for (size_t i = 0; i < COUNT_OF(doors); i++) {
		ready_free(doors[i].ready);
		fd_close(&doors[i].fd);
		unlinkat(parent.dir_fd, doors[i].name, 0);
	}
}

static json_t *child_json(const struct parent_child *c)
{
	static const char *const states[] = { "none", "starting", "up", "waiting", "stopped" };
	return json_pack("{s:s, s:i, s:i, s:s, s:i, s:s}", "role", role_name(c->role), "worker", (int)c->index, "pid", (int)c->pid, "state",
		states[c->state], "restarts", (int)c->restarts, "walls", c->walls);
}

static json_t *listener_json(const struct parent_listener *l)
{
	return json_pack("{s:s, s:s, s:i, s:b, s:b}", "service", conf_services[l->service].name, "address", l->name, "port", (int)l->address.port,
		"tls", conf_services[l->service].tls, "greets", conf_services[l->service].greets);
}

/* What the firewall said last; "unknown" while it does not run. */
static struct { unsigned state; char table[80], why[256]; } firewall;

static void on_firewall_state(struct channel *from, const struct ipc_firewall_state_note *m)
{
	(void)from;
	firewall.state = m->state;
	snprintf(firewall.table, sizeof firewall.table, "inet ceralacca_" STR_FMT, STR_ARG(m->table));
	snprintf(firewall.why, sizeof firewall.why, STR_FMT, STR_ARG(m->why));
}

/* What the resolver said last; nothing is proven while it does not run. */
static unsigned resolver_trust;

static void on_resolver_trust(struct channel *from, const struct ipc_resolver_trust_note *m)
{
	(void)from;
	resolver_trust = m->trust;
}

static json_t *firewall_json(void)
{
	bool up = false;
	for (size_t i = 0; i < parent_child_count; i++)
		up = up || (parent_children[i].role == ROLE_FIREWALL && parent_children[i].state == CHILD_UP);
	return json_pack("{s:s, s:s, s:s}", "state", firewall_state_name(up ? firewall.state : FIREWALL_UNKNOWN), "table", firewall.table, "why", firewall.why);
}

static json_t *list_json(char *const *list, unsigned count)
{
	json_t *j = json_array();
	for (unsigned i = 0; i < count; i++)
		json_array_append_new(j, json_string(list[i]));
	return j;
}

static void on_status(const struct ipc_request *rq, const struct ipc_status_req *q)
{
	json_t *roles = json_array(), *listeners = json_array();
	(void)q;
	for (size_t i = 0; i < parent_child_count; i++)
		json_array_append_new(roles, child_json(&parent_children[i]));
	for (size_t i = 0; i < parent_listener_count; i++)
		json_array_append_new(listeners, listener_json(&parent_listeners[i]));
	json_t *all = json_pack("{s:i, s:s, s:I, s:s, s:b, s:o, s:o, s:o, s:o, s:s}", "pid", (int)getpid(), "hostname", parent.conf.server.hostname,
		"uptime", (json_int_t)((clock_mono_ms() - parent.started_ms) / 1000), "state",
		parent.stopping ? "stopping" : parent.ready ? "up" : "starting", "root", geteuid() == 0, "roles", roles, "listeners", listeners,
		"proxy_from", list_json(parent.conf.server.proxy_from, parent.conf.server.proxy_from_count), "firewall", firewall_json(), "dnssec", resolver_trust_name(resolver_trust));
	struct buf text;
	size_t n = json_dumpb(all, NULL, 0, JSON_COMPACT);
	buf_init(&text, REPORT_MAX);
	int r = buf_reserve(&text, n);
	if (r == OK)
		text.n = json_dumpb(all, text.p, n, JSON_COMPACT);
	struct ipc_status_rep a = { .report = buf_str(&text) };
	ipc_reply_status(rq, r, &a);
	json_decref(all);
	buf_done(&text);
}

static void on_act(const struct ipc_request *rq, const struct ipc_parent_act_req *q)
{
	struct buf text;
	int r = OK;
	buf_init(&text, 1024);
	if (str_eq(q->act, STR("stop")))
		parent_stop();
	else if (str_eq(q->act, STR("reload")))
		r = parent_reload(&text);
	else
		r = E_UNSUPPORTED;
	struct ipc_parent_act_rep a = { .refused = r != OK, .text = buf_str(&text) };
	ipc_reply_parent_act(rq, OK, &a);
	buf_done(&text);
}

static void on_walls_report(struct channel *from, const struct ipc_walls_report_note *m)
{
	struct buf b;
	if (parent.walls_fd < 0)
		return;
	buf_init(&b, 64 << 10);
	struct bufw w = { .b = &b };
	struct str rest = m->report;
	while (rest.n) {
		struct str line = str_until(&rest, '\n');
		bufw_printf(&w, "%s\t%u\t" STR_FMT "\n", role_name(channel_peer(from)), channel_peer_index(from), STR_ARG(line));
	}
	if (fd_write_all(parent.walls_fd, buf_str(&b)) != OK)
		log_event(LOG_ERROR, "walls.report", LOG_C("detail", "cannot be written"), LOG_END);
	buf_done(&b);
}

/* keys cannot write a file. What it asks for has one form, and lies below its own folder. */
static void on_key_file(const struct ipc_request *rq, const struct ipc_key_file_req *q)
{
	auto_fd keys = openat(parent.dir_fd, role_name(ROLE_KEYS), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = keys >= 0 ? key_folder_put(keys, q->domain, q->selector, q->bytes) : E_IO;
	log_event(r == OK ? LOG_INFO : LOG_ERROR, "parent.key-file", LOG_S("domain", q->domain), LOG_S("selector", q->selector),
		LOG_C("act", q->bytes.n ? "written" : "removed"), LOG_E(r), LOG_END);
	ipc_reply_key_file(rq, r, &(struct ipc_key_file_rep){});
}

const struct ipc_service parent_services[] = {
	IPC_SERVE(status, on_status), IPC_SERVE(parent_act, on_act), IPC_SERVE(walls_report, on_walls_report),
	IPC_SERVE(firewall_state, on_firewall_state), IPC_SERVE(resolver_trust, on_resolver_trust),
	IPC_SERVE(key_file, on_key_file),
};
const size_t parent_service_count = COUNT_OF(parent_services);
