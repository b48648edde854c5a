/* Channels under bad peers and heavy use: ends at each byte, bytes one at a time, a thousand calls, big messages, floods of
 * descriptors, forged replies, peers that do not read, closing while handlers run, the store's reply filter. A88. */
#include "ipc/channel.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "os/clock.h"
#include "os/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

enum { CALL_MS = 30000, MANY = 1000, BIG = 2 << 20 };

/* This process is the store, and smtp, imap or relay at the other end of a pair; or the other end is raw bytes. */
static unsigned bad, served, in_handlers;
static bool hold_handlers;
static struct waiters gate;             /* where held handlers wait */
static char big[BIG];

static void on_bad(struct channel *c, uint32_t type) { (void)c; (void)type; bad++; }

static void on_recipient(const struct ipc_request *rq, const struct ipc_recipient_req *q)
{
	uint64_t n = q->grant;
	served++;
	in_handlers++;
	if (hold_handlers)
		assert_int_equal(waiters_wait(&gate, FIBER_FOREVER), OK);
	if (q->grant % 3 == 1)
		assert_int_equal(fiber_sleep((int64_t)(n * 7919 % 23)), OK);      /* answers overtake each other */
	in_handlers--;
	struct ipc_recipient_rep a = { .kind = (uint32_t)n };
	if (n % 10 == 9)
		ipc_reply_recipient(rq, E_NOTFOUND, NULL);
	else
		ipc_reply_recipient(rq, OK, &a);
}

static void on_mailboxes(const struct ipc_request *rq, const struct ipc_mailboxes_req *q)
{
	struct ipc_mailboxes_rep a = { .mailboxes = { big, BIG } };
	(void)q;
	served++;
	ipc_reply_mailboxes(rq, OK, &a);
}

static void on_deliver(const struct ipc_request *rq, const struct ipc_deliver_req *q)
{
	int fd = q->body;
	struct ipc_deliver_rep a = { .id = q->summary.n + q->bytes.n, .results = STR("") };
	fd_close(&fd);
	served++;
	ipc_reply_deliver(rq, OK, &a);
}

static void on_flags(const struct ipc_request *rq, const struct ipc_flags_req *q)
{
	struct ipc_flags_rep a = { .modseq = q->grant, .entries = { big, BIG } };
	served++;
	ipc_reply_flags(rq, OK, &a);
}

static void on_grant_close(struct channel *from, const struct ipc_grant_close_note *m)
{
	(void)from;
	(void)m;
	served++;
}

static const struct ipc_service services[] = {
	IPC_SERVE_FIBER(recipient, on_recipient), IPC_SERVE(mailboxes, on_mailboxes), IPC_SERVE(deliver, on_deliver), IPC_SERVE(flags, on_flags),
	IPC_SERVE(grant_close, on_grant_close),
};

static struct channel *asker, *store;       /* both ends; asker NULL where raw is used */
static int raw = -1;
static unsigned closed;

static void on_close(struct channel *c, void *ctx)
{
	(void)ctx;
	closed++;
	if (c == store)
		store = NULL;
	if (c == asker)
		asker = NULL;
}

static void watch_end(struct channel *c)
{
	assert_non_null(c);
	channel_on_close(c, on_close, NULL);
}

static void start(enum role as, bool raw_peer)
{
	int pair[2];
	bad = served = closed = in_handlers = 0;
	waiters_init(&gate);
	hold_handlers = false;
	assert_int_equal(fd_pair(pair), OK);
	store = channel_new(pair[0], as, 0);
	watch_end(store);
	asker = NULL;
	raw = -1;
	if (raw_peer) {
		raw = pair[1];
	} else {
		asker = channel_new(pair[1], ROLE_STORE, 0);
		watch_end(asker);
	}
}

static void finish(void)
{
	if (store)
		channel_close(store);
	if (asker)
		channel_close(asker);
	fd_close(&raw);
}

/* Lets the loop work until what() holds; false after a minute. */
struct until { bool (*what)(void); bool held; };
static void poll_until(void *arg)
{
	struct until *u = arg;
	int64_t end = clock_mono_ms() + 60000;
	while (!(u->held = u->what()) && clock_mono_ms() < end)
		assert_int_equal(fiber_sleep(1), OK);
	loop_stop();
}

