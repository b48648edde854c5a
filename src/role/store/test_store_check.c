/* The check finds what it should: each row damages one record of a whole store. */
#include "role/store/store_internal.h"
#include "role/store/store_test_help.h"

struct fix { struct engine *engine; struct store *st; uint32_t ann; uint64_t email, blob, entry; };

static void fill(struct fix *f)
{
	struct str piece = STR("a message"), id = STR("<1@x>");
	struct store_message m = {
		.piece = &piece, .pieces = 1, .summary = STR("s"), .message_id = &id, .message_ids = 1
	};
	struct store_appended a;
	struct store_email_info info;
	f->engine = engine_memory_new();
	f->st = test_open(f->engine);
	test_domain(f->st, "example.test");
	f->ann = test_account(f->st, "ann@example.test");
	for (int i = 0; i < 150; i++)
		assert_int_equal(store_append(f->st, f->ann, STORE_INBOX, &m, T0, &a), OK);
	assert_int_equal(store_email_get(f->st, f->ann, a.email, &info), OK);
	struct store_queue_entry e = { .recipient = STR("x@else.test"), .destination = STR("else.test"), .next = T0 };
	struct store_delivery d = { .message = m, .remote = &e, .remotes = 1 };
	assert_int_equal(store_deliver(f->st, &d, T0), OK);
	assert_int_equal(store_settle(f->st), OK);
	f->email = a.email;
	f->blob = info.blob;
	f->entry = e.id;
}

static uint64_t findings(struct fix *f)
{
	struct store_check_counts n;
	assert_int_equal(store_check(f->st, &(struct store_check_options){ 0 }, &n), OK);
	return n.findings;
}

enum damage { GONE, GARBAGE, CUT, EXTRA };

static struct store_key key_system(const struct fix *f) { (void)f; return store_key_name(STORE_DIR_SYSTEM, STR("")); }
static struct store_key key_address(const struct fix *f)
{
	(void)f;
	return store_key_name(STORE_DIR_ADDRESS, STR("ann@example.test"));
}
static struct store_key key_account(const struct fix *f) { return store_key_id32(STORE_DIR_ACCOUNT, f->ann); }
static struct store_key key_domain(const struct fix *f)
{
	(void)f;
	return store_key_name(STORE_DIR_DOMAIN, STR("example.test"));
}
static struct store_key key_meta(const struct fix *f) { return store_key_account(f->ann, STORE_KIND_META); }
static struct store_key key_mailbox(const struct fix *f)
{
	return store_key_32(f->ann, STORE_KIND_MAILBOX, STORE_INBOX);
}
static struct store_key key_page(const struct fix *f)
{
	return store_key_32_32(f->ann, STORE_KIND_PAGE, STORE_INBOX, 1);
}
static struct store_key key_tail(const struct fix *f)
{
	return store_key_32_32(f->ann, STORE_KIND_TAIL, STORE_INBOX, 140);
}
static struct store_key key_orphan_tail(const struct fix *f) { return store_key_32_32(f->ann, STORE_KIND_TAIL, 77, 1); }
static struct store_key key_email(const struct fix *f) { return store_key_64(f->ann, STORE_KIND_EMAIL, f->email); }
static struct store_key key_summary(const struct fix *f) { return store_key_summary(f->ann, f->email); }
static struct store_key key_orphan_summary(const struct fix *f) { return store_key_summary(f->ann, 4711); }
static struct store_key key_shared(const struct fix *f) { return store_key_64(0, STORE_KIND_SHARED, f->blob); }
static struct store_key key_chunk(const struct fix *f) { return store_key_chunk(f->blob, 0); }
static struct store_key key_orphan_chunk(const struct fix *f) { (void)f; return store_key_chunk(1u << 30, 0); }
static struct store_key key_entry(const struct fix *f) { return store_key_id64(STORE_Q_ENTRY, f->entry); }
static struct store_key key_due(const struct fix *f) { return store_key_due(T0, f->entry); }
static struct store_key key_wrong_due(const struct fix *f) { return store_key_due(T0 + 1, f->entry); }
static struct store_key key_destination(const struct fix *f)
{
	return store_key_destination(STR("else.test"), f->entry);
}

