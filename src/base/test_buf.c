/* Buffers keep to their ceiling and stay whole when they reach it; runs of puts fail once. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_ceiling(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 8);
	assert_true(str_eq(buf_str(&b), STR("")));
	assert_int_equal(buf_put_str(&b, STR("12345678")), OK);
	assert_int_equal(buf_put_char(&b, '9'), E_TOOBIG);
	assert_int_equal(buf_put(&b, "", 0), OK);
	assert_int_equal(buf_reserve(&b, SIZE_MAX), E_TOOBIG);      /* no sum overflows */
	assert_true(str_eq(buf_str(&b), STR("12345678")));
	buf_clear(&b);
	assert_int_equal(buf_printf(&b, "%d", 1234567), OK);
	assert_int_equal(buf_printf(&b, "%s", "too long"), E_TOOBIG);
	assert_true(str_eq(buf_str(&b), STR("1234567")));
	buf_done(&b);
	assert_int_equal(buf_put_char(&b, 'x'), E_TOOBIG);          /* a buffer that is done takes nothing */
	buf_init(&b, 0);
	assert_int_equal(buf_put_char(&b, 'x'), E_TOOBIG);
	buf_done(&b);
}

static void test_growth(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(buf_put_char(&b, (char)('a' + i % 26)), OK);
	assert_int_equal(buf_put_char(&b, 'x'), E_TOOBIG);
	assert_int_equal(b.n, 100000);
	assert_true(b.cap <= 100000 && b.p[99999] == 'a' + 99999 % 26);
	buf_consume(&b, 99990);
	assert_int_equal(b.n, 10);
	assert_int_equal(b.p[0], 'a' + 99990 % 26);
	buf_shrink(&b);
	assert_int_equal(b.cap, 10);
	buf_consume(&b, 11);
	assert_int_equal(b.n, 0);
	buf_shrink(&b);
	assert_null(b.p);
	assert_int_equal(buf_put_str(&b, STR("again")), OK);
	buf_done(&b);
}

static void test_numbers(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 64);
	assert_int_equal(buf_put_u64(&b, 0), OK);
	assert_int_equal(buf_put_u64(&b, 10), OK);
	assert_int_equal(buf_put_u64(&b, UINT64_MAX), OK);
	assert_true(str_eq(buf_str(&b), STR("01018446744073709551615")));
	buf_done(&b);
}

static void test_run_of_puts(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 12);
	struct bufw w = { .b = &b };
	bufw_c(&w, "ab");
	bufw_str(&w, STR("cd"));
	bufw_u64(&w, 56);
	bufw_printf(&w, "%c", '7');
	assert_int_equal(w.err, OK);
	bufw_str(&w, STR("does not fit"));
	bufw_char(&w, '!');                 /* would fit, but the run has failed */
	assert_int_equal(w.err, E_TOOBIG);
	assert_true(str_eq(buf_str(&b), STR("abcd567")));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ceiling), cmocka_unit_test(test_growth), cmocka_unit_test(test_numbers), cmocka_unit_test(test_run_of_puts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
