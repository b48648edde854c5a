/* What the server makes of a message, and why. Files are opened here; what strangers wrote is taken apart by a child behind the walls of the
 * role scan, which is given one open file at a time and writes the answer. A message that breaks it costs that answer. */
#include "cli/cli_inspect.h"

#include "io/loop.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/sandbox.h"

#include "proto/addr/addr_normal.h"
#include "proto/header/header.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARENA_MAX = 256 << 20, NOBODY = 65534, NAME_BYTES = 4096, QUESTIONS = 200, TIME_MS = 20 * 1000 };

/* What the child knows before its walls go up. */
struct task {
	struct cli *cli;
	struct arena memory;
	struct dns_zone zone;
	struct dns_source dns;
	struct verdict_input input;
	struct str own;                 /* domain of --rcpt */
	struct verdict_person person;
	size_t width;
	bool colour;
};

struct work { struct task *task; struct arena arena; struct buf bytes, crlf; struct inspected *m; };

static void full(void *ctx) { longjmp(*(jmp_buf *)ctx, 1); }

/* Files often have bare LF where the message had CRLF. */
static struct str with_crlf(struct str bytes, struct buf *out)
{
	struct bufw w = { .b = out };
	size_t from = 0;
	for (const char *p = bytes.p; bytes.n && (p = memchr(p, '\n', (size_t)(bytes.p + bytes.n - p))); p++) {
		size_t at = (size_t)(p - bytes.p);
		if (at > 0 && bytes.p[at - 1] == '\r')
			continue;
		bufw_put(&w, bytes.p + from, at - from);
		bufw_c(&w, "\r\n");
		from = at + 1;
	}
	if (from == 0)
		return bytes;
	bufw_str(&w, str_skip(bytes, from));
	return w.err == OK ? buf_str(out) : bytes;
}

static void judge(struct work *w)
{
	const struct task *t = w->task;
	struct dns_env dns;
	w->m->message = with_crlf(buf_str(&w->bytes), &w->crlf);
	struct verdict_input in = t->input;
	in.message = w->m->message;
	dns_env_init(&dns, &w->arena, t->dns, (struct dns_env_limits){ QUESTIONS, TIME_MS });
	verdict_begin(&w->m->verdict, &w->arena, &in);
	verdict_judge(&w->m->verdict, &dns);
	if (!t->cli->jsonl)
		mime_parse(&w->arena, w->m->message, &mime_limits_default, &w->m->tree);
}

static void print(struct work *w)
{
	const struct task *t = w->task;
	if (!t->cli->json && !t->cli->jsonl) {
		inspect_print(w->m, &w->arena, t->width, t->colour);
		return;
	}
	json_t *j = inspect_json(w->m, &w->arena, t->cli->jsonl);
	if (t->cli->json) {
		cli_json(j);
	} else {
		json_dumpf(j, stdout, JSON_COMPACT | JSON_SORT_KEYS);
		putchar('\n');
	}
	json_decref(j);
}

/* False: it could not be read, or is so made that it takes more memory than we give. */
static bool look(struct work *w, const char *name, int fd)
{
	jmp_buf stop;
	*w->m = (struct inspected){ .name = name };
	buf_clear(&w->bytes);
	buf_clear(&w->crlf);
	arena_reset(&w->arena);
	w->arena.full = full;
	w->arena.ctx = &stop;
	if (fd_read_all(fd, &w->bytes) != OK) {
		cli_refuse("cannot read %s", name);
		return false;
	}
	bool done = !setjmp(stop);
	if (done) {
		judge(w);
		print(w);
	} else {
		cli_refuse("%s takes too much memory", name);
	}
	verdict_done(&w->m->verdict);
	return done;
}

static bool wait_readable(int sock)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return false;
	return true;
}

static noreturn_fn void child(struct task *t, int sock)
{
	struct buf walls;
	struct sandbox_policy policy = { .udp = !t->cli->zone, .connect_tcp = !t->cli->zone };
	struct work w = { .task = t, .m = mem_new(struct inspected) };
	char name[NAME_BYTES];
	buf_init(&walls, 1024);
	buf_init(&w.bytes, MESSAGE_MAX);
	buf_init(&w.crlf, 2 * (size_t)MESSAGE_MAX);
	arena_init(&w.arena, ARENA_MAX, NULL, NULL);
	if (sandbox_raise(&policy, -1, NOBODY, &walls) != OK)
		_exit(cli_refuse("the walls do not stand: " STR_FMT, STR_ARG(buf_str(&walls))));
	while (wait_readable(sock)) {
		int fd = -1;
		size_t fds = 0;
		ssize_t n = fd_receive(sock, name, sizeof name - 1, &fd, 1, &fds);
		if (n <= 0 || fds != 1)
			break;
		name[n] = '\0';
		char answer = look(&w, name, fd) ? 'y' : 'n';
		fd_close(&fd);
		fflush(stdout);
		if (fd_write_all(sock, (struct str){ &answer, 1 }) != OK)
			break;
	}
	_exit(0);
}

