/* Views: comparison, taking, searching, numbers, the border to C strings. */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void test_compare(void **state)
{
	(void)state;
	static const struct { struct str a, b; bool eq, ieq; int cmp; } rows[] = {
		{ STR_INIT(""), STR_INIT(""), true, true, 0 },
		{ STR_INIT("abc"), STR_INIT("abc"), true, true, 0 },
		{ STR_INIT("abc"), STR_INIT("ABC"), false, true, 1 },
		{ STR_INIT("ab"), STR_INIT("abc"), false, false, -1 },
		{ STR_INIT("b"), STR_INIT("abc"), false, false, 1 },
		{ STR_INIT("a\0b"), STR_INIT("a\0c"), false, false, -1 },      /* NUL is a byte like others */
		{ STR_INIT("\xc3\x84"), STR_INIT("\xc3\xa4"), false, false, -1 },        /* only ASCII is folded */
		{ STR_INIT("["), STR_INIT("{"), false, false, -1 },              /* 0x5b and 0x7b are no letters */
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int cmp = str_cmp(rows[i].a, rows[i].b), back = str_cmp(rows[i].b, rows[i].a);
		assert_int_equal(str_eq(rows[i].a, rows[i].b), rows[i].eq);
		assert_int_equal(str_ieq(rows[i].a, rows[i].b), rows[i].ieq);
		assert_int_equal((cmp > 0) - (cmp < 0), rows[i].cmp);
		assert_int_equal((back > 0) - (back < 0), -rows[i].cmp);
	}
	struct str none = { NULL, 0 };
	assert_true(str_eq(none, STR("")));
	assert_int_equal(str_cmp(none, STR("")), 0);
	assert_true(str_eq(str_c(NULL), STR("")));
}

static void test_ends(void **state)
{
	(void)state;
	struct str s = STR("Received: from");
	assert_true(str_starts(s, STR("Received")) && !str_starts(s, STR("received")) && str_istarts(s, STR("reCEIVED:")));
	assert_true(str_ends(s, STR("from")) && !str_ends(s, STR("FROM")) && str_iends(s, STR("FROM")));
	assert_true(str_starts(s, STR("")) && str_ends(s, STR("")));
	assert_false(str_starts(STR("ab"), STR("abc")) || str_ends(STR("bc"), STR("abc")));
	assert_true(str_eq(str_trim(STR(" \t\r\n a b \r\n")), STR("a b")));
	assert_true(str_eq(str_trim(STR(" \t ")), STR("")));
	assert_true(str_eq(str_first(STR("abc"), 9), STR("abc")) && str_eq(str_skip(STR("abc"), 9), STR("")));
	assert_true(str_eq(str_range(s.p, s.p + 8), STR("Received")));
}

static void test_take(void **state)
{
	(void)state;
	struct str s = STR("MAIL FROM:<a@b>  SIZE=1");
	assert_false(str_take(&s, STR("mail")));
	assert_int_equal(s.n, 23);                          /* a failed take moves nothing */
	assert_true(str_itake(&s, STR("mail ")));
	assert_true(str_take(&s, STR("FROM:")));
	assert_true(str_take_char(&s, '<') && !str_take_char(&s, '<'));
	assert_true(str_eq(str_until(&s, '>'), STR("a@b")));
	assert_true(str_eq(str_word(&s), STR("SIZE=1")));
	assert_int_equal(s.n, 0);
	assert_true(str_eq(str_word(&s), STR("")) && str_eq(str_until(&s, ','), STR("")) && !str_take_char(&s, 'x'));
	s = STR("a,,b");
	assert_true(str_eq(str_until(&s, ','), STR("a")) && str_eq(str_until(&s, ','), STR("")) && str_eq(str_until(&s, ','), STR("b")));
	s = STR("abc");
	assert_true(str_eq(str_take_n(&s, 2), STR("ab")) && str_eq(str_take_n(&s, 2), STR("c")) && s.n == 0);
}

