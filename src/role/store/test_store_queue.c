/* The queue: leases, results, states, damage; delivery of one message to many. */
#include "role/store/store_internal.h"
#include "role/store/store_test_help.h"

struct fix { struct engine *engine; struct store *st; uint32_t ann, bob; struct arena a; };

static int up(void **state)
{
	struct fix *f = mem_new(struct fix);
	f->engine = engine_memory_new();
	f->st = test_open(f->engine);
	test_domain(f->st, "example.test");
	f->ann = test_account(f->st, "ann@example.test");
	f->bob = test_account(f->st, "bob@example.test");
	arena_init(&f->a, 4 << 20, NULL, NULL);
	*state = f;
	return 0;
}

static int down(void **state)
{
	struct fix *f = *state;
	store_close(f->st);
	arena_done(&f->a);
	mem_free(f);
	return 0;
}

static void restart(struct fix *f)
{
	assert_int_equal(store_settle(f->st), OK);
	struct engine *copy = engine_memory_cut(f->engine);
	store_close(f->st);
	f->engine = copy;
	f->st = test_open(copy);
}

static uint64_t add(struct fix *f, const char *recipient, int64_t due)
{
	struct str piece = STR("a message"), to = str_c(recipient);
	struct store_queue_entry e = { .sender = STR("ann@example.test"),
				       .recipient = to,
				       .destination = str_skip(to, str_rfind(to, '@') + 1),
				       .orcpt = STR("rfc822;x"),
				       .envid = STR("env"),
				       .notify = 5,
				       .flags = 9,
				       .created = T0,
				       .expires = T0 + 100,
				       .next = due };
	struct store_delivery d = { .message = { .piece = &piece, .pieces = 1 }, .remote = &e, .remotes = 1 };
	assert_int_equal(store_deliver(f->st, &d, T0), OK);
	return e.id;
}

static size_t lease(struct fix *f, int64_t now, size_t max, struct store_queue_entry **v)
{
	size_t n;
	assert_int_equal(store_queue_lease(f->st, now, 60, max, &f->a, v, &n), OK);
	return n;
}

static int done(struct fix *f, uint64_t id, enum store_queue_outcome outcome, int64_t next, int64_t now)
{
	struct store_queue_result r = { .id = id, .outcome = outcome, .next = next, .text = STR("mx: 451 later") };
	return store_queue_done(f->st, &r, 1, NULL, now);
}

static void test_order_and_fields(void **state)
{
	struct fix *f = *state;
	struct store_queue_entry *v;
	uint64_t late = add(f, "c@one.test", T0 + 50), second = add(f, "b@one.test", T0 + 2),
		 first = add(f, "a@two.test", T0 + 1);
	assert_int_equal(store_queue_next(f->st, T0), T0 + 1);
	assert_int_equal(lease(f, T0, 10, &v), 0);
	restart(f);
	assert_int_equal(lease(f, T0 + 2, 10, &v), 2);
	assert_int_equal(v[0].id, first);
	assert_int_equal(v[1].id, second);
	assert_true(str_eq(v[0].recipient, STR("a@two.test")));
	assert_true(str_eq(v[0].destination, STR("two.test")));
	assert_true(str_eq(v[0].orcpt, STR("rfc822;x")));
	assert_true(str_eq(v[0].envid, STR("env")));
	assert_int_equal(v[0].notify, 5);
	assert_int_equal(v[0].flags, 9);
	assert_int_equal(v[0].size, 9);
	assert_int_equal(v[0].expires, T0 + 100);
	assert_int_equal(store_queue_next(f->st, T0 + 2), T0 + 50);
	assert_int_equal(lease(f, T0 + 50, 10, &v), 1);
	assert_int_equal(v[0].id, late);
	test_whole(f->st);
}

