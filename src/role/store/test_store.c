/* The model on the engine in memory: known values, one matter a test. */
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
	arena_init(&f->a, 1 << 20, NULL, NULL);
	*state = f;
	return 0;
}

static int down(void **state)
{
	struct fix *f = *state;
	test_whole(f->st);
	store_close(f->st);
	arena_done(&f->a);
	mem_free(f);
	return 0;
}

static void reopen(struct fix *f)
{
	struct engine *copy;
	assert_int_equal(store_settle(f->st), OK);
	copy = engine_memory_cut(f->engine);
	store_close(f->st);
	f->engine = copy;
	f->st = test_open(copy);
}

static void test_new_account(void **state)
{
	struct fix *f = *state;
	struct store_mailbox_info *v;
	size_t n;
	static const char *const names[] = { "INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash" };
	assert_int_equal(store_mailbox_list(f->st, f->ann, &f->a, &v, &n), OK);
	assert_int_equal(n, COUNT_OF(names));
	for (size_t i = 0; i < n; i++) {
		assert_true(str_eq(v[i].name, str_c(names[i])));
		assert_int_equal(v[i].uidnext, 1);
		assert_true(v[i].highest_modseq >= 1);          /* B41 */
	}
	assert_int_equal(v[0].id, STORE_INBOX);
	assert_int_equal(v[0].role, STORE_ROLE_INBOX);
	assert_int_equal(v[5].role, STORE_ROLE_TRASH);
}

static void test_append_read(void **state)
{
	struct fix *f = *state;
	struct buf out;
	struct store_appended one = test_append(f->st, f->ann, STORE_INBOX, "first"),
			      two = test_append(f->st, f->ann, STORE_INBOX, "second!");
	assert_int_equal(one.uid, 1);
	assert_int_equal(two.uid, 2);
	assert_true(two.modseq > one.modseq);
	reopen(f);
	buf_init(&out, 1 << 20);
	assert_int_equal(store_blob_read(f->st, f->ann, two.email, 0, SIZE_MAX, &out), OK);
	assert_true(str_eq(buf_str(&out), STR("second!")));
	buf_clear(&out);
	assert_int_equal(store_blob_read(f->st, f->ann, two.email, 3, 2, &out), OK);
	assert_true(str_eq(buf_str(&out), STR("on")));
	buf_clear(&out);
	assert_int_equal(store_entries(f->st, f->ann, STORE_INBOX, 2, 10, &out), OK);
	assert_int_equal(out.n, STORE_ENTRY);
	struct store_entry e = store_entry_get(out.p);
	assert_int_equal(e.uid, 2);
	assert_int_equal(e.size, 7);
	assert_int_equal(e.email, two.email);
	assert_int_equal(e.saved, T0);
	struct store_mailbox_info m = test_mailbox(f->st, f->ann, STORE_INBOX);
	assert_int_equal(m.messages, 2);
	assert_int_equal(m.unseen, 2);
	assert_int_equal(m.size, 12);
	assert_int_equal(m.uidnext, 3);
	buf_done(&out);
}

/* Pieces and chunk borders: the bytes come back as they went in. */
static void test_blob_chunks(void **state)
{
	struct fix *f = *state;
	static const size_t sizes[][3] = { { 0, 0, 0 },
					   { 1, 0, 2 },
					   { 512 << 10, 0, 0 },
					   { 512 << 10, 1, 0 },
					   { 300 << 10, 300 << 10, 7 },
					   { 5, 1 << 20, 5 },
					   { (512 << 10) - 1, 2, 512 << 10 },
					   { 0, 1 << 20, 0 } };
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct buf all, out;
		size_t n = sizes[i][0] + sizes[i][1] + sizes[i][2];
		buf_init(&all, 8 << 20);
		buf_init(&out, 8 << 20);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(buf_put_char(&all, (char)(k * 7 + k / 1000)), OK);
		struct str piece[3] = { { all.p, sizes[i][0] },
					{ all.p + sizes[i][0], sizes[i][1] },
					{ all.p + sizes[i][0] + sizes[i][1], sizes[i][2] } };
		struct store_message m = { .piece = piece, .pieces = 3, .internal = T0 };
		struct store_appended a;
		assert_int_equal(store_append(f->st, f->ann, STORE_INBOX, &m, T0, &a), OK);
		assert_int_equal(store_blob_read(f->st, f->ann, a.email, 0, SIZE_MAX, &out), OK);
		assert_true(str_eq(buf_str(&out), buf_str(&all)));
		buf_clear(&out);
		size_t from = n / 3, len = n / 2;
		assert_int_equal(store_blob_read(f->st, f->ann, a.email, from, len, &out), OK);
		assert_true(str_eq(buf_str(&out), (struct str){ all.p ? all.p + from : "", len }));
		buf_done(&all);
		buf_done(&out);
	}
}