static void expect_soon(bool (*what)(void))
{
	struct until u = { what, false };
	fiber_start(poll_until, &u);
	loop_run();
	assert_true(u.held);
}

static bool ended(void) { return !store; }
static bool both_ended(void) { return closed == 2; }
static bool no_fibers(void) { return fiber_count() == 1; }

static size_t frame(char *out, uint32_t length, uint32_t type, unsigned flags, uint64_t id)
{
	put_le32(out, length);
	put_le32(out + 4, type | flags << 16);
	put_le64(out + 8, id);
	return IPC_HEAD;
}

/* A good `recipient` call as bytes. */
static size_t good_call(char *out, uint64_t grant, uint64_t id)
{
	struct buf b;
	buf_init(&b, 256);
	struct ipc_out o = { { .b = &b }, -1 };
	struct ipc_recipient_req q = { .grant = grant, .address = STR("anna@example.test") };
	assert_int_equal(ipc_put_recipient_req(&o, &q), OK);
	size_t n = frame(out, (uint32_t)b.n, IPC_recipient, 0, id);
	memcpy(out + n, b.p, b.n);
	n += b.n;
	buf_done(&b);
	return n;
}

/* ---- a peer that dies at each byte of a message ---- */
static void test_dies_at_each_byte(void **state)
{
	(void)state;
	char m[256];
	size_t n = good_call(m, 0, 1);
	for (size_t k = 0; k <= n; k++) {
		start(ROLE_SMTP, true);
		assert_int_equal(write(raw, m, k), (ssize_t)k);
		fd_close(&raw);
		expect_soon(ended);
		assert_int_equal(closed, 1);
		assert_int_equal(served, k == n);
		assert_int_equal(bad, 0);                       /* an end is no breach of the protocol */
		expect_soon(no_fibers);
		finish();
	}
}

/* ---- the same message, a byte at a time, thrice in a row ---- */
static bool all_served(void) { return served == 3; }
static char dripped[768];
static size_t drip_count;
static void drip(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < drip_count; i++) {
		assert_int_equal(write(raw, dripped + i, 1), 1);
		if (i % 3 == 0)
			assert_int_equal(fiber_sleep(1), OK);
	}
}

static void test_one_byte_at_a_time(void **state)
{
	(void)state;
	char answer[IPC_HEAD + 12];
	start(ROLE_SMTP, true);
	drip_count = 0;
	for (uint64_t id = 1; id <= 3; id++)
		drip_count += good_call(dripped + drip_count, id * 12, id);
	fiber_start(drip, NULL);
	expect_soon(all_served);
	expect_soon(no_fibers);
	channel_flush_all();
	for (uint64_t id = 1; id <= 3; id++) {
		assert_int_equal(recv(raw, answer, sizeof answer, 0), sizeof answer);
		assert_int_equal(get_le32(answer), 12);
		assert_int_equal(get_le32(answer + 4), IPC_recipient | CHANNEL_REPLY << 16);
		assert_int_equal(get_le64(answer + 8), id);
		assert_int_equal(get_le32(answer + IPC_HEAD), OK);
		assert_int_equal(get_le32(answer + IPC_HEAD + 4), id * 12);
	}
	finish();
}

/* ---- a thousand calls in flight, answers out of order ---- */
static unsigned came_back, right;
static void one_of_many(void *arg)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_recipient_rep a;
	struct ipc_recipient_req q = { .grant = (uint64_t)(uintptr_t)arg, .address = STR("a@b") };
	int r = ipc_call_recipient(asker, &q, &a, &hold, CALL_MS);
	right += q.grant % 10 == 9 ? r == E_NOTFOUND : r == OK && a.kind == q.grant;
	ipc_release(&hold);
	came_back++;
}

static bool all_back(void) { return came_back == MANY; }

static void start_many(void)
{
	came_back = right = 0;
	for (uintptr_t i = 0; i < MANY; i++)
		fiber_start(one_of_many, (void *)i);
}

static void test_thousand_in_flight(void **state)
{
	(void)state;
	start(ROLE_SMTP, false);
	start_many();
	expect_soon(all_back);
	assert_int_equal(right, MANY);
	assert_int_equal(served, MANY);
	assert_int_equal(channel_calls_open(asker), 0);
	expect_soon(no_fibers);
	finish();
}

