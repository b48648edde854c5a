/* Records against chains: a fixed certificate whose digests were computed by another program, then chains made here. */
#include "proto/dane/dane.h"

#include "base/base64.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum { NOW = 1700000000, DAY = 86400 };

/* ---- a fixed certificate; `openssl x509 -outform der | sha256sum`, and of its key sha256sum, sha512sum */

#define FIXED                                                                                                          \
	"MIIBpjCCAUugAwIBAgIUSD+8FYkB7EGNv5ULtIiyyunGWp4wCgYIKoZIzj0EAwIwGjEYMBYGA1UEAwwPbXguZXhhbXBsZS50ZXN0MB4XDTI2MTEyNTA5MzU1M1oX"    \
	"DTM2MTEyMjA5MzU1M1owGjEYMBYGA1UEAwwPbXguZXhhbXBsZS50ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/f24gJpErO7leff7PPv4D6G0YRB8x4U4"    \
	"oSRiQ6nokXoRGlIONGjnZa5MUB6nXDjdInA+AGm5pW3Yv2irD0Xt56NvMG0wHQYDVR0OBBYEFD2nwcngYCo+2wEr2NBPjocP48LBMB8GA1UdIwQYMBaAFD2nwcng"    \
	"YCo+2wEr2NBPjocP48LBMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIPbXguZXhhbXBsZS50ZXN0MAoGCCqGSM49BAMCA0kAMEYCIQDycK9VFdjxJxpvCArR"    \
	"zf1PQoY8AtiH1kUiCNGH+uDVFQIhANxCurJxE2MCRHgIftj9JE7twYN6ts15O3xIF6Vl6wdJ"
#define FIXED_CERT_256 "167fc31b058697f3bc1b47f7d1d1f19915d9f5c6bcb9b8f227af5ed65d8c1e17"
#define FIXED_KEY_256 "070cda2d9f8cf1af31045821206edd20241d22158ccfd019ae3d05d04f49177a"
#define FIXED_KEY_512                                                                                                  \
	"a3652aed79a9a3f6aa4d56aa1afc7d1c81d00306d7bf2be9401dadc05d5380ee"                                             \
	"035b629c7000437d25950b6b6c5e4273a7f810234cb4f56a937d1789cce0d902"
#define ZERO_256 "0000000000000000000000000000000000000000000000000000000000000000"

static struct buf answers;

static uint8_t nibble(char c) { return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10); }

/* "3 1 1 hex", "2 0 0 -N" for certificate N whole, several separated by ';'. */
static struct buf der[6];

static void put_data(struct bufw *w, struct str text, uint8_t selector)
{
	if (str_take(&text, STR("-"))) {
		const struct buf *d = &der[text.p[0] - '0'];
		const unsigned char *p = (const unsigned char *)d->p;
		if (selector == 0) {
			bufw_put(w, d->p, d->n);
			return;
		}
		unsigned char *key = NULL;
		X509 *x = d2i_X509(NULL, &p, (long)d->n);
		int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &key);
		bufw_put(w, key, (size_t)n);
		OPENSSL_free(key);
		X509_free(x);
		return;
	}
	for (size_t i = 0; i + 1 < text.n; i += 2)
		write_u8(w, (uint8_t)(nibble(text.p[i]) << 4 | nibble(text.p[i + 1])));
}

static void digest_of(struct bufw *w, struct str which, uint8_t selector, const EVP_MD *md)
{
	struct buf whole;
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned n;
	buf_init(&whole, 64 << 10);
	struct bufw in = { .b = &whole };
	put_data(&in, which, selector);
	assert_int_equal(EVP_Digest(whole.p, whole.n, out, &n, md, NULL), 1);
	bufw_put(w, out, n);
	buf_done(&whole);
}

static struct str records(const char *text)
{
	struct bufw all = { .b = &answers };
	struct str rest = str_c(text);
	buf_clear(&answers);
	while (rest.n) {
		struct str one = str_trim(str_until(&rest, ';'));
		struct buf b;
		buf_init(&b, 64 << 10);
		struct bufw w = { .b = &b };
		uint8_t matching = (uint8_t)(one.p[4] - '0');
		write_u8(&w, (uint8_t)(one.p[0] - '0'));
		write_u8(&w, (uint8_t)(one.p[2] - '0'));
		write_u8(&w, matching);
		struct str data = str_skip(one, 6);
		if (str_starts(data, STR("-")) && matching)
			digest_of(&w, data, (uint8_t)(one.p[2] - '0'), matching == 1 ? EVP_sha256() : EVP_sha512());
		else
			put_data(&w, data, (uint8_t)(one.p[2] - '0'));
		write_str(&all, buf_str(&b));
		buf_done(&b);
	}
	return buf_str(&answers);
}

