#include "base/base.h"
#include "proto/imap/imap_set.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* want: the set as written after resolving; NULL: refused */
static const struct { const char *in; uint32_t max; const char *want; } rows[] = {
	{ "1", 9, "1" },
	{ "1:3,5", 9, "1:3,5" },
	{ "5,4,3,1", 9, "1,3:5" },
	{ "4:2", 9, "2:4" },
	{ "*", 9, "9" },
	{ "*:3", 9, "3:9" },
	{ "12:*", 9, "9:12" },          /* RFC 9051: "*" is 9, so the range holds 9 at least */
	{ "1,4,*", 5, "1,4:5" },
	{ "1:4,2:3,3:7", 9, "1:7" },
	{ "1:2,3:4", 9, "1:4" },
	{ "4294967295,1:*", 4294967295u, "1:4294967295" },
	{ "1:*", 0, "" },
	{ "*", 0, "" },
	{ "0", 9, NULL }, { "", 9, NULL }, { ",1", 9, NULL }, { "1,", 9, NULL }, { "1:", 9, NULL }, { "4294967296", 9, NULL }, { "a", 9, NULL },
};

static void sets(void **state)
{
	(void)state;
	struct arena arena;
	struct buf b;
	arena_init(&arena, 1 << 20, NULL, NULL);
	buf_init(&b, 1024);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct imap_set set;
		struct imap_args a = imap_args_of(str_c(rows[i].in), &arena, false);
		int r = imap_sequence_set(&a, &set);
		assert_int_equal(r == OK, rows[i].want != NULL);
		if (r != OK)
			continue;
		struct bufw w = { .b = &b };
		buf_clear(&b);
		imap_set_resolve(&set, rows[i].max);
		imap_set_write(&w, &set);
		assert_true(str_eq(buf_str(&b), str_c(rows[i].want)));
	}
	buf_done(&b);
	arena_done(&arena);
}

static void membership(void **state)
{
	(void)state;
	struct arena arena;
	struct imap_set set;
	arena_init(&arena, 1 << 20, NULL, NULL);
	struct imap_args a = imap_args_of(STR("3:5,9,20:30"), &arena, false);
	assert_int_equal(imap_sequence_set(&a, &set), OK);
	imap_set_resolve(&set, 100);
	for (uint32_t n = 0; n < 40; n++)
		assert_int_equal(imap_set_has(&set, n), (n >= 3 && n <= 5) || n == 9 || (n >= 20 && n <= 30));
	assert_int_equal(imap_set_count(&set), 15);
	assert_int_equal(imap_set_last(&set), 30);

	struct imap_set built = { 0 };
	assert_false(imap_set_has(&built, 1));
	assert_int_equal(imap_set_last(&built), 0);
	for (uint32_t n = 1; n < 40; n++)
		if (imap_set_has(&set, n))
			imap_set_add(&arena, &built, n);
	assert_int_equal(built.n, 3);
	a = imap_args_of(STR("$ x"), &arena, false);
	assert_int_equal(imap_sequence_set(&a, &set), OK);
	assert_true(set.saved);
	arena_done(&arena);
}

/* B48: half a million ranges, the most a command can hold, cost one array. */
static void b48_many_ranges(void **state)
{
	(void)state;
	struct arena arena;
	struct buf b;
	struct imap_set set;
	arena_init(&arena, 8 << 20, NULL, NULL);
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 500000; i++)
		assert_int_equal(buf_put_str(&b, i ? STR(",9") : STR("7")), OK);
	struct imap_args a = imap_args_of(buf_str(&b), &arena, false);
	assert_int_equal(imap_sequence_set(&a, &set), OK);
	imap_set_resolve(&set, 9);
	assert_int_equal(set.n, 2);
	buf_done(&b);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sets), cmocka_unit_test(membership), cmocka_unit_test(b48_many_ranges) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
