/* What the key role signs, and what it refuses; the folder it reads. */
#include "role/keys/keys.h"

#include "os/fd.h"
#include "proto/x509/x509_self_signed.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char message[2048];

static struct str message_13(const char *context, size_t hash)
{
	memset(message, ' ', 64);
	size_t n = 64 + (size_t)snprintf(message + 64, 128, "%s", context) + 1;
	memset(message + n, 0xab, hash);
	return (struct str){ message, n + hash };
}

static struct str message_12(struct str random_end, struct str params, size_t point)
{
	memset(message, 0x5a, sizeof message);
	memcpy(message + 64 - random_end.n, random_end.p, random_end.n);
	memcpy(message + 64, params.p, params.n);
	message[64 + params.n] = 4;
	return (struct str){ message, 64 + params.n + point };
}

#define DOWN STR("DOWNGRD\1")
#define SERVER "TLS 1.3, server CertificateVerify"

static void test_tls13(void **state)
{
	static const struct { enum x509_key_type type; const char *digest; uint32_t padding; const char *context; size_t hash; bool want; } rows[] = {
		{ X509_EC_P256, "SHA256", 0, SERVER, 32, true },
		{ X509_EC_P256, "SHA256", 0, SERVER, 48, true },
		{ X509_ED25519, "", 0, SERVER, 32, true },
		{ X509_RSA, "SHA256", RSA_PKCS1_PSS_PADDING, SERVER, 32, true },
		{ X509_RSA, "SHA384", RSA_PKCS1_PSS_PADDING, SERVER, 48, true },
		{ X509_EC_P256, "SHA384", 0, SERVER, 32, false },                  /* RFC 8446 4.2.3 binds the curve to SHA-256 */
		{ X509_RSA, "SHA256", RSA_PKCS1_PADDING, SERVER, 32, false },       /* PKCS#1 is for certificates only */
		{ X509_RSA, "SHA256", RSA_NO_PADDING, SERVER, 32, false },
		{ X509_RSA, "", RSA_PKCS1_PSS_PADDING, SERVER, 32, false },
		{ X509_ED25519, "SHA256", 0, SERVER, 32, false },
		{ X509_EC_P256, "SHA256", 1, SERVER, 32, false },
		{ X509_EC_P256, "SHA256", 0, "TLS 1.3, client CertificateVerify", 32, false },
		{ X509_EC_P256, "SHA256", 0, SERVER, 31, false },
		{ X509_EC_P256, "SHA256", 0, SERVER, 64, false },
		{ X509_EC_P256, "SHA256", 0, SERVER, 0, false },
		{ X509_EC_P256, "SHA256", 0, "", 32, false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(keys_message_allowed(rows[i].type, str_c(rows[i].digest), rows[i].padding, message_13(rows[i].context, rows[i].hash)), rows[i].want);
}

static void test_tls12(void **state)
{
	static const struct { struct str end, params; size_t point; bool want; } rows[] = {
		{ STR_INIT("DOWNGRD\1"), STR_INIT("\3\0\x1d\x20"), 32, true },
		{ STR_INIT("DOWNGRD\1"), STR_INIT("\3\0\x17\x41"), 65, true },
		{ STR_INIT("DOWNGRD\1"), STR_INIT("\3\0\x18\x61"), 97, true },
		{ STR_INIT("DOWNGRD\1"), STR_INIT("\3\0\x17\x41"), 64, false },
		{ STR_INIT("DOWNGRD\1"), STR_INIT("\3\0\x17\x41"), 66, false },
		{ STR_INIT("DOWNGRD\1"), STR_INIT("\3\0\x1e\x38"), 56, false },     /* a group that we do not do */
		{ STR_INIT("DOWNGRD\1"), STR_INIT("\1\0\x17\x41"), 65, false },     /* explicit curve */
		{ STR_INIT("DOWNGRD\0"), STR_INIT("\3\0\x1d\x20"), 32, false },     /* a random of TLS 1.1 */
		{ STR_INIT("downgrd\1"), STR_INIT("\3\0\x1d\x20"), 32, false },
		{ STR_INIT(""), STR_INIT("\3\0\x1d\x20"), 32, false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(keys_message_allowed(X509_EC_P256, STR("SHA256"), 0, message_12(rows[i].end, rows[i].params, rows[i].point)), rows[i].want);
	struct str m = message_12(DOWN, STR("\3\0\x17\x41"), 65);
	assert_true(keys_message_allowed(X509_RSA, STR("SHA512"), RSA_PKCS1_PADDING, m));
	assert_true(keys_message_allowed(X509_EC_P256, STR("SHA384"), 0, m));
	message[64 + 4] = 2;            /* a compressed point */
	assert_false(keys_message_allowed(X509_EC_P256, STR("SHA256"), 0, m));
	for (size_t n = 0; n < 64 + 4; n++)
		assert_false(keys_message_allowed(X509_EC_P256, STR("SHA256"), 0, str_first(m, n)));
}

static struct x509_pair fresh_pair(struct str name)
{
	struct buf key, crt;
	struct x509_pair p;
	buf_init(&key, 64 << 10);
	buf_init(&crt, 64 << 10);
	assert_int_equal(x509_self_signed(name, &key, &crt), OK);
	assert_int_equal(x509_pair_load(buf_str(&key), buf_str(&crt), &p), OK);
	buf_done(&key);
	buf_done(&crt);
	return p;
}

/* A certificate, a token, a mail: nothing that means something elsewhere gets a signature. */
static void test_foreign_input(void **state)
{
	(void)state;
	struct x509_pair p = fresh_pair(STR("mail.example.test"));
	struct buf out;
	buf_init(&out, 4096);
	struct reader rd = reader_of(buf_str(&p.chain));
	struct str der = read_str(&rd, 16 << 10);
	const unsigned char *at = (const unsigned char *)der.p;
	X509 *x = d2i_X509(NULL, &at, (long)der.n);
	unsigned char *tbs = NULL;
	int n = i2d_re_X509_tbs(x, &tbs);
	assert_true(n > 0);
	assert_int_equal(keys_sign(&p, STR("SHA256"), 0, (struct str){ (char *)tbs, (size_t)n }, &out), E_DENIED);
	for (size_t k = 0; k < (size_t)n; k++)
		assert_false(keys_message_allowed(p.type, STR("SHA256"), 0, (struct str){ (char *)tbs + k, (size_t)n - k }));
	assert_int_equal(keys_sign(&p, STR("SHA256"), 0, STR("eyJhbGciOiJFUzI1NiJ9.e30"), &out), E_DENIED);
	assert_int_equal(keys_sign(&p, STR("SHA256"), 0, STR(""), &out), E_DENIED);
	assert_int_equal(keys_sign(&p, STR("SHA1"), 0, message_13(SERVER, 32), &out), E_DENIED);
	assert_int_equal(keys_sign(&p, STR("sha256"), 0, message_13(SERVER, 32), &out), E_DENIED);
	assert_int_equal(out.n, 0);
	struct str good = message_13(SERVER, 32);
	assert_int_equal(keys_sign(&p, STR("SHA256"), 0, good, &out), OK);
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(m, NULL, EVP_sha256(), NULL, X509_get0_pubkey(x)), 1);
	assert_int_equal(EVP_DigestVerify(m, (unsigned char *)out.p, out.n, (const unsigned char *)good.p, good.n), 1);
	EVP_MD_CTX_free(m);
	X509_free(x);
	OPENSSL_free(tbs);
	buf_done(&out);
	x509_pair_done(&p);
}

static void test_A73_ticket_keys(void **state)
{
	uint8_t imap[2 * KEYS_TICKET], smtp[2 * KEYS_TICKET], later[2 * KEYS_TICKET];
	(void)state;
	keys_ticket_rotate();
	keys_ticket_rotate();
	keys_ticket_get(STR("imap"), imap);
	keys_ticket_get(STR("smtp"), smtp);
	assert_memory_not_equal(imap, imap + KEYS_TICKET, 16);
	assert_memory_not_equal(imap, imap + 16, 16);           /* the name, which is public, tells nothing of the rest */
	assert_memory_not_equal(imap, smtp, 16);
	assert_memory_not_equal(imap + 16, smtp + 16, KEYS_TICKET - 16);
	keys_ticket_get(STR("imap"), later);
	assert_memory_equal(imap, later, sizeof imap);
	keys_ticket_rotate();
	keys_ticket_get(STR("imap"), later);
	assert_memory_equal(later + KEYS_TICKET, imap, KEYS_TICKET);
	assert_memory_not_equal(later, imap, KEYS_TICKET);
}

/* ---- the folder ---- */

static char folder[] = "/tmp/test_keys_XXXXXX";
static int dir = -1;
static char bad_names[256];

static void write_file(const char *name, struct str bytes)
{
	auto_fd fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes), OK);
}

static void write_pair(const char *stem, struct str hostname)
{
	char name[128];
	struct buf key, crt;
	buf_init(&key, 64 << 10);
	buf_init(&crt, 64 << 10);
	assert_int_equal(x509_self_signed(hostname, &key, &crt), OK);
	snprintf(name, sizeof name, "%s.key", stem);
	write_file(name, buf_str(&key));
	snprintf(name, sizeof name, "%s.crt", stem);
	write_file(name, buf_str(&crt));
	buf_done(&key);
	buf_done(&crt);
}

static void on_bad(struct str name, int err)
{
	size_t n = strlen(bad_names);
	snprintf(bad_names + n, sizeof bad_names - n, STR_FMT ":%s ", STR_ARG(name), err_name(err));
}

static int setup_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0;
}

