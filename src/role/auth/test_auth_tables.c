/* The tables of auth by themselves: cache of right passwords, delays after failures. */
#include "role/auth/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct auth_cache cache, other;
static struct auth_delay d;

static bool has(struct auth_cache *c, uint32_t account, struct str hash, struct str password, int64_t now)
{
	uint8_t mark[CACHE_MARK];
	auth_cache_mark(c, account, hash, password, mark);
	return auth_cache_has(c, mark, now);
}

static void test_A64_cache(void **state)
{
	uint8_t mark[CACHE_MARK];
	(void)state;
	auth_cache_init(&cache);
	auth_cache_init(&other);
	auth_cache_mark(&cache, 1, STR("hash"), STR("password"), mark);
	assert_false(auth_cache_has(&cache, mark, 0));
	auth_cache_put(&cache, mark, 1000);
	assert_true(has(&cache, 1, STR("hash"), STR("password"), 1001));
	assert_true(has(&cache, 1, STR("hash"), STR("password"), 1000 + CACHE_MS - 1));
	assert_false(has(&cache, 1, STR("hash"), STR("password"), 1000 + CACHE_MS));
	assert_false(has(&cache, 2, STR("hash"), STR("password"), 1001));       /* somebody else's */
	assert_false(has(&cache, 1, STR("hash2"), STR("password"), 1001));      /* changed meanwhile */
	assert_false(has(&cache, 1, STR("hash"), STR("passwore"), 1001));
	assert_false(has(&cache, 1, STR("hashp"), STR("assword"), 1001));       /* fields do not run into each other */
	assert_false(has(&cache, 1, STR("hash"), STR(""), 1001));
	auth_cache_mark(&other, 1, STR("hash"), STR("password"), mark);
	assert_false(auth_cache_has(&cache, mark, 1001));                       /* another process's key */
}

static void test_delay_grows_and_ends(void **state)
{
	static const int64_t want[] = { 250, 500, 1000, 2000, 4000, 4000, 4000 };
	(void)state;
	auth_delay_init(&d, DELAY_FIRST_MS, DELAY_MOST_MS);
	for (size_t i = 0; i < COUNT_OF(want); i++)
		assert_int_equal(auth_delay_failed(&d, STR("192.0.2.1"), STR("a@example.test"), 1000), want[i]);
	/* the same source with another name is as slow; another source with the same name too */
	assert_int_equal(auth_delay_failed(&d, STR("192.0.2.1"), STR("b@example.test"), 1000), 4000);
	assert_int_equal(auth_delay_failed(&d, STR("192.0.2.2"), STR("a@example.test"), 1000), 4000);
	assert_int_equal(auth_delay_failed(&d, STR("192.0.2.3"), STR("c@example.test"), 1000), 250);
	/* a success clears the name, not the source */
	auth_delay_succeeded(&d, STR("a@example.test"));
	assert_int_equal(auth_delay_failed(&d, STR("192.0.2.4"), STR("a@example.test"), 1000), 250);
	assert_int_equal(auth_delay_failed(&d, STR("192.0.2.1"), STR("a@example.test"), 1000), 4000);
	assert_int_equal(auth_delay_failed(&d, STR("192.0.2.1"), STR("d@example.test"), 1001 + DELAY_FORGET_MS), 250);
}

static void test_delay_sources(void **state)
{
	(void)state;
	auth_delay_init(&d, 1, 1 << 20);
	/* a /64 is one source */
	assert_int_equal(auth_delay_failed(&d, STR("2001:db8::1"), STR("1"), 0), 1);
	assert_int_equal(auth_delay_failed(&d, STR("2001:db8::ffff:1"), STR("2"), 0), 2);
	assert_int_equal(auth_delay_failed(&d, STR("2001:db8:0:1::1"), STR("3"), 0), 1);
	/* all of loopback, and who came by a unix socket, are many people */
	for (int i = 0; i < 3; i++) {
		char name[2] = { (char)('a' + i), 0 };
		assert_int_equal(auth_delay_failed(&d, STR("127.0.0.1"), str_c(name), 0), 1);
		name[0] = (char)('k' + i);
		assert_int_equal(auth_delay_failed(&d, STR("::1"), str_c(name), 0), 1);
		name[0] = (char)('t' + i);
		assert_int_equal(auth_delay_failed(&d, STR(""), str_c(name), 0), 1);
	}
	/* many failures do not overflow */
	for (int i = 0; i < 100; i++)
		assert_true(auth_delay_failed(&d, STR("192.0.2.9"), STR("x"), 0) <= 1 << 20);
}

/* A68: when a failure is answered does not tell how long its verification took. */
static void test_A68_failures_leave_in_steps(void **state)
{
	static const struct { int64_t took, wait, want; } rows[] = {
		{ 0, 250, 250 }, { 40, 250, 210 }, { 249, 250, 1 }, { 250, 250, 0 }, { 251, 250, 249 }, { 400, 250, 100 }, { 600, 500, 150 }, { 5000, 4000, 0 },
	};
	(void)state;
	auth_delay_init(&d, DELAY_FIRST_MS, DELAY_MOST_MS);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(auth_delay_left(&d, 1000, rows[i].wait, 1000 + rows[i].took), rows[i].want);
	auth_delay_init(&d, 0, 0);
	assert_int_equal(auth_delay_left(&d, 0, 0, 17), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A64_cache), cmocka_unit_test(test_delay_grows_and_ends), cmocka_unit_test(test_delay_sources), cmocka_unit_test(test_A68_failures_leave_in_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
