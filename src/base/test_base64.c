/* Base64: the vectors of RFC 4648 section 10; strict decoding; every length there and back. */
#include "base/base.h"
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct { struct str clear, coded; } vectors[] = {
	{ STR_INIT(""), STR_INIT("") },
	{ STR_INIT("f"), STR_INIT("Zg==") },
	{ STR_INIT("fo"), STR_INIT("Zm8=") },
	{ STR_INIT("foo"), STR_INIT("Zm9v") },
	{ STR_INIT("foob"), STR_INIT("Zm9vYg==") },
	{ STR_INIT("fooba"), STR_INIT("Zm9vYmE=") },
	{ STR_INIT("foobar"), STR_INIT("Zm9vYmFy") },
	{ STR_INIT("\0\xff\xfe"), STR_INIT("AP/+") },
};

static const struct str bad[] = {
	STR_INIT("Z"), STR_INIT("Zg"), STR_INIT("Zg="), STR_INIT("Zg==="), STR_INIT("Zm9v\n"), STR_INIT("Zm 9"), STR_INIT("===="), STR_INIT("Z==="),
	STR_INIT("=Zg="), STR_INIT("Zg==Zg=="),               /* padding inside */
	STR_INIT("Zh=="), STR_INIT("Zm9="),                   /* bits that would be thrown away */
	STR_INIT("Zm9\0"), STR_INIT("Zm9-"), STR_INIT("Zm9_"), STR_INIT("Zm9\xc3"),
};

static void test_vectors(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 64);
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		buf_clear(&b);
		assert_int_equal(base64_encode(&b, vectors[i].clear), OK);
		assert_true(str_eq(buf_str(&b), vectors[i].coded));
		buf_clear(&b);
		assert_int_equal(base64_decode(&b, vectors[i].coded), OK);
		assert_true(str_eq(buf_str(&b), vectors[i].clear));
	}
	buf_done(&b);
}

static void test_strict(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 64);
	assert_int_equal(buf_put_str(&b, STR("kept")), OK);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(base64_decode(&b, bad[i]), E_SYNTAX);
		assert_true(str_eq(buf_str(&b), STR("kept")));
	}
	buf_done(&b);
	buf_init(&b, 5);
	assert_int_equal(base64_encode(&b, STR("1234")), E_TOOBIG);
	assert_int_equal(base64_decode(&b, STR("Zm9vYmFy")), E_TOOBIG);
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

static void test_lengths(void **state)
{
	(void)state;
	char bytes[200];
	struct buf coded, clear;
	buf_init(&coded, 1024);
	buf_init(&clear, 1024);
	for (size_t n = 0; n < sizeof bytes; n++) {
		bytes[n] = (char)(n * 37);
		buf_clear(&coded);
		buf_clear(&clear);
		assert_int_equal(base64_encode(&coded, (struct str){ bytes, n }), OK);
		assert_int_equal(base64_decode(&clear, buf_str(&coded)), OK);
		assert_true(str_eq(buf_str(&clear), (struct str){ bytes, n }));
	}
	buf_done(&coded);
	buf_done(&clear);
}

/* RFC 4648 5: the other two letters, no padding; RFC 7515 appendix C has the bytes. */
static void test_url(void **state)
{
	static const struct { struct str clear, coded; } rows[] = {
		{ STR_INIT("\x03\xec\xff\xe0\xc1"), STR_INIT("A-z_4ME") }, { STR_INIT(""), STR_INIT("") }, { STR_INIT("f"), STR_INIT("Zg") }, { STR_INIT("fo"), STR_INIT("Zm8") },
		{ STR_INIT("foo"), STR_INIT("Zm9v") },
	};
	static const struct str wrong[] = { STR_INIT("A+z/4ME"), STR_INIT("Zg=="), STR_INIT("Z"), STR_INIT("Zm9vY"), STR_INIT("Zh"), STR_INIT("Zm 8"), STR_INIT("Zg\0\0") };
	(void)state;
	struct buf b;
	buf_init(&b, 64);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_clear(&b);
		assert_int_equal(base64url_encode(&b, rows[i].clear), OK);
		assert_true(str_eq(buf_str(&b), rows[i].coded));
		buf_clear(&b);
		assert_int_equal(base64url_decode(&b, rows[i].coded), OK);
		assert_true(str_eq(buf_str(&b), rows[i].clear));
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		buf_clear(&b);
		assert_int_equal(base64url_decode(&b, wrong[i]), E_SYNTAX);
		assert_int_equal(b.n, 0);
	}
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors), cmocka_unit_test(test_strict), cmocka_unit_test(test_lengths), cmocka_unit_test(test_url) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
