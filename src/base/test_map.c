/* Tables against a plain array as the model, with removals; names; walking while removing. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { KEYS = 512, STEPS = 200000 };

static uint32_t next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

static void test_model(void **state)
{
	(void)state;
	static int values[KEYS];
	void *model[KEYS] = { NULL };
	uint32_t x = 42;
	size_t count = 0;
	struct map m;
	map_init(&m, 7);
	for (unsigned step = 0; step < STEPS; step++) {
		uint32_t k = next_random(&x) % KEYS;
		uint64_t key = (uint64_t)k << 40;           /* differs in high bits only */
		if (next_random(&x) % 2) {
			void *v = &values[next_random(&x) % KEYS];
			count += !model[k];
			map_put(&m, key, v);
			model[k] = v;
		} else {
			assert_ptr_equal(map_remove(&m, key), model[k]);
			count -= model[k] != NULL;
			model[k] = NULL;
		}
		assert_int_equal(m.count, count);
		assert_ptr_equal(map_get(&m, key), model[k]);
	}
	assert_true(m.cap <= 4 * KEYS);                     /* removed entries do not make it grow for ever */
	for (uint32_t k = 0; k < KEYS; k++)
		assert_ptr_equal(map_get(&m, (uint64_t)k << 40), model[k]);
	size_t seen = 0;
	for (size_t i = 0; map_next(&m, &i);)
		seen++;
	assert_int_equal(seen, count);
	map_done(&m);
}

static void test_empty(void **state)
{
	(void)state;
	struct map m;
	size_t i = 0;
	map_init(&m, 0);
	assert_null(map_get(&m, 1));
	assert_null(map_remove(&m, 1));
	assert_null(map_next(&m, &i));
	assert_null(map_str_get(&m, STR("x")));
	map_done(&m);
}

static void test_names(void **state)
{
	(void)state;
	struct map m;
	int a, b, c;
	map_init(&m, 99);
	map_str_put(&m, STR("INBOX"), &a);
	map_str_put(&m, STR("inbox"), &b);
	map_str_put(&m, STR(""), &c);
	assert_ptr_equal(map_str_get(&m, STR("INBOX")), &a);
	assert_ptr_equal(map_str_get(&m, STR("inbox")), &b);
	assert_ptr_equal(map_str_get(&m, STR("")), &c);
	assert_null(map_str_get(&m, STR("Inbox")));
	map_str_put(&m, STR("INBOX"), &c);
	assert_ptr_equal(map_str_get(&m, STR("INBOX")), &c);
	assert_int_equal(m.count, 3);
	assert_ptr_equal(map_str_remove(&m, STR("INBOX")), &c);
	assert_null(map_str_remove(&m, STR("INBOX")));
	assert_int_equal(m.count, 2);
	map_done(&m);
}

static void test_walk_and_remove(void **state)
{
	(void)state;
	struct map m;
	uint64_t keys[100], *k;
	map_init(&m, 1);
	for (uint64_t i = 0; i < COUNT_OF(keys); i++) {
		keys[i] = i;
		map_put(&m, i, &keys[i]);
	}
	size_t seen = 0;
	for (size_t i = 0; (k = map_next(&m, &i)); seen++)
		assert_ptr_equal(map_remove(&m, *k), k);
	assert_int_equal(seen, COUNT_OF(keys));
	assert_int_equal(m.count, 0);
	map_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model), cmocka_unit_test(test_empty), cmocka_unit_test(test_names), cmocka_unit_test(test_walk_and_remove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
