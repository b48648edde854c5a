/* SASL PLAIN and LOGIN: exchanges as tables (A14, A15), and the names people sign in with. */
#include "proto/sasl/sasl.h"

#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static struct str encode(struct str s)
{
	struct buf b;
	buf_init(&b, 64 << 10);
	assert_int_equal(base64_encode(&b, s), OK);
	struct str e = arena_dup(&arena, buf_str(&b));
	buf_done(&b);
	return e;
}

static void test_plain(void **state)
{
	static const struct { struct str message; int want; struct str user, password; } rows[] = {
		{ STR_INIT("\0tim\0tanstaaftanstaaf"), OK, STR_INIT("tim"), STR_INIT("tanstaaftanstaaf") },     /* RFC 4616 4 */
		{ STR_INIT("Ursel\0Kurt\0xipj3plmq"), E_DENIED, STR_INIT(""), STR_INIT("") },                   /* the second example: another identity */
		{ STR_INIT("a@b\0a@b\0x"), OK, STR_INIT("a@b"), STR_INIT("x") },
		{ STR_INIT("\0a@b\0p w"), OK, STR_INIT("a@b"), STR_INIT("p w") },
		{ STR_INIT("\0\xc3\xa9@b\0\xc3\xa9"), OK, STR_INIT("\xc3\xa9@b"), STR_INIT("\xc3\xa9") },
		{ STR_INIT(""), E_SYNTAX, STR_INIT(""), STR_INIT("") },
		{ STR_INIT("tim"), E_SYNTAX, STR_INIT(""), STR_INIT("") },
		{ STR_INIT("\0tim"), E_SYNTAX, STR_INIT(""), STR_INIT("") },
		{ STR_INIT("\0tim\0"), E_SYNTAX, STR_INIT(""), STR_INIT("") },
		{ STR_INIT("\0\0secret"), E_SYNTAX, STR_INIT(""), STR_INIT("") },
		{ STR_INIT("\0tim\0sec\0ret"), E_SYNTAX, STR_INIT(""), STR_INIT("") },
		{ STR_INIT("\0ti\xff\0secret"), E_SYNTAX, STR_INIT(""), STR_INIT("") },
		{ STR_INIT("\xff\0tim\0secret"), E_SYNTAX, STR_INIT(""), STR_INIT("") },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sasl s;
		assert_int_equal(sasl_begin(&s, &arena, STR("plain")), OK);
		assert_int_equal(s.challenge.n, 0);
		assert_int_equal(sasl_answer(&s, encode(rows[i].message)), rows[i].want);
		if (rows[i].want == OK) {
			assert_true(str_eq(s.user, rows[i].user));
			assert_true(str_eq(s.password, rows[i].password));
		}
		sasl_done(&s);
	}
}

static void test_login(void **state)
{
	struct sasl s;
	(void)state;
	assert_int_equal(sasl_begin(&s, &arena, STR("LOGIN")), OK);
	assert_true(str_eq(s.challenge, encode(STR("Username:"))));
	assert_int_equal(sasl_answer(&s, encode(STR("tim@example.test"))), E_AGAIN);
	assert_true(str_eq(s.challenge, encode(STR("Password:"))));
	assert_int_equal(sasl_answer(&s, encode(STR("tanstaaf"))), OK);
	assert_true(str_eq(s.user, STR("tim@example.test")));
	assert_true(str_eq(s.password, STR("tanstaaf")));
	struct str left = s.password;
	sasl_done(&s);
	for (size_t i = 0; i < left.n; i++)
		assert_int_equal(left.p[i], 0);
	assert_int_equal(sasl_begin(&s, &arena, STR("LOGIN")), OK);
	assert_int_equal(sasl_answer(&s, STR("=")), E_SYNTAX);
	sasl_done(&s);
}

/* What an attempt left behind is not there in the next one. */
static void test_A14_fresh_state(void **state)
{
	struct sasl s;
	(void)state;
	assert_int_equal(sasl_begin(&s, &arena, STR("LOGIN")), OK);
	assert_int_equal(sasl_answer(&s, encode(STR("tim@example.test"))), E_AGAIN);
	assert_int_equal(sasl_answer(&s, STR("!!!!")), E_SYNTAX);
	sasl_done(&s);
	assert_int_equal(sasl_begin(&s, &arena, STR("PLAIN")), OK);
	assert_int_equal(s.user.n, 0);
	assert_int_equal(sasl_answer(&s, encode(STR("secret"))), E_SYNTAX);
	sasl_done(&s);
	assert_int_equal(sasl_begin(&s, &arena, STR("LOGIN")), OK);
	assert_int_equal(sasl_answer(&s, encode(STR("eve@example.test"))), E_AGAIN);
	sasl_done(&s);
	static const char *const others[] = { "", "CRAM-MD5", "EXTERNAL", "PLAI", "PLAINX", "SCRAM-SHA-256-PLUS" };
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_int_equal(sasl_begin(&s, &arena, str_c(others[i])), E_UNSUPPORTED);
}

