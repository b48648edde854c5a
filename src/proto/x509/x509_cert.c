#include "proto/x509/x509_cert.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

enum { PEM_MAX = 1 << 20, HOST_MAX = 255 };

static int64_t unix_time(const ASN1_TIME *t)
{
	int days, seconds;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int64_t s = epoch && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1 ? (int64_t)days * 86400 + seconds : 0;
	ASN1_TIME_free(epoch);
	return s;
}

/* One line in the form of RFC 2253; control bytes are escaped. */
static void name_text(const X509_NAME *name, char text[X509_CERT_TEXT])
{
	BIO *b = BIO_new(BIO_s_mem());
	int n = -1;
	if (b && X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(b, text, X509_CERT_TEXT - 1);
	text[n > 0 ? n : 0] = '\0';
	BIO_free(b);
}

static void key_text(const X509 *x, char *text, size_t cap)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	char group[32] = "";
	size_t n;
	if (!key)
		snprintf(text, cap, "unknown");
	else if (EVP_PKEY_get_group_name(key, group, sizeof group, &n) == 1)
		snprintf(text, cap, "%s %s", EVP_PKEY_get0_type_name(key), group);
	else
		snprintf(text, cap, "%s %d", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
}

int x509_cert_describe(struct str pem, struct str host, struct x509_cert *ret)
{
	char name[HOST_MAX + 1];
	if (pem.n > PEM_MAX || str_to_c(host, name, sizeof name) != OK)
		return E_SYNTAX;
	BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
	BIO_free(b);
	ERR_clear_error();
	if (!x)
		return E_SYNTAX;
	*ret = (struct x509_cert){
		.not_before = unix_time(X509_get0_notBefore(x)),
		.not_after = unix_time(X509_get0_notAfter(x)),
		.self_issued = X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(x)) == 0,
		.matches = X509_check_host(x, name, host.n, 0, NULL) == 1,
	};
	name_text(X509_get_subject_name(x), ret->subject);
	name_text(X509_get_issuer_name(x), ret->issuer);
	key_text(x, ret->key, sizeof ret->key);
	X509_free(x);
	ERR_clear_error();
	return OK;
}
