/* The roles' lives: start, wiring, restart with back-off, stop in order. */
#include "role/parent/parent.h"

#include "io/fiber.h"
#include "ipc/data_folder.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/log.h"
#include "os/spawn.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BACK_OFF_FIRST_MS = 100, BACK_OFF_MOST_MS = 30000, STEADY_MS = 60000, START_TIMEOUT_MS = 60000, POLL_MS = 10, HANDSHAKES_END_MS = 2000 };

struct parent_child *parent_children;
size_t parent_child_count;

static bool is_process(unsigned role) { return role != ROLE_PARENT && role != ROLE_CLI; }

void parent_children_make(void)
{
	parent_children = mem_new_array(struct parent_child, ROLE_COUNT * WORKERS_MAX);
	for (unsigned r = 0; r < ROLE_COUNT; r++) {
		unsigned n = !is_process(r) ? 0 : role_table[r].workers == ROLE_WORKERS_PER_CORE ? parent.workers : 1;
		for (unsigned i = 0; i < n; i++)
			parent_children[parent_child_count++] = (struct parent_child){ .role = (enum role)r, .index = i };
	}
}

static void log_child(enum log_level level, const char *event, const struct parent_child *c, const char *more)
{
	log_event(level, event, LOG_C("role", role_name(c->role)), LOG_U("worker", c->index), LOG_I("pid", c->pid), LOG_C("detail", more), LOG_END);
}

/* The descriptor of a role's own folder; -1 when it has none. keys and auth read theirs while they are still root, and keep nothing open. */
static int own_folder(enum role role)
{
	int fd = -1;
	uint64_t uid = role == ROLE_KEYS ? geteuid() : parent.conf.server.uid_base + (uint64_t)role;
	if (role == ROLE_AUTH)
		return data_folder_of_auth(parent.dir_fd, &fd) == OK ? fd : -1;
	if (role != ROLE_STORE && role != ROLE_KEYS)
		return -1;
	return data_folder_of_role(parent.dir_fd, role_name(role), uid, &fd) == OK ? fd : -1;
}

static void give_peer(struct channel *to, const struct parent_child *other, int socket)
{
	struct ipc_peer_note m = { .role = other->role, .index = other->index, .socket = socket };
	if (to && ipc_note_peer(to, &m) != OK)
		log_child(LOG_ERROR, "parent.wiring", other, "a channel could not be handed over");
}

/* A new pair between two roles that the table wires; both get their end. */
static void wire(struct parent_child *a, struct parent_child *b)
{
	int pair[2];
	if (!role_wired(a->role, b->role) && !role_wired(b->role, a->role))
		return;
	if (fd_pair(pair) != OK) {
		log_child(LOG_ERROR, "parent.wiring", a, "no descriptors left");
		return;
	}
	give_peer(a->channel, b, pair[0]);
	give_peer(b->channel, a, pair[1]);
	fd_close(&pair[0]);
	fd_close(&pair[1]);
}

/* The configuration and the listening sockets. */
static void boot(struct parent_child *c)
{
	struct buf conf;
	buf_init(&conf, 64 << 10);
	struct ipc_boot_note m = { .role = c->role, .index = c->index };
	if (conf_encode(&parent.conf, c->role, &conf) == OK)
		m.conf = buf_str(&conf);
	if (ipc_note_boot(c->channel, &m) != OK)
		log_child(LOG_ERROR, "parent.boot", c, "the configuration could not be handed over");
	buf_done(&conf);
	for (size_t i = 0; i < parent_listener_count; i++) {
		struct parent_listener *l = &parent_listeners[i];
		struct ipc_listener_note n = { .service = l->service, .name = str_c(l->name), .socket = l->fd };
		if (conf_services[l->service].role == c->role && ipc_note_listener(c->channel, &n) != OK)
			log_child(LOG_ERROR, "parent.listener", c, l->name);
	}
}

static void channel_ended(struct channel *channel, void *ctx)
{
	struct parent_child *c = ctx;
	if (c->channel == channel)
		c->channel = NULL;
}

static int spawn(struct parent_child *c)
{
	int pair[2];
	if (fd_pair(pair) != OK)
		return E_BUSY;
	auto_fd dir = own_folder(c->role);
	if (dir < 0 && (c->role == ROLE_STORE || c->role == ROLE_KEYS || c->role == ROLE_AUTH))
		log_child(LOG_ERROR, "parent.folder", c, "its folder is missing or cannot be given to its user");
	int r = spawn_role(role_name(c->role), pair[1], dir, &c->pid);
	fd_close(&pair[1]);
	if (r != OK) {
		fd_close(&pair[0]);
		return r;
	}
	c->state = CHILD_STARTING;
	c->walls[0] = '\0';
	c->channel = channel_new(pair[0], c->role, c->index);
	if (!c->channel)
		return E_BUSY;
	channel_on_close(c->channel, channel_ended, c);
	return OK;
}