/* ---- closing while handlers run in fibers, from either end ---- */
static unsigned ended_calls;
static void call_until_closed(void *arg)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_recipient_rep a;
	struct ipc_recipient_req q = { .grant = (uint64_t)(uintptr_t)arg, .address = STR("a@b") };
	ended_calls += ipc_call_recipient(asker, &q, &a, &hold, CALL_MS) == E_CLOSED;
	ipc_release(&hold);
}

static bool handlers_busy(void) { return in_handlers == 50; }

static void test_close_while_handlers_run(void **state)
{
	(void)state;
	for (int side = 0; side < 2; side++) {
		start(ROLE_SMTP, false);
		hold_handlers = true;
		ended_calls = 0;
		for (uintptr_t i = 0; i < 50; i++)
			fiber_start(call_until_closed, (void *)(i * 3));
		expect_soon(handlers_busy);
		channel_close(side ? asker : store);
		waiters_wake_all(&gate);                        /* they answer into nothing */
		expect_soon(both_ended);
		expect_soon(no_fibers);
		assert_int_equal(ended_calls, 50);
		assert_int_equal(closed, 2);
		assert_int_equal(bad, 0);
		finish();
	}
}

/* ---- messages of the largest size ---- */
static void call_mailboxes(void *arg)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_mailboxes_rep a;
	struct ipc_mailboxes_req q = { .grant = 1 };
	(void)arg;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ipc_call_mailboxes(asker, &q, &a, &hold, CALL_MS), OK);
		assert_int_equal(a.mailboxes.n, BIG);
		assert_memory_equal(a.mailboxes.p, big, BIG);
	}
	ipc_release(&hold);
	came_back = MANY;
}

static void call_deliver(void *arg)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_deliver_rep a;
	struct ipc_deliver_req q = { .summary = { big, 128 << 10 }, .bytes = { big, 256 << 10 }, .body = -1 };
	(void)arg;
	assert_int_equal(ipc_call_deliver(asker, &q, &a, &hold, CALL_MS), OK);
	assert_int_equal(a.id, 384 << 10);
	q.bytes.n++;
	assert_int_equal(ipc_call_deliver(asker, &q, &a, &hold, CALL_MS), E_TOOBIG);    /* nothing of it was sent */
	q.bytes.n--;
	assert_int_equal(ipc_call_deliver(asker, &q, &a, &hold, CALL_MS), OK);
	assert_int_equal(served, 2);
	ipc_release(&hold);
	came_back = MANY;
}

static void test_big_messages(void **state)
{
	(void)state;
	static const struct { enum role as; fiber_fn *fn; } rows[] = { { ROLE_IMAP, call_mailboxes }, { ROLE_SMTP, call_deliver } };
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		start(rows[i].as, false);
		came_back = 0;
		fiber_start(rows[i].fn, NULL);
		expect_soon(all_back);
		finish();
	}
}

/* A frame that says it is larger than IPC_MAX ends the channel at once, before its bytes are waited for. */
static void test_A88_over_the_limit(void **state)
{
	(void)state;
	char m[IPC_HEAD];
	start(ROLE_SMTP, true);
	assert_int_equal(write(raw, m, frame(m, IPC_MAX + 1, IPC_deliver, 0, 1)), IPC_HEAD);
	expect_soon(ended);
	assert_int_equal(bad, 1);
	finish();
}