/* ---- certificates of our own: 0 the fixed one, 1 root, 2 intermediate, 3 leaf, 4 expired leaf, 5 a stranger's */

static EVP_PKEY *key[6];

static void extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static void make(int i, int by, const char *name, bool ca, long until)
{
	X509 *x = X509_new(), *issuer = NULL;
	const unsigned char *p = (const unsigned char *)der[by].p;
	char san[100];
	key[i] = EVP_EC_gen("P-256");
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1 + i);
	ASN1_TIME_set(X509_getm_notBefore(x), NOW - 10 * DAY);
	ASN1_TIME_set(X509_getm_notAfter(x), NOW + until);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	issuer = by == i ? x : d2i_X509(NULL, &p, (long)der[by].n);
	X509_set_issuer_name(x, X509_get_subject_name(issuer));
	X509_set_pubkey(x, key[i]);
	extension(x, issuer, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	snprintf(san, sizeof san, "DNS:%s", name);
	if (!ca)
		extension(x, issuer, NID_subject_alt_name, san);
	assert_true(X509_sign(x, key[by], EVP_sha256()) > 0);
	unsigned char *out = NULL;
	int n = i2d_X509(x, &out);
	assert_int_equal(buf_put(&der[i], out, (size_t)n), OK);
	OPENSSL_free(out);
	if (issuer != x)
		X509_free(issuer);
	X509_free(x);
}

static int setup(void **state)
{
	(void)state;
	buf_init(&answers, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(der); i++)
		buf_init(&der[i], 64 << 10);
	assert_int_equal(base64_decode(&der[0], STR(FIXED)), OK);
	make(1, 1, "root", true, 100 * DAY);
	make(2, 1, "intermediate", true, 50 * DAY);
	make(3, 2, "mx.example.test", false, 10 * DAY);
	make(4, 2, "mx.example.test", false, -DAY);
	make(5, 5, "mx.example.test", false, 10 * DAY);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_done(&answers);
	for (size_t i = 0; i < COUNT_OF(der); i++) {
		buf_done(&der[i]);
		EVP_PKEY_free(key[i]);
	}
	return 0;
}

/* chain: numbers of certificates, leaf first. */
static enum dane_verdict check(const char *text, const char *chain, const char *name)
{
	struct dane_set set;
	struct str certs[8], names[2] = { STR("other.test"), str_c(name) };
	size_t n = 0;
	dane_set_read(records(text), &set);
	for (; *chain; chain++)
		certs[n++] = buf_str(&der[*chain - '0']);
	return dane_check(&set, certs, n, names, 2, NOW);
}