static void test_flags(void **state)
{
	struct fix *f = *state;
	struct store_flagged r;
	for (int i = 0; i < 300; i++)
		test_append(f->st, f->ann, STORE_INBOX, "x");
	struct store_set all = test_range(1, UINT32_MAX), some = test_range(100, 200);
	assert_int_equal(store_flags(f->st, f->ann, STORE_INBOX, &some,
				     &(struct store_flag_change){ STORE_FLAGS_ADD, STORE_SEEN, UINT64_MAX }, &r),
			 OK);
	assert_int_equal(store_set_count(&r.changed), 101);
	uint64_t first = r.modseq;
	store_flagged_done(&r);
	/* RFC 7162 section 3.1.3: what changed after the given modseq is refused, the rest is done */
	assert_int_equal(store_flags(f->st, f->ann, STORE_INBOX, &all,
				     &(struct store_flag_change){ STORE_FLAGS_ADD, STORE_FLAGGED, first - 1 }, &r),
			 OK);
	assert_int_equal(store_set_count(&r.failed), 101);
	assert_int_equal(store_set_count(&r.changed), 199);
	assert_true(r.modseq > first);
	store_flagged_done(&r);
	/* no change, no modseq */
	assert_int_equal(store_flags(f->st, f->ann, STORE_INBOX, &some,
				     &(struct store_flag_change){ STORE_FLAGS_ADD, STORE_SEEN, UINT64_MAX }, &r),
			 OK);
	assert_int_equal(r.modseq, 0);
	store_flagged_done(&r);
	assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).unseen, 199);
	reopen(f);
	assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).unseen, 199);
	store_set_done(&all);
	store_set_done(&some);
}

static void test_expunge_changes(void **state)
{
	struct fix *f = *state;
	struct store_flagged r;
	struct store_set gone, vanished = { 0 }, some = test_range(50, 250);
	struct buf out;
	bool all;
	uint64_t modseq;
	for (int i = 0; i < 300; i++)
		test_append(f->st, f->ann, STORE_INBOX, "x");
	uint64_t before = test_mailbox(f->st, f->ann, STORE_INBOX).highest_modseq;
	assert_int_equal(store_flags(f->st, f->ann, STORE_INBOX, &some,
				     &(struct store_flag_change){ STORE_FLAGS_ADD, STORE_DELETED, UINT64_MAX }, &r),
			 OK);
	store_flagged_done(&r);
	assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).deleted, 201);
	assert_int_equal(store_expunge(f->st, f->ann, STORE_INBOX, NULL, true, &gone, &modseq), OK);
	assert_int_equal(store_set_count(&gone), 201);
	assert_int_equal(gone.n, 1);
	store_set_done(&gone);
	test_whole(f->st);
	reopen(f);
	buf_init(&out, 1 << 20);
	assert_int_equal(store_changes(f->st, f->ann, STORE_INBOX, before, &out, &vanished, &all), OK);
	assert_int_equal(out.n, 0);
	assert_false(all);
	assert_int_equal(store_set_count(&vanished), 201);
	assert_int_equal(vanished.v[0].from, 50);
	assert_int_equal(vanished.v[0].to, 250);
	store_set_done(&vanished);
	while (store_purge(f->st, 30))
		;
	test_whole(f->st);
	struct store_check_counts n;
	assert_int_equal(store_check(f->st, &(struct store_check_options){ 0 }, &n), OK);
	assert_int_equal(n.emails, 99);
	assert_int_equal(n.blobs, 99);
	struct store_appended a = test_append(f->st, f->ann, STORE_INBOX, "y");
	assert_int_equal(a.uid, 301);           /* B38 */
	buf_done(&out);
	store_set_done(&some);
}

