/* A certificate of our own making, and what is none. */
#include "proto/x509/x509_cert.h"

#include "proto/x509/x509_self_signed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <cmocka.h>

static void test_self_signed(void **state)
{
	(void)state;
	struct buf key, pem;
	struct x509_cert c;
	buf_init(&key, 1 << 16);
	buf_init(&pem, 1 << 16);
	assert_int_equal(x509_self_signed(STR("mail.example.test"), &key, &pem), OK);
	assert_int_equal(x509_cert_describe(buf_str(&pem), STR("mail.example.test"), &c), OK);
	assert_true(c.self_issued && c.matches);
	assert_string_equal(c.key, "EC prime256v1");
	int64_t now = time(NULL);
	assert_in_range(c.not_before, now - 7200, now);
	assert_in_range(c.not_after, now + (X509_SELF_SIGNED_DAYS - 1) * 86400, now + X509_SELF_SIGNED_DAYS * 86400);
	assert_non_null(strstr(c.subject, "mail.example.test"));
	assert_int_equal(x509_cert_describe(buf_str(&pem), STR("other.example.test"), &c), OK);
	assert_false(c.matches);
	for (size_t n = 0; n < pem.n; n += 7)
		assert_int_equal(x509_cert_describe(str_first(buf_str(&pem), n), STR("mail.example.test"), &c), E_SYNTAX);
	secret_wipe(key.p, key.cap);
	buf_done(&key);
	buf_done(&pem);
}

static void test_none(void **state)
{
	(void)state;
	static const struct str rows[] = { STR_INIT(""), STR_INIT("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), STR_INIT("\0\0\0") };
	struct x509_cert c = { .not_after = 7 };
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(x509_cert_describe(rows[i], STR("a.test"), &c), E_SYNTAX);
	assert_int_equal(c.not_after, 7);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_self_signed), cmocka_unit_test(test_none) };
	return cmocka_run_group_tests_name("x509_cert", tests, NULL, NULL);
}
