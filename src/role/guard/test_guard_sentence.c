/* What stands: by rule, for its time, bounded. */
#include "role/guard/guard_keep.h"

#include "os/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct guard_target target(uint32_t host)
{
	struct guard_target t = { .net = { .bits = 32 } };
	put_le32(t.net.address.bytes, host);
	return t;
}

static struct standing *pass(const struct guard_target *t, const char *rule, unsigned actions, int64_t left_s)
{
	struct sentence s = { .key = GUARD_KEY_CLIENT, .actions = actions, .seconds = 3600, .until_ms = clock_mono_ms() + left_s * 1000 };
	snprintf(s.rule, sizeof s.rule, "%s", rule);
	return sentence_pass(t, &s);
}

static unsigned sentences(const struct standing *t)
{
	unsigned n = 0;
	for (const struct sentence *s = t->first; s; s = s->next)
		n++;
	return n;
}

static void test_life(void **state)
{
	(void)state;
	struct guard_target one = target(1), two = target(2);
	struct standing *t = pass(&one, "brute-force", GUARD_BAN, 10);
	assert_int_equal(t->told[BAN_OUT], t->first->until_ms);
	assert_true(pass(&one, "spray", GUARD_BAN, 20) == t && sentences(t) == 2);
	int64_t last = t->told[BAN_OUT];
	pass(&one, "slow", GUARD_TARPIT, 5);
	assert_true(t->told[BAN_SLOW] > 0 && t->told[BAN_REFUSE] == 0 && t->told[BAN_OUT] == last);
	assert_true(pass(&one, "brute-force", GUARD_BAN, 30) == t && sentences(t) == 3 && t->told[BAN_OUT] > last);
	pass(&two, "brute-force", GUARD_BAN, 100);
	assert_int_equal(sentence_count(), 2);
	assert_int_equal(keep_unsaved(), 2);                    /* each target once */
	sentences_expire(clock_mono_ms() + 25000);
	assert_int_equal(sentences(sentence_find(&one)), 1);
	sentences_expire(clock_mono_ms() + 50000);
	assert_null(sentence_find(&one));
	sentence_lift(sentence_find(&two));
	assert_int_equal(sentence_count(), 0);
}

/* A network and an account from it are two targets. */
static void test_targets(void **state)
{
	(void)state;
	struct guard_target net = target(1), both = net, account = { .account = 7 };
	both.account = 7;
	pass(&net, "a", GUARD_BAN, 10);
	pass(&both, "a", GUARD_REJECT, 10);
	pass(&account, "a", GUARD_HOLD, 10);
	assert_int_equal(sentence_count(), 3);
	assert_int_equal(sentence_find(&both)->first->actions, GUARD_REJECT);
	sentences_expire(INT64_MAX - 1);
	assert_int_equal(sentence_count(), 0);
}

/* A botnet larger than the table: those that end soon make room, and it stays fast. */
static void test_bounded(void **state)
{
	(void)state;
	struct guard_target longest = target(0xffffffff);
	pass(&longest, "by-hand", GUARD_BAN, 1000000);
	for (uint32_t i = 0; i < SENTENCES_MAX + 1000; i++) {
		struct guard_target t = target(i);
		pass(&t, "brute-force", GUARD_BAN, 900);
	}
	assert_int_equal(sentence_count(), SENTENCES_MAX);
	assert_non_null(sentence_find(&longest));
	sentences_expire(INT64_MAX - 1);
	assert_int_equal(sentence_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_life), cmocka_unit_test(test_targets), cmocka_unit_test(test_bounded) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
