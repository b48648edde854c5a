#include "base/base.h"
#include "proto/imap/imap_fold.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* B47: what a person takes for the same text compares as the same. */
static void b47_same_text(void **state)
{
	(void)state;
	static const struct { const char *a, *b; bool same; } rows[] = {
		{ "Hello", "hELLO", true },
		{ "", "", true },
		{ "M\xc3\xbcller", "m\xc3\x9cLLER", true },                  /* upper and lower umlaut */
		{ "M\xc3\xbcller", "Mu\xcc\x88ller", true },                 /* both Unicode forms */
		{ "stra\xc3\x9f" "e", "STRASSE", true },
		{ "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", true },
		{ "\xef\xbc\xa1\xef\xbc\xa2", "ab", true },                  /* full width */
		{ "\xce\xa3", "\xcf\x83", true },
		{ "Muller", "M\xc3\xbcller", false },
		{ "\xff\xfe" "A", "\xff\xfe" "a", true },                    /* no UTF-8: ASCII case all the same */
		{ "\xef\xb7\xba\xef\xb7\xba\xef\xb7\xba\xef\xb7\xba\xef\xb7\xba\xef\xb7\xba\xef\xb7\xba", "", false },      /* grows 18 times */
	};
	struct arena a;
	arena_init(&a, 1 << 20, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(str_eq(imap_fold(&a, str_c(rows[i].a)), imap_fold(&a, str_c(rows[i].b))), rows[i].same);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(b47_same_text) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
