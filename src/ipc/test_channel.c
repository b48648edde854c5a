/* Channels: calls in fibers, notes, descriptors, permission, limits, garbage from a hostile peer (A88). */
#include "ipc/channel.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "os/clock.h"
#include "os/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

/* This process plays the store; smtp is the same process at the other end of a pair, or raw bytes. */
static unsigned bad;
static void on_bad(struct channel *c, uint32_t type) { (void)c; (void)type; bad++; }

static void on_recipient(const struct ipc_request *rq, const struct ipc_recipient_req *q)
{
	if (str_eq(q->address, STR("slow@example.test")) && fiber_sleep(20) != OK)
		return;
	if (str_eq(q->address, STR("missing@example.test"))) {
		ipc_reply_recipient(rq, E_NOTFOUND, NULL);
		return;
	}
	struct ipc_recipient_rep a = { .kind = (uint32_t)q->address.n };
	ipc_reply_recipient(rq, OK, &a);
}

static void on_deliver(const struct ipc_request *rq, const struct ipc_deliver_req *q)
{
	struct str body;
	int fd = q->body, r = fd_map(fd, 1 << 20, &body);
	struct ipc_deliver_rep a = { .id = r == OK ? body.n : 0, .results = q->sender };
	if (r == OK)
		fd_unmap(body);
	fd_close(&fd);
	ipc_reply_deliver(rq, r, &a);
}

static const struct ipc_service services[] = { IPC_SERVE_FIBER(recipient, on_recipient), IPC_SERVE(deliver, on_deliver) };

static void pair(struct channel **smtp_side, struct channel **store_side)
{
	int fds[2];
	assert_int_equal(fd_pair(fds), OK);
	*smtp_side = channel_new(fds[0], ROLE_STORE, 0);
	*store_side = channel_new(fds[1], ROLE_SMTP, 0);
}

static int results[4];
static uint32_t kind;

static void calls(void *arg)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_recipient_rep a;
	struct channel *c = arg;
	struct ipc_recipient_req q = { .address = STR("anna@example.test") };
	results[0] = ipc_call_recipient(c, &q, &a, &hold, 1000);
	kind = a.kind;
	q.address = STR("missing@example.test");
	results[1] = ipc_call_recipient(c, &q, &a, &hold, 1000);
	q.address = STR("slow@example.test");
	results[2] = ipc_call_recipient(c, &q, &a, &hold, 5);
	results[3] = ipc_call_recipient(c, &q, &a, &hold, 1000);
	ipc_release(&hold);
	loop_stop();
}

static void test_calls(void **state)
{
	(void)state;
	struct channel *a, *b;
	pair(&a, &b);
	fiber_start(calls, a);
	loop_run();
	assert_int_equal(results[0], OK);
	assert_int_equal(kind, 17);
	assert_int_equal(results[1], E_NOTFOUND);
	assert_int_equal(results[2], E_TIMEOUT);
	assert_int_equal(results[3], OK);
	assert_int_equal(channel_calls_open(a), 0);
	channel_close(a);
	channel_close(b);
}

static void delivers(void *arg)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_deliver_rep a;
	auto_fd sealed = -1, loose = -1;
	assert_int_equal(fd_memory("body", &sealed), OK);
	assert_int_equal(fd_write_all(sealed, STR("0123456789")), OK);
	assert_int_equal(fd_seal(sealed), OK);
	assert_int_equal(fd_memory("body", &loose), OK);
	for (int i = 0; i < 50; i++) {
		struct ipc_deliver_req q = { .sender = STR("a@b"), .body = sealed };
		assert_int_equal(ipc_call_deliver(arg, &q, &a, &hold, 1000), OK);
		assert_int_equal(a.id, 10);
		assert_true(str_eq(a.results, STR("a@b")));
	}
	struct ipc_deliver_req q = { .sender = STR("a@b"), .body = loose };
	results[0] = ipc_call_deliver(arg, &q, &a, &hold, 1000);
	char big[400] = { 0 };
	q = (struct ipc_deliver_req){ .sender = { big, sizeof big }, .body = -1 };
	results[1] = ipc_call_deliver(arg, &q, &a, &hold, 1000);
	ipc_release(&hold);
	loop_stop();
}

