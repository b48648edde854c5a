/* Random bytes: filled, different each time, no number twice. */
#include "base/base.h"
#include "os/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_random(void **state)
{
	(void)state;
	unsigned char a[64] = { 0 }, b[64] = { 0 };
	uint64_t seen[100], any = 0, all = UINT64_MAX;
	random_bytes(a, sizeof a);
	random_bytes(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	random_bytes(a, 0);
	for (size_t i = 0; i < COUNT_OF(seen); i++) {
		seen[i] = random_u64();
		any |= seen[i];
		all &= seen[i];
		for (size_t k = 0; k < i; k++)
			assert_true(seen[i] != seen[k]);
	}
	assert_true(any == UINT64_MAX && all == 0);             /* no bit stands still (2 in 10^28 that this fails by chance) */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
