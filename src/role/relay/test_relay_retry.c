/* The schedule of attempts under a clock of our own (B29). */
#include "role/relay/relay_retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct relay_schedule schedule = { .first = 300, .most = 14400, .warn_after = 14400, .expire_after = 432000 };

/* B29: doubles up to the longest wait; chance moves it by an eighth at most. */
static void test_B29_waits(void **state)
{
	(void)state;
	static const struct { uint32_t attempts; int64_t wait; } rows[] = {
		{ 1, 300 }, { 2, 600 }, { 3, 1200 }, { 4, 2400 }, { 5, 4800 }, { 6, 9600 }, { 7, 14400 }, { 8, 14400 }, { UINT32_MAX, 14400 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (uint64_t chance = 0; chance < 5000; chance += 7) {
			int64_t at = relay_retry_at(&schedule, rows[i].attempts, 1000000, 2000000, chance) - 1000000;
			assert_in_range(at, rows[i].wait - rows[i].wait / 8, rows[i].wait + rows[i].wait / 8);
		}
	assert_int_equal(relay_retry_at(&schedule, 1, 0, 9999, 0), 300 - 37);
	assert_int_equal(relay_retry_at(&schedule, 1, 0, 9999, 74), 300 + 37);
}

/* B29: a host that says 4xx for ever gets a bounded number of attempts, the last at the expiry. */
static void test_B29_for_ever(void **state)
{
	(void)state;
	int64_t now = 0, expires = relay_expiry(&schedule, 0, 0);
	uint32_t attempts = 0, late = 0;
	while (now < expires) {
		attempts++;
		late += relay_is_late(&schedule, 0, now);
		int64_t next = relay_retry_at(&schedule, attempts, now, expires, attempts * 7919u);
		assert_true(next > now);
		now = next;
	}
	assert_int_equal(now, 432000);
	assert_in_range(attempts, 33, 42);
	assert_in_range(late, attempts - 8, attempts - 5);
}

static void test_edges(void **state)
{
	(void)state;
	static const struct relay_schedule quick = { .first = 1, .most = 1, .warn_after = 1, .expire_after = 10 };
	assert_int_equal(relay_retry_at(&quick, 9, 100, 90, 12345), 101);       /* past the expiry it does not lie in the past */
	assert_int_equal(relay_expiry(&quick, 100, 0), 110);
	assert_int_equal(relay_expiry(&quick, 100, 105), 105);
	assert_false(relay_is_late(&quick, 100, 100));
	assert_true(relay_is_late(&quick, 100, 101));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_B29_waits), cmocka_unit_test(test_B29_for_ever), cmocka_unit_test(test_edges) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