static void test_search(void **state)
{
	(void)state;
	static const struct { struct str hay, needle; size_t at, iat; } rows[] = {
		{ STR_INIT("hello"), STR_INIT("l"), 2, 2 },
		{ STR_INIT("hello"), STR_INIT(""), 0, 0 },
		{ STR_INIT(""), STR_INIT(""), 0, 0 },
		{ STR_INIT(""), STR_INIT("x"), STR_NPOS, STR_NPOS },
		{ STR_INIT("hello"), STR_INIT("LLO"), STR_NPOS, 2 },
		{ STR_INIT("aab"), STR_INIT("ab"), 1, 1 },
		{ STR_INIT("ab"), STR_INIT("abc"), STR_NPOS, STR_NPOS },
		{ STR_INIT("a\0b"), STR_INIT("\0b"), 1, 1 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(str_search(rows[i].hay, rows[i].needle), rows[i].at);
		assert_int_equal(str_isearch(rows[i].hay, rows[i].needle), rows[i].iat);
	}
	assert_int_equal(str_find(STR("a@b@c"), '@'), 1);
	assert_int_equal(str_rfind(STR("a@b@c"), '@'), 3);
	assert_int_equal(str_find(STR(""), '@'), STR_NPOS);
	assert_int_equal(str_rfind(STR("abc"), '@'), STR_NPOS);
	assert_true(str_has_control(STR("a\x7f")) && str_has_control(STR("\0")) && str_has_control(STR("a\nb")));
	assert_false(str_has_control(STR("a \xc3\xa4~")));
	assert_true(str_is_ascii(STR("a\x7f\0")) && !str_is_ascii(STR("\x80")));
}

static void test_numbers(void **state)
{
	(void)state;
	static const struct { struct str text; uint64_t max; int err; uint64_t value; } rows[] = {
		{ STR_INIT("0"), 10, OK, 0 },
		{ STR_INIT("007"), 10, OK, 7 },
		{ STR_INIT("18446744073709551615"), UINT64_MAX, OK, UINT64_MAX },
		{ STR_INIT("18446744073709551616"), UINT64_MAX, E_TOOBIG, 0 },
		{ STR_INIT("99999999999999999999999"), UINT64_MAX, E_TOOBIG, 0 },
		{ STR_INIT("4294967295"), UINT32_MAX, OK, UINT32_MAX },
		{ STR_INIT("4294967296"), UINT32_MAX, E_TOOBIG, 0 },
		{ STR_INIT("11"), 10, E_TOOBIG, 0 },
		{ STR_INIT(""), 10, E_SYNTAX, 0 },
		{ STR_INIT("-1"), 10, E_SYNTAX, 0 },
		{ STR_INIT("+1"), 10, E_SYNTAX, 0 },
		{ STR_INIT(" 1"), 10, E_SYNTAX, 0 },
		{ STR_INIT("1x"), 10, E_SYNTAX, 0 },
		{ STR_INIT("1\0"), 10, E_SYNTAX, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint64_t v = 0;
		assert_int_equal(str_u64(rows[i].text, rows[i].max, &v), rows[i].err);
		assert_int_equal(v, rows[i].value);         /* untouched on failure */
	}
	struct str s = STR("250-ok");
	uint64_t v;
	assert_int_equal(str_take_u64(&s, 999, &v), OK);
	assert_int_equal(v, 250);
	assert_true(str_eq(s, STR("-ok")));
	assert_int_equal(str_take_u64(&s, 999, &v), E_SYNTAX);
	assert_int_equal(s.n, 3);
}

static void test_c_border(void **state)
{
	(void)state;
	char c[4] = "xyz";
	assert_int_equal(str_to_c(STR("abcd"), c, sizeof c), E_TOOBIG);
	assert_int_equal(str_to_c(STR("a\0b"), c, sizeof c), E_SYNTAX);
	assert_string_equal(c, "xyz");
	assert_int_equal(str_to_c(STR("abc"), c, sizeof c), OK);
	assert_string_equal(c, "abc");
	assert_int_equal(str_to_c((struct str){ NULL, 0 }, c, sizeof c), OK);
	assert_string_equal(c, "");
	/* published FNV-1a values: they are stored, and must not change */
	assert_true(str_hash(STR("")) == 0xcbf29ce484222325u);
	assert_true(str_hash(STR("a")) == 0xaf63dc4c8601ec8cu);
	assert_true(str_hash(STR("foobar")) == 0x85944171f73967e8u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare), cmocka_unit_test(test_ends), cmocka_unit_test(test_take),
		cmocka_unit_test(test_search), cmocka_unit_test(test_numbers), cmocka_unit_test(test_c_border),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
