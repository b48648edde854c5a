#include "proto/audit/audit_entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct audit_entry first = {
	1, 1766650000123, STR_INIT("cli:root"), STR_INIT("192.0.2.7"), STR_INIT("user.add"), STR_INIT("anna@example.test"), STR_INIT("admin")
};

static void test_round_trip(void **state)
{
	struct buf b;
	unsigned char zero[AUDIT_HASH] = { 0 }, hash[AUDIT_HASH], again[AUDIT_HASH];
	struct audit_entry e;
	(void)state;
	buf_init(&b, AUDIT_ENTRY_MAX);
	assert_int_equal(audit_entry_write(&b, &first, zero, hash), OK);
	assert_int_equal(audit_entry_read(buf_str(&b), &e, again), OK);
	assert_memory_equal(hash, again, AUDIT_HASH);
	assert_int_equal(e.number, 1);
	assert_int_equal(e.time_ms, first.time_ms);
	assert_true(str_eq(e.by, first.by) && str_eq(e.from, first.from) && str_eq(e.act, first.act) && str_eq(e.target, first.target) &&
		str_eq(e.detail, first.detail));
	buf_done(&b);
}

/* What stands in the log is shown in terminals: no control character, no broken UTF-8, nothing over its limit. */
static void test_texts_are_clean(void **state)
{
	char long_detail[2 * AUDIT_DETAIL_MAX];
	struct buf b;
	unsigned char zero[AUDIT_HASH] = { 0 }, hash[AUDIT_HASH];
	struct audit_entry e = first, got;
	(void)state;
	for (size_t i = 0; i < sizeof long_detail; i += 2)
		memcpy(long_detail + i, "\xc3\xa9", 2);
	e.by = STR("evil\x1b[31m\n\xff name\xc2\x9b");
	e.detail = (struct str){ long_detail + 1, sizeof long_detail - 1 };
	buf_init(&b, AUDIT_ENTRY_MAX);
	assert_int_equal(audit_entry_write(&b, &e, zero, hash), OK);
	assert_int_equal(audit_entry_read(buf_str(&b), &got, hash), OK);
	assert_true(str_eq(got.by, STR("evil?[31m?? name?")));
	assert_true(got.detail.n <= AUDIT_DETAIL_MAX && got.detail.n >= AUDIT_DETAIL_MAX - 2 && utf8_valid(got.detail));
	buf_done(&b);
}

enum { ENTRIES = 5 };
static struct buf chain[ENTRIES];

static void make_chain(void)
{
	unsigned char hash[AUDIT_HASH] = { 0 };
	char target[32];
	for (size_t i = 0; i < ENTRIES; i++) {
		struct audit_entry e = first;
		e.number = i + 1;
		snprintf(target, sizeof target, "person%zu@example.test", i);
		e.target = str_c(target);
		buf_init(&chain[i], AUDIT_ENTRY_MAX);
		assert_int_equal(audit_entry_write(&chain[i], &e, hash, hash), OK);
	}
}

static void drop_chain(void)
{
	for (size_t i = 0; i < ENTRIES; i++)
		buf_done(&chain[i]);
}

/* Walks the entries in the order given (indexes); the place where it breaks, or ENTRIES. */
static size_t walk(const size_t *order, size_t n)
{
	unsigned char hash[AUDIT_HASH] = { 0 };
	for (size_t i = 0; i < n; i++)
		if (audit_entry_follow(buf_str(&chain[order[i]]), i + 1, hash) != OK)
			return i;
	return ENTRIES;
}

static void test_chain(void **state)
{
	static const size_t right[] = { 0, 1, 2, 3, 4 }, swapped[] = { 0, 2, 1, 3, 4 }, missing[] = { 0, 1, 3, 4 }, doubled[] = { 0, 1, 1, 2 };
	(void)state;
	make_chain();
	assert_int_equal(walk(right, 5), ENTRIES);
	assert_int_equal(walk(swapped, 5), 1);
	assert_int_equal(walk(missing, 4), 2);
	assert_int_equal(walk(doubled, 4), 2);
	/* each single bit of each entry */
	for (size_t i = 0; i < ENTRIES; i++) {
		for (size_t bit = 0; bit < chain[i].n * 8; bit += 7) {
			chain[i].p[bit / 8] ^= (char)(1 << bit % 8);
			assert_true(walk(right, 5) < ENTRIES);
			chain[i].p[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
	drop_chain();
}

static void test_garbage(void **state)
{
	struct audit_entry e;
	unsigned char hash[AUDIT_HASH];
	(void)state;
	make_chain();
	struct str whole = buf_str(&chain[0]);
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(audit_entry_read(str_first(whole, n), &e, hash), E_CORRUPT);
	chain[0].p[0] = 2;
	assert_int_equal(audit_entry_read(whole, &e, hash), E_UNSUPPORTED);
	drop_chain();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_texts_are_clean), cmocka_unit_test(test_chain), cmocka_unit_test(test_garbage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
