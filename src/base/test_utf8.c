/* UTF-8 (RFC 3629): well-formed and ill-formed sequences, all code points there and back. A58: never past the end. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct { struct str bytes; uint32_t first; size_t taken; bool valid; } rows[] = {
	{ STR_INIT("A"), 'A', 1, true },
	{ STR_INIT("\x00"), 0, 1, true },
	{ STR_INIT("\xc3\xa4"), 0xe4, 2, true },
	{ STR_INIT("\xe2\x82\xac"), 0x20ac, 3, true },
	{ STR_INIT("\xf0\x9f\x92\x8c"), 0x1f48c, 4, true },
	{ STR_INIT("\xf4\x8f\xbf\xbf"), 0x10ffff, 4, true },
	{ STR_INIT("\xef\xbf\xbf"), 0xffff, 3, true },
	{ STR_INIT("\xf4\x90\x80\x80"), UTF8_BAD, 1, false },   /* above U+10FFFF */
	{ STR_INIT("\xf5\x80\x80\x80"), UTF8_BAD, 1, false },
	{ STR_INIT("\xc0\x80"), UTF8_BAD, 1, false },           /* longer than needed */
	{ STR_INIT("\xc1\xbf"), UTF8_BAD, 1, false },
	{ STR_INIT("\xe0\x9f\xbf"), UTF8_BAD, 1, false },
	{ STR_INIT("\xf0\x8f\xbf\xbf"), UTF8_BAD, 1, false },
	{ STR_INIT("\xed\xa0\x80"), UTF8_BAD, 1, false },       /* surrogates */
	{ STR_INIT("\xed\xbf\xbf"), UTF8_BAD, 1, false },
	{ STR_INIT("\x80"), UTF8_BAD, 1, false },               /* continuation alone */
	{ STR_INIT("\xff"), UTF8_BAD, 1, false },
	{ STR_INIT("\xc3"), UTF8_BAD, 1, false },               /* cut off */
	{ STR_INIT("\xe2\x82"), UTF8_BAD, 1, false },
	{ STR_INIT("\xf0\x9f\x92"), UTF8_BAD, 1, false },
	{ STR_INIT("\xc3" "A"), UTF8_BAD, 1, false },
	{ STR_INIT("\xe2\x82" "A"), UTF8_BAD, 1, false },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *exact = mem_alloc(rows[i].bytes.n);       /* a read past it is seen */
		memcpy(exact, rows[i].bytes.p, rows[i].bytes.n);
		struct str all = { exact, rows[i].bytes.n }, s = all;
		assert_int_equal(utf8_take(&s), rows[i].first);
		assert_int_equal(all.n - s.n, rows[i].taken);
		assert_int_equal(utf8_valid(all), rows[i].valid);
		mem_free(exact);
	}
	assert_true(utf8_valid(STR("")));
}

static void test_every_code_point(void **state)
{
	(void)state;
	char out[4];
	for (uint32_t c = 0; c < 0x110010; c++) {
		size_t n = utf8_encode(c, out);
		if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
			assert_int_equal(n, 0);
			continue;
		}
		struct str s = { out, n };
		assert_int_equal(utf8_take(&s), c);
		assert_int_equal(s.n, 0);
	}
	assert_int_equal(utf8_encode(UTF8_BAD, out), 0);
}

static void test_cut(void **state)
{
	(void)state;
	struct str s = STR("a\xe2\x82\xac" "b");
	static const size_t want[] = { 0, 1, 1, 1, 4, 5, 5 };
	for (size_t n = 0; n < COUNT_OF(want); n++)
		assert_int_equal(utf8_first(s, n).n, want[n]);
	assert_int_equal(utf8_first(STR("\x80\x80\x80"), 2).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_every_code_point), cmocka_unit_test(test_cut) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