/* ---- descriptors ---- */
static unsigned open_descriptors(void)
{
	unsigned n = 0;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static bool served_or_ended(void) { return served || !store; }

/* Each with a descriptor that nothing claims, in another way. */
static void test_A88_descriptors(void **state)
{
	(void)state;
	char m[256], payload[64];
	size_t n = good_call(m, 3, 1);
	struct buf b;
	unsigned before = open_descriptors();
	start(ROLE_SMTP, true);                                 /* flagged, on a message that has none */
	put_le32(m + 4, IPC_recipient | CHANNEL_HAS_FD << 16);
	assert_int_equal(fd_send(raw, (struct str){ m, n }, STDIN_FILENO), (ssize_t)n);
	expect_soon(ended);
	assert_int_equal(bad, 1);
	expect_soon(no_fibers);
	finish();
	assert_int_equal(open_descriptors(), before);

	buf_init(&b, sizeof payload);                           /* flagged, but its field says there is none; and the reverse */
	struct ipc_out o = { { .b = &b }, -1 };
	struct ipc_deliver_req q = { .body = -1 };
	assert_int_equal(ipc_put_deliver_req(&o, &q), OK);
	for (int has = 0; has < 2; has++) {
		b.p[b.n - 1] = (char)!has;
		n = frame(m, (uint32_t)b.n, IPC_deliver, has ? CHANNEL_HAS_FD : 0, 1);
		memcpy(m + n, b.p, b.n);
		start(ROLE_SMTP, true);
		assert_int_equal(fd_send(raw, (struct str){ m, n + b.n }, has ? STDIN_FILENO : -1), (ssize_t)(n + b.n));
		expect_soon(ended);
		assert_int_equal(bad, 1);
		finish();
		assert_int_equal(open_descriptors(), before);
	}
	buf_done(&b);

	start(ROLE_SMTP, true);                                 /* a flood without any flag: the channel ends, all are closed */
	for (int i = 0; i < 2000 && store; i++) {
		ssize_t k = fd_send(raw, STR("\0"), STDIN_FILENO);
		if (k == 0)
			expect_soon(served_or_ended);
	}
	assert_int_equal(fcntl(raw, F_SETFL, 0), 0);
	expect_soon(ended);
	finish();
	assert_int_equal(open_descriptors(), before);
}

/* ---- forged replies ---- */
static int result;
static uint32_t kind;
static void ask_raw(void *arg)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_recipient_rep a = { 0 };
	struct ipc_recipient_req q = { .address = STR("a@b") };
	(void)arg;
	result = ipc_call_recipient(asker, &q, &a, &hold, 200);
	kind = a.kind;
	ipc_release(&hold);
	came_back = MANY;
}

static size_t reply(char *out, uint32_t type, uint64_t id, int err, uint32_t value)
{
	size_t n = frame(out, 12, type, CHANNEL_REPLY, id);
	put_le32(out + n, (uint32_t)err);
	put_le32(out + n + 4, value);
	put_le32(out + n + 8, 0);
	return n + 12;
}

static uint64_t id_of_call(void)
{
	char m[256];
	struct pollfd p = { raw, POLLIN, 0 };
	channel_flush_all();
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_true(read(raw, m, sizeof m) > IPC_HEAD);
	return get_le64(m + 8);
}

static void answer_with(uint32_t type, bool right_id, int err, uint32_t value, int fd, unsigned times)
{
	char m[64];
	uint64_t id = id_of_call() + !right_id;
	size_t n = reply(m, type, id, err, value);
	if (fd >= 0)
		put_le32(m + 4, type | (CHANNEL_REPLY | CHANNEL_HAS_FD) << 16);
	while (times--)
		assert_int_equal(fd_send(raw, (struct str){ m, n }, fd), (ssize_t)n);
}

/* right id; type; error; descriptor; times; then what the caller gets, and whether the channel ends */
static const struct { bool right_id; uint32_t type; int err; bool fd; unsigned times; int result; bool ends; } replies[] = {
	{ true, IPC_recipient, OK, false, 1, OK, false },
	{ true, IPC_recipient, E_DENIED, false, 1, E_DENIED, false },
	{ true, IPC_recipient, OK, false, 3, OK, false },               /* answered thrice: the first counts */
	{ false, IPC_recipient, OK, false, 1, E_TIMEOUT, false },       /* to nobody */
	{ false, IPC_recipient, OK, true, 1, E_TIMEOUT, false },        /* to nobody, with a descriptor */
	{ true, IPC_identity, OK, false, 1, E_CLOSED, true },           /* to another question */
	{ true, IPC_recipient, 5, false, 1, E_CLOSED, true },           /* an error that is none */
	{ true, IPC_recipient, OK, true, 1, E_CLOSED, true },           /* a descriptor that no field claims */
};

static void ask_and_answer(void *arg)
{
	size_t i = *(size_t *)arg;
	fiber_start(ask_raw, NULL);
	fiber_yield();
	answer_with(replies[i].type, replies[i].right_id, replies[i].err, 42, replies[i].fd ? STDIN_FILENO : -1, replies[i].times);
}

