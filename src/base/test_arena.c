/* Arenas never give NULL: past the limit they leave by the way that was named at birth. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static jmp_buf out;
static void leave(void *ctx)
{
	(*(unsigned *)ctx)++;
	longjmp(out, 1);
}

static void test_alloc(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20, NULL, NULL);
	for (size_t n = 0; n < 3000; n += 7) {
		unsigned char *p = arena_alloc(&a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n);             /* dirt that a reset must not hand on */
	}
	arena_reset(&a);
	unsigned char *p = arena_alloc(&a, 2000);
	for (size_t i = 0; i < 2000; i++)
		assert_int_equal(p[i], 0);
	struct str s = arena_dup(&a, STR("a\0b"));
	assert_true(str_eq(s, STR("a\0b")) && s.p[3] == '\0');
	assert_true(str_eq(arena_printf(&a, "%s-%d", "x", 12), STR("x-12")));
	assert_true(str_eq(arena_dup(&a, (struct str){ NULL, 0 }), STR("")));
	arena_done(&a);
	arena_done(&a);
}

static void over_bytes(struct arena *a) { (void)!arena_alloc(a, 1001); }
static void over_sum(struct arena *a)
{
	for (;;)
		(void)!arena_alloc(a, 100);
}
static void over_product(struct arena *a) { (void)!arena_alloc_array(a, SIZE_MAX / 4, 8); }
static void over_wrap(struct arena *a) { (void)!arena_alloc(a, SIZE_MAX - 3); }
static void over_dup(struct arena *a)
{
	static const char bytes[1000];
	arena_dup(a, (struct str){ bytes, sizeof bytes });      /* the NUL behind it is one too many */
}

static void test_limit(void **state)
{
	(void)state;
	static void (*const ways[])(struct arena *a) = { over_bytes, over_sum, over_product, over_wrap, over_dup };
	static struct arena a;
	static unsigned left;
	static size_t i;
	for (i = 0; i < COUNT_OF(ways); i++) {
		left = 0;
		arena_init(&a, 1000, leave, &left);
		if (setjmp(out) == 0)
			ways[i](&a);
		assert_int_equal(left, 1);
		assert_true(a.total <= 1000);
		arena_done(&a);
	}
}

static void test_push(void **state)
{
	(void)state;
	struct arena a;
	uint32_t *numbers = NULL;
	size_t count = 0, cap = 0;
	arena_init(&a, 1 << 20, NULL, NULL);
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t *n = arena_push(&a, &numbers, &count, &cap, sizeof *n);
		*n = i;
	}
	assert_int_equal(count, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(numbers[i], i);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_alloc), cmocka_unit_test(test_limit), cmocka_unit_test(test_push) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
