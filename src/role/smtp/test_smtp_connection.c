/* The session on real streams and fibers, with other roles as processes behind real channels: what smtp_fake.h stands
 * for elsewhere. */
#include "io/loop.h"
#include "ipc/channel.h"
#include "os/clock.h"
#include "os/fd.h"
#include "role/smtp/smtp_connection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void on_bad(struct channel *c, uint32_t type)
{
	(void)c;
	(void)type;
	_exit(3);
}

/* ---- the other roles: a child each, which ends with its channel */

static void on_recipient(const struct ipc_request *rq, const struct ipc_recipient_req *q)
{
	struct ipc_recipient_rep a = { .kind = str_eq(q->address, STR("bob@local.test")) ? RECIPIENT_LOCAL
											 : RECIPIENT_UNKNOWN };
	ipc_reply_recipient(rq, OK, &a);
}

/* The id is the sum of all bytes behind the trace fields, which end where From begins. */
static void on_deliver(const struct ipc_request *rq, const struct ipc_deliver_req *q)
{
	int fd = q->body;
	struct str message = q->bytes, mapped = { 0 };
	uint64_t sum = 0;
	if (fd >= 0 && fd_map(fd, MESSAGE_MAX, &mapped) == OK)
		message = mapped;
	for (size_t i = str_search(message, STR("From: ")); i < message.n; i++)
		sum += (unsigned char)message.p[i];
	struct ipc_deliver_rep a = { .id = sum, .results = STR("\0") };
	ipc_reply_deliver(rq, OK, &a);
	if (mapped.p)
		fd_unmap(mapped);
	fd_close(&fd);
}

static void on_scan(const struct ipc_request *rq, const struct ipc_scan_req *q)
{
	int fd = q->body;
	struct ipc_scan_rep a = { .flags = 1u << SCAN_FROM_COUNT_SHIFT };
	ipc_reply_scan(rq, OK, &a);
	fd_close(&fd);
}

static const struct ipc_service store_services[] = { IPC_SERVE(recipient, on_recipient),
						     IPC_SERVE(deliver, on_deliver) };
static const struct ipc_service scan_services[] = { IPC_SERVE(scan, on_scan) };

static void on_gone(struct channel *c, void *ctx)
{
	(void)c;
	(void)ctx;
	_exit(0);
}

static pid_t play(enum role role, const struct ipc_service *services, size_t count, int *ret_fd)
{
	int fds[2];
	assert_int_equal(fd_pair(fds), OK);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		fd_close(&fds[0]);
		loop_init();
		channel_setup(role, services, count, on_bad);
		channel_on_close(channel_new(fds[1], ROLE_SMTP, 0), on_gone, NULL);
		loop_run();
		_exit(0);
	}
	fd_close(&fds[1]);
	*ret_fd = fds[0];
	return pid;
}

/* ---- a client in a fiber, the session in another */

struct talk {
	struct smtp_connection connection;
	struct conf conf;
	const struct str *segments;     /* each is sent when the replies before it have come; ended by p == NULL */
	const char *const *wants;       /* how the last reply to each begins; the first is the greeting */
	struct stream *client;
	uint64_t sum;                   /* what the store must have counted; 0: not asked */
	bool server_done, client_done, failed;
};

static unsigned running;

static void ended(struct talk *t)
{
	if (t->server_done && t->client_done && --running == 0)
		loop_stop();
}

static void serve_done(void *ctx)
{
	struct talk *t = ctx;
	smtp_session_done(&t->connection.session);
	stream_free(t->connection.stream);
	t->server_done = true;
	ended(t);
}

static void serve(void *ctx)
{
	struct talk *t = ctx;
	fiber_on_exit(serve_done, t);
	smtp_connection_run(&t->connection);
}

/* "250 2.0.0 Accepted, id TRACE-ID" */
static bool counted(struct str line, uint64_t sum)
{
	uint64_t id;
	return sum == 0 || !str_starts(line, STR("250 2.0.0 Accepted")) ||
	       (str_u64(str_skip(line, str_rfind(line, '-') + 1), UINT64_MAX, &id) == OK && id == sum);
}

/* Reads until a reply comes that begins with want; any other is skipped. */
static bool wait_for(struct talk *t, const char *want)
{
	struct stream *s = t->client;
	for (;;) {
		size_t end = str_search(stream_in(s), STR("\r\n"));
		if (end != STR_NPOS) {
			struct str line = str_first(stream_in(s), end);
			bool found = str_starts(line, str_c(want)), right = counted(line, t->sum);
			stream_consume(s, end + 2);
			if (found || !right)
				return right;
		} else if (stream_read(s, clock_mono_ms() + 10000) != OK) {
			return false;
		}
	}
}

static void converse(void *ctx)
{
	struct talk *t = ctx;
	bool good = wait_for(t, t->wants[0]);
	for (size_t i = 0; good && t->segments[i].p; i++)
		good = stream_write(t->client, t->segments[i]) == OK && stream_flush(t->client) == OK &&
		       wait_for(t, t->wants[i + 1]);
	/* at the end the server closes, or we do */
	t->failed = !good;
	stream_close(t->client, clock_mono_ms() + 1000);
	t->client_done = true;
	ended(t);
}

static void begin(struct talk *t, const struct str *segments, const char *const *wants)
{
	static const struct net_address peer = { .bytes = { 192, 0, 2, 1 } };
	int fds[2];
	assert_int_equal(fd_pair(fds), OK);
	*t = (struct talk){ .segments = segments, .wants = wants };
	conf_defaults(&t->conf);
	mem_free(t->conf.server.hostname);
	t->conf.server.hostname = memcpy(mem_alloc(8), "mx.test", 8);
	t->connection.stream = stream_new(fds[0]);
	t->client = stream_new(fds[1]);
	smtp_session_init(&t->connection.session, &smtp_connection_env, &t->connection, &t->conf, SERVICE_SMTP, &peer);
	running++;
}