static void test_lease_ends(void **state)
{
	struct fix *f = *state;
	struct store_queue_entry *v;
	uint64_t id = add(f, "a@one.test", T0);
	assert_int_equal(lease(f, T0, 10, &v), 1);
	assert_int_equal(lease(f, T0, 10, &v), 0);
	assert_int_equal(store_queue_next(f->st, T0), T0 + 60);
	assert_int_equal(lease(f, T0 + 59, 10, &v), 0);
	assert_int_equal(lease(f, T0 + 60, 10, &v), 1);                 /* B27: its holder has gone silent */
	assert_int_equal(done(f, id, STORE_QUEUE_DELIVERED, 0, T0 + 121), E_STALE);
	assert_int_equal(lease(f, T0 + 121, 10, &v), 1);
	restart(f);
	assert_int_equal(lease(f, T0 + 121, 10, &v), 1);                /* or we have */
	store_queue_forget_leases(f->st);
	assert_int_equal(lease(f, T0 + 121, 10, &v), 1);
	assert_int_equal(done(f, id, STORE_QUEUE_RELEASED, 0, T0 + 121), OK);
	assert_int_equal(lease(f, T0 + 121, 10, &v), 1);
	assert_int_equal(v[0].attempts, 0);
}

static int64_t steady_seconds;
static int64_t steady(void *ctx)
{
	(void)ctx;
	return steady_seconds;
}

/* B52: the clock is set back two hours, then on by a year. An attempt under way stays the only one; its result is taken; what is due by
 * the new time is had once; ids go on. */
static void test_b52_clock_steps(void **state)
{
	struct fix *f = *state;
	struct store_queue_entry *v;
	enum { BACK = 2 * 3600, YEAR = 365 * 86400 };
	f->st->o.steady = steady;
	steady_seconds = 1000;
	uint64_t id = add(f, "a@one.test", T0);
	assert_int_equal(lease(f, T0, 10, &v), 1);
	assert_int_equal(lease(f, T0 - BACK, 10, &v), 0);
	assert_int_equal(lease(f, T0 + YEAR, 10, &v), 0);               /* the lease is not a year old */
	assert_int_equal(store_queue_next(f->st, T0 + YEAR), T0 + YEAR + 60);
	steady_seconds += 59;
	assert_int_equal(lease(f, T0 + YEAR, 10, &v), 0);
	assert_int_equal(done(f, id, STORE_QUEUE_DEFERRED, T0 + YEAR + 300, T0 + YEAR), OK);
	assert_int_equal(store_settle(f->st), OK);
	assert_int_equal(lease(f, T0 - BACK, 10, &v), 0);
	uint64_t later = add(f, "b@one.test", T0 - BACK);
	assert_true(later > id);
	assert_int_equal(lease(f, T0 - BACK, 10, &v), 1);
	assert_int_equal(v[0].id, later);
	assert_int_equal(lease(f, T0 + YEAR + 300, 10, &v), 1);
	assert_int_equal(v[0].id, id);
	steady_seconds += 61;
	assert_int_equal(lease(f, T0 + YEAR + 300, 10, &v), 2);         /* their holder has gone silent (B27) */
	test_whole(f->st);
}

static void test_results(void **state)
{
	struct fix *f = *state;
	struct store_queue_entry *v, e;
	uint64_t id = add(f, "a@one.test", T0);
	lease(f, T0, 10, &v);
	assert_int_equal(done(f, id, STORE_QUEUE_DEFERRED, T0 + 300, T0 + 1), OK);
	assert_int_equal(done(f, id, STORE_QUEUE_DEFERRED, T0 + 300, T0 + 1), E_STALE);
	restart(f);
	assert_int_equal(store_queue_show(f->st, id, T0, &f->a, &e), OK);
	assert_int_equal(e.attempts, 1);
	assert_int_equal(e.next, T0 + 300);
	assert_true(str_eq(e.text, STR("mx: 451 later")));
	assert_int_equal(lease(f, T0 + 299, 10, &v), 0);
	assert_int_equal(lease(f, T0 + 300, 10, &v), 1);
	/* a report goes into the same commit as the result */
	struct str report = STR("could not be delivered");
	struct store_local to = { .account = f->ann };
	struct store_delivery dsn = { .message = { .piece = &report, .pieces = 1 }, .local = &to, .locals = 1 };
	struct store_queue_result failed = { .id = id, .outcome = STORE_QUEUE_FAILED };
	assert_int_equal(store_queue_done(f->st, &failed, 1, &dsn, T0 + 301), OK);
	assert_int_equal(store_settle(f->st), OK);
	assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).messages, 1);
	assert_int_equal(store_queue_show(f->st, id, T0, &f->a, &e), E_NOTFOUND);
	test_whole(f->st);
	struct store_check_counts n;
	assert_int_equal(store_check(f->st, &(struct store_check_options){ 0 }, &n), OK);
	assert_int_equal(n.blobs, 1);
	assert_int_equal(n.queued, 0);
}

