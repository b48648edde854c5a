#include "role/guard/guard_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { REAL = 1700000000, MONO = 5000000 };

static struct guard_net net(const char *text)
{
	struct guard_net n;
	assert_int_equal(guard_net_parse(str_c(text), &n), OK);
	return n;
}

static struct sentence sentence(const char *rule, int64_t left_s)
{
	struct sentence s = { .key = GUARD_KEY_CLIENT, .actions = GUARD_BAN | GUARD_ALERT, .seconds = 3600, .offence = 3, .since = REAL - 10,
		.until_ms = MONO + left_s * 1000 };
	snprintf(s.rule, sizeof s.rule, "%s", rule);
	snprintf(s.why, sizeof s.why, "because of %s", rule);
	return s;
}

static void test_round_trip(void **state)
{
	(void)state;
	struct sentence two = sentence("spray", 100), one = sentence("brute-force", 3600), out[RECORD_SENTENCES_MAX];
	struct standing t = { .first = &one };
	struct buf value;
	size_t n;
	one.next = &two;
	buf_init(&value, RECORD_VALUE_MAX);
	assert_int_equal(record_write(&t, REAL, MONO, &value), OK);
	/* read by a process whose machine has just started, 50 seconds later */
	assert_int_equal(record_read(buf_str(&value), REAL + 50, 1000, out, &n), OK);
	assert_int_equal(n, 2);
	assert_string_equal(out[0].rule, "brute-force");
	assert_string_equal(out[1].why, "because of spray");
	assert_int_equal(out[0].until_ms, 1000 + 3550 * 1000);
	assert_int_equal(out[1].until_ms, 1000 + 50 * 1000);
	assert_true(out[1].actions == two.actions && out[1].offence == 3 && out[1].key == GUARD_KEY_CLIENT && out[1].since == REAL - 10);
	/* what has ended is not read */
	assert_int_equal(record_read(buf_str(&value), REAL + 100, 1000, out, &n), OK);
	assert_int_equal(n, 1);
	assert_int_equal(record_read(buf_str(&value), REAL + 3600, 1000, out, &n), OK);
	assert_int_equal(n, 0);
	/* B52: a clock that was set back a year does not make it last a year */
	assert_int_equal(record_read(buf_str(&value), REAL - 31536000, 1000, out, &n), OK);
	assert_int_equal(out[0].until_ms, 1000 + 3600 * 1000);
	buf_done(&value);
}

static void test_keys(void **state)
{
	(void)state;
	static const struct { const char *net; uint64_t account; } rows[] = {
		{ "192.0.2.1", 0 }, { "192.0.2.0/24", 0 }, { "2001:db8::/48", 0 }, { "2001:db8::1", 7 }, { "0.0.0.0/0", 7 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct guard_target target = { .net = net(rows[i].net), .account = rows[i].account }, again;
		char key[STANDING_KEY], record[RECORD_KEY];
		sentence_key(&target, key);
		record_key(key, record);
		assert_int_equal(record_target((struct str){ record, sizeof record }, &again), OK);
		assert_memory_equal(again.net.address.bytes, target.net.address.bytes, 16);
		assert_true(again.net.bits == target.net.bits && again.account == target.account && again.net.address.v6 == target.net.address.v6);
		record[2] = (char)129;
		assert_int_equal(record_target((struct str){ record, sizeof record }, &again), E_CORRUPT);
		assert_int_equal(record_target((struct str){ record, sizeof record - 1 }, &again), E_CORRUPT);
	}
}

/* Cut anywhere, it reads only where a sentence ends. */
static void test_broken(void **state)
{
	(void)state;
	struct sentence one = sentence("brute-force", 3600), out[RECORD_SENTENCES_MAX];
	struct standing t = { .first = &one };
	struct buf value;
	size_t n;
	buf_init(&value, RECORD_VALUE_MAX);
	assert_int_equal(record_write(&t, REAL, MONO, &value), OK);
	for (size_t cut = 0; cut < value.n; cut++)
		assert_int_equal(record_read((struct str){ value.p, cut }, REAL, MONO, out, &n), cut == 1 ? OK : E_CORRUPT);
	value.p[0] = 2;
	assert_int_equal(record_read(buf_str(&value), REAL, MONO, out, &n), E_CORRUPT);
	buf_done(&value);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_round_trip), cmocka_unit_test(test_keys), cmocka_unit_test(test_broken) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
