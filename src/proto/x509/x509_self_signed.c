#include "proto/x509/x509_self_signed.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

enum { DNS_NAME_MAX = 253, COMMON_NAME_MAX = 64 /* RFC 5280 ub-common-name */, SERIAL_BYTES = 16, HOUR = 3600, DAY = 24 * HOUR };

static bool is_host_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '.')
			return false;
	return s.n && s.n <= DNS_NAME_MAX && s.p[0] != '.' && s.p[0] != '-';
}

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = e && X509_add_ext(x, e, -1) == 1;
	X509_EXTENSION_free(e);
	return ok;
}

/* Not through a configuration string: nothing in a name can then be taken for syntax. */
static bool add_alternative_name(X509 *x, struct str hostname)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	bool ok = names && name && text && ASN1_STRING_set(text, hostname.p, (int)hostname.n) == 1;
	if (ok) {
		GENERAL_NAME_set0_value(name, GEN_DNS, text);
		text = NULL;
		ok = sk_GENERAL_NAME_push(names, name) > 0;
		if (ok)
			name = NULL;
	}
	ok = ok && X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
	ASN1_IA5STRING_free(text);
	GENERAL_NAME_free(name);
	GENERAL_NAMES_free(names);
	return ok;
}

static bool set_serial(X509 *x)
{
	unsigned char bytes[SERIAL_BYTES];
	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return false;
	bytes[0] = (bytes[0] & 0x7f) | 0x40;        /* positive, and never shorter */
	BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
	bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return ok;
}

static bool set_names(X509 *x, struct str hostname)
{
	X509_NAME *subject = X509_get_subject_name(x);
	struct str common = hostname.n <= COMMON_NAME_MAX ? hostname : STR("Ceralacca");
	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)common.p, (int)common.n, -1, 0) == 1 &&
		X509_set_issuer_name(x, subject) == 1 && add_alternative_name(x, hostname);
}

static bool fill(X509 *x, EVP_PKEY *key, struct str hostname)
{
	return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && X509_gmtime_adj(X509_getm_notBefore(x), -HOUR) &&
		X509_gmtime_adj(X509_getm_notAfter(x), (long)X509_SELF_SIGNED_DAYS * DAY - HOUR) && X509_set_pubkey(x, key) == 1 &&
		set_names(x, hostname) && add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
		add_extension(x, NID_key_usage, "critical,digitalSignature") && add_extension(x, NID_ext_key_usage, "serverAuth") &&
		X509_sign(x, key, EVP_sha256()) > 0;
}

static int put_bio(struct buf *out, BIO *bio)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);
	return buf_put(out, p, n > 0 ? (size_t)n : 0);
}

static int write_both(EVP_PKEY *key, X509 *x, struct buf *key_pem, struct buf *cert_pem)
{
	BIO *k = BIO_new(BIO_s_secmem()), *c = BIO_new(BIO_s_mem());
	int r = k && c && PEM_write_bio_PKCS8PrivateKey(k, key, NULL, NULL, 0, NULL, NULL) == 1 && PEM_write_bio_X509(c, x) == 1 ? OK : E_IO;
	if (r == OK)
		r = put_bio(key_pem, k);
	if (r == OK)
		r = put_bio(cert_pem, c);
	BIO_free(k);
	BIO_free(c);
	return r;
}

int x509_self_signed(struct str hostname, struct buf *key_pem, struct buf *cert_pem)
{
	if (!is_host_name(hostname))
		return E_SYNTAX;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	int r = key && x && fill(x, key, hostname) ? write_both(key, x, key_pem, cert_pem) : E_IO;
	X509_free(x);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return r;
}