static void test_log_is_bounded(void **state)
{
	struct fix *f = *state;
	struct store_set gone, vanished = { 0 };
	struct buf out;
	uint64_t modseq;
	bool all;
	for (int i = 0; i < 1500; i++) {
		test_append(f->st, f->ann, STORE_INBOX, "x");
		assert_int_equal(store_expunge(f->st, f->ann, STORE_INBOX, NULL, false, &gone, &modseq), OK);
		store_set_done(&gone);
	}
	buf_init(&out, 1 << 20);
	assert_int_equal(store_changes(f->st, f->ann, STORE_INBOX, 1, &out, &vanished, &all), OK);
	assert_true(all);
	store_set_done(&vanished);
	assert_int_equal(store_changes(f->st, f->ann, STORE_INBOX, modseq - 1, &out, &vanished, &all), OK);
	assert_false(all);
	assert_int_equal(store_set_count(&vanished), 1);
	store_set_done(&vanished);
	buf_done(&out);
}

static void test_copy_move(void **state)
{
	struct fix *f = *state;
	struct store_copied c;
	struct store_mailbox_info archive;
	struct store_set some = test_range(2, 3), gone;
	uint64_t modseq;
	for (int i = 0; i < 4; i++)
		test_append(f->st, f->ann, STORE_INBOX, "hello");
	assert_int_equal(store_mailbox_find(f->st, f->ann, STR("Archive"), &archive), OK);
	struct store_place inbox = { f->ann, STORE_INBOX }, to = { f->ann, archive.id };
	assert_int_equal(store_copy(f->st, inbox, &some, to, T0 + 5, &c), OK);
	assert_int_equal(c.first, 1);
	assert_int_equal(store_set_count(&c.from), 2);
	store_copied_done(&c);
	test_whole(f->st);
	assert_int_equal(store_move(f->st, inbox, &some, to, T0 + 6, &c), OK);
	assert_int_equal(c.first, 3);
	store_copied_done(&c);
	assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).messages, 2);
	assert_int_equal(test_mailbox(f->st, f->ann, archive.id).messages, 4);
	/* to somebody else: the bytes are shared, and stay when the first owner lets go */
	assert_int_equal(store_move(f->st, to, &some, (struct store_place){ f->bob, STORE_INBOX }, T0 + 7, &c), OK);
	store_copied_done(&c);
	test_whole(f->st);
	assert_int_equal(store_expunge(f->st, f->ann, archive.id, NULL, false, &gone, &modseq), OK);
	store_set_done(&gone);
	while (store_purge(f->st, 1))
		;
	test_whole(f->st);
	/* a mailbox onto itself, and the uids of a move that is not there (B45) */
	assert_int_equal(store_copy(f->st, inbox, &(struct store_set){ &(struct store_range){ 1, UINT32_MAX }, 1, 1 },
				    inbox, T0, &c),
			 OK);
	assert_int_equal(c.first, 5);
	store_copied_done(&c);
	assert_int_equal(store_move(f->st, inbox, &(struct store_set){ &(struct store_range){ 1, UINT32_MAX }, 1, 1 },
				    inbox, T0, &c),
			 OK);
	assert_int_equal(c.first, 7);
	store_copied_done(&c);
	assert_int_equal(
	    store_move(f->st, inbox, &(struct store_set){ &(struct store_range){ 1, 1 }, 1, 1 }, to, T0, &c), OK);
	assert_int_equal(c.first, 0);
	store_copied_done(&c);
	store_set_done(&some);
}

