/* Notes, subscriptions that outlive their mailbox, what no session was shown, and several messages in one commit. */
#include "role/store/store_test_help.h"

struct fix { struct engine *engine; struct store *st; uint32_t ann; };

static int up(void **state)
{
	struct fix *f = mem_new(struct fix);
	f->engine = engine_memory_new();
	f->st = test_open(f->engine);
	test_domain(f->st, "example.test");
	f->ann = test_account(f->st, "ann@example.test");
	*state = f;
	return 0;
}

/* Everything still fits together, also after a cut. */
static int down(void **state)
{
	struct fix *f = *state;
	test_whole(f->st);
	struct engine *copy = engine_memory_cut(f->engine);
	store_close(f->st);
	f->st = test_open(copy);
	test_whole(f->st);
	store_close(f->st);
	mem_free(f);
	return 0;
}

static int count_one(void *ctx, struct str name, struct str value)
{
	size_t *n = ctx;
	assert_true(name.n > 0 && value.n < 100);
	++*n;
	return OK;
}

static size_t count(struct fix *f, uint32_t mailbox, struct str prefix)
{
	size_t n = 0;
	assert_int_equal(store_notes(f->st, f->ann, mailbox, prefix, count_one, &n), OK);
	return n;
}

static void notes(void **state)
{
	struct fix *f = *state;
	static char long_name[STORE_NOTE_NAME_MAX + 1], long_value[STORE_NOTE_MAX + 1];
	assert_int_equal(store_note_set(f->st, f->ann, STORE_INBOX, STR("m/a"), STR("1")), OK);
	assert_int_equal(store_note_set(f->st, f->ann, STORE_INBOX, STR("m/a/b"), STR("")), OK);
	assert_int_equal(store_note_set(f->st, f->ann, 0, STR("m/a"), STR("2")), OK);
	assert_int_equal(count(f, STORE_INBOX, STR("m/a")), 2);
	assert_int_equal(count(f, STORE_INBOX, STR("m/a/")), 1);
	assert_int_equal(count(f, 0, STR("m")), 1);
	assert_int_equal(store_note_set(f->st, f->ann, STORE_INBOX, STR("m/a"), (struct str){ 0 }), OK);
	assert_int_equal(count(f, STORE_INBOX, STR("m")), 1);
	assert_int_equal(store_note_set(f->st, f->ann, 999, STR("m/a"), STR("1")), E_NOTFOUND);
	assert_int_equal(store_note_set(f->st, f->ann, 0, (struct str){ long_name, sizeof long_name }, STR("1")), E_TOOBIG);
	assert_int_equal(store_note_set(f->st, f->ann, 0, STR("m"), (struct str){ long_value, sizeof long_value }), E_TOOBIG);
	for (int i = 0; i < STORE_NOTES_MAX; i++) {
		char name[20];
		snprintf(name, sizeof name, "m%d", i);
		int r = store_note_set(f->st, f->ann, STORE_INBOX, str_c(name), STR("x"));
		assert_true(r == OK || (r == E_FULL && i >= STORE_NOTES_MAX - 2));
	}
}

/* RFC 9051 section 6.3.5: deleting a mailbox takes no subscription away; made anew it has it again. */
static void subscription(void **state)
{
	struct fix *f = *state;
	uint32_t id;
	assert_int_equal(store_mailbox_create(f->st, f->ann, STR("x"), STORE_ROLE_NONE, &id), OK);
	assert_int_equal(store_mailbox_subscribe(f->st, f->ann, id, true), OK);
	assert_int_equal(store_note_set(f->st, f->ann, id, STR("m/a"), STR("1")), OK);
	assert_int_equal(store_mailbox_delete(f->st, f->ann, id), OK);
	assert_int_equal(count(f, 0, STR("s")), 1);
	assert_int_equal(store_mailbox_create(f->st, f->ann, STR("x"), STORE_ROLE_NONE, &id), OK);
	assert_true(test_mailbox(f->st, f->ann, id).subscribed);
	assert_int_equal(count(f, id, STR("m")), 0);
	assert_int_equal(count(f, 0, STR("s")), 0);
	assert_int_equal(store_mailbox_delete(f->st, f->ann, id), OK);
	assert_int_equal(store_mailbox_unsubscribe_gone(f->st, f->ann, STR("x")), OK);
	assert_int_equal(count(f, 0, STR("s")), 0);
}

/* RFC 3501 section 2.3.2: one session is told that a message is recent. */
static void recent(void **state)
{
	struct fix *f = *state;
	uint32_t first, n;
	test_append(f->st, f->ann, STORE_INBOX, "one");
	test_append(f->st, f->ann, STORE_INBOX, "two");
	assert_int_equal(store_recent(f->st, f->ann, STORE_INBOX, false, &first, &n), OK);
	assert_true(first == 1 && n == 2);
	assert_int_equal(store_recent(f->st, f->ann, STORE_INBOX, true, &first, &n), OK);
	assert_true(first == 1 && n == 2);
	test_append(f->st, f->ann, STORE_INBOX, "three");
	assert_int_equal(store_recent(f->st, f->ann, STORE_INBOX, true, &first, &n), OK);
	assert_true(first == 3 && n == 1);
	assert_int_equal(store_recent(f->st, f->ann, STORE_INBOX, false, &first, &n), OK);
	assert_true(first == 4 && n == 0);
}

/* RFC 3502, RFC 8508: all or none. */
static void append_many(void **state)
{
	struct fix *f = *state;
	struct str pieces[] = { STR("one"), STR("two") };
	struct store_message m[2];
	struct buf uids;
	uint64_t modseq = 0;
	buf_init(&uids, 100);
	for (size_t i = 0; i < 2; i++)
		m[i] = (struct store_message){ .piece = &pieces[i], .pieces = 1, .summary = STR("summary"), .internal = T0 };
	test_append(f->st, f->ann, STORE_INBOX, "old");
	assert_int_equal(store_append_many(f->st, f->ann, STORE_INBOX, m, 2, &(struct store_replaced){ STORE_INBOX, 9 }, T0, &uids, &modseq), E_NOTFOUND);
	assert_true(test_mailbox(f->st, f->ann, STORE_INBOX).messages == 1 && test_mailbox(f->st, f->ann, STORE_INBOX).uidnext == 2);
	buf_clear(&uids);
	assert_int_equal(store_append_many(f->st, f->ann, STORE_INBOX, m, 2, &(struct store_replaced){ STORE_INBOX, 1 }, T0, &uids, &modseq), OK);
	assert_true(uids.n == 8 && get_le32(uids.p) == 2 && get_le32(uids.p + 4) == 3 && modseq > 0);
	assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).messages, 2);
	assert_int_equal(store_append_many(f->st, f->ann, 99, m, 2, &(struct store_replaced){ 0, 0 }, T0, &uids, &modseq), E_NOTFOUND);
	buf_done(&uids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(notes, up, down),
		cmocka_unit_test_setup_teardown(subscription, up, down),
		cmocka_unit_test_setup_teardown(recent, up, down),
		cmocka_unit_test_setup_teardown(append_many, up, down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