/* A result whose commit fails: the entry is still leased, and the result may be told again. */
static void test_result_lost(void **state)
{
	struct fix *f = *state;
	struct store_queue_entry *v;
	uint64_t id = add(f, "a@one.test", T0);
	assert_int_equal(store_settle(f->st), OK);
	lease(f, T0, 10, &v);
	engine_memory_fail(f->engine, &(struct engine_memory_faults){ .fail_commit = 1, .fail_with = E_IO });
	assert_int_equal(done(f, id, STORE_QUEUE_DELIVERED, 0, T0), OK);
	assert_int_equal(store_settle(f->st), E_IO);
	assert_int_equal(done(f, id, STORE_QUEUE_DELIVERED, 0, T0), E_FULL);
	assert_int_equal(store_probe(f->st), OK);
	assert_int_equal(lease(f, T0, 10, &v), 0);
	assert_int_equal(done(f, id, STORE_QUEUE_DELIVERED, 0, T0), OK);
	test_whole(f->st);
}

static void test_hold_release(void **state)
{
	struct fix *f = *state;
	struct store_queue_entry *v, e;
	struct store_queue_counts n;
	uint64_t id = add(f, "a@one.test", T0);
	assert_int_equal(store_queue_hold(f->st, id, STR("looks odd"), T0), OK);
	assert_int_equal(store_queue_retry(f->st, id, T0), E_NOTFOUND);
	assert_int_equal(lease(f, T0 + 9, 10, &v), 0);
	restart(f);
	assert_int_equal(store_queue_show(f->st, id, T0, &f->a, &e), OK);
	assert_int_equal(e.state, STORE_QUEUE_HELD);
	assert_true(str_eq(e.text, STR("looks odd")));
	test_whole(f->st);
	assert_int_equal(store_queue_release(f->st, id, T0 + 9), OK);
	assert_int_equal(lease(f, T0 + 9, 10, &v), 1);
	assert_int_equal(store_queue_hold(f->st, id, STR(""), T0 + 9), E_BUSY);
	assert_int_equal(store_queue_cancel(f->st, id, T0 + 9), E_BUSY);
	assert_int_equal(done(f, id, STORE_QUEUE_DEFERRED, T0 + 5000, T0 + 9), OK);
	assert_int_equal(store_settle(f->st), OK);
	assert_int_equal(store_queue_retry(f->st, id, T0 + 10), OK);
	assert_int_equal(lease(f, T0 + 10, 10, &v), 1);
	store_queue_forget_leases(f->st);
	assert_int_equal(store_queue_cancel(f->st, id, T0 + 10), OK);
	assert_int_equal(store_queue_count(f->st, T0, &n), OK);
	assert_int_equal(n.entries, 0);
	assert_int_equal(store_queue_cancel(f->st, id, T0 + 10), E_NOTFOUND);
	test_whole(f->st);
}

