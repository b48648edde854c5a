/* `ceralacca serve`: brings everything up, keeps it up, takes it down. */
#include "role/parent/parent.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "ipc/conf_yaml.h"
#include "ipc/data_folder.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/log.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { TICK_MS = 50, EXIT_REFUSED = 1, EXIT_USAGE = 2, DESCRIPTORS = 65536 };

struct parent parent = { .dir_fd = -1, .lock_fd = -1, .walls_fd = -1 };

int parent_serve(int argc, char **argv);

static noreturn_fn void refuse(const struct buf *why)
{
	fprintf(stderr, "ceralacca: %.*s\n", (int)why->n, why->p ? why->p : "");
	exit(EXIT_REFUSED);
}

static noreturn_fn void usage(int status)
{
	fprintf(status ? stderr : stdout,
		"usage: ceralacca serve [-d DIR]\n\n"
		"Runs the server in the foreground until SIGTERM or SIGINT; SIGHUP reads DIR/ceralacca.yaml again.\n"
		"  -d DIR                data folder (default: $CERALACCA_DIR, then /var/lib/ceralacca)\n"
		"      --walls-report F  only in test builds: write what each role found when it attacked its own walls\n\n"
		"example: ceralacca serve -d /srv/mail\n");
	exit(status);
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = { { "dir", required_argument, NULL, 'd' }, { "walls-report", required_argument, NULL, 'W' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int o;
	const char *dir = NULL;
	while ((o = getopt_long(argc, argv, "d:h", options, NULL)) != -1) {
		if (o == 'd')
			dir = optarg;
		else if (o == 'W')
			parent.walls_fd = open(optarg, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		else
			usage(o == 'h' ? 0 : EXIT_USAGE);
	}
	if (optind != argc)
		usage(EXIT_USAGE);
	parent.dir = data_folder_default(dir);
}

static void load_conf(struct conf *ret, struct buf *why)
{
	char path[DATA_FOLDER_PATH_MAX];
	if (data_folder_path(parent.dir, "ceralacca.yaml", path) != OK || conf_yaml_load(path, ret, why) != OK)
		refuse(why);
}

static void on_child(int number)
{
	int status;
	pid_t pid;
	(void)number;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		parent_child_ended(pid, status);
}

static void stop_all(void *arg)
{
	(void)arg;
	log_event(LOG_INFO, "server.stopping", LOG_END);
	sd_notify(0, "STOPPING=1");
	for (size_t i = 0; i < parent_listener_count; i++)
		fd_close(&parent_listeners[i].fd);
	parent_children_stop((int64_t)parent.conf.server.stop_seconds * 1000);
	parent_control_close();
	log_event(LOG_INFO, "server.stopped", LOG_END);
	exit(0);
}

void parent_stop(void)
{
	if (parent.stopping)
		return;
	parent.stopping = true;
	fiber_start(stop_all, NULL);
}

static void on_terminate(int number)
{
	(void)number;
	parent_stop();
}

int parent_reload(struct buf *text)
{
	char path[DATA_FOLDER_PATH_MAX];
	struct conf fresh;
	struct bufw w = { .b = text };
	if (data_folder_path(parent.dir, "ceralacca.yaml", path) != OK || conf_yaml_load(path, &fresh, text) != OK) {
		log_event(LOG_ERROR, "server.reload", LOG_S("refused", buf_str(text)), LOG_END);
		return E_SYNTAX;
	}
	conf_done(&parent.conf);
	parent.conf = fresh;
	parent_children_reload();
	bufw_c(&w, "reloaded; a change of server.listen, port_base, services, workers or uid_base needs a restart");
	log_event(LOG_INFO, "server.reload", LOG_END);
	return w.err;
}

static void on_hangup(int number)
{
	struct buf text;
	(void)number;
	buf_init(&text, 1024);
	if (parent_reload(&text) != OK)
		sd_notify(0, "STATUS=the new configuration was refused; its reason is in the log");
	buf_done(&text);
}

static void on_tick(void *ctx)
{
	(void)ctx;
	parent_children_tick();
}

static void on_bad(struct channel *c, uint32_t type)
{
	log_event(LOG_ERROR, "ipc.bad", LOG_C("peer", role_name(channel_peer(c))), LOG_U("type", type), LOG_END);
}

/* The first start decides: a role that cannot come up at all (a broken database, a missing key) ends the server with its reason in the log. */
static void bring_up(void *arg)
{
	(void)arg;
	parent_children_start();
	for (size_t i = 0; i < parent_child_count; i++)
		if (parent_children[i].state != CHILD_UP && !parent.stopping) {
			log_event(LOG_ERROR, "server.failed", LOG_C("role", role_name(parent_children[i].role)), LOG_C("detail", "did not start; its reason stands above"), LOG_END);
			parent_control_close();
			exit(EXIT_REFUSED);
		}
	parent.ready = true;
	log_event(LOG_INFO, "server.up", LOG_C("hostname", parent.conf.server.hostname), LOG_U("ms", clock_mono_ms() - parent.started_ms), LOG_END);
	sd_notify(0, "READY=1");
}

static void raise_descriptor_limit(void)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return;
	l.rlim_cur = l.rlim_max < DESCRIPTORS ? l.rlim_max : DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &l);
}

/* Half the cores: the store and the kernel's network work fill the others, and fewer workers have more in hand each time they wake
 * (docs/decisions/0006-workers.md). */
static unsigned worker_count(const struct conf *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = c->server.workers ? c->server.workers : cores > 1 ? (uint64_t)cores / 2 : 1;
	return n < WORKERS_MAX ? (unsigned)n : WORKERS_MAX;
}

static int keep_running(void)
{
	int r = parent_control_open();
	if (r == OK)
		r = loop_signal(SIGCHLD, on_child);
	if (r == OK)
		r = loop_signal(SIGTERM, on_terminate);
	if (r == OK)
		r = loop_signal(SIGINT, on_terminate);
	if (r == OK)
		r = loop_signal(SIGHUP, on_hangup);
	if (r == OK)
		r = loop_timer(TICK_MS, TICK_MS, on_tick, NULL);
	if (r != OK)
		return r;
	parent_children_make();
	fiber_start(bring_up, NULL);
	loop_run();
	return OK;
}

int parent_serve(int argc, char **argv)
{
	struct buf why;
	buf_init(&why, 4096);
	parent.started_ms = clock_mono_ms();
	read_options(argc, argv);
	if (data_folder_check(parent.dir, &why) != OK || data_folder_lock(parent.dir, &parent.lock_fd, &why) != OK)
		refuse(&why);
	load_conf(&parent.conf, &why);
	log_setup("parent", strcmp(parent.conf.server.log, "json") == 0);
	parent.workers = worker_count(&parent.conf);
	parent.dir_fd = open(parent.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	raise_descriptor_limit();
	if (parent_listen(&parent.conf, &why) != OK)
		refuse(&why);
	loop_init();
	channel_setup(ROLE_PARENT, parent_services, parent_service_count, on_bad);
	if (keep_running() != OK) {
		struct bufw w = { .b = &why };
		bufw_printf(&w, "%s: the sockets in run/ cannot be made (%s); is the path longer than 100 bytes?", parent.dir, strerror(errno));
		refuse(&why);
	}
	return 0;
}
