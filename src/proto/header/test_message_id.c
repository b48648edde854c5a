#include "proto/header/message_id.h"

#include "proto/header/header.h"
#include "proto/header/test_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static void assert_str(struct str got, struct str want)
{
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p ? got.p : "", want.p, want.n);
}

static struct str all_of(struct str value)
{
	struct str id, text = STR("");
	while (message_id_next(&value, &id))
		text = arena_printf(&arena, STR_FMT "[" STR_FMT "]", STR_ARG(text), STR_ARG(id));
	return text;
}

static void lists(void **state)
{
	(void)state;
	static const struct {
		struct str in, want;
	} rows[] = {
		{ STR_INIT(" <a@b>"), STR_INIT("[a@b]") },
		{ STR_INIT(" <a@b>\r\n\t<c@d> (x)"), STR_INIT("[a@b][c@d]") },
		{ STR_INIT("Your message of Tuesday <a@b>"), STR_INIT("[a@b]") },
		{ STR_INIT("<a@b><c@d>"), STR_INIT("[a@b][c@d]") },
		{ STR_INIT("<>< a@b >"), STR_INIT("[a@b]") },
		{ STR_INIT("<\"x>y\"@b> <c@d>"), STR_INIT("[\"x>y\"@b][c@d]") },
		{ STR_INIT("<\"x@b> <c@d>"), STR_INIT("[\"x@b][c@d]") },
		{ STR_INIT("<a@b <c@d>"), STR_INIT("[a@b][c@d]") },
		{ STR_INIT("<a@b rest"), STR_INIT("[a@b]") },
		{ STR_INIT("<a@[192.0.2.1]>"), STR_INIT("[a@[192.0.2.1]]") },
		{ STR_INIT("a@b"), STR_INIT("") },
		{ STR_INIT("<"), STR_INIT("") },
		{ STR_INIT(""), STR_INIT("") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_str(all_of(rows[i].in), rows[i].want);
}

static void first(void **state)
{
	(void)state;
	struct str id;
	assert_true(message_id_first(STR(" a@b x"), &id));
	assert_str(id, STR("a@b"));
	assert_true(message_id_first(STR("x <a@b>"), &id));
	assert_str(id, STR("a@b"));
	assert_false(message_id_first(STR(" <> "), &id));
	assert_false(message_id_first(STR("  "), &id));
}

static void normal_form(void **state)
{
	(void)state;
	static const struct {
		struct str in, want;
	} rows[] = {
		{ STR_INIT("a@b"), STR_INIT("a@b") },
		/* RFC 5256 section 2.2: these two are the same */
		{ STR_INIT("\"01KF8JCEOCBS0045PS\"@xxx.yyy.com"), STR_INIT("01KF8JCEOCBS0045PS@xxx.yyy.com") },
		{ STR_INIT("01KF8JCEOCBS0045PS@xxx.yyy.com"), STR_INIT("01KF8JCEOCBS0045PS@xxx.yyy.com") },
		{ STR_INIT("1234   @   local(blah)  .machine .example"), STR_INIT("1234@local.machine.example") },
		{ STR_INIT("\"a b\"@c"), STR_INIT("\"a b\"@c") },
		{ STR_INIT("\"a\\\"b\"@c"), STR_INIT("\"a\\\"b\"@c") },
		{ STR_INIT("\"\"@c"), STR_INIT("\"\"@c") },
		{ STR_INIT("a(x\\)y)@(z(z))b"), STR_INIT("a@b") },
		{ STR_INIT("Case@Kept"), STR_INIT("Case@Kept") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_str(message_id_normalize(&arena, rows[i].in), rows[i].want);
}

/* A55: References that reference nothing, in linear time. */
static void floods(void **state)
{
	(void)state;
	static const char *const units[] = { "<", "<\"", "<\"\\", "<a>", "a", "<a@b> ", "<\"\\\"> " };
	enum { SIZE = 1 << 20 };
	char *text = mem_alloc(SIZE);
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		size_t n = 0, unit = strlen(units[i]);
		for (; n + unit <= SIZE; n += unit)
			memcpy(text + n, units[i], unit);
		struct str value = { text, n }, id;
		while (message_id_next(&value, &id))
			assert_true(id.n && id.n <= MESSAGE_ID_MAX);
		if (message_id_first((struct str){ text, n }, &id))
			assert_true(id.n <= MESSAGE_ID_MAX);
	}
	mem_free(text);
}

static void suite(void **state)
{
	(void)state;
	json_t *rows = test_suite_load("mime-mail-parser/id.json"), *row, *id;
	if (!rows)
		skip();
	size_t i, k;
	json_array_foreach(rows, i, row)
	{
		struct str block =
		    arena_printf(&arena, "I:" STR_FMT, STR_ARG(test_suite_str(json_object_get(row, "header"))));
		struct header_field f;
		struct str got, rest;
		json_t *expected = json_object_get(row, "expected");
		assert_true(header_next(&block, &f));
		assert_int_equal(message_id_first(f.value, &got), json_is_array(expected));
		rest = f.value;
		json_array_foreach(expected, k, id)
		{
			if (str_find(f.value, '<') != STR_NPOS)
				assert_true(message_id_next(&rest, &got));
			assert_str(got, test_suite_str(id));
		}
	}
	assert_int_equal(i, 11);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),  cmocka_unit_test(first), cmocka_unit_test(normal_form),
		cmocka_unit_test(floods), cmocka_unit_test(suite),
	};
	arena_init(&arena, 16 << 20, NULL, NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