static void test_mailbox_names(void **state)
{
	struct fix *f = *state;
	static const struct { const char *name; int want;
	} rows[] = {
		{ "a/b/c", OK },           { "a/b/c", E_EXISTS }, { "a", E_EXISTS },     { "inbox", E_EXISTS },
		{ "", E_SYNTAX },          { "/a", E_SYNTAX },    { "a/", E_SYNTAX },    { "a//b", E_SYNTAX },
		{ "x/../y", E_SYNTAX },    { "a\nb", E_SYNTAX },  { "b\xff", E_SYNTAX }, { "inBox/sub", OK },
		{ "INBOX/sub", E_EXISTS }, { "Größe", OK },
	};
	uint32_t id;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int r = store_mailbox_create(f->st, f->ann, str_c(rows[i].name), STORE_ROLE_NONE, &id);
		if (r != rows[i].want)
			fail_msg("%s: %s", rows[i].name, err_name(r));
	}
}

static void test_mailbox_rename_delete(void **state)
{
	struct fix *f = *state;
	struct store_mailbox_info m, n;
	uint32_t id;
	assert_int_equal(store_mailbox_create(f->st, f->ann, STR("a/b"), STORE_ROLE_NONE, &id), OK);
	test_append(f->st, f->ann, id, "kept");
	assert_int_equal(store_mailbox_find(f->st, f->ann, STR("a"), &m), OK);
	assert_int_equal(store_mailbox_rename(f->st, f->ann, m.id, STR("a/x"), T0), E_DENIED);
	assert_int_equal(store_mailbox_rename(f->st, f->ann, m.id, STR("Sent"), T0), E_EXISTS);
	assert_int_equal(store_mailbox_rename(f->st, f->ann, m.id, STR("p/q"), T0), OK);
	assert_int_equal(store_mailbox_find(f->st, f->ann, STR("p/q/b"), &n), OK);
	assert_int_equal(n.id, id);
	assert_int_equal(n.messages, 1);
	assert_int_equal(store_mailbox_delete(f->st, f->ann, m.id), E_BUSY);
	assert_int_equal(store_mailbox_delete(f->st, f->ann, STORE_INBOX), E_DENIED);
	uint32_t old = n.uidvalidity;
	assert_int_equal(store_mailbox_delete(f->st, f->ann, id), OK);
	test_whole(f->st);
	assert_int_equal(store_mailbox_create(f->st, f->ann, STR("p/q/b"), STORE_ROLE_NONE, &id), OK);
	assert_true(test_mailbox(f->st, f->ann, id).uidvalidity > old);         /* B39 */
	for (int i = 0; i < 200; i++)
		test_append(f->st, f->ann, STORE_INBOX, "moves");
	uint32_t inbox = test_mailbox(f->st, f->ann, STORE_INBOX).uidvalidity;
	assert_int_equal(store_mailbox_rename(f->st, f->ann, STORE_INBOX, STR("old"), T0), OK);
	assert_int_equal(store_mailbox_find(f->st, f->ann, STR("old"), &m), OK);
	assert_int_equal(m.messages, 200);
	n = test_mailbox(f->st, f->ann, STORE_INBOX);
	assert_int_equal(n.messages, 0);
	assert_int_equal(n.uidvalidity, inbox);
	assert_int_equal(n.uidnext, 201);
	while (store_purge(f->st, 10))
		;
}

