/* What people take for another name (A95). */
#include "proto/verdict/lookalike.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena arena;

static void a95_domains(void **state)
{
	(void)state;
	static const struct { struct str domain, genuine; enum lookalike want; } rows[] = {
		{ STR_INIT("example.org"), STR_INIT("example.org"), LOOKALIKE_NOT },
		{ STR_INIT("mail.example.org"), STR_INIT("example.org"), LOOKALIKE_NOT },
		{ STR_INIT("example.org"), STR_INIT("mail.example.org"), LOOKALIKE_NOT },
		{ STR_INIT("elsewhere.org"), STR_INIT("example.org"), LOOKALIKE_NOT },
		{ STR_INIT("exarnple.org"), STR_INIT("example.org"), LOOKALIKE_CONFUSABLE },           /* rn */
		{ STR_INIT("examp1e.org"), STR_INIT("example.org"), LOOKALIKE_CONFUSABLE },            /* digit one */
		{ STR_INIT("xn--xample-2of.org"), STR_INIT("example.org"), LOOKALIKE_CONFUSABLE },     /* Cyrillic ie */
		{ STR_INIT("EXARNPLE.test"), STR_INIT("example.org"), LOOKALIKE_CONFUSABLE },
		{ STR_INIT("exampel.org"), STR_INIT("example.org"), LOOKALIKE_TYPO },                  /* two letters changed places */
		{ STR_INIT("exmple.org"), STR_INIT("example.org"), LOOKALIKE_TYPO },
		{ STR_INIT("examplees.org"), STR_INIT("example.org"), LOOKALIKE_NOT },                 /* two edits are too many for seven letters */
		{ STR_INIT("mycornpanynome.com"), STR_INIT("mycompanyname.com"), LOOKALIKE_NOT },
		{ STR_INIT("micompanynome.com"), STR_INIT("mycompanyname.com"), LOOKALIKE_TYPO },      /* two edits in thirteen */
		{ STR_INIT("example-support.com"), STR_INIT("example.org"), LOOKALIKE_WORDS },
		{ STR_INIT("login.example.org.evil.test"), STR_INIT("example.org"), LOOKALIKE_WORDS },
		{ STR_INIT("my-example.net"), STR_INIT("example.org"), LOOKALIKE_WORDS },
		{ STR_INIT("counterexample.net"), STR_INIT("example.org"), LOOKALIKE_NOT },
		{ STR_INIT("example.com"), STR_INIT("example.org"), LOOKALIKE_ENDING },
		{ STR_INIT("example.co.uk"), STR_INIT("example.org"), LOOKALIKE_ENDING },
		{ STR_INIT("other.co.uk"), STR_INIT("example.co.uk"), LOOKALIKE_NOT },
		{ STR_INIT("abd.org"), STR_INIT("abc.org"), LOOKALIKE_NOT },                           /* too short to judge */
		{ STR_INIT("abc.com"), STR_INIT("abc.org"), LOOKALIKE_NOT },
		{ STR_INIT(""), STR_INIT("example.org"), LOOKALIKE_NOT },
		{ STR_INIT("org"), STR_INIT("example.org"), LOOKALIKE_NOT },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum lookalike got = lookalike_domain(&arena, rows[i].domain, rows[i].genuine);
		if (got != rows[i].want)
			fail_msg(STR_FMT " for " STR_FMT ": %s", STR_ARG(rows[i].domain), STR_ARG(rows[i].genuine), lookalike_text(got));
	}
}

static void names(void **state)
{
	(void)state;
	assert_true(lookalike_name(&arena, STR("Anna Rossi"), STR("anna.rossi")));
	assert_true(lookalike_name(&arena, STR("ANNA  ROSSI"), STR("Anna Rossi")));
	assert_true(lookalike_name(&arena, STR("Ann\xd0\xb0 Rossi"), STR("Anna Rossi")));       /* Cyrillic a */
	assert_false(lookalike_name(&arena, STR("Anna Bianchi"), STR("anna.rossi")));
	assert_false(lookalike_name(&arena, STR(""), STR("")));
	assert_false(lookalike_name(&arena, STR("al"), STR("al")));
}

static void distances(void **state)
{
	(void)state;
	static const struct { struct str one, other; unsigned want; } rows[] = {
		{ STR_INIT(""), STR_INIT(""), 0 }, { STR_INIT("abc"), STR_INIT("abc"), 0 }, { STR_INIT("abc"), STR_INIT(""), 3 },
		{ STR_INIT("kitten"), STR_INIT("sitting"), 3 }, { STR_INIT("ab"), STR_INIT("ba"), 1 }, { STR_INIT("abcd"), STR_INIT("acbd"), 1 },
		{ STR_INIT("abcdef"), STR_INIT("uvwxyz"), 4 }, { STR_INIT("\xc3\xa4"), STR_INIT("a"), 1 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(lookalike_distance(rows[i].one, rows[i].other, 3), rows[i].want);
		assert_int_equal(lookalike_distance(rows[i].other, rows[i].one, 3), rows[i].want);
	}
}

int main(void)
{
	arena_init(&arena, 16 << 20, NULL, NULL);
	if (lookalike_prepare() != OK)
		return 1;
	const struct CMUnitTest tests[] = { cmocka_unit_test(a95_domains), cmocka_unit_test(names), cmocka_unit_test(distances) };
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return r;
}
