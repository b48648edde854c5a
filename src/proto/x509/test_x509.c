/* The certificate a server makes for itself, and what a key with its chain must be like. */
#include "proto/x509/x509_pair.h"
#include "proto/x509/x509_self_signed.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <cmocka.h>

enum { DAY = 86400 };

static struct buf key, crt;

static void make(struct str name)
{
	buf_clear(&key);
	buf_clear(&crt);
	assert_int_equal(x509_self_signed(name, &key, &crt), OK);
}

static void test_self_signed(void **state)
{
	struct x509_pair p;
	(void)state;
	make(STR("mail.example.test"));
	assert_int_equal(x509_pair_load(buf_str(&key), buf_str(&crt), &p), OK);
	assert_int_equal(p.type, X509_EC_P256);
	int64_t days = (p.not_after - (int64_t)time(NULL) + DAY / 2) / DAY;
	assert_int_equal(days, X509_SELF_SIGNED_DAYS);
	struct reader rd = reader_of(buf_str(&p.chain));
	struct str der = read_str(&rd, 16 << 10);
	assert_int_equal(reader_end(&rd), OK);
	const unsigned char *at = (const unsigned char *)der.p;
	X509 *x = d2i_X509(NULL, &at, (long)der.n);
	assert_int_equal(X509_check_host(x, "mail.example.test", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(x, "other.example.test", 0, 0, NULL), 0);
	assert_int_equal(X509_verify(x, X509_get0_pubkey(x)), 1);
	assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0), 1);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(ASN1_STRING_length(X509_get0_serialNumber(x)), 16);
	X509_free(x);
	x509_pair_done(&p);
}

static void test_names(void **state)
{
	static const struct { struct str name; int want; } rows[] = {
		{ STR_INIT(""), E_SYNTAX }, { STR_INIT("a b"), E_SYNTAX }, { STR_INIT("a,DNS:evil.test"), E_SYNTAX }, { STR_INIT("a\0b"), E_SYNTAX },
		{ STR_INIT(".test"), E_SYNTAX }, { STR_INIT("-a.test"), E_SYNTAX }, { STR_INIT("xn--mnchen-3ya.example"), OK },
		{ STR_INIT("a-name-that-is-longer-than-a-common-name-may-be-but-fine-as-an-alternative.example.test"), OK },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_clear(&key);
		buf_clear(&crt);
		assert_int_equal(x509_self_signed(rows[i].name, &key, &crt), rows[i].want);
	}
}

static struct str pem_of(EVP_PKEY *k, struct buf *out, const char *passphrase)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(b, k, passphrase ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL, (void *)passphrase), 1);
	long n = BIO_get_mem_data(b, &p);
	buf_clear(out);
	assert_int_equal(buf_put(out, p, (size_t)n), OK);
	BIO_free(b);
	EVP_PKEY_free(k);
	return buf_str(out);
}

static void test_pairs_refused(void **state)
{
	struct x509_pair p;
	struct buf other, many;
	(void)state;
	buf_init(&other, 64 << 10);
	buf_init(&many, 64 << 10);
	make(STR("mail.example.test"));
	struct str k = buf_str(&key), c = buf_str(&crt);
	assert_int_equal(x509_pair_load(STR(""), c, &p), E_SYNTAX);
	assert_int_equal(x509_pair_load(k, STR(""), &p), E_SYNTAX);
	assert_int_equal(x509_pair_load(c, k, &p), E_SYNTAX);
	assert_int_equal(x509_pair_load(k, str_first(c, c.n - 40), &p), E_SYNTAX);
	assert_int_equal(x509_pair_load(pem_of(EVP_EC_gen("P-256"), &other, NULL), c, &p), E_DENIED);
	assert_int_equal(x509_pair_load(pem_of(EVP_EC_gen("P-256"), &other, "secret"), c, &p), E_SYNTAX);
	assert_int_equal(x509_pair_load(pem_of(EVP_EC_gen("P-384"), &other, NULL), c, &p), E_UNSUPPORTED);
	assert_int_equal(x509_pair_load(pem_of(EVP_RSA_gen(1024), &other, NULL), c, &p), E_UNSUPPORTED);
	for (int i = 0; i <= X509_CHAIN_COUNT; i++)
		assert_int_equal(buf_put_str(&many, c), OK);
	assert_int_equal(x509_pair_load(k, buf_str(&many), &p), E_TOOBIG);
	/* a good certificate followed by a cut one is not half a chain */
	buf_clear(&many);
	assert_int_equal(buf_put_str(&many, c), OK);
	assert_int_equal(buf_put_str(&many, str_first(c, c.n / 2)), OK);
	assert_int_equal(x509_pair_load(k, buf_str(&many), &p), E_SYNTAX);
	buf_done(&other);
	buf_done(&many);
}

int main(void)
{
	buf_init(&key, 64 << 10);
	buf_init(&crt, 64 << 10);
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_self_signed), cmocka_unit_test(test_names), cmocka_unit_test(test_pairs_refused) };
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_done(&key);
	buf_done(&crt);
	return failed;
}
