/* The way to the server: its sockets when it runs; otherwise store and auth, started for this one command. */
#include "cli/cli_internal.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "ipc/conf_yaml.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/net.h"
#include "os/spawn.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CALL_MS = 600000, STOP_MS = 30000, WHO_MAX = 128, FROM_MAX = 64 };

/* A role: the channel that its operations are asked over; for one that was started for this command also what the parent would have. */
static struct role_way { const char *socket; struct channel *channel, *started; pid_t pid; } ways[ROLE_COUNT] = {
	[ROLE_GUARD] = { .socket = "run/guard.sock" },
	[ROLE_STORE] = { .socket = "run/store.sock" }, [ROLE_AUTH] = { .socket = "run/auth.sock" },
	[ROLE_RELAY] = { .socket = "run/relay.sock" },
	[ROLE_KEYS] = { .socket = "run/keys.sock" },
	[ROLE_RESOLVER] = { .socket = "run/resolver.sock" },
};
static int lock_fd = -1;

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

struct channel *cli_role(struct cli *c, enum role role)
{
	int fd;
	if (!ways[role].channel && connect_to(c, ways[role].socket, &fd) == OK)
		ways[role].channel = channel_new(fd, role, 0);
	return ways[role].channel;
}

static int give_peer(struct role_way *to, enum role role, int *socket)
{
	struct ipc_peer_note peer = { .role = role, .socket = *socket };
	int r = ipc_note_peer(to->started, &peer);
	fd_close(socket);
	return r;
}

/* What the parent would do for this role, and nothing else. */
static int hand_over(const struct conf *conf, enum role role, int *cli_end)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_start_req q;
	struct ipc_start_rep a;
	struct buf b;
	int pair[2];
	memset(&q, 0, sizeof q);
	buf_init(&b, 64 << 10);
	struct conf quiet = *conf;              /* borrows its strings */
	static char warnings[] = ROLE_LOG_WARNINGS;
	quiet.server.log = warnings;
	int r = conf_encode(&quiet, role, &b);
	struct ipc_boot_note boot = { .role = role, .conf = buf_str(&b) };
	if (r == OK)
		r = ipc_note_boot(ways[role].started, &boot);
	if (r == OK)
		r = give_peer(&ways[role], ROLE_CLI, cli_end);
	if (r == OK && role == ROLE_AUTH && (r = fd_pair(pair)) == OK) {
		int to_auth = give_peer(&ways[ROLE_AUTH], ROLE_STORE, &pair[0]), to_store = give_peer(&ways[ROLE_STORE], ROLE_AUTH, &pair[1]);
		r = to_auth != OK ? to_auth : to_store;
	}
	if (r == OK)
		r = ipc_call_start(ways[role].started, &q, &a, &hold, CALL_MS);
	ipc_release(&hold);
	buf_done(&b);
	return r;
}

static int start_process(enum role role, const struct conf *conf, int dir)
{
	struct role_way *way = &ways[role];
	int pair[2], direct[2];
	if (fd_pair(pair) != OK)
		return E_BUSY;
	int r = spawn_role(role_name(role), pair[1], dir, &way->pid);
	fd_close(&pair[1]);
	if (r != OK || fd_pair(direct) != OK) {
		fd_close(&pair[0]);
		return r != OK ? r : E_BUSY;
	}
	way->started = channel_new(pair[0], ROLE_PARENT, 0);
	way->channel = channel_new(direct[0], role, 0);
	r = hand_over(conf, role, &direct[1]);
	fd_close(&direct[1]);
	return r;
}

static int start_store(struct cli *c, const struct conf *conf, struct buf *why)
{
	int folder;
	int r = data_folder_lock(c->dir, &lock_fd, why);
	auto_fd dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == OK)
		r = data_folder_of_role(dir, role_name(ROLE_STORE), conf->server.uid_base + (uint64_t)ROLE_STORE, &folder);
	if (r != OK)
		return r;
	r = start_process(ROLE_STORE, conf, folder);
	fd_close(&folder);
	return r;
}

static int start_auth(struct cli *c, const struct conf *conf)
{
	int folder;
	auto_fd dir = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = dir < 0 ? E_DENIED : data_folder_of_auth(dir, &folder);
	if (r != OK)
		return r;
	r = start_process(ROLE_AUTH, conf, folder);
	fd_close(&folder);
	return r;
}

static int start(struct cli *c, enum role role, struct buf *why)
{
	struct conf conf;
	char path[DATA_FOLDER_PATH_MAX];
	int r = OK;
	if (data_folder_check(c->dir, why) != OK || data_folder_path(c->dir, "ceralacca.yaml", path) != OK || conf_yaml_load(path, &conf, why) != OK)
		return E_DENIED;
	if (!ways[ROLE_STORE].channel)
		r = start_store(c, &conf, why);
	if (r == OK && role == ROLE_AUTH)
		r = start_auth(c, &conf);
	conf_done(&conf);
	return r;
}

/* Speaks to the running server; when there is none, the store is started, and auth beside it for what is asked of auth. */
static int open_role(struct cli *c, enum role role)
{
	struct buf why;
	int fd, r;
	if (ways[role].channel)
		return CLI_OK;
	if (!ways[ROLE_STORE].started && connect_to(c, ways[role].socket, &fd) == OK) {
		ways[role].channel = channel_new(fd, role, 0);
		return CLI_OK;
	}
	buf_init(&why, 4096);
	r = start(c, role, &why);
	if (r != OK && why.n)
		r = cli_refuse("%.*s", (int)why.n, why.p);
	else if (r != OK)
		r = cli_refuse("the %s role cannot be started; its reason stands above", role_name(role));
	buf_done(&why);
	return r;
}