/* RFC 6698 section 2.1: selectors and matching types, against digests made elsewhere. */
static void test_fixed(void **state)
{
	(void)state;
	static const struct { const char *records; enum dane_verdict verdict; } rows[] = {
		{ "3 0 1 " FIXED_CERT_256, DANE_MATCH_EE },
		{ "3 1 1 " FIXED_KEY_256, DANE_MATCH_EE },
		{ "3 1 2 " FIXED_KEY_512, DANE_MATCH_EE },
		{ "3 0 0 -0", DANE_MATCH_EE },
		{ "3 1 0 -0", DANE_MATCH_EE },
		{ "3 0 1 " FIXED_KEY_256, DANE_NO_MATCH },
		{ "3 1 1 " FIXED_CERT_256, DANE_NO_MATCH },
		{ "3 1 1 " ZERO_256, DANE_NO_MATCH },
		{ "3 1 1 " ZERO_256 "; 3 1 1 " FIXED_KEY_256, DANE_MATCH_EE },
		{ "2 0 1 " FIXED_CERT_256, DANE_NO_MATCH }, /* an end is no authority, though it is self-signed */
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(check(rows[i].records, "0", "mx.example.test"), rows[i].verdict);
}

/* A44, RFC 7672 sections 3.1.1 to 3.1.3 and 3.2.2: which name, which date, which place in the chain matters to which usage. */
static void test_usages(void **state)
{
	(void)state;
	static const struct { const char *records, *chain, *name; enum dane_verdict verdict; } rows[] = {
		/* DANE-EE: neither name, nor date, nor issuer */
		{ "3 1 1 -3", "321", "mx.example.test", DANE_MATCH_EE },
		{ "3 1 1 -3", "3", "somebody.else", DANE_MATCH_EE },
		{ "3 1 1 -4", "42", "mx.example.test", DANE_MATCH_EE },
		{ "3 0 2 -5", "5", "mx.example.test", DANE_MATCH_EE },
		{ "3 1 1 -2", "321", "mx.example.test", DANE_NO_MATCH },
		/* DANE-TA: name, dates, and a path */
		{ "2 1 1 -1", "321", "mx.example.test", DANE_MATCH_TA },
		{ "2 0 1 -2", "32", "mx.example.test", DANE_MATCH_TA },
		{ "2 0 2 -2", "321", "MX.Example.Test", DANE_MATCH_TA },
		{ "2 1 0 -2", "32", "mx.example.test", DANE_MATCH_TA },
		{ "2 0 0 -1", "32", "mx.example.test", DANE_MATCH_TA }, /* the authority comes from the DNS */
		{ "2 0 0 -1", "3", "mx.example.test", DANE_NO_MATCH },  /* and what stands between is missing */
		{ "2 0 1 -1", "32", "mx.example.test", DANE_NO_MATCH },
		{ "2 1 1 -1", "321", "somebody.else", DANE_BAD_NAME },
		{ "2 1 1 -2", "42", "mx.example.test", DANE_BAD_DATES },
		{ "2 1 1 -1", "51", "mx.example.test", DANE_BAD_PATH }, /* a stranger shows the right authority beside his own */
		{ "2 1 1 -3", "53", "mx.example.test", DANE_BAD_PATH },
		{ "2 0 1 -3", "321", "mx.example.test", DANE_NO_MATCH },
		/* both kinds: one is enough */
		{ "2 1 1 -1; 3 1 1 -5", "5", "mx.example.test", DANE_MATCH_EE },
		{ "2 1 1 -1; 3 1 1 -5", "321", "mx.example.test", DANE_MATCH_TA },
		/* what cannot be used: PKIX usages, unknown numbers, wrong lengths, what is no certificate */
		{ "0 0 1 -1; 1 1 1 -3", "321", "mx.example.test", DANE_UNUSABLE },
		{ "3 2 1 -3; 3 1 3 0011; 4 1 1 -3", "321", "mx.example.test", DANE_UNUSABLE },
		{ "3 1 1 0011; 3 0 0 0011; 2 1 0 3000", "321", "mx.example.test", DANE_UNUSABLE },
		{ "3 1 1 0011; 3 1 1 -3", "321", "mx.example.test", DANE_MATCH_EE },
		/* RFC 7671 section 9: the strongest digest of a usage and selector, and what is there in full */
		{ "3 1 1 -3; 3 1 2 -5", "321", "mx.example.test", DANE_NO_MATCH },
		{ "3 1 1 -3; 3 0 2 -5", "321", "mx.example.test", DANE_MATCH_EE },
		{ "3 1 0 -3; 3 1 2 -5", "321", "mx.example.test", DANE_MATCH_EE },
		/* no chain at all */
		{ "3 1 1 -3", "", "mx.example.test", DANE_NO_MATCH },
		{ "2 1 1 -1", "", "mx.example.test", DANE_NO_MATCH },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum dane_verdict v = check(rows[i].records, rows[i].chain, rows[i].name);
		if (v != rows[i].verdict)
			fail_msg("row %zu (%s, chain %s): %d, not %d", i, rows[i].records, rows[i].chain, (int)v, (int)rows[i].verdict);
	}
}

static void test_bounds(void **state)
{
	(void)state;
	struct dane_set set;
	struct bufw w = { .b = &answers };
	struct str broken[3] = { STR(""), STR("\x30\x03xyz"), STR("xyz") };
	struct str one = records("3 1 1 -3"), name = STR("mx.example.test");
	char copy[64];
	memcpy(copy, one.p, one.n);
	for (int i = 0; i < 200; i++)
		bufw_put(&w, copy, one.n);
	dane_set_read(buf_str(&answers), &set);
	assert_int_equal(set.count, DANE_RECORDS_MAX);
	assert_int_equal(set.present, 201);
	for (size_t i = 0; i < COUNT_OF(broken); i++)
		assert_int_equal(dane_check(&set, &broken[i], 1, &name, 1, NOW), DANE_NO_MATCH);
	dane_set_read(STR("\x05" "abc"), &set); /* cut off */
	assert_int_equal(set.present, 0);
	dane_set_read(records("2 1 1 -1"), &set);
	struct str chain[3] = { buf_str(&der[3]), buf_str(&der[2]), buf_str(&der[1]) };
	assert_int_equal(dane_check(&set, chain, 3, NULL, 0, NOW), DANE_BAD_NAME); /* no name fits nobody */
	assert_true(dane_is_match(DANE_MATCH_EE) && dane_is_match(DANE_MATCH_TA) && !dane_is_match(DANE_UNUSABLE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_usages),
		cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
