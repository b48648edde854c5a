/* Sign-ins against a store that is a child process with three accounts in shared memory; this process is auth, and also the front end
 * that asks. */
#include "role/auth/auth.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "ipc/channel.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proto/password/password_hash.h"
#include "proto/password/password_state.h"
#include "role/auth/auth_age.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { ANNA, BERT, OLD, ACCOUNTS, WORKER = 3, WAITING_MOST = 4, SIGN_IN_MS = 60000 };

static const struct password_params cheap = { 64, 1 };

/* ---- the store ---- */

struct account { char address[64], hash[PASSWORD_HASH_MAX]; bool locked; };
static struct world {
	struct account accounts[ACCOUNTS];
	int fails;                          /* what credential answers, when not OK */
	bool change_before_set;             /* the person changes the password while the new hash is made */
	unsigned asked, set, last_role, last_index, last_scope;
	int last_set;
	int64_t changed_at;                 /* of anna's password; 0: not known */
	uint32_t flags;
	unsigned put, mails;
} *world;

static void on_credential(const struct ipc_request *rq, const struct ipc_credential_req *q)
{
	world->asked++;
	for (uint32_t i = 0; i < ACCOUNTS && !world->fails; i++) {
		struct account *a = &world->accounts[i];
		if (!str_eq(str_c(a->address), q->address))
			continue;
		struct ipc_credential_rep rep = { .account = i + 1, .hash = str_c(a->hash), .locked = a->locked, .canonical = str_c(a->address) };
		ipc_reply_credential(rq, OK, &rep);
		return;
	}
	ipc_reply_credential(rq, world->fails ? world->fails : E_NOTFOUND, NULL);
}

static void on_credential_set(const struct ipc_request *rq, const struct ipc_credential_set_req *q)
{
	struct account *a = &world->accounts[q->account - 1];
	if (world->change_before_set)
		snprintf(a->hash, sizeof a->hash, "changed by its owner");
	bool same = str_eq(q->was, str_c(a->hash));
	if (same)
		snprintf(a->hash, sizeof a->hash, STR_FMT, STR_ARG(q->hash));
	world->last_set = same ? OK : E_STALE;
	world->set++;
	ipc_reply_credential_set(rq, world->last_set, &(struct ipc_credential_set_rep){});
}

static void on_grant_open(const struct ipc_request *rq, const struct ipc_grant_open_req *q)
{
	world->last_role = q->role;
	world->last_index = q->index;
	world->last_scope = q->scope;
	struct ipc_grant_open_rep a = { .grant = 1000 + q->account };
	ipc_reply_grant_open(rq, OK, &a);
}

/* Records: one state, of anna's password; nothing else is kept. */
static void on_record_get(const struct ipc_request *rq, const struct ipc_record_get_req *q)
{
	struct buf b;
	struct password_state s = { .changed_at = world->changed_at, .flags = world->flags };
	if (!world->changed_at || !str_eq(q->key, STR("pw/anna@example.test"))) {
		ipc_reply_record_get(rq, E_NOTFOUND, NULL);
		return;
	}
	buf_init(&b, 4096);
	int r = password_state_write(&b, &s);
	ipc_reply_record_get(rq, r, &(struct ipc_record_get_rep){ .value = buf_str(&b), .version = 1 });
	buf_done(&b);
}

static void on_deliver(const struct ipc_request *rq, const struct ipc_deliver_req *q)
{
	world->mails += str_search(q->bytes, STR("Your password expires in ")) != STR_NPOS;
	ipc_reply_deliver(rq, OK, &(struct ipc_deliver_rep){ .id = 1, .results = { "\0", 1 } });
}

static void on_record_put(const struct ipc_request *rq, const struct ipc_record_put_req *q)
{
	world->put += q->writes.n > 0;
	ipc_reply_record_put(rq, OK, &(struct ipc_record_put_rep){});
}

static void on_bad(struct channel *c, uint32_t type) { (void)c; (void)type; abort(); }
static void parent_gone(struct channel *c, void *ctx) { (void)c; (void)ctx; _exit(0); }