static void end_process(struct role_way *way)
{
	struct ipc_stop_note stop = { .within_ms = STOP_MS };
	if (!way->started)
		return;
	channel_close(way->channel);
	if (ipc_note_stop(way->started, &stop) == OK) {
		channel_flush_all();
		int64_t until = clock_mono_ms() + STOP_MS;
		while (waitpid(way->pid, NULL, WNOHANG) == 0 && clock_mono_ms() < until && fiber_sleep(5) == OK)
			;
	}
	kill(way->pid, SIGKILL);
	waitpid(way->pid, NULL, 0);
}

void cli_close(void)
{
	end_process(&ways[ROLE_AUTH]);
	end_process(&ways[ROLE_STORE]);
	fd_close(&lock_fd);
}

static int call(const char *op, struct str arguments, json_t **ret)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_admin_req q = { .op = str_c(op), .arguments = arguments };
	struct ipc_admin_rep a;
	int r = ipc_call_admin(ways[ROLE_STORE].channel, &q, &a, &hold, CALL_MS);
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
	int status = open_role(c, ROLE_STORE);
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

/* Who acts, and from where, as far as the system knows: for the audit log, not for permission. */
static struct str who(char *text, size_t cap)
{
	struct passwd *p = getpwuid(getuid());
	int n = p ? snprintf(text, cap, "cli:%s", p->pw_name) : snprintf(text, cap, "cli:%u", (unsigned)getuid());
	return (struct str){ text, (size_t)n < cap ? (size_t)n : cap - 1 };
}

static struct str where(void)
{
	struct str ssh = str_c(getenv("SSH_CONNECTION"));
	return str_first(ssh.n ? str_until(&ssh, ' ') : STR("local"), FROM_MAX);
}

static int call_auth(const struct cli_auth *given, struct str arguments, json_t **ret)
{
	struct ipc_hold hold = IPC_HOLD;
	char name[WHO_MAX];
	struct ipc_auth_admin_req q = { .op = str_c(given->op), .arguments = arguments, .secret = str_c(given->secret), .by = who(name, sizeof name),
		.from = where(), .file = given->file };
	struct ipc_auth_admin_rep a;
	int r = ipc_call_auth_admin(ways[ROLE_AUTH].channel, &q, &a, &hold, CALL_MS);
	int status = CLI_OK;
	if (r != OK)
		status = cli_refuse("the auth role does not answer: %s", err_name(r));
	else if (a.reason.n)
		status = cli_refuse("%.*s", (int)a.reason.n, a.reason.p);
	else
		*ret = a.json.n ? json_loadb(a.json.p, a.json.n, 0, NULL) : NULL;
	ipc_release(&hold);
	return status;
}

int cli_auth_channel(struct cli *c, struct channel **ret)
{
	int status = open_role(c, ROLE_AUTH);
	*ret = ways[ROLE_AUTH].channel;
	return status;
}

static int dump(const char *p, size_t n, void *out) { return buf_put(out, p, n); }

int cli_auth(struct cli *c, const struct cli_auth *q, json_t **ret)
{
	struct buf b;
	int status = open_role(c, ROLE_AUTH);
	*ret = NULL;
	buf_init(&b, 64 << 10);
	if (status == CLI_OK && json_dump_callback(q->arguments, dump, &b, JSON_COMPACT) != 0)
		status = cli_refuse("an argument is too long or not UTF-8");
	if (status == CLI_OK)
		status = call_auth(q, buf_str(&b), ret);
	buf_done(&b);
	json_decref(q->arguments);
	return status;
}

int cli_auth_strings(struct cli *c, const char *op, const char *const *arguments, json_t **ret)
{
	struct cli_auth q = { .op = op, .arguments = json_array(), .file = -1 };
	for (; *arguments; arguments++)
		json_array_append_new(q.arguments, json_string(*arguments));
	return cli_auth(c, &q, ret);
}

static int call_guard(struct channel *guard, const char *op, struct str arguments, json_t **ret)
{
	struct ipc_hold hold = IPC_HOLD;
	char name[WHO_MAX];
	struct ipc_guard_admin_req q = { .op = str_c(op), .arguments = arguments, .by = who(name, sizeof name), .from = where() };
	struct ipc_guard_admin_rep a;
	int r = ipc_call_guard_admin(guard, &q, &a, &hold, CALL_MS);
	int status = CLI_OK;
	if (r != OK)
		status = cli_refuse("the guard does not answer: %s", err_name(r));
	else if (a.reason.n)
		status = cli_refuse("%.*s", (int)a.reason.n, a.reason.p);
	else
		*ret = a.json.n ? json_loadb(a.json.p, a.json.n, 0, NULL) : json_null();
	ipc_release(&hold);
	return status;
}

int cli_guard_ask(struct cli *c, const char *op, json_t *arguments, json_t **ret)
{
	struct buf b;
	struct channel *guard = cli_role(c, ROLE_GUARD);
	int status = guard ? CLI_OK : cli_refuse("the server does not run");    /* a guard with nothing to watch would know nothing */
	*ret = NULL;
	buf_init(&b, 256 << 10);
	if (status == CLI_OK && (!arguments || json_dump_callback(arguments, dump, &b, JSON_COMPACT) != 0))
		status = cli_refuse("an argument is too long or not UTF-8");
	if (status == CLI_OK)
		status = call_guard(guard, op, buf_str(&b), ret);
	buf_done(&b);
	json_decref(arguments);
	return status;
}