static void test_keywords(void **state)
{
	struct fix *f = *state;
	struct str *names;
	size_t n;
	uint64_t flags;
	struct str two[] = { STR("$Forwarded"), STR("NonJunk") }, again[] = { STR("nonjunk") }, bad[] = { STR("a b") };
	assert_int_equal(store_keywords_add(f->st, f->ann, two, 2, &flags), OK);
	assert_int_equal(flags, 3ull << STORE_SYSTEM_FLAGS);
	assert_int_equal(store_keywords_add(f->st, f->ann, again, 1, &flags), OK);
	assert_int_equal(flags, 2ull << STORE_SYSTEM_FLAGS);
	assert_int_equal(store_keywords_add(f->st, f->ann, bad, 1, &flags), E_SYNTAX);
	for (int i = 2; i < 59; i++) {
		struct str name = arena_printf(&f->a, "k%d", i);
		assert_int_equal(store_keywords_add(f->st, f->ann, &name, 1, &flags), OK);
	}
	struct str last = STR("one-more");
	assert_int_equal(store_keywords_add(f->st, f->ann, &last, 1, &flags), E_FULL);
	reopen(f);
	assert_int_equal(store_keywords(f->st, f->ann, &f->a, &names, &n), OK);
	assert_int_equal(n, 59);
	assert_true(str_eq(names[1], STR("NonJunk")));
}

static void test_quota(void **state)
{
	struct fix *f = *state;
	struct str piece = STR("0123456789");
	struct store_message m = { .piece = &piece, .pieces = 1 };
	struct store_appended a;
	struct store_set gone;
	uint64_t modseq;
	assert_int_equal(store_account_quota(f->st, f->ann, 25), OK);
	assert_int_equal(store_append(f->st, f->ann, STORE_INBOX, &m, T0, &a), OK);
	assert_int_equal(store_append(f->st, f->ann, STORE_INBOX, &m, T0, &a), OK);
	assert_int_equal(store_append(f->st, f->ann, STORE_INBOX, &m, T0, &a), E_FULL);
	assert_int_equal(store_deliver_check(f->st, f->ann, 6), E_QUOTA);
	assert_int_equal(store_deliver_check(f->st, f->ann, 5), OK);
	/* B19: the full one is refused alone */
	struct store_local to[] = { { .account = f->ann }, { .account = f->bob } };
	struct store_delivery d = { .message = m, .local = to, .locals = 2 };
	assert_int_equal(store_deliver(f->st, &d, T0), OK);
	assert_int_equal(to[0].status, E_QUOTA);
	assert_int_equal(to[1].status, OK);
	d.locals = 1;
	assert_int_equal(store_deliver(f->st, &d, T0), E_QUOTA);
	assert_int_equal(store_expunge(f->st, f->ann, STORE_INBOX, NULL, false, &gone, &modseq), OK);
	store_set_done(&gone);
	assert_int_equal(store_append(f->st, f->ann, STORE_INBOX, &m, T0, &a), OK);
}

static void test_threads(void **state)
{
	struct fix *f = *state;
	struct str piece = STR("x"), first[] = { STR("<1@a>") }, reply[] = { STR("<2@a>"), STR("<1@a>") },
		   other[] = { STR("<9@a>") };
	struct store_message m = { .piece = &piece, .pieces = 1, .message_id = first, .message_ids = 1 };
	struct store_appended a, b, c;
	struct store_email_info x, y, z;
	assert_int_equal(store_append(f->st, f->ann, STORE_INBOX, &m, T0, &a), OK);
	m.message_id = reply;
	m.message_ids = 2;
	assert_int_equal(store_append(f->st, f->ann, STORE_INBOX, &m, T0, &b), OK);
	m.message_id = other;
	m.message_ids = 1;
	assert_int_equal(store_append(f->st, f->ann, STORE_INBOX, &m, T0, &c), OK);
	assert_int_equal(store_email_get(f->st, f->ann, a.email, &x), OK);
	assert_int_equal(store_email_get(f->st, f->ann, b.email, &y), OK);
	assert_int_equal(store_email_get(f->st, f->ann, c.email, &z), OK);
	assert_int_equal(x.thread, y.thread);
	assert_true(x.thread != z.thread);
}