static void test_list(void **state)
{
	struct fix *f = *state;
	struct store_queue_entry *v;
	size_t n;
	uint64_t after;
	for (int i = 0; i < 10; i++)
		add(f, i % 3 ? "x@one.test" : "x@two.test", T0);
	assert_int_equal(store_queue_list(f->st, STR("two.test"), 0, 100, T0, &f->a, &v, &n, &after), OK);
	assert_int_equal(n, 4);
	assert_int_equal(after, 0);
	assert_int_equal(store_queue_list(f->st, STR(""), 0, 7, T0, &f->a, &v, &n, &after), OK);
	assert_int_equal(n, 7);
	assert_int_equal(store_queue_list(f->st, STR(""), after, 7, T0, &f->a, &v, &n, &after), OK);
	assert_int_equal(n, 3);
	assert_int_equal(store_queue_list(f->st, STR("one"), 0, 100, T0, &f->a, &v, &n, &after), OK);
	assert_int_equal(n, 0);
}

/* B20: a record that does not read is set aside and reported; the others go on. */
static void test_damage(void **state)
{
	struct fix *f = *state;
	struct store_queue_entry *v;
	struct store_queue_counts n;
	struct store_check_counts found;
	uint64_t bad = add(f, "a@one.test", T0), good = add(f, "b@one.test", T0 + 1);
	struct store_key k = store_key_id64(STORE_Q_ENTRY, bad);
	assert_int_equal(store_settle(f->st), OK);
	assert_int_equal(
	    engine_commit(f->engine,
			  &(struct engine_write){ ENGINE_QUEUE, false, store_key_str(&k), STR("\x01garbage") }, 1),
	    OK);
	assert_int_equal(lease(f, T0 + 5, 10, &v), 1);
	assert_int_equal(v[0].id, good);
	assert_int_equal(lease(f, T0 + 100, 10, &v), 1);
	assert_int_equal(store_queue_count(f->st, T0, &n), OK);
	assert_int_equal(n.aside, 1);
	assert_int_equal(n.entries, 1);
	assert_int_equal(store_settle(f->st), OK);
	assert_int_equal(store_check(f->st, &(struct store_check_options){ 0 }, &found), OK);
	assert_true(found.findings > 0);
}

/* The bytes are stored once, whoever gets them, and go with the last. */
static void test_shared_bytes(void **state)
{
	struct fix *f = *state;
	struct store_check_counts n;
	struct store_queue_entry *v;
	struct store_set gone;
	uint64_t modseq;
	struct str piece = STR("to all");
	struct store_local to[] = { { .account = f->ann }, { .account = f->bob } };
	struct store_queue_entry out = { .recipient = STR("x@else.test"), .destination = STR("else.test"), .next = T0 };
	struct store_delivery d = {
		.message = { .piece = &piece, .pieces = 1 }, .local = to, .locals = 2, .remote = &out, .remotes = 1
	};
	assert_int_equal(store_deliver(f->st, &d, T0), OK);
	test_whole(f->st);
	assert_int_equal(store_check(f->st, &(struct store_check_options){ 0 }, &n), OK);
	assert_int_equal(n.blobs, 1);
	assert_int_equal(n.emails, 2);
	assert_int_equal(store_expunge(f->st, f->ann, STORE_INBOX, NULL, false, &gone, &modseq), OK);
	store_set_done(&gone);
	while (store_purge(f->st, 10))
		;
	test_whole(f->st);
	lease(f, T0, 1, &v);
	assert_int_equal(done(f, out.id, STORE_QUEUE_DELIVERED, 0, T0), OK);
	test_whole(f->st);
	struct buf b;
	buf_init(&b, 100);
	assert_int_equal(store_blob_read(f->st, f->bob, to[1].appended.email, 0, 100, &b), OK);
	assert_true(str_eq(buf_str(&b), piece));
	buf_done(&b);
}