static void test_A15_bad_base64(void **state)
{
	static const struct { const char *line; int want; } rows[] = {
		{ "*", E_CANCELLED }, { "", E_SYNTAX }, { "=", E_SYNTAX }, { "AHRpbQBzZWNyZXQ=", OK }, { "AHRpbQBzZWNyZXQ", E_SYNTAX },
		{ "AHRpbQBzZWNyZXQ==", E_SYNTAX }, { "AHRpbQBzZWNyZXR=", E_SYNTAX }, { "AHRp bQBzZWNyZXQ=", E_SYNTAX }, { "AHRpbQBzZWNyZXQ=\n", E_SYNTAX },
		{ "====", E_SYNTAX }, { "AA==AA==", E_SYNTAX }, { "AHRpbQBz-WNyZXQ_", E_SYNTAX }, { "**", E_SYNTAX },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct sasl s;
		assert_int_equal(sasl_begin(&s, &arena, STR("PLAIN")), OK);
		assert_int_equal(sasl_answer(&s, str_c(rows[i].line)), rows[i].want);
		sasl_done(&s);
	}
}

static void test_bounds(void **state)
{
	static char big[SASL_LINE_MAX + 4];
	char message[4 + SASL_USER_MAX + 1 + SASL_PASSWORD_MAX + 1];
	struct sasl s;
	(void)state;
	memset(big, 'A', sizeof big);
	assert_int_equal(sasl_begin(&s, &arena, STR("PLAIN")), OK);
	assert_int_equal(sasl_answer(&s, (struct str){ big, sizeof big }), E_TOOBIG);
	memset(message, 'x', sizeof message);
	message[0] = message[1 + SASL_USER_MAX] = '\0';
	assert_int_equal(sasl_answer(&s, encode((struct str){ message, 2 + SASL_USER_MAX + SASL_PASSWORD_MAX })), OK);
	assert_int_equal(s.password.n, SASL_PASSWORD_MAX);
	assert_int_equal(sasl_answer(&s, encode((struct str){ message, 2 + SASL_USER_MAX + SASL_PASSWORD_MAX + 1 })), E_TOOBIG);
	message[1 + SASL_USER_MAX] = 'x';
	message[2 + SASL_USER_MAX] = '\0';
	assert_int_equal(sasl_answer(&s, encode((struct str){ message, 3 + SASL_USER_MAX + 10 })), E_TOOBIG);
	sasl_done(&s);
}

static void test_user(void **state)
{
	static const struct { struct str in; int want; struct str out; } rows[] = {
		{ STR_INIT("Anna@Example.TEST"), OK, STR_INIT("anna@example.test") },
		{ STR_INIT("anna@m\xc3\xbcnchen.example"), OK, STR_INIT("anna@xn--mnchen-3ya.example") },
		{ STR_INIT("anne\xcc\x81@example.test"), OK, STR_INIT("ann\xc3\xa9@example.test") },
		{ STR_INIT("anna"), E_SYNTAX, STR_INIT("") }, { STR_INIT("@example.test"), E_SYNTAX, STR_INIT("") }, { STR_INIT("anna@"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("an\0na@example.test"), E_SYNTAX, STR_INIT("") }, { STR_INIT("anna\r\n@example.test"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT(""), E_SYNTAX, STR_INIT("") }, { STR_INIT("anna@exa\xffmple.test"), E_SYNTAX, STR_INIT("") },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str out = STR("");
		assert_int_equal(sasl_user_normalize(&arena, rows[i].in, &out), rows[i].want);
		assert_true(str_eq(out, rows[i].out));
	}
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_login), cmocka_unit_test(test_A14_fresh_state),
		cmocka_unit_test(test_A15_bad_base64), cmocka_unit_test(test_bounds), cmocka_unit_test(test_user),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