static void later(struct parent_child *c)
{
	c->back_off_ms = !c->back_off_ms ? BACK_OFF_FIRST_MS : c->back_off_ms * 2 < BACK_OFF_MOST_MS ? c->back_off_ms * 2 : BACK_OFF_MOST_MS;
	c->next_start_ms = clock_mono_ms() + c->back_off_ms;
	c->state = CHILD_WAITING;
	c->restarts++;
}

static void start_child(void *arg)
{
	struct parent_child *c = arg;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_start_req q;
	struct ipc_start_rep a;
	memset(&q, 0, sizeof q);
	int r = c->channel ? ipc_call_start(c->channel, &q, &a, &hold, START_TIMEOUT_MS) : E_CLOSED;
	if (r == OK) {
		c->state = CHILD_UP;
		c->up_since_ms = clock_mono_ms();
		snprintf(c->walls, sizeof c->walls, STR_FMT, STR_ARG(a.walls));
		log_child(LOG_INFO, "role.up", c, c->walls);
	} else if (c->state == CHILD_STARTING) {
		log_child(LOG_ERROR, "role.start", c, err_name(r));
		kill(c->pid, SIGKILL);
	}
	ipc_release(&hold);
}

static void begin(struct parent_child *c)
{
	if (spawn(c) != OK) {
		log_child(LOG_ERROR, "role.spawn", c, "no process or descriptor left");
		later(c);
		return;
	}
	boot(c);
	for (size_t i = 0; i < parent_child_count; i++)
		if (&parent_children[i] != c && parent_children[i].channel)
			wire(c, &parent_children[i]);
	fiber_start(start_child, c);
}

static bool all_settled(void)
{
	for (size_t i = 0; i < parent_child_count; i++)
		if (parent_children[i].state == CHILD_STARTING)
			return false;
	return true;
}

/* All processes first, then the wiring: the store and its database come up while the others are told their peers. */
void parent_children_start(void)
{
	for (size_t i = 0; i < parent_child_count; i++)
		if (spawn(&parent_children[i]) != OK) {
			log_child(LOG_ERROR, "role.spawn", &parent_children[i], "no process or descriptor left");
			later(&parent_children[i]);
		}
	for (size_t i = 0; i < parent_child_count; i++)
		if (parent_children[i].channel)
			boot(&parent_children[i]);
	for (size_t i = 0; i < parent_child_count; i++)
		for (size_t k = i + 1; k < parent_child_count; k++)
			if (parent_children[i].channel && parent_children[k].channel)
				wire(&parent_children[i], &parent_children[k]);
	for (size_t i = 0; i < parent_child_count; i++)
		if (parent_children[i].state == CHILD_STARTING)
			fiber_start(start_child, &parent_children[i]);
	while (!all_settled() && fiber_sleep(POLL_MS) == OK)
		;
}

static struct parent_child *child_of(pid_t pid)
{
	for (size_t i = 0; i < parent_child_count; i++)
		if (parent_children[i].pid == pid && parent_children[i].state != CHILD_NONE)
			return &parent_children[i];
	return NULL;
}

/* A guard that is away misses it. */
static void tell_guard(const struct parent_child *c)
{
	struct channel *guard = channel_to(ROLE_GUARD, 0);
	struct ipc_guard_crash_note m = { .role = c->role, .index = c->index };
	if (guard && c->role != ROLE_GUARD && ipc_note_guard_crash(guard, &m) != OK)
		log_child(LOG_WARNING, "parent.guard", c, "the guard was not told");
}

