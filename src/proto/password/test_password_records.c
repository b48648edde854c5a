/* What is stored of passwords beside their hashes: state of a person's, rule of a domain's. */
#include "proto/password/password_rule.h"
#include "proto/password/password_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static void test_state(void **state)
{
	struct password_state s = { 1766650000, 17, PASSWORD_MUST_CHANGE, { STR_INIT("$argon2id$b"), STR_INIT("$argon2id$a") }, 2 }, got;
	struct buf b;
	(void)state;
	buf_init(&b, 64 << 10);
	assert_int_equal(password_state_write(&b, &s), OK);
	assert_int_equal(password_state_read(buf_str(&b), &got), OK);
	assert_int_equal(got.changed_at, 1766650000);
	assert_int_equal(got.warned_at, 17);
	assert_int_equal(got.flags, PASSWORD_MUST_CHANGE);
	assert_int_equal(got.history_count, 2);
	assert_true(str_eq(got.history[1], STR("$argon2id$a")));
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(password_state_read(str_first(buf_str(&b), n), &got), E_CORRUPT);
	b.p[0] = 9;
	assert_int_equal(password_state_read(buf_str(&b), &got), E_UNSUPPORTED);
	buf_done(&b);
}

static void test_retire(void **state)
{
	static char names[PASSWORD_HISTORY_MAX + 8][8];
	struct password_state s = { 0 };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		snprintf(names[i], sizeof names[i], "h%zu", i);
		password_state_retire(&s, str_c(names[i]), 3);
		assert_int_equal(s.history_count, i < 3 ? i + 1 : 3);
		assert_true(str_eq(s.history[0], str_c(names[i])));
	}
	assert_true(str_eq(s.history[2], str_c(names[COUNT_OF(names) - 3])));
	password_state_retire(&s, STR(""), 2);          /* the policy keeps fewer now */
	assert_int_equal(s.history_count, 2);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		password_state_retire(&s, str_c(names[i]), 1000);
	assert_int_equal(s.history_count, PASSWORD_HISTORY_MAX);
	password_state_retire(&s, STR("x"), 0);
	assert_int_equal(s.history_count, 0);
}

static void test_rule(void **state)
{
	struct password_rule p = { .profile = password_profile_default, .company = STR("Kettenwerk GmbH"), .words = { STR("Rosengarten") },
		.word_count = 1 }, got;
	struct buf b;
	(void)state;
	p.profile.length_least = 14;
	buf_init(&b, PASSWORD_RULE_BYTES);
	assert_int_equal(password_rule_write(&b, &p), OK);
	assert_int_equal(password_rule_read(buf_str(&b), &got), OK);
	assert_int_equal(got.profile.length_least, 14);
	assert_true(str_eq(got.profile.name, STR("default")));
	assert_true(str_eq(got.company, STR("Kettenwerk GmbH")));
	assert_int_equal(got.word_count, 1);
	assert_true(str_eq(got.words[0], STR("Rosengarten")));
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(password_rule_read(str_first(buf_str(&b), n), &got), E_CORRUPT);
	b.p[0] = 0;
	assert_int_equal(password_rule_read(buf_str(&b), &got), E_UNSUPPORTED);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_state), cmocka_unit_test(test_retire), cmocka_unit_test(test_rule) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