static int remove_folder(void **state)
{
	static const char *const files[] = { "tls.key", "tls.crt", "tls/b.test.key", "tls/b.test.crt", "tls/a.test.key", "tls/a.test.crt",
		"tls/broken.test.crt", "tls/broken.test.key", "tls/alone.test.crt", "tls/README" };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++)
		unlinkat(dir, files[i], 0);
	unlinkat(dir, "tls", AT_REMOVEDIR);
	fd_close(&dir);
	return rmdir(folder);
}

static void test_B55_folder(void **state)
{
	struct keys k, again;
	(void)state;
	assert_int_equal(keys_load(dir, on_bad, &k), E_NOTFOUND);
	write_pair("tls", STR("mail.example.test"));
	assert_int_equal(mkdirat(dir, "tls", 0700), 0);
	write_pair("tls/b.test", STR("b.test"));
	write_pair("tls/a.test", STR("a.test"));
	write_file("tls/broken.test.crt", STR("no certificate"));
	write_file("tls/broken.test.key", STR("no key"));
	write_file("tls/alone.test.crt", STR("no key beside it"));
	write_file("tls/README", STR("no business of ours"));
	assert_int_equal(keys_load(dir, on_bad, &k), OK);
	assert_int_equal(k.count, 3);
	assert_non_null(strstr(bad_names, "broken.test:"));
	assert_non_null(strstr(bad_names, "alone.test:"));
	assert_true(str_eq(buf_str(&k.names), STR("\6a.test\6b.test")));
	assert_ptr_equal(keys_by_name(&k, STR("")), &k.entries[0]);
	assert_ptr_equal(keys_by_name(&k, STR("A.test")), &k.entries[1]);
	assert_null(keys_by_name(&k, STR("c.test")));
	assert_ptr_equal(keys_by_id(&k, k.entries[2].pair.id), &k.entries[2]);
	assert_null(keys_by_id(&k, 1));
	assert_int_equal(keys_load(dir, on_bad, &again), OK);
	assert_int_equal(again.serial, k.serial);
	assert_int_equal(again.entries[0].pair.id, k.entries[0].pair.id);
	keys_done(&again);
	write_pair("tls/a.test", STR("a.test"));
	assert_int_equal(keys_load(dir, on_bad, &again), OK);
	assert_int_not_equal(again.serial, k.serial);
	keys_done(&again);
	keys_done(&k);
	write_file("tls.crt", STR("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
	assert_int_equal(keys_load(dir, on_bad, &k), E_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tls13), cmocka_unit_test(test_tls12), cmocka_unit_test(test_foreign_input),
		cmocka_unit_test(test_A73_ticket_keys), cmocka_unit_test(test_B55_folder),
	};
	return cmocka_run_group_tests(tests, setup_folder, remove_folder);
}
