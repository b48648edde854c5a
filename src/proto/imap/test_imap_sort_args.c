/* RFC 5256 section 5, RFC 5957, RFC 5267. */
#include "base/base.h"
#include "proto/imap/imap_sort_args.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct { const char *in; int want; size_t keys; bool first_reversed; } rows[] = {
	{ " (SUBJECT) UTF-8 SINCE 1-Feb-1994", OK, 1, false },
	{ " (REVERSE DATE FROM) US-ASCII UNDELETED", OK, 2, true },
	{ " (SUBJECT REVERSE DATE) UTF-8 ALL", OK, 2, false },
	{ " RETURN (COUNT PARTIAL 1:500) (DISPLAYFROM displayto) utf-8 ALL", OK, 2, false },
	{ " (SIZE SIZE REVERSE SIZE) UTF-8 ALL", OK, 1, false },
	{ " (SUBJECT) ISO-8859-1 ALL", E_UNSUPPORTED, 0, false },
	{ "", E_SYNTAX, 0, false }, { " ()", E_SYNTAX, 0, false }, { " (BOGUS) UTF-8 ALL", E_SYNTAX, 0, false }, { " (SIZE) UTF-8", E_SYNTAX, 0, false },
	{ " (REVERSE) UTF-8 ALL", E_SYNTAX, 0, false }, { " SIZE UTF-8 ALL", E_SYNTAX, 0, false }, { " (SIZE) UTF-8 ALL ", E_SYNTAX, 0, false },
};

static void sorts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena arena;
		struct imap_sort s = { 0 };
		arena_init(&arena, 1 << 20, NULL, NULL);
		struct imap_args a = imap_args_of(str_c(rows[i].in), &arena, false);
		if (imap_sort_args(&a, &s) != rows[i].want)
			fail_msg("%s: %s", rows[i].in, a.bad);
		assert_int_equal(s.n, rows[i].keys);
		assert_int_equal(s.keys[0].reverse, rows[i].first_reversed);
		arena_done(&arena);
	}
}

static void thread_algorithms(void **state)
{
	(void)state;
	static const struct { const char *in; int want; enum imap_thread_algorithm algorithm; } threads[] = {
		{ " ORDEREDSUBJECT UTF-8 ALL", OK, IMAP_THREAD_ORDEREDSUBJECT }, { " references us-ascii 1:*", OK, IMAP_THREAD_REFERENCES },
		{ " REFS UTF-8 NOT SEEN", OK, IMAP_THREAD_REFS }, { " BOGUS UTF-8 ALL", E_SYNTAX, 0 }, { " REFS", E_SYNTAX, 0 },
		{ " REFERENCES KOI8-R ALL", E_UNSUPPORTED, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(threads); i++) {
		struct arena arena;
		struct imap_search s;
		enum imap_thread_algorithm got = IMAP_THREAD_ORDEREDSUBJECT;
		arena_init(&arena, 1 << 20, NULL, NULL);
		struct imap_args a = imap_args_of(str_c(threads[i].in), &arena, false);
		assert_int_equal(imap_thread_args(&a, &got, &s), threads[i].want);
		assert_int_equal(got, threads[i].algorithm);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sorts), cmocka_unit_test(thread_algorithms) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
