/* Normal form, hash and least quality of passwords. */
#include "proto/password/password_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct password_params cheap = { 64, 1 };

#define U_E_ACUTE "\xc3\xa9"
#define U_E_COMBINING "e\xcc\x81"
#define U_NBSP "\xc2\xa0"
#define U_IDEOGRAPHIC_SPACE "\xe3\x80\x80"

static void test_normal_form(void **state)
{
	static const struct { struct str in; int want; struct str out; } rows[] = {
		{ STR_INIT("correct horse battery staple"), OK, STR_INIT("correct horse battery staple") },      /* RFC 8265 4.3, row 1 */
		{ STR_INIT("Correct Horse Battery Staple"), OK, STR_INIT("Correct Horse Battery Staple") },      /* row 2: case stays */
		{ STR_INIT("\xcf\x80\xc3\x9f\xc3\xa5"), OK, STR_INIT("\xcf\x80\xc3\x9f\xc3\xa5") },              /* row 3 */
		{ STR_INIT("Jack of \xe2\x99\xa6s"), OK, STR_INIT("Jack of \xe2\x99\xa6s") },                    /* row 4 */
		{ STR_INIT("foo\xe1\x9a\x80" "bar"), OK, STR_INIT("foo bar") },                                  /* row 5: OGHAM SPACE MARK */
		{ STR_INIT(""), E_SYNTAX, STR_INIT("") },                                                        /* row 6 */
		{ STR_INIT("my cat is a \tby"), E_SYNTAX, STR_INIT("") },                                        /* row 7 */
		{ STR_INIT(U_E_COMBINING), OK, STR_INIT(U_E_ACUTE) },
		{ STR_INIT("a" U_NBSP "b" U_IDEOGRAPHIC_SPACE "c"), OK, STR_INIT("a b c") },
		{ STR_INIT("a\0b"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a\x7f"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a\xc2\x85"), E_SYNTAX, STR_INIT("") },                  /* NEL */
		{ STR_INIT("a\xe2\x80\x8b"), E_SYNTAX, STR_INIT("") },              /* ZERO WIDTH SPACE: ignorable */
		{ STR_INIT("a\xe2\x80\xae"), E_SYNTAX, STR_INIT("") },              /* RIGHT-TO-LEFT OVERRIDE */
		{ STR_INIT("a\xee\x80\x80"), E_SYNTAX, STR_INIT("") },              /* private use */
		{ STR_INIT("a\xff"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a\xed\xa0\x80"), E_SYNTAX, STR_INIT("") },              /* a surrogate */
		{ STR_INIT("\xf0\x9f\x94\x91 key"), OK, STR_INIT("\xf0\x9f\x94\x91 key") },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char out[PASSWORD_BYTES_MAX];
		size_t n = 0;
		assert_int_equal(password_normalize(rows[i].in, out, &n), rows[i].want);
		assert_true(str_eq((struct str){ out, n }, rows[i].out));
	}
}

static void test_lengths(void **state)
{
	char in[PASSWORD_BYTES_MAX + 1], out[PASSWORD_BYTES_MAX];
	size_t n;
	(void)state;
	memset(in, 'x', sizeof in);
	assert_int_equal(password_normalize((struct str){ in, sizeof in - 1 }, out, &n), OK);
	assert_int_equal(n, PASSWORD_BYTES_MAX);
	assert_int_equal(password_normalize((struct str){ in, sizeof in }, out, &n), E_TOOBIG);
	/* U+0344 grows to twice its bytes in NFC */
	for (size_t i = 0; i < PASSWORD_BYTES_MAX; i += 2)
		memcpy(in + i, "\xcd\x84", 2);
	assert_int_equal(password_normalize((struct str){ in, PASSWORD_BYTES_MAX }, out, &n), E_TOOBIG);
}

static void test_hash(void **state)
{
	char a[PASSWORD_HASH_MAX], b[PASSWORD_HASH_MAX];
	(void)state;
	assert_int_equal(password_hash(STR("caf" U_E_ACUTE " au lait"), &cheap, a), OK);
	assert_int_equal(password_hash(STR("caf" U_E_ACUTE " au lait"), &cheap, b), OK);
	assert_string_not_equal(a, b);
	assert_int_equal(password_verify(str_c(a), STR("caf" U_E_ACUTE " au lait")), OK);
	assert_int_equal(password_verify(str_c(a), STR("caf" U_E_COMBINING " au" U_NBSP "lait")), OK);
	assert_int_equal(password_verify(str_c(a), STR("Caf" U_E_ACUTE " au lait")), E_DENIED);
	assert_int_equal(password_verify(str_c(a), STR("")), E_DENIED);
	assert_int_equal(password_verify(str_c(a), STR("caf\xff")), E_DENIED);
	assert_int_equal(password_hash(STR("with\tab"), &cheap, a), E_SYNTAX);
	assert_false(password_needs_rehash(str_c(b), &cheap));
	assert_true(password_needs_rehash(str_c(b), &password_params_default));
}

/* A hash that another program made: phc-winner-argon2's command line, "argon2 somesalt -id -t 2 -m 16 -p 1" with "password". */
static void test_foreign_hash(void **state)
{
	struct str h = STR("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");
	(void)state;
	assert_int_equal(password_verify(h, STR("password")), OK);
	assert_int_equal(password_verify(h, STR("Password")), E_DENIED);
}

static void test_stored_garbage(void **state)
{
	static const struct str rows[] = {
		STR_INIT(""), STR_INIT("password"), STR_INIT("$argon2d$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFh"), STR_INIT("$argon2id$v=19$m=64,t=1"),
		STR_INIT("$argon2id$v=19$m=99999999999999999999,t=1,p=1$c29tZXNhbHQ$CTFh"), STR_INIT("$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$CTFh"),
		STR_INIT("$argon2id$v=19$m=64,t=4000000,p=1$c29tZXNhbHQ$CTFh"), STR_INIT("$argon2id$v=19$m=64,t=1,p=64$c29tZXNhbHQ$CTFh"),
		STR_INIT("$argon2id$v=19$m=64,t=1,p=1$c29t\0ZXNhbHQ$CTFh"), STR_INIT("$2b$12$abcdefghijklmnopqrstuv"),
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(password_verify(rows[i], STR("password")), E_SYNTAX);
		assert_true(password_needs_rehash(rows[i], &password_params_default));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normal_form), cmocka_unit_test(test_lengths), cmocka_unit_test(test_hash), cmocka_unit_test(test_foreign_hash),
		cmocka_unit_test(test_stored_garbage),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