static noreturn_fn void be_store(int fd)
{
	static const struct ipc_service services[] = {
		IPC_SERVE(credential, on_credential), IPC_SERVE(credential_set, on_credential_set), IPC_SERVE(grant_open, on_grant_open),
		IPC_SERVE(record_get, on_record_get), IPC_SERVE(record_put, on_record_put), IPC_SERVE(deliver, on_deliver),
	};
	loop_init();
	channel_setup(ROLE_STORE, services, COUNT_OF(services), on_bad);
	channel_on_close(channel_new(fd, ROLE_AUTH, 0), parent_gone, NULL);
	loop_run();
	_exit(1);
}

/* ---- the front end ---- */

struct try { struct str user, password, peer; int result; uint64_t grant; char address[64], text[200]; unsigned refusal; int64_t took_ms; };
static struct channel *front;
static unsigned running;

static void try_one(void *arg)
{
	struct try *t = arg;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_sign_in_req q = { .user = t->user, .password = t->password, .scope = GRANT_SUBMIT, .peer = t->peer.n ? t->peer : STR("192.0.2.1") };
	struct ipc_sign_in_rep a;
	int64_t start = clock_mono_ms();
	t->result = ipc_call_sign_in(front, &q, &a, &hold, SIGN_IN_MS);
	t->took_ms = clock_mono_ms() - start;
	if (t->result == OK) {
		t->grant = a.grant;
		t->refusal = a.refusal;
		snprintf(t->text, sizeof t->text, STR_FMT, STR_ARG(a.text));
		snprintf(t->address, sizeof t->address, STR_FMT, STR_ARG(a.address));
	}
	ipc_release(&hold);
	if (!--running)
		loop_stop();
}

static void run_all(struct try *t, size_t n)
{
	running = (unsigned)n;
	for (size_t i = 0; i < n; i++)
		fiber_start(try_one, &t[i]);
	while (running)
		loop_run();
}

static struct try sign_in(struct str user, struct str password)
{
	static struct try t;
	t = (struct try){ .user = user, .password = password };
	run_all(&t, 1);
	return t;
}

static void later(void *arg)
{
	assert_int_equal(fiber_sleep((int64_t)(intptr_t)arg), OK);
	loop_stop();
}

static void run_for(int64_t ms)
{
	fiber_start(later, (void *)(intptr_t)ms);
	loop_run();
}

static void set_password(int i, struct str password, const struct password_params *params)
{
	char hash[PASSWORD_HASH_MAX];
	assert_int_equal(password_hash(password, params, hash), OK);
	memcpy(world->accounts[i].hash, hash, sizeof hash);
}

static int each_test(void **state)
{
	(void)state;
	*world = (struct world){ .accounts = { { .address = "anna@example.test" }, { .address = "bert@example.test" }, { .address = "old@example.test" } } };
	auth_age_forget();
	set_password(ANNA, STR("anna has a password"), &password_params_default);
	set_password(BERT, STR("bert has another"), &password_params_default);
	set_password(OLD, STR("old has a weak hash"), &cheap);
	return auth_start(&(struct auth_limits){ 2, WAITING_MOST, 0, 0 });
}

/* ---- tests ---- */

