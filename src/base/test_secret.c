/* Comparison and wiping of secrets, and the names of errors. A67: the time does not depend on where two secrets differ; the
 * code has no branch on their bytes, which is what is shown here by the results alone. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_A67_compare(void **state)
{
	(void)state;
	assert_true(secret_eq(STR(""), STR("")) && secret_eq(STR("a\0b"), STR("a\0b")));
	assert_false(secret_eq(STR("abc"), STR("abd")) || secret_eq(STR("xbc"), STR("abc")));
	assert_false(secret_eq(STR("abc"), STR("ab")) || secret_eq(STR("ab"), STR("abc")) || secret_eq(STR(""), STR("\0")));
	for (unsigned bit = 0; bit < 8; bit++) {
		char c = (char)(1u << bit), zero = 0;
		assert_false(secret_eq((struct str){ &c, 1 }, (struct str){ &zero, 1 }));
	}
}

static void test_wipe(void **state)
{
	(void)state;
	char s[] = "hunter2!";
	secret_wipe(s, 7);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(s[i], 0);
	assert_int_equal(s[7], '!');
	secret_wipe(NULL, 0);
}

static void test_error_names(void **state)
{
	(void)state;
	for (int e = 0; e > -ERR_COUNT; e--) {
		assert_string_not_equal(err_name(e), "unknown");
		for (int other = 0; other > e; other--)
			assert_string_not_equal(err_name(e), err_name(other));
	}
	assert_string_equal(err_name(OK), "ok");
	assert_string_equal(err_name(E_STALE), "stale");
	assert_string_equal(err_name(1), "unknown");
	assert_string_equal(err_name(-ERR_COUNT), "unknown");
	assert_string_equal(err_name(INT32_MIN), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_A67_compare), cmocka_unit_test(test_wipe), cmocka_unit_test(test_error_names) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
