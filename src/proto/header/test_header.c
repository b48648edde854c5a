#include "proto/header/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static void assert_str(struct str got, struct str want)
{
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p ? got.p : "", want.p, want.n);
}

static void splitting(void **state)
{
	(void)state;
	struct str block = STR("From ann@x Thu Jan  1 10:00:00 2026\r\nSubject: a\r\n\tb\r\nTo:\r\nbroken line\r\nX-Y "
			       "\t: z\n\r\nbody: no\r\n");
	struct header_field f;
	assert_true(header_next(&block, &f));
	assert_str(f.name, STR("Subject"));
	assert_str(f.value, STR(" a\r\n\tb"));
	assert_str(f.whole, STR("Subject: a\r\n\tb\r\n"));
	assert_false(f.after_junk || f.space_before_colon);
	assert_true(header_next(&block, &f));
	assert_str(f.name, STR("To"));
	assert_str(f.value, STR(""));
	assert_false(f.after_junk);
	assert_true(header_next(&block, &f));
	assert_str(f.name, STR("X-Y"));
	assert_str(f.value, STR(" z"));
	assert_true(f.after_junk && f.space_before_colon);
	assert_false(header_next(&block, &f));
	assert_false(header_next(&block, &f));
	assert_str(block, STR("\r\nbody: no\r\n"));
}

/* What one block yields: names in order with "," behind each. */
static void names(void **state)
{
	(void)state;
	static const struct {
		struct str block, names;
	} rows[] = {
		{ STR_INIT("A: 1\nB: 2\n"), STR_INIT("A,B,") },
		{ STR_INIT("A: 1"), STR_INIT("A,") },
		{ STR_INIT("A:"), STR_INIT("A,") },
		{ STR_INIT("A: 1\n\nB: 2\n"), STR_INIT("A,") },
		{ STR_INIT("\nA: 1\n"), STR_INIT("") },
		{ STR_INIT(" lost\n more\nA: 1\n"), STR_INIT("A,") },
		{ STR_INIT(": 1\nA: 2\n"), STR_INIT("A,") },
		{ STR_INIT("A B: 1\nC: 2\n"), STR_INIT("C,") },
		{ STR_INIT("A\rB: 1\nC: 2\n"), STR_INIT("C,") },
		{ STR_INIT("A: 1\n \nB: 2\n"), STR_INIT("A,B,") },        /* a line of white space continues */
		{ STR_INIT("A: 1\rB: 2\r\nC: 3\r\n"), STR_INIT("A,C,") }, /* a bare CR ends no line */
		/* A57 names are plain bytes */
		{ STR_INIT("__proto__: 1\nconstructor: 2\n\xff\xfe: 3\n"),
		  STR_INIT("__proto__,constructor,\xff\xfe,") },
		{ STR_INIT(""), STR_INIT("") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str block = rows[i].block;
		struct header_field f;
		struct buf out;
		buf_init(&out, 256);
		struct bufw w = { &out, OK };
		while (header_next(&block, &f)) {
			bufw_str(&w, f.name);
			bufw_char(&w, ',');
		}
		assert_int_equal(w.err, OK);
		assert_str(buf_str(&out), rows[i].names);
		buf_done(&out);
	}
}

static void finding(void **state)
{
	(void)state;
	struct header_field f;
	struct str block = STR("from: a\nFrom : b\nFROM: c\nTo: d\n\nFrom: body\n");
	assert_true(header_find(block, STR("FROM"), &f));
	assert_str(f.value, STR(" a"));
	assert_int_equal(header_count(block, STR("From")), 3); /* A27 */
	assert_false(header_find(block, STR("Subject"), &f));
	assert_false(header_find(block, STR(""), &f));
}

static void ends(void **state)
{
	(void)state;
	static const struct {
		struct str message;
		size_t end;
	} rows[] = {
		{ STR_INIT("A: 1\r\n\r\nbody"), 8 },
		{ STR_INIT("A: 1\n\nbody"), 6 },
		{ STR_INIT("A: 1\n\r\nbody"), 7 },
		{ STR_INIT("\r\nbody"), 2 },
		{ STR_INIT("A: 1\r\n"), 6 },
		{ STR_INIT("A: 1"), 4 },
		{ STR_INIT(""), 0 },
		{ STR_INIT("A: 1\n \nB: 2"), 11 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(header_end(rows[i].message), rows[i].end);
}

static void unfolding(void **state)
{
	(void)state;
	static const struct {
		struct str value, want;
	} rows[] = {
		{ STR_INIT(" a b "), STR_INIT("a b") },
		{ STR_INIT(" a\r\n b\n\tc"), STR_INIT("a b\tc") }, /* RFC 5322 2.2.3 */
		{ STR_INIT("\r\n a"), STR_INIT("a") },
		{ STR_INIT("a\rb\0c"), STR_INIT("a b c") },
		{ STR_INIT(" \r\n "), STR_INIT("") },
		{ STR_INIT(""), STR_INIT("") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_str(header_unfold(&arena, rows[i].value), rows[i].want);
}

/* A55, A57: a very long name, a very long folded value, very many lines. */
static void a55_floods(void **state)
{
	(void)state;
	static const char *const units[] = { "A:\n", "x\n", "A: 1\n 2\n", "a", " \n", "\r", ":" };
	enum { SIZE = 16 << 20 };
	char *text = mem_alloc(SIZE);
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		size_t n = 0, unit = strlen(units[i]);
		for (; n + unit <= SIZE; n += unit)
			memcpy(text + n, units[i], unit);
		struct str block = { text, n };
		assert_int_equal(header_end(block), n);
		assert_int_equal(header_count(block, STR("A")), i == 0 ? n / 3 : i == 2 ? n / 8 : 0);
	}
	memset(text, 'n', 70000);
	memcpy(text + 70000, ": v\n", 4);
	struct header_field f;
	struct str block = { text, 70004 };
	assert_true(header_next(&block, &f));
	assert_int_equal(f.name.n, 70000);
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splitting), cmocka_unit_test(names),     cmocka_unit_test(finding),
		cmocka_unit_test(ends),      cmocka_unit_test(unfolding), cmocka_unit_test(a55_floods),
	};
	arena_init(&arena, 1 << 20, NULL, NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