static void test_answers(void **state)
{
	static const struct { struct str user, password; int want; const char *address; } rows[] = {
		{ STR_INIT("anna@example.test"), STR_INIT("anna has a password"), OK, "anna@example.test" },
		{ STR_INIT("ANNA@Example.Test"), STR_INIT("anna has a password"), OK, "anna@example.test" },
		{ STR_INIT("bert@example.test"), STR_INIT("bert has another"), OK, "bert@example.test" },
		{ STR_INIT("bert@example.test"), STR_INIT("anna has a password"), E_DENIED, "" },      /* A64 */
		{ STR_INIT("anna@example.test"), STR_INIT("anna has a passwore"), E_DENIED, "" },
		{ STR_INIT("anna@example.test"), STR_INIT(""), E_DENIED, "" },
		{ STR_INIT("nobody@example.test"), STR_INIT("anna has a password"), E_DENIED, "" },
		{ STR_INIT("anna"), STR_INIT("anna has a password"), E_DENIED, "" },
		{ STR_INIT(""), STR_INIT("anna has a password"), E_DENIED, "" },
		{ STR_INIT("an\0na@example.test"), STR_INIT("anna has a password"), E_DENIED, "" },
		{ STR_INIT("*@example.test"), STR_INIT("anna has a password"), E_DENIED, "" },          /* A66 */
		{ STR_INIT("' or 1=1 --@example.test"), STR_INIT("x"), E_DENIED, "" },
		{ STR_INIT("\xff@example.test"), STR_INIT("x"), E_DENIED, "" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct try t = sign_in(rows[i].user, rows[i].password);
		assert_int_equal(t.result, rows[i].want);
		assert_string_equal(t.address, rows[i].address);
	}
	struct try t = sign_in(STR("bert@example.test"), STR("bert has another"));
	assert_int_equal(t.grant, 1000 + BERT + 1);
	assert_int_equal(world->last_role, ROLE_SMTP);
	assert_int_equal(world->last_index, WORKER);
	assert_int_equal(world->last_scope, GRANT_SUBMIT);
}

static double cpu_ms(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* Processor time, not the clock's: the machine has other work. */
static double median_work(struct str user, struct str password, int want)
{
	double took[9];
	for (size_t i = 0; i < COUNT_OF(took); i++) {
		double before = cpu_ms();
		assert_int_equal(sign_in(user, password).result, want);
		took[i] = cpu_ms() - before;
	}
	qsort(took, COUNT_OF(took), sizeof *took, ascending);
	return took[COUNT_OF(took) / 2];
}

static void test_A68_same_work(void **state)
{
	(void)state;
	double wrong = median_work(STR("anna@example.test"), STR("not her password"), E_DENIED);
	double unknown = median_work(STR("nobody@example.test"), STR("not her password"), E_DENIED);
	double nameless = median_work(STR("anna"), STR("not her password"), E_DENIED);
	world->accounts[ANNA].locked = true;
	double locked = median_work(STR("anna@example.test"), STR("anna has a password"), E_DENIED);
	world->accounts[ANNA].hash[0] = '\0';
	double empty = median_work(STR("anna@example.test"), STR("anna has a password"), E_DENIED);
	assert_true(wrong > 2);
	const double others[] = { unknown, nameless, locked, empty };
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_true(others[i] > wrong * 0.6 && others[i] < wrong * 1.6);
}

static void test_cache_spares_work(void **state)
{
	(void)state;
	double before = cpu_ms();
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a password")).result, OK);
	double first = cpu_ms() - before;
	double again = median_work(STR("anna@example.test"), STR("anna has a password"), OK);
	assert_true(again < first / 3);
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a passwore")).result, E_DENIED);
}

static void test_A69_changes_count_at_once(void **state)
{
	(void)state;
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a password")).result, OK);
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a password")).result, OK);
	set_password(ANNA, STR("anna has a new one"), &password_params_default);
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a password")).result, E_DENIED);
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a new one")).result, OK);
	world->accounts[ANNA].locked = true;
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a new one")).result, E_DENIED);
	world->accounts[ANNA].locked = false;
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a new one")).result, OK);
}

/* Expired or to be changed: nothing is opened, and only who knows the password learns why. */
static void test_A69_expired(void **state)
{
	static const struct { int64_t age_days; uint32_t flags; unsigned refusal; const char *says; } rows[] = {
		{ 1, 0, SIGN_IN_OPENED, "" }, { 355, 0, SIGN_IN_OPENED, "expires in 10 days" }, { 366, 0, SIGN_IN_CHANGE_PASSWORD, "has expired" },
		{ 1, PASSWORD_MUST_CHANGE, SIGN_IN_CHANGE_PASSWORD, "must be changed" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		world->changed_at = clock_real() - rows[i].age_days * PASSWORD_DAY;
		world->flags = rows[i].flags;
		auth_age_forget();
		for (int again = 0; again < 2; again++) {               /* the second time from the cache */
			struct try t = sign_in(STR("anna@example.test"), STR("anna has a password"));
			assert_int_equal(t.result, OK);
			assert_int_equal(t.refusal, rows[i].refusal);
			assert_int_equal(t.grant != 0, rows[i].refusal == SIGN_IN_OPENED);
			assert_non_null(strstr(t.text, rows[i].says));
		}
		assert_int_equal(sign_in(STR("anna@example.test"), STR("wrong")).result, E_DENIED);
		for (int k = 0; k < 100 && world->mails < (rows[i].age_days == 355); k++)
			run_for(10);
		assert_int_equal(world->mails > 0, i >= 1);             /* the second row warns */
	}
}

/* An account from before has no age yet: it begins, and opens. */
static void test_age_begins(void **state)
{
	(void)state;
	struct try t = sign_in(STR("bert@example.test"), STR("bert has another"));
	assert_int_equal(t.result, OK);
	assert_int_equal(t.refusal, SIGN_IN_OPENED);
	assert_int_equal(world->put, 1);
}

/* Other servers' hashes: taken, and made ours at the first sign-in. */
static void test_foreign_hash_becomes_ours(void **state)
{
	static const char *const rows[] = {
		"{SSHA}TFSmTswkvTAox/U3dL1QJx13Eq7/LYxF", "{BLF-CRYPT}$2y$05$vVetge9F/t3uFyZIvrKlQ.cOhdElagB6sQGvGCi6fF9PYqtB8higa",
		"pbkdf2_sha256$1000$saltsalt$+VC2fMzUowNrQRKhB//a7eZeW//LHRUTJ4nyBlGU10w=",
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		snprintf(world->accounts[OLD].hash, sizeof world->accounts[OLD].hash, "%s", rows[i]);
		world->set = 0;
		assert_int_equal(sign_in(STR("old@example.test"), STR("Korrekt-Pferd 8")).result, E_DENIED);
		assert_int_equal(sign_in(STR("old@example.test"), STR("Korrekt-Pferd 9")).result, OK);
		for (int k = 0; k < 200 && world->set < 1; k++)
			run_for(10);
		assert_int_equal(world->set, 1);
		assert_true(str_starts(str_c(world->accounts[OLD].hash), STR("$argon2id$")));
		assert_int_equal(sign_in(STR("old@example.test"), STR("Korrekt-Pferd 9")).result, OK);
	}
}

static void wait_for_set(unsigned n)
{
	for (int i = 0; i < 200 && world->set < n; i++)
		run_for(10);
	assert_int_equal(world->set, n);
}

static void test_rehash(void **state)
{
	(void)state;
	assert_true(password_needs_rehash(str_c(world->accounts[OLD].hash), &password_params_default));
	assert_int_equal(sign_in(STR("old@example.test"), STR("wrong")).result, E_DENIED);
	assert_int_equal(sign_in(STR("old@example.test"), STR("old has a weak hash")).result, OK);
	wait_for_set(1);
	assert_int_equal(world->last_set, OK);
	assert_false(password_needs_rehash(str_c(world->accounts[OLD].hash), &password_params_default));
	assert_int_equal(sign_in(STR("old@example.test"), STR("old has a weak hash")).result, OK);
	run_for(50);
	assert_int_equal(world->set, 1);
	/* a password that was changed meanwhile is not undone */
	set_password(OLD, STR("old has a weak hash"), &cheap);
	world->change_before_set = true;
	assert_int_equal(sign_in(STR("old@example.test"), STR("old has a weak hash")).result, OK);
	wait_for_set(2);
	assert_int_equal(world->last_set, E_STALE);
	assert_string_equal(world->accounts[OLD].hash, "changed by its owner");
}

/* Trouble of ours is no wrong password: clients would throw theirs away. */
static void test_store_in_trouble(void **state)
{
	(void)state;
	world->fails = E_IO;
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a password")).result, E_IO);
	assert_int_equal(sign_in(STR("anna@example.test"), STR("wrong")).result, E_IO);
	world->fails = E_BUSY;
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a password")).result, E_BUSY);
}

static void test_bounded(void **state)
{
	static struct try t[40];
	unsigned busy = 0, denied = 0;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(t); i++)
		t[i] = (struct try){ .user = STR("anna@example.test"), .password = STR("wrong") };
	run_all(t, COUNT_OF(t));
	for (size_t i = 0; i < COUNT_OF(t); i++) {
		busy += t[i].result == E_BUSY;
		denied += t[i].result == E_DENIED;
	}
	assert_int_equal(busy + denied, COUNT_OF(t));
	assert_true(denied >= 2 + WAITING_MOST && busy > 0);
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a password")).result, OK);
}

/* Whoever fills the waiting room waits in it; another source is next but one, and is not turned out. */
static void test_fair_to_other_sources(void **state)
{
	static struct try t[24];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(t); i++)
		t[i] = (struct try){ .user = STR("nobody@example.test"), .password = STR("wrong"), .peer = STR("198.51.100.7") };
	struct try *person = &t[COUNT_OF(t) - 1];
	*person = (struct try){ .user = STR("anna@example.test"), .password = STR("anna has a password"), .peer = STR("192.0.2.1") };
	run_all(t, COUNT_OF(t));
	unsigned later = 0, busy = 0;
	for (size_t i = 0; i + 1 < COUNT_OF(t); i++) {
		busy += t[i].result == E_BUSY;
		later += t[i].result == E_DENIED && t[i].took_ms >= person->took_ms;
	}
	assert_int_equal(person->result, OK);
	assert_true(busy > 0);
	assert_true(later >= WAITING_MOST - 2);
}

static void test_failures_are_slow(void **state)
{
	(void)state;
	assert_int_equal(auth_start(&(struct auth_limits){ 2, WAITING_MOST, 150, 300 }), OK);
	struct try first = sign_in(STR("anna@example.test"), STR("wrong")), second = sign_in(STR("anna@example.test"), STR("wrong"));
	assert_int_equal(second.result, E_DENIED);
	assert_true(first.took_ms >= 150);
	assert_true(second.took_ms >= 300);
	/* who knows the password does not wait, whatever others did with the name before */
	assert_int_equal(sign_in(STR("anna@example.test"), STR("anna has a password")).result, OK);
	struct try good = sign_in(STR("anna@example.test"), STR("anna has a password"));
	assert_true(good.took_ms < 150);
}

int main(void)
{
	static const struct ipc_service services[] = { IPC_SERVE_FIBER(sign_in, auth_on_sign_in) };
	int store[2], fds[2];
	world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED || fd_pair(store) != OK || fd_pair(fds) != OK)
		return 1;
	pid_t child = fork();
	if (child == 0) {
		close(store[0]);
		close(fds[0]);
		close(fds[1]);
		be_store(store[1]);
	}
	close(store[1]);
	pool_size(2);
	loop_init();
	channel_setup(ROLE_AUTH, services, COUNT_OF(services), on_bad);
	struct channel *to_store = channel_new(store[0], ROLE_STORE, 0);
	front = channel_new(fds[0], ROLE_AUTH, 0);
	channel_new(fds[1], ROLE_SMTP, WORKER);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_answers, each_test), cmocka_unit_test_setup(test_A68_same_work, each_test),
		cmocka_unit_test_setup(test_cache_spares_work, each_test), cmocka_unit_test_setup(test_A69_changes_count_at_once, each_test),
		cmocka_unit_test_setup(test_A69_expired, each_test), cmocka_unit_test_setup(test_age_begins, each_test),
		cmocka_unit_test_setup(test_foreign_hash_becomes_ours, each_test),
		cmocka_unit_test_setup(test_rehash, each_test), cmocka_unit_test_setup(test_store_in_trouble, each_test),
		cmocka_unit_test_setup(test_bounded, each_test), cmocka_unit_test_setup(test_fair_to_other_sources, each_test), cmocka_unit_test_setup(test_failures_are_slow, each_test),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	channel_close(to_store);
	waitpid(child, NULL, 0);
	return failed;
}