static const struct {
	const char *what;
	struct store_key (*key)(const struct fix *f);
	enum engine_space space;
	enum damage damage;
} rows[] = {
	{ "address gone", key_address, ENGINE_DIRECTORY, GONE },
	{ "address garbage", key_address, ENGINE_DIRECTORY, GARBAGE },
	{ "account gone", key_account, ENGINE_DIRECTORY, GONE },
	{ "account garbage", key_account, ENGINE_DIRECTORY, GARBAGE },
	{ "domain gone", key_domain, ENGINE_DIRECTORY, GONE },
	{ "meta gone", key_meta, ENGINE_INDEX, GONE },
	{ "meta garbage", key_meta, ENGINE_INDEX, GARBAGE },
	{ "mailbox gone", key_mailbox, ENGINE_INDEX, GONE },
	{ "mailbox cut", key_mailbox, ENGINE_INDEX, CUT },
	{ "page gone", key_page, ENGINE_INDEX, GONE },
	{ "page cut", key_page, ENGINE_INDEX, CUT },
	{ "tail gone", key_tail, ENGINE_INDEX, GONE },
	{ "tail garbage", key_tail, ENGINE_INDEX, GARBAGE },
	{ "tail of no mailbox", key_orphan_tail, ENGINE_INDEX, EXTRA },
	{ "e-mail gone", key_email, ENGINE_INDEX, GONE },
	{ "e-mail cut", key_email, ENGINE_INDEX, CUT },
	{ "summary gone", key_summary, ENGINE_SUMMARY, GONE },
	{ "summary of none", key_orphan_summary, ENGINE_SUMMARY, EXTRA },
	{ "owners wrong", key_shared, ENGINE_INDEX, EXTRA },
	{ "chunk gone", key_chunk, ENGINE_BLOB, GONE },
	{ "chunk cut", key_chunk, ENGINE_BLOB, CUT },
	{ "chunk of none", key_orphan_chunk, ENGINE_BLOB, EXTRA },
	{ "entry gone", key_entry, ENGINE_QUEUE, GONE },
	{ "entry garbage", key_entry, ENGINE_QUEUE, GARBAGE },
	{ "due gone", key_due, ENGINE_QUEUE, GONE },
	{ "due too many", key_wrong_due, ENGINE_QUEUE, EXTRA },
	{ "destination gone", key_destination, ENGINE_QUEUE, GONE },
};

static void damage(struct fix *f, size_t i)
{
	struct store_key k = rows[i].key(f);
	struct buf b;
	buf_init(&b, 1 << 20);
	struct str value = STR("\x07what is this");
	if (rows[i].damage == CUT) {
		assert_int_equal(engine_get(f->engine, rows[i].space, store_key_str(&k), &b), OK);
		value = str_first(buf_str(&b), b.n - 1);
	}
	if (rows[i].damage == EXTRA)
		value = STR("\x01\x05\0\0\0");
	struct engine_write w = { rows[i].space, rows[i].damage == GONE, store_key_str(&k), value };
	assert_int_equal(engine_commit(f->engine, &w, 1), OK);
	buf_done(&b);
}

static void test_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fix f;
		fill(&f);
		assert_int_equal(findings(&f), 0);
		damage(&f, i);
		if (!findings(&f))
			fail_msg("%s: the check finds nothing", rows[i].what);
		store_close(f.st);
	}
}

/* Bytes of every record changed one after the other: neither the check nor a reader may crash or hang on them, and no
 * reader takes what the counters do not bear out. */
