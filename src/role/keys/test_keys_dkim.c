/* The life of keys that sign mail, and their files. Time is ours. */
#include "role/keys/keys_dkim.h"

#include "os/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { DAY = 86400 };
#define DOMAIN STR("example.org")

static char folder[] = "/tmp/test_keys_dkim_XXXXXX";
static int dir = -1, put_answer = OK;
static int64_t clock_now = 1764000000;          /* 2025-11-24 */
static const struct keys_dkim_times times = { .rotate_after = 180 * DAY, .publish_wait = DAY, .retire_after = 14 * DAY };

static int put(struct str domain, struct str selector, struct str bytes)
{
	return put_answer == OK ? key_folder_put(dir, domain, selector, bytes) : put_answer;
}

static int64_t now(void) { return clock_now; }
static void tell(const char *event, const struct keys_dkim_key *k) { (void)event, (void)k; }
static int make(enum dkim_algorithm algorithm, struct dkim_private *ret) { return dkim_private_make(algorithm, ret); }
static const struct keys_dkim_env env = { put, make, now, tell };

static void on_bad(struct str name, int err)
{
	fail_msg("%.*s: %s", (int)name.n, name.p, err_name(err));
}

/* As after a restart: what the folder says. */
static struct keys_dkim again(struct keys_dkim *old)
{
	struct keys_dkim d;
	keys_dkim_done(old);
	keys_dkim_init(&d, &env);
	keys_dkim_load(&d, dir, on_bad);
	return d;
}

static size_t count(const struct keys_dkim *d, enum dkim_key_state state)
{
	size_t n = 0;
	for (size_t i = 0; i < d->count; i++)
		n += d->keys[i]->key.state == state;
	return n;
}

static void expect(const struct keys_dkim *d, size_t waiting, size_t visible, size_t active, size_t retired)
{
	assert_int_equal(count(d, DKIM_KEY_WAITING), waiting);
	assert_int_equal(count(d, DKIM_KEY_VISIBLE), visible);
	assert_int_equal(count(d, DKIM_KEY_ACTIVE), active);
	assert_int_equal(count(d, DKIM_KEY_RETIRED), retired);
}

static void see(struct keys_dkim *d, bool visible)
{
	for (size_t i = 0; i < d->count; i++)
		assert_int_equal(keys_dkim_seen(d, DOMAIN, str_c(d->keys[i]->selector), visible), OK);
}

static void pass(struct keys_dkim *d, int64_t seconds)
{
	clock_now += seconds;
	assert_int_equal(keys_dkim_tick(d, &times), OK);
	assert_int_equal(keys_dkim_tick(d, &times), OK);
}

static void a_whole_life(void **state)
{
	struct keys_dkim d;
	(void)state;
	keys_dkim_init(&d, &env);
	keys_dkim_load(&d, dir, on_bad);
	assert_int_equal(keys_dkim_rotate(&d, DOMAIN), E_NOTFOUND);
	assert_int_equal(keys_dkim_begin(&d, DOMAIN), OK);
	assert_int_equal(keys_dkim_begin(&d, DOMAIN), OK);
	expect(&d, 0, 0, 2, 0);
	pass(&d, 179 * DAY);
	expect(&d, 0, 0, 2, 0);
	pass(&d, 2 * DAY);
	expect(&d, 2, 0, 2, 0);
	pass(&d, 400 * DAY);            /* not in DNS: nothing moves, however long it takes */
	expect(&d, 2, 0, 2, 0);
	see(&d, true);
	expect(&d, 0, 2, 2, 0);
	d = again(&d);
	expect(&d, 0, 2, 2, 0);
	pass(&d, DAY / 2);
	expect(&d, 0, 2, 2, 0);
	see(&d, false);                 /* it went away again */
	pass(&d, DAY);
	expect(&d, 2, 0, 2, 0);
	see(&d, true);
	pass(&d, DAY);
	expect(&d, 0, 0, 2, 2);
	d = again(&d);
	expect(&d, 0, 0, 2, 2);
	pass(&d, 15 * DAY);
	expect(&d, 0, 0, 2, 0);
	assert_true(str_eq(keys_dkim_domain(&d, STR("mail.Example.org")), DOMAIN));
	assert_int_equal(keys_dkim_domain(&d, STR("notexample.org")).n, 0);
	assert_int_equal(keys_dkim_domain(&d, STR("org")).n, 0);
	assert_int_equal(keys_dkim_drop(&d, DOMAIN), OK);
	d = again(&d);
	assert_int_equal(d.count, 0);
	keys_dkim_done(&d);
}

/* What could not be written does not count, and is tried again. */
static void a_full_disk(void **state)
{
	struct keys_dkim d;
	(void)state;
	keys_dkim_init(&d, &env);
	put_answer = E_FULL;
	assert_int_equal(keys_dkim_begin(&d, DOMAIN), E_FULL);
	assert_int_equal(d.count, 0);
	put_answer = OK;
	assert_int_equal(keys_dkim_begin(&d, DOMAIN), OK);
	assert_int_equal(keys_dkim_rotate(&d, DOMAIN), OK);
	see(&d, true);
	clock_now += 2 * DAY;
	put_answer = E_FULL;
	assert_int_equal(keys_dkim_tick(&d, &times), E_FULL);
	expect(&d, 0, 2, 2, 0);
	put_answer = OK;
	pass(&d, 0);
	expect(&d, 0, 0, 2, 2);
	assert_int_equal(keys_dkim_drop(&d, DOMAIN), OK);
	keys_dkim_done(&d);
}

