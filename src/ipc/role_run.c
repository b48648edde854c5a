#include "ipc/role_run.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "os/fd.h"
#include "os/log.h"
#include "os/walls.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIR_FD = 4, SERVICES_MAX = 64, PEERS_MAX = 512 };

static const struct role_spec *spec;
static struct conf conf;
static unsigned own_index;
static int own_dir = -1;
static bool booted, working, stopping_now;
/* Channels that came before the start: nothing is read from them until the walls are up and open() is done. */
static struct { enum role role; unsigned index; int fd; } early[PEERS_MAX];
static size_t early_count;
static struct ipc_service services[SERVICES_MAX];

const struct conf *role_conf(void) { return &conf; }
unsigned role_index(void) { return own_index; }
bool role_stopping(void) { return stopping_now; }

void role_finished(void)
{
	channel_flush_all();
	exit(0);
}

void role_failed(const char *what, int err)
{
	log_event(LOG_ERROR, "role.failed", LOG_C("what", what), LOG_E(err), LOG_END);
	channel_flush_all();
	exit(1);
}

static void on_bad(struct channel *c, uint32_t type)
{
	const struct ipc_rule *rule = ipc_rule(type);
	log_event(LOG_ERROR, "ipc.bad", LOG_C("peer", role_name(channel_peer(c))), LOG_U("worker", channel_peer_index(c)),
		LOG_C("message", rule ? rule->name : "?"), LOG_U("type", type), LOG_END);
}

static void on_boot(struct channel *from, const struct ipc_boot_note *m)
{
	(void)from;
	if (booted || m->role != spec->role || conf_decode(m->conf, &conf) != OK)
		role_failed("boot message", E_PROTO);
	char name[32];
	booted = true;
	own_index = m->index;
	snprintf(name, sizeof name, "%s-%u", role_name(spec->role), own_index);
	log_setup(name, strcmp(conf.server.log, "json") == 0);
	log_detail(conf.server.log_debug ? LOG_DEBUG : strcmp(conf.server.log, ROLE_LOG_WARNINGS) == 0 ? LOG_WARNING : LOG_INFO);
}

static void on_listener(struct channel *from, const struct ipc_listener_note *m)
{
	int fd = m->socket;
	(void)from;
	if (m->service < SERVICE_COUNT && spec->listener && fd >= 0)
		spec->listener((enum conf_service)m->service, m->name, fd);
	else
		fd_close(&fd);
}

static void meet(enum role peer, unsigned index, int fd)
{
	/* a renewed keys process serves beside the old one for a moment, which then closes its channel itself */
	struct channel *old = peer == ROLE_CLI || peer == ROLE_KEYS ? NULL : channel_to(peer, index);
	if (old)
		channel_close(old);
	struct channel *c = channel_new(fd, peer, index);
	if (c && spec->peer)
		spec->peer(c);
}

static void on_peer(struct channel *from, const struct ipc_peer_note *m)
{
	int fd = m->socket;
	(void)from;
	if (m->role >= ROLE_COUNT || fd < 0 || !(role_wired(spec->role, (enum role)m->role) || role_wired((enum role)m->role, spec->role)) ||
	    (!working && early_count == PEERS_MAX)) {
		fd_close(&fd);
		return;
	}
	if (working) {
		meet((enum role)m->role, m->index, fd);
		return;
	}
	early[early_count].role = (enum role)m->role;
	early[early_count].index = m->index;
	early[early_count++].fd = fd;
}

#ifdef WALLS_TEST
static void report_walls(void)
{
	struct buf b;
	buf_init(&b, 32 << 10);
	walls_probe(&b);
	struct ipc_walls_report_note m = { .report = buf_str(&b) };
	if (ipc_note_walls_report(channel_to(ROLE_PARENT, 0), &m) != OK)
		role_failed("walls report", E_IO);
	buf_done(&b);
}
#endif

/* open may wait (it may use the pool), so this is a fiber. */
static void on_start(const struct ipc_request *rq, const struct ipc_start_req *q)
{
	(void)q;
	struct buf walls;
	buf_init(&walls, 4096);
	if (working || !booted)
		role_failed("start message", E_PROTO);
	int r = spec->prepare ? spec->prepare(&conf, own_dir) : OK;
	if (r != OK)
		role_failed("prepare", r);
	if (!spec->policy.own_folder && !spec->policy.files_read)
		fd_close(&own_dir);     /* keys: has read what it needs, and keeps no way back to it */
	int dir = own_dir;
	r = sandbox_raise(&spec->policy, dir, (uid_t)(conf.server.uid_base + (uint64_t)spec->role), &walls);
	if (r != OK)
		role_failed("walls", r);
	r = spec->open ? spec->open(&conf) : OK;
	if (r != OK)
		role_failed("open", r);
	struct ipc_start_rep a = { .walls = buf_str(&walls) };
	ipc_reply_start(rq, OK, &a);
	buf_done(&walls);
	working = true;
	for (size_t i = 0; i < early_count; i++)
		meet(early[i].role, early[i].index, early[i].fd);
#ifdef WALLS_TEST
	report_walls();
#endif
	if (spec->started)
		spec->started(&conf);
}

static void on_reload(struct channel *from, const struct ipc_reload_note *m)
{
	struct conf fresh;
	(void)from;
	if (conf_decode(m->conf, &fresh) != OK)
		role_failed("reload message", E_PROTO);
	/* handlers keep pointers into the old one for the length of a session: it is small, and reloads are rare */
	conf = fresh;
	log_event(LOG_INFO, "role.reloaded", LOG_END);
	if (spec->reloaded)
		spec->reloaded(&conf);
}

static void on_stop(struct channel *from, const struct ipc_stop_note *m)
{
	(void)from;
	if (stopping_now)
		return;
	stopping_now = true;
	if (!spec->stopping)
		role_finished();
	spec->stopping(m->within_ms);
}

static void parent_gone(struct channel *c, void *ctx)
{
	(void)c;
	(void)ctx;
	_exit(stopping_now ? 0 : 1);
}

static const struct ipc_service own_services[] = {
	IPC_SERVE(boot, on_boot), IPC_SERVE(listener, on_listener), IPC_SERVE(peer, on_peer),
	IPC_SERVE_FIBER(start, on_start), IPC_SERVE(reload, on_reload), IPC_SERVE(stop, on_stop),
};

void role_run(const struct role_spec *s)
{
	struct stat st;
	spec = s;
	own_dir = fstat(DIR_FD, &st) == 0 && S_ISDIR(st.st_mode) ? DIR_FD : -1;       /* before another descriptor takes its number */
	size_t n = COUNT_OF(own_services);
	memcpy(services, own_services, sizeof own_services);
	for (size_t i = 0; i < s->service_count && n < SERVICES_MAX; i++)
		services[n++] = s->services[i];
	if (s->setup)
		s->setup();
	loop_init();
	channel_setup(s->role, services, n, on_bad);
	struct channel *parent = channel_new(PARENT_FD, ROLE_PARENT, 0);
	channel_on_close(parent, parent_gone, NULL);
	loop_run();
	exit(0);
}
