/* The record of a person's second factors, and what a policy asks. */
#include "proto/second_factor/factors.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { NOW = 1800000000, DAY = FACTORS_DAY };

static struct buf written(const struct factors *f)
{
	struct buf b;
	buf_init(&b, FACTORS_RECORD_MAX);
	assert_int_equal(factors_write(&b, f), OK);
	return b;
}

/* A full record: as many app passwords and passkeys as there may be, all as they were. */
static void test_record(void **state)
{
	static struct factors f, again;
	static char names[FACTORS_APPS_MAX][16];
	static const uint8_t random[APP_PASSWORD_LETTERS] = { 1, 2, 3 };
	char text[APP_PASSWORD_TEXT], codes[RECOVERY_CODES][RECOVERY_TEXT];
	uint8_t many[RECOVERY_RANDOM] = { 9 };
	(void)state;
	f = (struct factors){ .policy = FACTOR_REQUIRED, .asked_at = NOW, .totp = STR("sealed"), .totp_confirmed = true, .has_recovery = true };
	recovery_new(many, &f.recovery, codes);
	for (; f.app_count < FACTORS_APPS_MAX; f.app_count++) {
		struct app_password *p = &f.apps[f.app_count];
		snprintf(names[f.app_count], sizeof names[0], "phone %zu", f.app_count);
		*p = (struct app_password){ .name = str_c(names[f.app_count]), .scope = APP_IMAP, .created = NOW };
		assert_int_equal(app_password_new(random, f.scram_salt, p, text), OK);
	}
	struct buf b = written(&f);
	assert_int_equal(factors_read(buf_str(&b), &again), OK);
	assert_int_equal(again.policy, FACTOR_REQUIRED);
	assert_int_equal(again.asked_at, NOW);
	assert_true(str_eq(again.totp, STR("sealed")) && again.totp_confirmed && again.has_recovery);
	assert_int_equal(again.app_count, FACTORS_APPS_MAX);
	assert_true(str_eq(again.apps[31].name, STR("phone 31")));
	struct str codes_text = str_c(codes[3]);
	assert_int_equal(recovery_spend(&again.recovery, codes_text), OK);
	for (size_t n = 0; n < b.n; n++)        /* cut anywhere: refused */
		assert_int_not_equal(factors_read((struct str){ b.p, n }, &again), OK);
	b.p[0] = 2;
	assert_int_equal(factors_read(buf_str(&b), &again), E_UNSUPPORTED);
	buf_done(&b);
}

static void test_rule_record(void **state)
{
	struct buf b;
	struct factor_rule again;
	(void)state;
	buf_init(&b, 64);
	assert_int_equal(factor_rule_write(&b, &factor_rule_default), OK);
	assert_int_equal(factor_rule_read(buf_str(&b), &again), OK);
	assert_int_equal(again.administrators, FACTOR_REQUIRED);
	assert_int_equal(again.people, FACTOR_OPTIONAL);
	assert_int_equal(again.grace_days, 14);
	b.p[1] = FACTOR_INHERIT;        /* from whom? */
	assert_int_equal(factor_rule_read(buf_str(&b), &again), E_CORRUPT);
	buf_done(&b);
}

static const struct {
	enum factor_policy person, people, administrators;
	bool administrator, has;
	int64_t asked;
	enum factor_demand demand;
} demands[] = {
	{ FACTOR_INHERIT, FACTOR_OPTIONAL, FACTOR_REQUIRED, false, false, 0, FACTOR_FREE },
	{ FACTOR_INHERIT, FACTOR_OPTIONAL, FACTOR_REQUIRED, false, true, 0, FACTOR_HAS },
	{ FACTOR_INHERIT, FACTOR_OPTIONAL, FACTOR_REQUIRED, true, false, 0, FACTOR_GRACE },
	{ FACTOR_INHERIT, FACTOR_OPTIONAL, FACTOR_REQUIRED, true, false, NOW - 13 * DAY, FACTOR_GRACE },
	{ FACTOR_INHERIT, FACTOR_OPTIONAL, FACTOR_REQUIRED, true, false, NOW - 14 * DAY, FACTOR_OVERDUE },
	{ FACTOR_INHERIT, FACTOR_OPTIONAL, FACTOR_REQUIRED, true, true, NOW - 14 * DAY, FACTOR_HAS },
	{ FACTOR_INHERIT, FACTOR_REQUIRED, FACTOR_OFF, false, false, NOW - 99 * DAY, FACTOR_OVERDUE },
	{ FACTOR_INHERIT, FACTOR_REQUIRED, FACTOR_OFF, true, false, NOW - 99 * DAY, FACTOR_FREE },
	{ FACTOR_OPTIONAL, FACTOR_REQUIRED, FACTOR_REQUIRED, true, false, NOW - 99 * DAY, FACTOR_FREE },
	{ FACTOR_REQUIRED, FACTOR_OFF, FACTOR_OFF, false, false, NOW - 99 * DAY, FACTOR_OVERDUE },
	{ FACTOR_OFF, FACTOR_REQUIRED, FACTOR_REQUIRED, true, true, 0, FACTOR_HAS },   /* what is there is asked for */
};

static void test_demand(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(demands); i++) {
		static struct factors f;
		struct factor_rule rule = { demands[i].people, demands[i].administrators, 14 };
		int64_t until = 0;
		f = (struct factors){ .policy = demands[i].person, .asked_at = demands[i].asked };
		if (demands[i].has) {
			f.totp = STR("sealed");
			f.totp_confirmed = true;
		}
		assert_int_equal(factor_demand_of(&f, &rule, demands[i].administrator, NOW, &until), demands[i].demand);
		if (demands[i].demand == FACTOR_GRACE)
			assert_int_equal(until, (demands[i].asked ?: NOW) + 14 * DAY);
	}
}

/* A code that was never shown to be known does not lock its owner out. */
static void test_unconfirmed(void **state)
{
	static struct factors f;
	(void)state;
	f = (struct factors){ .totp = STR("sealed") };
	assert_false(factors_any(&f));
	f.totp_confirmed = true;
	assert_true(factors_any(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_rule_record),
		cmocka_unit_test(test_demand),
		cmocka_unit_test(test_unconfirmed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