static void test_summaries(void **state)
{
	struct fix *f = *state;
	struct buf out;
	size_t done;
	uint64_t ids[40];
	for (size_t i = 0; i < 40; i++)
		ids[i] = test_append(f->st, f->ann, STORE_INBOX, "x").email;
	uint64_t want[] = { ids[3], ids[4], ids[39], ids[0], 4711 };
	buf_init(&out, 1 << 20);
	assert_int_equal(store_summaries(f->st, f->ann, want, COUNT_OF(want), 1 << 20, &out, &done), OK);
	assert_int_equal(done, COUNT_OF(want));
	struct reader r = reader_of(buf_str(&out));
	for (size_t i = 0; i < 4; i++)
		assert_true(str_eq(read_str(&r, 100), STR("summary")));
	assert_int_equal(read_str(&r, 100).n, 0);
	assert_int_equal(reader_end(&r), OK);
	buf_clear(&out);
	assert_int_equal(store_summaries(f->st, f->ann, want, COUNT_OF(want), 40, &out, &done), OK);
	assert_true(done >= 1 && done < COUNT_OF(want));
	buf_done(&out);
}

static void test_account_delete(void **state)
{
	struct fix *f = *state;
	struct store_check_counts n;
	struct store_mailbox_info m;
	struct store_copied c;
	for (int i = 0; i < 150; i++)
		test_append(f->st, f->ann, STORE_INBOX, "hello");
	struct store_set some = test_range(1, 10);
	assert_int_equal(store_copy(f->st, (struct store_place){ f->ann, STORE_INBOX }, &some,
				    (struct store_place){ f->bob, STORE_INBOX }, T0, &c),
			 OK);
	store_copied_done(&c);
	store_set_done(&some);
	assert_int_equal(store_account_delete(f->st, f->ann), OK);
	assert_int_equal(store_mailbox_get(f->st, f->ann, STORE_INBOX, &m), E_NOTFOUND);
	test_whole(f->st);
	uint32_t again = test_account(f->st, "ann@example.test");
	assert_true(again != f->ann);
	reopen(f);
	while (store_purge(f->st, 20))
		assert_int_equal(store_settle(f->st), OK);
	test_whole(f->st);
	assert_int_equal(store_check(f->st, &(struct store_check_options){ 0 }, &n), OK);
	assert_int_equal(n.emails, 10);
	assert_int_equal(n.blobs, 10);
	assert_int_equal(n.accounts, 2);
}

struct answer { struct kv_waiter waiter; bool left; int err; };

static void leave(struct kv_waiter *w, int err)
{
	struct answer *a = (struct answer *)(void *)w;
	a->left = true;
	a->err = err;
}

/* An answer waits for what it saw, and for nothing else. */
static void test_late_release(void **state)
{
	struct fix *f = *state;
	struct store_resolved to;
	assert_int_equal(store_settle(f->st), OK);
	test_mailbox(f->st, f->bob, STORE_INBOX);       /* loaded while nothing is pending */
	test_append(f->st, f->ann, STORE_INBOX, "not durable yet");
	store_call_begin(f->st);
	test_mailbox(f->st, f->bob, STORE_INBOX);
	struct answer about_bob = { .waiter.fn = leave }, about_ann = about_bob, about_both = about_bob;
	store_release(f->st, &about_bob.waiter, store_call_seen(f->st));
	store_call_begin(f->st);
	assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).messages, 1);
	store_release(f->st, &about_ann.waiter, store_call_seen(f->st));
	assert_true(about_bob.left);
	assert_false(about_ann.left);
	assert_int_equal(store_settle(f->st), OK);
	assert_true(about_ann.left);
	/* the commit fails: who had read what is lost learns it, and the next reader sees what is on disk */
	test_append(f->st, f->ann, STORE_INBOX, "will be lost");
	assert_int_equal(store_account_flags(f->st, f->bob, STORE_ACCOUNT_LOCKED), OK);
	store_call_begin(f->st);
	assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).messages, 2);
	assert_int_equal(store_resolve(f->st, STR("bob@example.test"), &f->a, &to), OK);
	store_release(f->st, &about_both.waiter, store_call_seen(f->st));
	assert_false(about_both.left);
	engine_memory_fail(f->engine, &(struct engine_memory_faults){ .fail_commit = 1, .fail_with = E_FULL });
	assert_int_equal(store_settle(f->st), E_FULL);
	assert_true(about_both.left);
	assert_int_equal(about_both.err, E_FULL);
	assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).messages, 1);
	/* who reads from now on, refused or recovered, is answered at once (B18) */
	for (int i = 0; i < 2; i++) {
		struct answer after = { .waiter.fn = leave };
		struct store_queue_counts n;
		store_call_begin(f->st);
		test_mailbox(f->st, f->ann, STORE_INBOX);
		assert_int_equal(store_resolve(f->st, STR("bob@example.test"), &f->a, &to), OK);
		assert_int_equal(store_queue_count(f->st, T0, &n), OK);
		store_release(f->st, &after.waiter, store_call_seen(f->st));
		assert_true(after.left);
		assert_int_equal(after.err, OK);
		assert_int_equal(store_probe(f->st), OK);
	}
	assert_int_equal(test_append(f->st, f->ann, STORE_INBOX, "again").uid, 2);
}

