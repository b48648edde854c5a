/* The store on RocksDB: kill -9 at any moment (B23), a folder in use, a newer version, a full disk (B18), a checkpoint.
 * CERALACCA_KILLS sets how often a writer is killed. */
#include "role/store/store_record.h"
#include "role/store/store_test_help.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BOXES = 4, WRITERS = 8 };

static char dir[64];

static int unlink_one(const char *path, const struct stat *s, int kind, struct FTW *f)
{
	(void)s;
	(void)kind;
	(void)f;
	return remove(path);
}

static int up(void **state)
{
	(void)state;
	memcpy(dir, "engine-rocksdb-XXXXXX", sizeof "engine-rocksdb-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int down(void **state)
{
	(void)state;
	nftw(dir, unlink_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static struct engine *open_in(const char *path, uint64_t reserve)
{
	struct engine *e = NULL;
	struct buf why;
	buf_init(&why, 1024);
	int r = engine_rocksdb_open(&(struct engine_rocksdb_options){ .dir = path, .reserve = reserve }, &e, &why);
	if (r != OK)
		fail_msg("%s: %.*s", err_name(r), (int)why.n, why.p);
	buf_done(&why);
	return e;
}

/* ---- the writer that is killed: tells each message once it is durable ---- */

struct told { uint64_t stamp; uint32_t box, uid; };

struct writer { struct kv_waiter waiter; struct told told; bool idle; };

static void released(struct kv_waiter *w, int err)
{
	struct writer *me = (struct writer *)(void *)w;
	if (err != OK || write(STDOUT_FILENO, &me->told, sizeof me->told) != sizeof me->told)
		_exit(1);
	me->idle = true;
}

static int bell;

static void ring(void *ctx)
{
	uint64_t one = 1;
	(void)ctx;
	if (write(bell, &one, sizeof one) < 0)
		_exit(1);
}

static void write_one(struct store *st, struct writer *w, const uint32_t *account, uint64_t stamp)
{
	static char text[8000];
	memset(text, 'a' + (int)(stamp % 26), sizeof text);
	put_le64(text, stamp);
	struct str piece = { text, 8 + stamp % 7000 };
	struct store_appended done;
	w->told.stamp = stamp;
	w->told.box = (uint32_t)(stamp % BOXES);
	struct store_message m = { .piece = &piece, .pieces = 1, .summary = STR("s"), .internal = T0 };
	store_call_begin(st);
	if (store_append(st, account[w->told.box], STORE_INBOX, &m, T0, &done) != OK)
		_exit(1);
	w->told.uid = done.uid;
	w->idle = false;
	store_release(st, &w->waiter, store_call_seen(st));
}

/* Besides, what was written is expunged now and then, so that purging is cut off too. */
static void expunge_some(struct store *st, const uint32_t *account, uint64_t stamp)
{
	struct store_set uids = { 0 }, gone = { 0 };
	uint64_t modseq;
	if (stamp % 64 != 0)
		return;
	store_set_add(&uids, 1 + (uint32_t)(stamp / 64) % 50);
	if (store_expunge(st, account[0], STORE_INBOX, &uids, false, &gone, &modseq) != OK)
		_exit(1);
	store_set_done(&gone);
	store_set_done(&uids);
	store_purge(st, 1);
}

static void find_accounts(struct store *st, uint32_t *account)
{
	struct arena a;
	struct store_account_info *v;
	size_t n;
	arena_init(&a, 1 << 20, NULL, NULL);
	if (store_account_list(st, 0, BOXES, &a, &v, &n) != OK || n != BOXES)
		_exit(1);
	for (size_t i = 0; i < BOXES; i++)
		account[i] = v[i].id;
	arena_done(&a);
}

static noreturn_fn void be_writer(const char *path, uint64_t stamp)
{
	static struct writer writers[WRITERS];
	struct engine *e;
	struct store *st;
	uint32_t account[BOXES];
	bell = eventfd(0, EFD_CLOEXEC);
	if (engine_rocksdb_open(&(struct engine_rocksdb_options){ .dir = path, .write_buffer = 1 << 20 }, &e, NULL) !=
		OK ||
	    store_open(&(struct store_options){ .engine = e, .notify = ring }, &st, NULL) != OK)
		_exit(1);
	find_accounts(st, account);
	for (size_t i = 0; i < WRITERS; i++)
		writers[i] = (struct writer){ .waiter.fn = released, .idle = true };
	for (;;) {
		uint64_t count;
		for (size_t i = 0; i < WRITERS; i++)
			if (writers[i].idle) {
				write_one(st, &writers[i], account, ++stamp);
				expunge_some(st, account, stamp);
			}
		store_flush(st);
		if (read(bell, &count, sizeof count) == sizeof count)
			store_poll(st);
	}
}

/* ---- killing it ---- */

static pid_t start_writer(int out, uint64_t stamp)
{
	extern char **environ;
	char number[24];
	pid_t pid;
	posix_spawn_file_actions_t actions;
	snprintf(number, sizeof number, "%llu", (unsigned long long)stamp);
	char name[] = "test_engine_rocksdb", flag[] = "--writer";
	char *argv[] = { name, flag, dir, number, NULL };
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO), 0);
	assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static size_t told_by(int in, struct told *v, size_t max)
{
	size_t n = 0;
	while (n < max && read(in, &v[n], sizeof v[n]) == (ssize_t)sizeof v[n])
		n++;
	return n;
}

/* Message 1..50 of the first box may have been expunged. */
static void all_there(struct store *st, const uint32_t *account, const struct told *v, size_t n)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < n; i++) {
		struct store_set one = { 0 };
		store_set_add(&one, v[i].uid);
		buf_clear(&out);
		assert_int_equal(store_entries_of(st, account[v[i].box], STORE_INBOX, &one, &out), OK);
		store_set_done(&one);
		if (!out.n && v[i].box == 0 && v[i].uid <= 50)
			continue;
		assert_int_equal(out.n, STORE_ENTRY);
		struct store_entry e = store_entry_get(out.p);
		buf_clear(&out);
		assert_int_equal(store_blob_read(st, account[v[i].box], e.email, 0, 8, &out), OK);
		assert_int_equal(get_le64(out.p), v[i].stamp);
	}
	buf_done(&out);
}

static void test_kill(void **state)
{
	enum { TOLD_MAX = 200000 };
	(void)state;
	uint64_t kills = 5, stamp = 0;
	const char *wanted = getenv("CERALACCA_KILLS");
	assert_int_equal(wanted ? str_u64(str_c(wanted), 100000, &kills) : OK, OK);
	struct told *v = mem_new_array(struct told, TOLD_MAX);
	uint32_t account[BOXES];
	size_t all = 0;
	struct store *st = test_open(open_in(dir, 0));
	test_domain(st, "example.test");
	for (int i = 0; i < BOXES; i++) {
		char name[40];
		snprintf(name, sizeof name, "box%d@example.test", i);
		account[i] = test_account(st, name);
	}
	store_close(st);
	for (uint64_t k = 0; k < kills; k++) {
		int pipes[2];
		assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
		assert_true(fcntl(pipes[1], F_SETPIPE_SZ, 1 << 20) > 0);
		pid_t pid = start_writer(pipes[1], stamp);
		close(pipes[1]);
		struct pollfd p = { pipes[0], POLLIN, 0 };
		assert_true(poll(&p, 1, 20000) == 1);           /* it writes: from here on at any moment */
		struct timespec t = { 0, (long)(1 + k * 37 % 211) * 1000000 };
		nanosleep(&t, NULL);
		kill(pid, SIGKILL);
		size_t n = told_by(pipes[0], v, TOLD_MAX);
		close(pipes[0]);
		waitpid(pid, NULL, 0);
		st = test_open(open_in(dir, 0));
		all_there(st, account, v, n);
		test_whole(st);
		store_close(st);
		stamp = n ? v[n - 1].stamp + 1000 : stamp + 1000;
		all += n;
	}
	fprintf(stderr, "%llu kills, %zu messages acknowledged, none lost\n", (unsigned long long)kills, all);
	mem_free(v);
}

/* ---- refusals ---- */

static void test_in_use(void **state)
{
	(void)state;
	struct engine *first = open_in(dir, 0), *second;
	struct buf why;
	buf_init(&why, 1024);
	assert_int_equal(engine_rocksdb_open(&(struct engine_rocksdb_options){ .dir = dir }, &second, &why), E_BUSY);
	assert_true(str_search(buf_str(&why), STR("in use")) != STR_NPOS);
	buf_done(&why);
	engine_close(first);
}

/* A store of a later version is left alone (B21). */
static void test_newer(void **state)
{
	(void)state;
	struct store *st = test_open(open_in(dir, 0));
	store_close(st);
	struct engine *e = open_in(dir, 0);
	struct buf b, why;
	struct rec_system sys = { .format = STORE_FORMAT + 1, .next_account = 1, .next_blob = 1, .next_queue = 1 };
	buf_init(&b, 1024);
	buf_init(&why, 1024);
	struct bufw w = { .b = &b };
	rec_system_write(&w, &sys);
	bufw_c(&w, "and what later versions know");
	assert_int_equal(engine_commit(e, &(struct engine_write){ ENGINE_DIRECTORY, false, STR("s"), buf_str(&b) }, 1),
			 OK);
	assert_int_equal(store_open(&(struct store_options){ .engine = e }, &st, &why), E_UNSUPPORTED);
	assert_true(str_search(buf_str(&why), STR("newer version")) != STR_NPOS);
	buf_done(&why);
	buf_done(&b);
}

static void test_no_room(void **state)
{
	(void)state;
	struct store *st = test_open(open_in(dir, 0));
	test_domain(st, "example.test");
	uint32_t ann = test_account(st, "ann@example.test");
	test_append(st, ann, STORE_INBOX, "before");
	store_close(st);
	struct engine *e = open_in(dir, UINT64_MAX / 4);
	st = test_open(e);
	struct str piece = STR("refused");
	struct store_message m = { .piece = &piece, .pieces = 1 };
	struct store_appended a;
	assert_int_equal(store_append(st, ann, STORE_INBOX, &m, T0, &a), OK);
	assert_int_equal(store_settle(st), E_FULL);
	assert_true(store_refusing(st));
	assert_int_equal(store_append(st, ann, STORE_INBOX, &m, T0, &a), E_FULL);
	assert_int_equal(test_mailbox(st, ann, STORE_INBOX).messages, 1);       /* reading goes on */
	assert_int_equal(store_probe(st), E_FULL);
	store_close(st);
}

/* The end of a real disk: a small file system, filled, freed (B18). */
static void test_disk_full(void **state)
{
	(void)state;
	char path[128], filler[128];
	if (mount("none", dir, "tmpfs", 0, "size=24m") != 0)
		skip();
	snprintf(path, sizeof path, "%s/db", dir);
	snprintf(filler, sizeof filler, "%s/filler", dir);
	struct store *st = test_open(open_in(path, 1));
	test_domain(st, "example.test");
	uint32_t ann = test_account(st, "ann@example.test");
	assert_int_equal(store_settle(st), OK);
	int fd = open(filler, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(ftruncate(fd, 8 << 20), 0);
	assert_int_equal(fallocate(fd, 0, 0, 8 << 20), 0);
	close(fd);
	static char text[200000];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)(i * 2654435761u >> 13);
	struct str piece = { text, sizeof text };
	struct store_message m = { .piece = &piece, .pieces = 1 };
	struct store_appended a;
	uint32_t kept = 0;
	int r = OK;
	for (int i = 0; i < 400 && r == OK; i++) {
		r = store_append(st, ann, STORE_INBOX, &m, T0, &a);
		if (r == OK)
			r = store_settle(st);
		kept += r == OK;
	}
	assert_int_equal(r, E_FULL);
	assert_true(kept > 5);
	assert_true(store_refusing(st));
	assert_true(test_mailbox(st, ann, STORE_INBOX).messages >= kept);
	assert_int_equal(store_append(st, ann, STORE_INBOX, &m, T0, &a), E_FULL);
	store_probe(st);                                /* whatever it says: nothing is lost by asking */
	assert_int_equal(unlink(filler), 0);
	assert_int_equal(store_probe(st), OK);
	assert_true(test_mailbox(st, ann, STORE_INBOX).messages >= kept);
	test_append(st, ann, STORE_INBOX, "after");
	test_whole(st);
	store_close(st);
	st = test_open(open_in(path, 1));
	assert_true(test_mailbox(st, ann, STORE_INBOX).messages >= kept + 1);
	test_whole(st);
	store_close(st);
	assert_int_equal(umount(dir), 0);
}

static void test_checkpoint(void **state)
{
	(void)state;
	char path[128], copy[128];
	snprintf(path, sizeof path, "%s/db", dir);
	snprintf(copy, sizeof copy, "%s/copy", dir);
	struct store *st = test_open(open_in(path, 0)), *other;
	test_domain(st, "example.test");
	uint32_t ann = test_account(st, "ann@example.test");
	test_append(st, ann, STORE_INBOX, "in the copy");
	assert_int_equal(store_settle(st), OK);
	assert_int_equal(store_checkpoint(st, copy), OK);
	test_append(st, ann, STORE_INBOX, "not in the copy");
	other = test_open(open_in(copy, 0));
	assert_int_equal(test_mailbox(other, ann, STORE_INBOX).messages, 1);
	test_whole(other);
	store_close(other);
	test_whole(st);
	store_close(st);
}

int main(int argc, char **argv)
{
	uint64_t stamp = 0;
	if (argc == 4 && str_eq(str_c(argv[1]), STR("--writer")) && str_u64(str_c(argv[3]), UINT64_MAX, &stamp) == OK)
		be_writer(argv[2], stamp);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kill, up, down),
		cmocka_unit_test_setup_teardown(test_in_use, up, down),
		cmocka_unit_test_setup_teardown(test_newer, up, down),
		cmocka_unit_test_setup_teardown(test_no_room, up, down),
		cmocka_unit_test_setup_teardown(test_disk_full, up, down),
		cmocka_unit_test_setup_teardown(test_checkpoint, up, down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