/* Who wrote is seen, who was written to is a correspondent, and stays one; others' accounts know nothing of it. */
static void test_meetings(void **state)
{
	struct fix *f = *state;
	static const struct { struct str address; enum store_relation kept, want; } rows[] = {
		{ STR_INIT("x@else.test"), STORE_SENDER_SEEN, STORE_SENDER_SEEN },
		{ STR_INIT("X@Else.test"), STORE_SENDER_CORRESPONDENT, STORE_SENDER_CORRESPONDENT },
		{ STR_INIT("x@else.test"), STORE_SENDER_SEEN, STORE_SENDER_CORRESPONDENT },
	};
	enum store_relation got;
	struct str piece = STR("text");
	assert_int_equal(store_sender_get(f->st, f->ann, STR("x@else.test"), &got), OK);
	assert_int_equal(got, STORE_SENDER_NEW);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_local to = { .account = f->ann };
		struct store_meeting met = { f->ann, rows[i].address, rows[i].kept };
		struct store_delivery d = { .message = { .piece = &piece, .pieces = 1 }, .local = &to, .locals = 1, .meeting = &met, .meetings = 1 };
		assert_int_equal(store_deliver(f->st, &d, T0), OK);
		assert_int_equal(store_sender_get(f->st, f->ann, STR("x@else.test"), &got), OK);
		assert_int_equal(got, rows[i].want);
	}
	assert_int_equal(store_sender_get(f->st, f->bob, STR("x@else.test"), &got), OK);
	assert_int_equal(got, STORE_SENDER_NEW);
	test_whole(f->st);
}

/* A message for the mailbox of a role: there where there is one, else in INBOX. */
static void test_mailbox_of_role(void **state)
{
	struct fix *f = *state;
	struct str piece = STR("text");
	for (int i = 0; i < 2; i++) {
		struct store_local to = { .account = f->ann, .role = STORE_ROLE_JUNK };
		struct store_delivery d = { .message = { .piece = &piece, .pieces = 1 }, .local = &to, .locals = 1 };
		struct store_mailbox_info junk;
		assert_int_equal(store_deliver(f->st, &d, T0), OK);
		assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).messages, i);
		if (i == 0) {
			assert_int_equal(store_mailbox_find(f->st, f->ann, STR("Junk"), &junk), OK);
			assert_int_equal(junk.messages, 1);
			assert_int_equal(store_mailbox_delete(f->st, f->ann, junk.id), OK);
		}
	}
	test_whole(f->st);
}

/* A large queue costs no memory, and its head is found at once after much was removed from it. */
static void test_many(void **state)
{
	struct fix *f = *state;
	struct store_queue_entry *v;
	for (int i = 0; i < 3000; i++)
		add(f, "x@one.test", T0 + i % 7);
	assert_int_equal(store_settle(f->st), OK);
	size_t all = 0, n;
	while ((n = lease(f, T0 + 10, 100, &v))) {
		for (size_t i = 0; i < n; i++)
			assert_int_equal(done(f, v[i].id, STORE_QUEUE_DELIVERED, 0, T0 + 10), OK);
		all += n;
		arena_reset(&f->a);
		store_flush(f->st);
		store_poll(f->st);
	}
	assert_int_equal(all, 3000);
	assert_int_equal(store_queue_next(f->st, T0 + 10), INT64_MAX);
	test_whole(f->st);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order_and_fields, up, down),
		cmocka_unit_test_setup_teardown(test_lease_ends, up, down),
		cmocka_unit_test_setup_teardown(test_b52_clock_steps, up, down),
		cmocka_unit_test_setup_teardown(test_results, up, down),
		cmocka_unit_test_setup_teardown(test_result_lost, up, down),
		cmocka_unit_test_setup_teardown(test_hold_release, up, down),
		cmocka_unit_test_setup_teardown(test_list, up, down),
		cmocka_unit_test_setup_teardown(test_damage, up, down),
		cmocka_unit_test_setup_teardown(test_shared_bytes, up, down),
		cmocka_unit_test_setup_teardown(test_meetings, up, down),
		cmocka_unit_test_setup_teardown(test_mailbox_of_role, up, down),
		cmocka_unit_test_setup_teardown(test_many, up, down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