void parent_child_ended(pid_t pid, int status)
{
	struct parent_child *c = child_of(pid);
	char how[64];
	if (!c || c->state == CHILD_WAITING || c->state == CHILD_STOPPED)
		return;
	if (WIFSIGNALED(status))
		snprintf(how, sizeof how, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(how, sizeof how, "exit status %d", WEXITSTATUS(status));
	if (c->channel)
		channel_close(c->channel);
	if (parent.stopping) {
		c->state = CHILD_STOPPED;
		return;
	}
	log_child(LOG_ERROR, "role.ended", c, how);
	tell_guard(c);
	if (c->state == CHILD_UP && clock_mono_ms() - c->up_since_ms > STEADY_MS)
		c->back_off_ms = 0;
	later(c);
}

void parent_children_tick(void)
{
	for (size_t i = 0; i < parent_child_count && !parent.stopping; i++)
		if (parent_children[i].state == CHILD_WAITING && clock_mono_ms() >= parent_children[i].next_start_ms)
			begin(&parent_children[i]);
}

/* What stops in one go: first those whom strangers talk to, then those they need, last the data. */
static unsigned stop_phase(enum role r)
{
	return r == ROLE_SMTP || r == ROLE_IMAP || r == ROLE_HTTP || r == ROLE_RELAY ? 0 : r == ROLE_STORE ? 2 : 1;
}

static bool phase_running(unsigned phase)
{
	for (size_t i = 0; i < parent_child_count; i++) {
		struct parent_child *c = &parent_children[i];
		if (stop_phase(c->role) == phase && (c->state == CHILD_UP || c->state == CHILD_STARTING))
			return true;
	}
	return false;
}

static void signal_phase(unsigned phase, int64_t within_ms, bool hard)
{
	for (size_t i = 0; i < parent_child_count; i++) {
		struct parent_child *c = &parent_children[i];
		struct ipc_stop_note m = { .within_ms = (uint32_t)within_ms };
		if (stop_phase(c->role) != phase || (c->state != CHILD_UP && c->state != CHILD_STARTING))
			continue;
		if (hard || !c->channel || ipc_note_stop(c->channel, &m) != OK) {
			log_child(LOG_WARNING, "role.killed", c, "it did not end in time");
			kill(c->pid, SIGKILL);
		}
	}
}

void parent_children_stop(int64_t within_ms)
{
	int64_t until = clock_mono_ms() + within_ms;
	for (unsigned phase = 0; phase < 3; phase++) {
		int64_t left = until - clock_mono_ms();
		/* the store is never hurried: it has nothing to wait for but its last flush */
		if (phase == 2 && left < within_ms / 2)
			until = clock_mono_ms() + within_ms / 2;
		signal_phase(phase, left > 0 ? left : 0, false);
		while (phase_running(phase) && clock_mono_ms() < until && fiber_sleep(POLL_MS) == OK)
			;
		signal_phase(phase, 0, true);
		while (phase_running(phase) && fiber_sleep(POLL_MS) == OK)
			;
	}
}

/* The new process takes the old one's place: its peers get channels to it. The old one stays for a moment, for handshakes that began with
 * its certificate, then it ends. */
static void replace(struct parent_child *c, const struct parent_child *fresh)
{
	struct parent_child old = *c;
	struct ipc_stop_note stop = { .within_ms = 0 };
	c->pid = fresh->pid;
	c->state = fresh->state;
	c->channel = fresh->channel;
	c->up_since_ms = fresh->up_since_ms;
	memcpy(c->walls, fresh->walls, sizeof c->walls);
	if (c->channel)
		channel_on_close(c->channel, channel_ended, c);
	for (size_t i = 0; i < parent_child_count; i++)
		if (&parent_children[i] != c && parent_children[i].channel)
			wire(c, &parent_children[i]);
	if (fiber_sleep(HANDSHAKES_END_MS) != OK || !old.channel || ipc_note_stop(old.channel, &stop) != OK)
		kill(old.pid, SIGKILL);
}

/* keys cannot open a file any more, so a fresh process reads the new certificates. It starts beside the old one, which stays in service
 * until the new one is up, and for good when what it read is broken (B54). One at a time; a reload that comes meanwhile makes one more. */
static void renew_keys(void *arg)
{
	static unsigned wanted, running;
	struct parent_child *c = arg, *fresh = mem_new(struct parent_child);
	wanted++;
	while (running == 0 && wanted) {
		running = 1;
		wanted = 0;
		*fresh = (struct parent_child){ .role = c->role, .index = c->index };
		if (spawn(fresh) == OK) {
			boot(fresh);
			start_child(fresh);
		}
		if (fresh->state == CHILD_UP && c->state == CHILD_UP && !parent.stopping) {
			replace(c, fresh);
		} else {
			/* a stop that came meanwhile has told the old one; this one ends with its channel */
			log_child(parent.stopping ? LOG_INFO :LOG_ERROR, "keys.kept", c, "the new certificates cannot be used; the old ones stay");
			if (fresh->channel)
				channel_close(fresh->channel);
		}
		running = 0;
	}
	mem_free(fresh);
}

static void give_conf(struct parent_child *c)
{
	struct buf conf;
	buf_init(&conf, 64 << 10);
	struct ipc_reload_note m = { .conf = STR("") };
	if (conf_encode(&parent.conf, c->role, &conf) == OK)
		m.conf = buf_str(&conf);
	if (ipc_note_reload(c->channel, &m) != OK)
		log_child(LOG_ERROR, "parent.reload", c, "the configuration could not be handed over");
	buf_done(&conf);
}

void parent_children_reload(void)
{
	for (size_t i = 0; i < parent_child_count; i++) {
		struct parent_child *c = &parent_children[i];
		if (c->role == ROLE_KEYS && c->state == CHILD_UP)
			fiber_start(renew_keys, c);
		else if (c->role == ROLE_KEYS)
			c->next_start_ms = clock_mono_ms();     /* it failed before: try what the folder holds now */
		else if (c->channel)
			give_conf(c);
	}
}

void parent_give_to(enum role role, int fd)
{
	static unsigned next;
	struct channel *to = channel_to(role, 0);
	struct ipc_peer_note m = { .role = ROLE_CLI, .index = ++next, .socket = fd };
	if (!to || ipc_note_peer(to, &m) != OK)
		log_event(LOG_WARNING, "parent.control", LOG_C("not running", role_name(role)), LOG_END);
	fd_close(&fd);
}