/* CREATE does not subscribe (RFC 9051 section 6.3.4); what an account is born with is subscribed. */
static void test_subscription(void **state)
{
	struct fix *f = *state;
	uint32_t id;
	assert_true(test_mailbox(f->st, f->ann, STORE_INBOX).subscribed);
	assert_int_equal(store_mailbox_create(f->st, f->ann, STR("a/b"), STORE_ROLE_NONE, &id), OK);
	assert_false(test_mailbox(f->st, f->ann, id).subscribed);
	assert_int_equal(store_mailbox_subscribe(f->st, f->ann, id, true), OK);
	reopen(f);
	assert_true(test_mailbox(f->st, f->ann, id).subscribed);
}

/* A cache too small for one account changes nothing but speed. */
static void test_small_cache(void **state)
{
	struct fix *f = *state;
	assert_int_equal(store_settle(f->st), OK);
	struct engine *copy = engine_memory_cut(f->engine);
	store_close(f->st);
	f->engine = copy;
	assert_int_equal(store_open(&(struct store_options){ .engine = copy, .cache_max = 1 }, &f->st, NULL), OK);
	for (int i = 0; i < 300; i++) {
		store_call_begin(f->st);
		test_append(f->st, i % 2 ? f->ann : f->bob, STORE_INBOX, "x");
		store_call_begin(f->st);
		test_mailbox(f->st, i % 2 ? f->bob : f->ann, STORE_INBOX);
		assert_true(store_call_seen(f->st) > 0); /* read anew while something is pending: takes it for seen */
		if (i % 50 == 0)
			assert_int_equal(store_settle(f->st), OK);
	}
	assert_int_equal(test_mailbox(f->st, f->ann, STORE_INBOX).messages, 150);
	assert_int_equal(test_mailbox(f->st, f->bob, STORE_INBOX).messages, 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_late_release, up, down),
		cmocka_unit_test_setup_teardown(test_subscription, up, down),
		cmocka_unit_test_setup_teardown(test_small_cache, up, down),
		cmocka_unit_test_setup_teardown(test_new_account, up, down),
		cmocka_unit_test_setup_teardown(test_append_read, up, down),
		cmocka_unit_test_setup_teardown(test_blob_chunks, up, down),
		cmocka_unit_test_setup_teardown(test_flags, up, down),
		cmocka_unit_test_setup_teardown(test_expunge_changes, up, down),
		cmocka_unit_test_setup_teardown(test_log_is_bounded, up, down),
		cmocka_unit_test_setup_teardown(test_copy_move, up, down),
		cmocka_unit_test_setup_teardown(test_mailbox_names, up, down),
		cmocka_unit_test_setup_teardown(test_mailbox_rename_delete, up, down),
		cmocka_unit_test_setup_teardown(test_keywords, up, down),
		cmocka_unit_test_setup_teardown(test_quota, up, down),
		cmocka_unit_test_setup_teardown(test_threads, up, down),
		cmocka_unit_test_setup_teardown(test_summaries, up, down),
		cmocka_unit_test_setup_teardown(test_account_delete, up, down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