struct helper { pid_t pid; int sock; };

static int start_helper(struct task *t, struct helper *h)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return E_IO;
	fflush(stdout);
	h->pid = fork();
	if (h->pid == 0) {
		fd_close(&pair[0]);
		child(t, pair[1]);
	}
	fd_close(&pair[1]);
	h->sock = pair[0];
	return h->pid > 0 ? OK : E_IO;
}

static int end_helper(struct helper *h)
{
	int status = 0;
	fd_close(&h->sock);
	if (h->pid > 0)
		while (waitpid(h->pid, &status, 0) < 0 && errno == EINTR)
			;
	h->pid = 0;
	return status;
}

static int inspect_file(struct task *t, struct helper *h, const char *name)
{
	struct str said = str_c(strcmp(name, "-") == 0 ? "standard input" : name);
	char answer = '\0';
	auto_fd fd = strcmp(name, "-") == 0 ? dup(STDIN_FILENO) : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || said.n >= NAME_BYTES)
		return cli_refuse("cannot open %s: %s", name, strerror(errno));
	if (h->pid == 0 && start_helper(t, h) != OK)
		return cli_refuse("cannot start a process");
	bool sent = fd_send(h->sock, said, fd) > 0;
	if (sent && wait_readable(h->sock) && read(h->sock, &answer, 1) == 1)
		return answer == 'y' ? CLI_OK : CLI_REFUSED;
	int status = end_helper(h);
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return CLI_REFUSED;     /* it has said why */
	return cli_refuse("%s: the process that looked at it died of signal %d", name, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static int take_envelope(struct task *t)
{
	const struct cli *c = t->cli;
	struct verdict_input *in = &t->input;
	struct str sender = str_c(c->mail_from);
	char rcpt[512];
	*in = (struct verdict_input){ .helo = str_c(c->helo), .receiver = str_c(c->hostname ? c->hostname : "localhost"), .now = c->now_given ? c->now : (uint64_t)clock_real() };
	if (str_take_char(&sender, '<') && str_ends(sender, STR(">")))
		sender.n--;
	in->sender = sender;
	in->has_client = c->ip != NULL;
	if (c->ip && ip_parse(str_c(c->ip), &in->client) != OK)
		return cli_refuse("not an address: %s", c->ip);
	if (!c->rcpt)
		return CLI_OK;
	if (cli_address(c->rcpt, rcpt, sizeof rcpt) != CLI_OK)
		return CLI_REFUSED;
	t->person.address = arena_dup(&t->memory, str_c(rcpt));
	t->own = str_skip(t->person.address, str_rfind(t->person.address, '@') + 1);
	in->facts = (struct verdict_facts){ .own = &t->own, .own_count = 1, .people = &t->person, .people_count = 1 };
	return CLI_OK;
}

static int prepare(struct task *t)
{
	struct str ignored;
	json_object_seed(0);            /* reads a file at the first use, as ICU and libidn2 do */
	if (verdict_prepare() != OK || addr_normalize(&t->memory, STR("\xc3\xa4"), STR("\xc3\xa4.test"), &ignored) != OK)
		return cli_refuse("ICU has no data");
	t->width = cli_width();
	t->colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	if (t->cli->zone) {
		t->dns = dns_zone_source(&t->zone);
		return inspect_zone_read(t->cli->zone, &t->zone);
	}
	t->dns = inspect_dns_source;
	return inspect_dns_start() == OK ? CLI_OK : cli_refuse("DNS cannot be asked; answers come from a file with --zone");
}

int cli_inspect(struct cli *c)
{
	struct task t = { .cli = c };
	struct helper h = { .sock = -1 };
	arena_init(&t.memory, ARENA_MAX, NULL, NULL);
	dns_zone_init(&t.zone, &t.memory);
	int status = take_envelope(&t);
	if (status == CLI_OK)
		status = prepare(&t);
	for (int i = 0; status == CLI_OK && i < c->count; i++) {
		if (i && !c->json && !c->jsonl)
			putchar('\n');
		if (inspect_file(&t, &h, c->args[i]) != CLI_OK)
			c->refused = true;
	}
	end_helper(&h);
	arena_done(&t.memory);
	return c->refused ? CLI_REFUSED : status;
}
