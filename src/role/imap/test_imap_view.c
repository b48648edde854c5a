#include "role/imap/imap_view.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;
static struct imap_view view;
static char packed[100 * INDEX_ENTRY_SIZE];

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20, NULL, NULL);
	view = (struct imap_view){ 0 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	imap_view_done(&view);
	arena_done(&arena);
	return 0;
}

/* Entries of uids first, first + step, ... with a modseq and flags. */
static struct str entries(uint32_t first, uint32_t step, size_t n, uint64_t modseq, uint64_t flags)
{
	for (size_t i = 0; i < n; i++)
		index_entry_put(packed + i * INDEX_ENTRY_SIZE, &(struct index_entry){ .uid = first + (uint32_t)i * step, .size = 10,
			.email = 100 + i, .modseq = modseq, .flags = flags });
	return (struct str){ packed, n * INDEX_ENTRY_SIZE };
}

static void entries_come_and_change(void **state)
{
	(void)state;
	imap_view_take(&view, entries(2, 2, 5, 7, 0), false);      /* 2 4 6 8 10 */
	assert_int_equal(view.n, 5);
	imap_view_take(&view, entries(6, 4, 2, 8, FLAG_SEEN), true);      /* 6 10 */
	assert_int_equal(view.n, 5);
	assert_int_equal(view.changed, 2);
	assert_int_equal(view.v[2].flags, FLAG_SEEN);
	assert_int_equal(view.v[3].flags, 0);
	imap_view_take(&view, entries(6, 1, 1, 5, 0), true);      /* older news changes nothing */
	assert_int_equal(view.v[2].flags, FLAG_SEEN);
	imap_view_take(&view, entries(10, 5, 2, 9, FLAG_SEEN), true);      /* one known, one new; 10 has the flag already */
	assert_int_equal(view.n, 6);
	assert_int_equal(view.changed, 2);
	imap_view_take(&view, entries(3, 1, 1, 9, FLAG_SEEN), true);      /* what was never there stays away */
	assert_int_equal(view.n, 6);
}

/* B38: a row that is gone keeps its number until it is forgotten. */
static void b38_rows_stay(void **state)
{
	(void)state;
	struct imap_set rows, uids = { 0 };
	imap_view_take(&view, entries(1, 1, 6, 1, 0), false);
	view.told = view.n;
	imap_view_vanish(&view, 3);
	imap_view_vanish(&view, 3);
	imap_view_vanish(&view, 99);
	assert_int_equal(view.gone, 1);
	assert_int_equal(view.n, 6);
	imap_view_take(&view, entries(3, 1, 1, 9, FLAG_SEEN), true);      /* news of the dead */
	assert_int_equal(view.changed, 0);
	imap_set_add(&arena, &uids, 4);
	imap_set_add(&arena, &uids, 6);
	imap_view_rows_of(&view, &arena, &uids, &rows);
	assert_true(rows.n == 2 && rows.v[0].first == 4 && rows.v[1].first == 6);
	imap_view_forget_gone(&view);
	assert_int_equal(view.told, 5);
	imap_view_rows_of(&view, &arena, &uids, &rows);
	assert_true(rows.n == 2 && rows.v[0].first == 3 && rows.v[1].first == 5);
}

static void what_was_not_told_has_no_number(void **state)
{
	(void)state;
	struct imap_range all = { 1, UINT32_MAX };
	struct imap_set rows, uids = { .v = &all, .n = 1 };
	imap_view_take(&view, entries(1, 1, 3, 1, 0), false);
	view.told = view.n;
	imap_view_take(&view, entries(4, 1, 2, 2, 0), true);
	imap_view_rows_of(&view, &arena, &uids, &rows);
	assert_true(rows.n == 1 && rows.v[0].last == 3);
}

static void reading_anew(void **state)
{
	(void)state;
	imap_view_take(&view, entries(1, 1, 10, 1, 0), false);
	view.told = view.n;
	imap_view_keep_only(&view, 1, 5, entries(1, 2, 3, 1, 0));      /* 1 3 5 of 1..5 */
	assert_int_equal(view.gone, 2);
	imap_view_keep_only(&view, 6, UINT32_MAX, entries(7, 1, 2, 1, 0));      /* 7 8 of 6.. */
	assert_int_equal(view.gone, 5);
	imap_view_forget_gone(&view);
	assert_int_equal(view.n, 5);
	assert_int_equal(view.told, 5);
	assert_int_equal(view.v[4].uid, 8);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(entries_come_and_change), T(b38_rows_stay), T(what_was_not_told_has_no_number), T(reading_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