static void test_A88_replies(void **state)
{
	(void)state;
	unsigned before = open_descriptors();
	for (size_t i = 0; i < COUNT_OF(replies); i++) {
		start(ROLE_STORE, true);
		asker = store;
		came_back = 0;
		fiber_start(ask_and_answer, &i);
		expect_soon(all_back);
		assert_int_equal(result, replies[i].result);
		assert_int_equal(kind, result == OK ? 42 : 0);
		assert_int_equal(store == NULL, replies[i].ends);
		assert_int_equal(bad, replies[i].ends);
		asker = NULL;
		finish();
		expect_soon(no_fibers);
		assert_int_equal(open_descriptors(), before);
	}
}

/* ---- a peer that takes nothing: callers are told, memory stays bounded ---- */
static unsigned busy_calls, waiting_calls;
static void call_deaf(void *arg)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_deliver_rep a;
	struct ipc_deliver_req q = { .bytes = { big, 256 << 10 }, .body = -1 };
	(void)arg;
	waiting_calls++;
	int r = ipc_call_deliver(asker, &q, &a, &hold, CALL_MS);
	busy_calls += r == E_BUSY;
	ended_calls += r == E_CLOSED;
	waiting_calls--;
	ipc_release(&hold);
}

static bool settled(void) { return busy_calls && busy_calls + waiting_calls == MANY; }

static void test_deaf_peer(void **state)
{
	(void)state;
	start(ROLE_STORE, true);
	asker = store;
	busy_calls = waiting_calls = ended_calls = 0;
	for (int i = 0; i < MANY; i++)
		fiber_start(call_deaf, NULL);
	expect_soon(settled);
	assert_true(waiting_calls >= (CHANNEL_OUT_HIGH / (256 << 10)) && waiting_calls <= (CHANNEL_OUT_HIGH / (256 << 10)) + 4);
	fd_close(&raw);
	expect_soon(no_fibers);
	assert_int_equal(ended_calls + busy_calls, MANY);
	asker = NULL;
	finish();
}

/* ---- a peer that asks and does not read: we stop reading it; when it reads, it gets every answer ---- */
enum { QUESTIONS = 30 };
static size_t drained;
static void drain(void *arg)
{
	static char block[256 << 10];
	(void)arg;
	while (drained < (size_t)QUESTIONS * (IPC_HEAD + 4 + 4 + BIG)) {
		ssize_t k = recv(raw, block, sizeof block, MSG_DONTWAIT);
		if (k > 0)
			drained += (size_t)k;
		else
			assert_int_equal(fiber_sleep(1), OK);
	}
	came_back = MANY;
}

static bool some_served(void) { return served >= 4; }

static void test_asks_and_does_not_read(void **state)
{
	(void)state;
	char m[IPC_HEAD + 8] = { 0 };
	start(ROLE_IMAP, true);
	came_back = 0;
	drained = 0;
	for (uint64_t i = 0; i < QUESTIONS; i++)
		assert_int_equal(write(raw, m, frame(m, 8, IPC_mailboxes, 0, i) + 8), (ssize_t)sizeof m);
	expect_soon(some_served);
	for (int i = 0; i < 5; i++)
		expect_soon(some_served);                       /* some turns of the loop more */
	assert_true(served <= CHANNEL_OUT_HIGH / BIG + 2);
	fiber_start(drain, NULL);
	expect_soon(all_back);
	assert_int_equal(served, QUESTIONS);
	finish();
	expect_soon(no_fibers);
}

/* ---- both directions full at once: neither end waits for the other ---- */
static void call_flags(void *arg)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_flags_rep a;
	struct ipc_flags_req q = { .grant = (uint64_t)(uintptr_t)arg, .uids = { big, 1 << 20 } };
	int r;
	while ((r = ipc_call_flags(asker, &q, &a, &hold, CALL_MS)) == E_BUSY)
		assert_int_equal(fiber_sleep(1), OK);
	right += r == OK && a.modseq == q.grant && a.entries.n == BIG;
	came_back += MANY / 50;
	ipc_release(&hold);
}

static void test_both_full(void **state)
{
	(void)state;
	start(ROLE_IMAP, false);
	came_back = right = 0;
	for (uintptr_t i = 0; i < 50; i++)
		fiber_start(call_flags, (void *)i);
	expect_soon(all_back);
	assert_int_equal(right, 50);
	finish();
}

