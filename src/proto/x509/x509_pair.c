#include "proto/x509/x509_pair.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <time.h>

enum { RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 8192, PEM_MAX = 256 << 10 };

static int no_passphrase(char *buf, int n, int writing, void *ctx)
{
	(void)buf, (void)n, (void)writing, (void)ctx;
	return -1;
}

static EVP_PKEY *read_key(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	BIO_free(bio);
	return key;
}

static int key_type(const EVP_PKEY *key, enum x509_key_type *ret)
{
	char group[64];
	size_t n;
	int bits = EVP_PKEY_get_bits(key);
	if (EVP_PKEY_is_a(key, "RSA") && bits >= RSA_BITS_LEAST && bits <= RSA_BITS_MOST)
		*ret = X509_RSA;
	else if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &n) == 1 && strcmp(group, "prime256v1") == 0)
		*ret = X509_EC_P256;
	else if (EVP_PKEY_is_a(key, "ED25519"))
		*ret = X509_ED25519;
	else
		return E_UNSUPPORTED;
	return OK;
}

static uint64_t key_id(X509 *leaf)
{
	unsigned char digest[SHA256_DIGEST_LENGTH], *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
	if (n <= 0)
		return 0;
	SHA256(der, (size_t)n, digest);
	OPENSSL_free(der);
	return get_le64(digest);
}

static int64_t not_after(const X509 *x)
{
	struct tm tm = { 0 };
	return ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static int put_certificate(struct buf *chain, X509 *x)
{
	struct bufw w = { .b = chain };
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	if (n <= 0)
		return E_SYNTAX;
	write_str(&w, (struct str){ (const char *)der, (size_t)n });
	OPENSSL_free(der);
	return w.err;
}

static int take_leaf(struct x509_pair *p, X509 *leaf)
{
	if (X509_check_private_key(leaf, p->key) != 1)
		return E_DENIED;
	p->id = key_id(leaf);
	p->not_after = not_after(leaf);
	return p->id ? OK : E_SYNTAX;
}

static int read_chain(struct x509_pair *p, struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x;
	int r = bio ? OK : E_IO, count = 0;
	while (r == OK && (x = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL))) {
		if (count++ == 0)
			r = take_leaf(p, x);
		if (r == OK)
			r = count <= X509_CHAIN_COUNT ? put_certificate(&p->chain, x) : E_TOOBIG;
		X509_free(x);
	}
	/* the end of the file is the one good reason to stop */
	if (r == OK && (!count || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
		r = E_SYNTAX;
	BIO_free(bio);
	return r;
}

int x509_pair_load(struct str key_pem, struct str cert_pem, struct x509_pair *ret)
{
	if (key_pem.n > PEM_MAX || cert_pem.n > PEM_MAX)
		return E_TOOBIG;
	struct x509_pair p = { .key = read_key(key_pem) };
	buf_init(&p.chain, X509_CHAIN_BYTES);
	int r = p.key ? key_type(p.key, &p.type) : E_SYNTAX;
	ERR_clear_error();
	if (r == OK)
		r = read_chain(&p, cert_pem);
	ERR_clear_error();
	if (r == OK)
		*ret = p;
	else
		x509_pair_done(&p);
	return r;
}

void x509_pair_done(struct x509_pair *p)
{
	EVP_PKEY_free(p->key);
	buf_done(&p->chain);
	p->key = NULL;
}
