#include "role/relay/relay_sts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { NOW = 1700000000 };

#define POLICY "version: STSv1\nmode: enforce\nmx: mx.test\nmax_age: 1000\n"

/* RFC 8461 section 3.2: a policy counts for max_age seconds; one that came from the future, or is none, does not count. */
static void test_age(void **state)
{
	(void)state;
	static const struct { int64_t fetched; const char *text; int result; } rows[] = {
		{ NOW, POLICY, OK },
		{ NOW - 1000, POLICY, OK },
		{ NOW - 1001, POLICY, E_NOTFOUND },
		{ NOW + 1, POLICY, E_NOTFOUND },
		{ NOW, "version: STSv1\nmode: enforce\n", E_NOTFOUND },
		{ NOW, "", E_NOTFOUND },
	};
	struct arena a;
	struct buf b;
	struct sts_policy policy;
	arena_init(&a, 64 << 10, NULL, NULL);
	buf_init(&b, 64 << 10);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bufw w = { .b = &b };
		buf_clear(&b);
		relay_sts_write(&w, rows[i].fetched, str_c(rows[i].text));
		assert_int_equal(w.err, OK);
		assert_int_equal(relay_sts_read(&a, buf_str(&b), NOW, &policy), rows[i].result);
	}
	assert_int_equal(relay_sts_read(&a, STR("short"), NOW, &policy), E_NOTFOUND);
	buf_done(&b);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_age) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