static void out_of_use(void **state)
{
	struct keys_dkim d;
	char first[KEY_SELECTOR_MAX + 1];
	(void)state;
	keys_dkim_init(&d, &env);
	assert_int_equal(keys_dkim_begin(&d, DOMAIN), OK);
	memcpy(first, d.keys[0]->selector, sizeof first);
	assert_int_equal(keys_dkim_retire(&d, DOMAIN, STR("none")), E_NOTFOUND);
	assert_int_equal(keys_dkim_retire(&d, DOMAIN, str_c(first)), OK);
	assert_int_equal(keys_dkim_retire(&d, DOMAIN, str_c(d.keys[1]->selector)), E_DENIED);
	assert_int_equal(keys_dkim_begin(&d, DOMAIN), OK);
	expect(&d, 0, 0, 2, 1);
	assert_string_not_equal(d.keys[2]->selector, first);
	assert_int_equal(keys_dkim_drop(&d, DOMAIN), OK);
	keys_dkim_done(&d);
}

static void files(void **state)
{
	static const struct { struct str domain, selector; bool good; } rows[] = {
		{ STR_INIT("example.org"), STR_INIT("r1"), true }, { STR_INIT("xn--bcher-kva.example"), STR_INIT("a-b_c"), true },
		{ STR_INIT("../evil"), STR_INIT("r1"), false }, { STR_INIT("example.org"), STR_INIT("../../tls"), false },
		{ STR_INIT(".org"), STR_INIT("r1"), false }, { STR_INIT("a..b"), STR_INIT("r1"), false }, { STR_INIT("a."), STR_INIT("r1"), false },
		{ STR_INIT("a/b"), STR_INIT("r1"), false }, { STR_INIT(""), STR_INIT("r1"), false }, { STR_INIT("a"), STR_INIT(""), false },
		{ STR_INIT("a"), STR_INIT("a.b"), false }, { STR_INIT("Example.org"), STR_INIT("r1"), false }, { STR_INIT("a\0b"), STR_INIT("r1"), false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(key_folder_names(rows[i].domain, rows[i].selector), rows[i].good);
		assert_int_equal(key_folder_put(dir, rows[i].domain, rows[i].selector, STR("")), rows[i].good ? OK : E_DENIED);
	}
}

static void private_keys(void **state)
{
	static const enum dkim_algorithm kinds[] = { DKIM_RSA_SHA256, DKIM_ED25519_SHA256 };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct dkim_private p, q, other;
		struct buf text, record, signature, foreign;
		buf_init(&foreign, DKIM_PRIVATE_RECORD_MAX);
		buf_init(&text, KEY_FILE_MAX);
		buf_init(&record, DKIM_PRIVATE_RECORD_MAX);
		buf_init(&signature, 1024);
		assert_int_equal(dkim_private_make(kinds[i], &p), OK);
		assert_int_equal(dkim_private_make(kinds[i], &other), OK);
		p.state = DKIM_KEY_RETIRED;
		p.since = 1234567;
		assert_int_equal(dkim_private_write(&p, &text), OK);
		assert_int_equal(dkim_private_read(buf_str(&text), &q), OK);
		assert_int_equal(q.state, DKIM_KEY_RETIRED);
		assert_int_equal(q.since, 1234567);
		assert_int_equal(q.algorithm, kinds[i]);
		assert_int_equal(dkim_private_record(&q, &record), OK);
		assert_int_equal(dkim_private_record(&other, &foreign), OK);
		assert_true(dkim_record_is(buf_str(&record), buf_str(&record)));
		assert_false(dkim_record_is(buf_str(&record), buf_str(&foreign)));
		assert_false(dkim_record_is(buf_str(&record), STR("v=DKIM1; p=")));
		/* a key from elsewhere, without our lines, signs */
		size_t pem = str_search(buf_str(&text), STR("-----BEGIN"));
		dkim_private_done(&q);
		assert_int_equal(dkim_private_read(str_skip(buf_str(&text), pem), &q), OK);
		assert_int_equal(q.state, DKIM_KEY_ACTIVE);
		assert_int_equal(dkim_private_sign(&q, STR("input"), &signature), OK);
		dkim_private_done(&q);
		assert_int_equal(dkim_private_read(STR("State: odd\n-----BEGIN"), &q), E_SYNTAX);
		assert_int_equal(dkim_private_read(STR(""), &q), E_SYNTAX);
		dkim_private_done(&p);
		dkim_private_done(&other);
		buf_done(&text);
		buf_done(&record);
		buf_done(&foreign);
		buf_done(&signature);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_whole_life), cmocka_unit_test(a_full_disk), cmocka_unit_test(out_of_use),
					    cmocka_unit_test(files), cmocka_unit_test(private_keys) };
	if (!mkdtemp(folder) || (dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	static const char *const made[] = { "dkim/example.org", "dkim/xn--bcher-kva.example", "dkim" };
	for (size_t i = 0; i < COUNT_OF(made); i++)
		unlinkat(dir, made[i], AT_REMOVEDIR);
	fd_close(&dir);
	rmdir(folder);
	return failed;
}
