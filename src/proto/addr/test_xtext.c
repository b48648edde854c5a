#include "proto/addr/xtext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static void assert_str(struct str got, struct str want)
{
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p ? got.p : "", want.p, want.n);
}

static void decoding(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		int err;
		struct str want;
	} rows[] = {
		{ STR_INIT("Bob@Example.COM"), OK, STR_INIT("Bob@Example.COM") }, /* RFC 3461 4 */
		{ STR_INIT("a+2Bb+3Dc"), OK, STR_INIT("a+b=c") },
		{ STR_INIT("a+20b"), OK, STR_INIT("a b") },
		{ STR_INIT("a+2b"), OK, STR_INIT("a+") },
		{ STR_INIT(""), OK, STR_INIT("") },
		{ STR_INIT("a+0A"), E_SYNTAX, STR_INIT("") }, /* A12 */
		{ STR_INIT("a+0D+0Ab"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a+00"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a+7F"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a+C3+B6"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a+2"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a+"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a+G0"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a=b"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a b"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a\nb"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("\xc3\xb6"), E_SYNTAX, STR_INIT("") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str got;
		assert_int_equal(xtext_decode(&arena, rows[i].in, &got), rows[i].err);
		if (rows[i].err == OK)
			assert_str(got, rows[i].want);
	}
}

static void encoding(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 64);
	struct bufw w = { &out, OK };
	xtext_encode(&w, STR("a+b=c d\n\xc3~"));
	assert_int_equal(w.err, OK);
	assert_str(buf_str(&out), STR("a+2Bb+3Dc+20d+0A+C3~"));
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(decoding), cmocka_unit_test(encoding) };
	arena_init(&arena, 1 << 20, NULL, NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
