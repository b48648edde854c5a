#include "proto/header/base_subject.h"

#include "proto/header/charset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

/* RFC 5256 section 2.1 */
static void subjects(void **state)
{
	(void)state;
	static const struct {
		struct str in, want;
		bool reply;
	} rows[] = {
		{ STR_INIT("hello"), STR_INIT("hello"), false },
		{ STR_INIT(" Re: hello"), STR_INIT("hello"), true },
		{ STR_INIT("RE: re: Fwd: FW: hello"), STR_INIT("hello"), true },
		{ STR_INIT("re : hello"), STR_INIT("hello"), true },
		{ STR_INIT("Re[2]: hello"), STR_INIT("hello"), true },
		{ STR_INIT("Re [2] : hello"), STR_INIT("hello"), true },
		{ STR_INIT("[list] Re: hello"), STR_INIT("hello"), true },
		{ STR_INIT("Re: [list] hello"), STR_INIT("hello"), true },
		{ STR_INIT("[a] [b]hello"), STR_INIT("hello"), false },
		{ STR_INIT("[a][b] re: [c] hello"), STR_INIT("hello"), true },
		{ STR_INIT("[a]"), STR_INIT("[a]"), false },
		{ STR_INIT("[a][b]"), STR_INIT("[b]"), false },
		{ STR_INIT("Re: [a]"), STR_INIT("[a]"), true },
		{ STR_INIT("hello (fwd)"), STR_INIT("hello"), true },
		{ STR_INIT("hello (FWD) (fwd) "), STR_INIT("hello"), true },
		{ STR_INIT("[fwd: hello]"), STR_INIT("hello"), true },
		{ STR_INIT("[Fwd: Re: hello (fwd)]"), STR_INIT("hello"), true },
		{ STR_INIT("[fwd: [fwd: hello]]"), STR_INIT("hello"), true },
		{ STR_INIT("Re: [fwd: [list] hello] (fwd)"), STR_INIT("hello"), true },
		{ STR_INIT("Re:"), STR_INIT(""), true },
		{ STR_INIT(""), STR_INIT(""), false },
		{ STR_INIT("re"), STR_INIT("re"), false },
		{ STR_INIT("regarding: x"), STR_INIT("regarding: x"), false },
		{ STR_INIT("[unclosed hello"), STR_INIT("[unclosed hello"), false },
		{ STR_INIT("a\r\n\t b   c"), STR_INIT("a b c"), false },
		{ STR_INIT("=?utf-8?q?Re=3A_gr=C3=BCn?="), STR_INIT("gr\xc3\xbcn"), true },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool reply;
		struct str got = base_subject(&arena, rows[i].in, &reply);
		if (!str_eq(got, rows[i].want) || reply != rows[i].reply)
			fail_msg("<" STR_FMT "> gave <" STR_FMT "> %d", STR_ARG(rows[i].in), STR_ARG(got), reply);
	}
}

static void floods(void **state)
{
	(void)state;
	static const char *const units[] = { "[a]", "re:", "re[", "[", "[fwd:", "(fwd)", "[a] re: ", "]", "[fwd: ]" };
	enum { SIZE = 1 << 20 };
	char *text = mem_alloc(SIZE);
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		size_t n = 0, unit = strlen(units[i]);
		for (; n + unit <= SIZE; n += unit)
			memcpy(text + n, units[i], unit);
		assert_true(base_subject_of_utf8(&arena, (struct str){ text, n }, NULL).n <= n);
	}
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(subjects), cmocka_unit_test(floods) };
	arena_init(&arena, 64 << 20, NULL, NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	charset_thread_done();
	return failed;
}