static void test_descriptors(void **state)
{
	(void)state;
	struct channel *a, *b;
	pair(&a, &b);
	fiber_start(delivers, a);
	loop_run();
	assert_int_equal(results[0], E_DENIED);     /* memory that the peer could still change is refused */
	assert_int_equal(results[1], E_TOOBIG);     /* the sender's own codec refuses an over-long field */
	channel_close(a);
	channel_close(b);
}

/* Raw bytes from a hostile peer: that channel ends, the process goes on. */
static void hostile(const char *bytes, size_t n, enum role as)
{
	int fds[2];
	bad = 0;
	assert_int_equal(fd_pair(fds), OK);
	struct channel *c = channel_new(fds[1], as, 7);
	assert_non_null(c);
	assert_int_equal(write(fds[0], bytes, n), (ssize_t)n);
	size_t before = bad;
	for (int i = 0; i < 100 && bad == before; i++)
		if (loop_timer(1, 0, (void (*)(void *))loop_stop, NULL) == OK)
			fiber_run_ready();
	(void)c;
	close(fds[0]);
}

static void nothing(void *arg) { (void)arg; assert_int_equal(fiber_sleep(30), OK); loop_stop(); }

static void expect_closed(const char *bytes, size_t n, enum role as)
{
	hostile(bytes, n, as);
	fiber_start(nothing, NULL);
	loop_run();
	assert_int_equal(bad, 1);
	size_t i = 0;
	assert_null(channel_each(as, &i));
}

static size_t frame(char *out, uint32_t length, uint32_t type, unsigned flags, uint64_t id)
{
	put_le32(out, length);
	put_le32(out + 4, type | flags << 16);
	put_le64(out + 8, id);
	memset(out + IPC_HEAD, 'x', 64);
	return IPC_HEAD + (length < 64 ? length : 64);
}

static void test_A88_hostile_peer(void **state)
{
	(void)state;
	char m[IPC_HEAD + 64];
	expect_closed(m, frame(m, 0xffffffff, IPC_recipient, 0, 1), ROLE_SMTP);          /* length */
	expect_closed(m, frame(m, 8, IPC_recipient, 0, 1), ROLE_SMTP);                   /* fields do not parse */
	expect_closed(m, frame(m, 8, 0x7777, 0, 1), ROLE_SMTP);                          /* no such message */
	expect_closed(m, frame(m, 8, IPC_recipient, 0, 1), ROLE_IMAP);                   /* not its to ask */
	expect_closed(m, frame(m, 8, IPC_credential, 0, 1), ROLE_SMTP);                  /* auth's alone */
	expect_closed(m, frame(m, 8, IPC_recipient, CHANNEL_HAS_FD, 1), ROLE_SMTP);      /* a descriptor that did not come */
	expect_closed(m, frame(m, 8, IPC_recipient, 0x40, 1), ROLE_SMTP);                /* flags that do not exist */
	expect_closed(m, frame(m, 2, IPC_recipient, CHANNEL_REPLY, 1), ROLE_SMTP);       /* a reply without its error */
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ipc_rule_count; i++) {
		for (size_t k = i + 1; k < ipc_rule_count; k++)
			assert_int_not_equal(ipc_rules[i].type, ipc_rules[k].type);
		for (unsigned f = 0; f < ROLE_COUNT; f++)
			for (unsigned t = 0; t < ROLE_COUNT; t++)
				if ((ipc_rules[i].from & 1u << f) && (ipc_rules[i].to & 1u << t))
					assert_true(role_wired((enum role)f, (enum role)t) || role_wired((enum role)t, (enum role)f));
	}
}

int main(void)
{
	loop_init();
	channel_setup(ROLE_STORE, services, COUNT_OF(services), on_bad);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls), cmocka_unit_test(test_descriptors), cmocka_unit_test(test_A88_hostile_peer), cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
