/* The way to the server: its sockets when it runs; otherwise the store, started for this one command. */
#include "cli/cli_internal.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "ipc/conf_yaml.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/net.h"
#include "os/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALL_MS = 600000, STOP_MS = 30000 };

static struct { struct channel *store, *started; pid_t pid; int lock; } client = { .lock = -1 };

static int connect_to(struct cli *c, const char *name, int *ret)
{
	char path[DATA_FOLDER_PATH_MAX];
	int r = data_folder_path(c->dir, name, path);
	return r == OK ? net_connect_unix(path, ret) : r;
}

struct channel *cli_parent(struct cli *c)
{
	int fd;
	return connect_to(c, "run/control.sock", &fd) == OK ? channel_new(fd, ROLE_PARENT, 0) : NULL;
}

/* What the parent would do for the store, and nothing else. */
static int hand_over(const struct conf *conf, int store_end)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_start_req q;
	struct ipc_start_rep a;
	struct buf b;
	memset(&q, 0, sizeof q);
	buf_init(&b, 64 << 10);
	int r = conf_encode(conf, ROLE_STORE, &b);
	struct ipc_boot_note boot = { .role = ROLE_STORE, .conf = buf_str(&b) };
	struct ipc_peer_note peer = { .role = ROLE_CLI, .socket = store_end };
	if (r == OK)
		r = ipc_note_boot(client.started, &boot);
	if (r == OK)
		r = ipc_note_peer(client.started, &peer);
	if (r == OK)
		r = ipc_call_start(client.started, &q, &a, &hold, CALL_MS);
	ipc_release(&hold);
	buf_done(&b);
	return r;
}

static int start_store(struct cli *c, struct buf *why)
{
	struct conf conf;
	char path[DATA_FOLDER_PATH_MAX];
	int pair[2], direct[2], dir_of_store;
	if (data_folder_check(c->dir, why) != OK || data_folder_path(c->dir, "ceralacca.yaml", path) != OK || conf_yaml_load(path, &conf, why) != OK)
		return E_DENIED;
	int r = data_folder_lock(c->dir, &client.lock, why);
	auto_fd dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == OK)
		r = data_folder_of_role(dir, role_name(ROLE_STORE), conf.server.uid_base + (uint64_t)ROLE_STORE, &dir_of_store);
	if (r == OK && (fd_pair(pair) != OK || fd_pair(direct) != OK))
		r = E_BUSY;
	if (r == OK) {
		r = spawn_role(role_name(ROLE_STORE), pair[1], dir_of_store, &client.pid);
		fd_close(&pair[1]);
		fd_close(&dir_of_store);
		client.started = channel_new(pair[0], ROLE_PARENT, 0);
		client.store = channel_new(direct[0], ROLE_STORE, 0);
		if (r == OK)
			r = hand_over(&conf, direct[1]);
		fd_close(&direct[1]);
	}
	conf_done(&conf);
	return r;
}

static int open_store(struct cli *c)
{
	struct buf why;
	int fd, r;
	if (client.store)
		return CLI_OK;
	if (connect_to(c, "run/store.sock", &fd) == OK) {
		client.store = channel_new(fd, ROLE_STORE, 0);
		return CLI_OK;
	}
	buf_init(&why, 4096);
	r = start_store(c, &why);
	if (r != OK)
		r = cli_refuse("%.*s", (int)(why.n ? why.n : strlen("the store cannot be opened; its reason stands above")),
			why.n ? why.p : "the store cannot be opened; its reason stands above");
	buf_done(&why);
	return r;
}

void cli_close(void)
{
	struct ipc_stop_note stop = { .within_ms = STOP_MS };
	if (!client.started)
		return;
	channel_close(client.store);
	if (ipc_note_stop(client.started, &stop) == OK) {
		channel_flush_all();
		int64_t until = clock_mono_ms() + STOP_MS;
		while (waitpid(client.pid, NULL, WNOHANG) == 0 && clock_mono_ms() < until && fiber_sleep(5) == OK)
			;
	}
	kill(client.pid, SIGKILL);
	waitpid(client.pid, NULL, 0);
	fd_close(&client.lock);
}

static int call(const char *op, struct str arguments, json_t **ret)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_admin_req q = { .op = str_c(op), .arguments = arguments };
	struct ipc_admin_rep a;
	int r = ipc_call_admin(client.store, &q, &a, &hold, CALL_MS);
	int status = CLI_OK;
	if (r != OK)
		status = cli_refuse("the store does not answer: %s", err_name(r));
	else if (a.reason.n)
		status = cli_refuse("%.*s", (int)a.reason.n, a.reason.p);
	else
		*ret = a.json.n ? json_loadb(a.json.p, a.json.n, 0, NULL) : NULL;
	ipc_release(&hold);
	return status;
}

int cli_admin(struct cli *c, const char *op, const char *const *arguments, json_t **ret)
{
	struct buf b;
	int status = open_store(c);
	*ret = NULL;
	if (status != CLI_OK)
		return status;
	buf_init(&b, 64 << 10);
	struct bufw w = { .b = &b };
	for (; *arguments; arguments++)
		write_str(&w, str_c(*arguments));
	status = w.err == OK ? call(op, buf_str(&b), ret) : cli_refuse("too many or too long arguments");
	buf_done(&b);
	return status;
}