static void test_bit_rot(void **state)
{
	(void)state;
	struct fix f;
	struct buf b, out;
	fill(&f);
	buf_init(&b, 1 << 20);
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct store_key k = rows[i].key(&f);
		buf_clear(&b);
		if (engine_get(f.engine, rows[i].space, store_key_str(&k), &b) != OK)
			continue;
		for (size_t at = 0; at < b.n && at < 200; at++) {
			b.p[at] ^= 0x41;
			struct engine_write w = { rows[i].space, false, store_key_str(&k), buf_str(&b) };
			assert_int_equal(engine_commit(f.engine, &w, 1), OK);
			store_cache_drop(f.st);
			findings(&f);
			buf_clear(&out);
			int r = store_entries(f.st, f.ann, STORE_INBOX, 1, SIZE_MAX, &out);
			assert_true(r == OK || r == E_CORRUPT || r == E_NOTFOUND);
			r = store_blob_read(f.st, f.ann, f.email, 0, 100, &out);
			assert_true(r == OK || r == E_CORRUPT || r == E_NOTFOUND);
			b.p[at] ^= 0x41;
		}
		struct engine_write w = { rows[i].space, false, store_key_str(&k), buf_str(&b) };
		assert_int_equal(engine_commit(f.engine, &w, 1), OK);
	}
	store_cache_drop(f.st);
	assert_int_equal(findings(&f), 0);
	buf_done(&out);
	buf_done(&b);
	store_close(f.st);
}

/* A store whose first record is damaged is not opened, and not taken for an empty one. */
static void test_system_record(void **state)
{
	(void)state;
	struct fix f;
	struct store *st;
	fill(&f);
	struct store_key k = key_system(&f);
	assert_int_equal(
	    engine_commit(f.engine,
			  &(struct engine_write){ ENGINE_DIRECTORY, false, store_key_str(&k), STR("\1\0\0\0") }, 1),
	    OK);
	struct engine *copy = engine_memory_cut(f.engine);
	store_close(f.st);
	assert_int_equal(store_open(&(struct store_options){ .engine = copy }, &st, NULL), E_CORRUPT);
}

/* B57: wrong counters close nothing; they are set right from the entries, and written with the next change. */
static void test_recount(void **state)
{
	(void)state;
	struct fix f;
	struct buf b;
	struct rec_mailbox rec;
	fill(&f);
	struct store_key k = key_mailbox(&f);
	buf_init(&b, 1 << 20);
	assert_int_equal(engine_get(f.engine, ENGINE_INDEX, store_key_str(&k), &b), OK);
	assert_int_equal(rec_mailbox_read(buf_str(&b), &rec), OK);
	struct buf wrong;
	buf_init(&wrong, 1 << 20);
	struct bufw w = { .b = &wrong };
	rec.messages += 7;
	rec.unseen = 0;
	rec.size = 1;
	rec_mailbox_write(&w, &rec);
	assert_int_equal(
	    engine_commit(f.engine, &(struct engine_write){ ENGINE_INDEX, false, store_key_str(&k), buf_str(&wrong) },
			  1),
	    OK);
	store_cache_drop(f.st);
	assert_true(findings(&f) > 0);
	buf_clear(&b);
	assert_int_equal(store_entries(f.st, f.ann, STORE_INBOX, 1, SIZE_MAX, &b), OK);
	assert_int_equal(b.n, 150 * STORE_ENTRY);
	assert_int_equal(store_recounts(f.st), 1);
	assert_int_equal(test_mailbox(f.st, f.ann, STORE_INBOX).messages, 150);
	assert_int_equal(store_mailbox_subscribe(f.st, f.ann, STORE_INBOX, false), OK);
	test_whole(f.st);
	buf_done(&wrong);
	buf_done(&b);
	store_close(f.st);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_damage), cmocka_unit_test(test_bit_rot),
					    cmocka_unit_test(test_system_record),
		                            cmocka_unit_test(test_recount) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