static void go(struct talk *t)
{
	t->connection.fiber = fiber_start(serve, t);
	fiber_start(converse, t);
}

#define S(text) STR_INIT(text)
#define END { NULL, 0 }
#define ENVELOPE                                                                                                       \
	S("EHLO c.test\r\n"),                                                                                          \
	    S("MAIL FROM:<a@b.test>\r\nRCPT TO:<nobody@local.test>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n")

/* Fifty sessions at once, two messages each. */
static void side_by_side(void **state)
{
	(void)state;
	static const struct str in[] = { ENVELOPE,
					 S("From: a@b.test\r\n\r\nx\r\n.\r\n"),
					 S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
					 S("From: a@b.test\r\n\r\ny\r\n.\r\n"),
					 S("QUIT\r\n"),
					 END };
	static const char *const wants[] = { "220 ", "250 ENHANCED",       "354 ", "250 2.0.0 Accepted",
					     "354 ", "250 2.0.0 Accepted", "221 " };
	static struct talk talks[50];
	for (size_t i = 0; i < COUNT_OF(talks); i++) {
		begin(&talks[i], in, wants);
		go(&talks[i]);
	}
	loop_run();
	for (size_t i = 0; i < COUNT_OF(talks); i++) {
		assert_false(talks[i].failed);
		assert_int_equal(talks[i].connection.session.messages, 2);
		conf_done(&talks[i].conf);
	}
}

/* A message too large for a frame travels as sealed memory, every byte of it (B33). */
static void large(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 8 << 20);
	struct bufw w = { .b = &text };
	bufw_c(&w, "From: a@b.test\r\n\r\n");
	while (text.n < 3 << 20)
		bufw_c(&w, "0123456789 abcdefghijklmnopqrstuvwxyz\r\n");
	uint64_t sum = 0;
	for (size_t i = 0; i < text.n; i++)
		sum += (unsigned char)text.p[i];
	bufw_c(&w, ".\r\n");
	assert_int_equal(w.err, OK);
	const struct str in[] = { ENVELOPE, buf_str(&text), S("QUIT\r\n"), END };
	const char *const wants[] = { "220 ", "250 ENHANCED", "354 ", "250 2.0.0 Accepted", "221 " };
	static struct talk t;
	begin(&t, in, wants);
	t.sum = sum;
	go(&t);
	loop_run();
	assert_false(t.failed);
	assert_int_equal(t.connection.session.messages, 1);
	conf_done(&t.conf);
	buf_done(&text);
}

/* A01: who is turned out still reads the reply, although it sent more than we read; then the connection ends. */
static void turned_out(void **state)
{
	(void)state;
	static char tail[200000];
	memset(tail, 'x', sizeof tail);
	memcpy(tail, "x\n.\r\nMAIL FROM:<x@y.test>\r\n.\r\n", 31);
	const struct str in[] = { ENVELOPE, { tail, sizeof tail }, S("NOOP\r\n"), END };
	static const char *const wants[] = { "220 ", "250 ENHANCED", "354 ", "554 5.6.0 Bare", "250 never" };
	static struct talk t;
	begin(&t, in, wants);
	go(&t);
	loop_run();
	assert_true(t.failed && t.connection.session.turned_out && t.connection.session.messages == 0);
	conf_done(&t.conf);
}

/* A client that waits too long is told so. */
static void waited_too_long(void **state)
{
	(void)state;
	static const struct str in[] = { S("EHLO c.test\r\n"), S("NO"), END };
	static const char *const wants[] = { "220 ", "250 ENHANCED", "421 4.4.2 " };
	static struct talk t;
	begin(&t, in, wants);
	t.conf.smtp.command_timeout = 1;
	go(&t);
	loop_run();
	assert_false(t.failed);
	conf_done(&t.conf);
}

/* B02: the store has gone. Unknown stays unknown to us: 451. */
static void no_store(void **state)
{
	(void)state;
	static const struct str in[] = { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\n"),
					 S("QUIT\r\n"), END };
	static const char *const wants[] = { "220 ", "250 ENHANCED", "451 4.3.0 ", "221 " };
	static struct talk t;
	pid_t *store = *state;
	struct channel *c = channel_to(ROLE_STORE, UINT32_MAX);
	assert_non_null(c);
	channel_close(c);
	assert_int_equal(kill(*store, SIGKILL), 0);     /* the other child has a copy of our end: it would not notice */
	assert_int_equal(waitpid(*store, NULL, 0), *store);
	begin(&t, in, wants);
	go(&t);
	loop_run();
	assert_false(t.failed);
	conf_done(&t.conf);
}

int main(void)
{
	static pid_t store, scan;
	int store_fd, scan_fd;
	store = play(ROLE_STORE, store_services, COUNT_OF(store_services), &store_fd);
	scan = play(ROLE_SCAN, scan_services, COUNT_OF(scan_services), &scan_fd);
	loop_init();
	channel_setup(ROLE_SMTP, NULL, 0, on_bad);
	channel_new(store_fd, ROLE_STORE, 0);
	struct channel *to_scan = channel_new(scan_fd, ROLE_SCAN, 0);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(side_by_side),
		cmocka_unit_test(large),
		cmocka_unit_test(turned_out),
		cmocka_unit_test(waited_too_long),
		cmocka_unit_test_prestate(no_store, &store),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	channel_close(to_scan);
	waitpid(scan, NULL, 0);
	return failed;
}