/* ---- a flood of questions whose handlers wait: fibers stay bounded, and all are answered in the end ---- */
enum { FLOOD = CHANNEL_SERVING_MAX + 1500 };
static unsigned flooded;
static void flood(void *arg)
{
	char m[256];
	(void)arg;
	while (flooded < FLOOD) {
		size_t n = good_call(m, 3, flooded);
		if (send(raw, m, n, MSG_DONTWAIT) == (ssize_t)n)
			flooded++;
		else
			assert_int_equal(fiber_sleep(1), OK);
		while (recv(raw, m, sizeof m, MSG_DONTWAIT) > 0)
			;
	}
}

static bool at_the_limit(void) { return in_handlers >= CHANNEL_SERVING_MAX; }
static bool flood_served(void) { return served == FLOOD; }

static void test_A88_flood_of_handlers(void **state)
{
	(void)state;
	start(ROLE_SMTP, true);
	hold_handlers = true;
	flooded = 0;
	fiber_start(flood, NULL);
	expect_soon(at_the_limit);
	for (int i = 0; i < 5; i++)
		expect_soon(at_the_limit);
	assert_int_equal(in_handlers, CHANNEL_SERVING_MAX);
	hold_handlers = false;
	waiters_wake_all(&gate);
	expect_soon(flood_served);
	expect_soon(no_fibers);
	finish();
}

/* ---- notes ---- */
static bool notes_served(void) { return served == MANY; }

static void test_notes(void **state)
{
	(void)state;
	start(ROLE_IMAP, false);
	for (uint64_t i = 0; i < MANY; i++) {
		struct ipc_grant_close_note m = { .grant = i };
		assert_int_equal(ipc_note_grant_close(asker, &m), OK);
	}
	expect_soon(notes_served);
	struct ipc_grant_close_note m = { .grant = 1 };
	assert_int_equal(ipc_note_grant_close(NULL, &m), E_CLOSED);
	finish();
}

/* ---- the reply filter: answers are held, and sent later in any order, or never because the channel is gone ---- */
static struct { struct ipc_request rq; struct buf bytes; int fd; } held[64];
static unsigned held_count;
static void hold_reply(const struct ipc_request *rq, struct buf bytes, int fd)
{
	assert_true(held_count < COUNT_OF(held));
	held[held_count].rq = *rq;
	held[held_count].bytes = bytes;
	held[held_count++].fd = fd;
}

static void send_held(void)
{
	while (held_count) {
		held_count--;
		channel_send_framed(&held[held_count].rq, &held[held_count].bytes, held[held_count].fd);
	}
}

static bool all_held(void) { return held_count == 50; }

static void test_reply_filter(void **state)
{
	(void)state;
	channel_reply_filter(hold_reply);
	for (int gone = 0; gone < 2; gone++) {
		start(ROLE_SMTP, false);
		came_back = MANY - 50;
		right = ended_calls = 0;
		for (uintptr_t i = 0; i < 50; i++)
			fiber_start(gone ? call_until_closed : one_of_many, (void *)i);
		expect_soon(all_held);
		assert_int_equal(came_back, MANY - 50);         /* nobody has an answer yet */
		if (gone)
			channel_close(store);
		send_held();
		expect_soon(no_fibers);
		assert_int_equal(gone ? ended_calls : right, 50);
		finish();
	}
	channel_reply_filter(NULL);
}

int main(void)
{
	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 131 >> 5);
	loop_init();
	channel_setup(ROLE_STORE, services, COUNT_OF(services), on_bad);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dies_at_each_byte), cmocka_unit_test(test_one_byte_at_a_time), cmocka_unit_test(test_thousand_in_flight),
		cmocka_unit_test(test_close_while_handlers_run), cmocka_unit_test(test_big_messages), cmocka_unit_test(test_A88_over_the_limit),
		cmocka_unit_test(test_A88_descriptors), cmocka_unit_test(test_A88_replies), cmocka_unit_test(test_deaf_peer),
		cmocka_unit_test(test_asks_and_does_not_read), cmocka_unit_test(test_both_full), cmocka_unit_test(test_A88_flood_of_handlers),
		cmocka_unit_test(test_notes), cmocka_unit_test(test_reply_filter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
