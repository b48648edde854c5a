/* What tests of DKIM and ARC share. Header only, because a test program is one file. */
#ifndef TEST_DKIM_H
#define TEST_DKIM_H

#include "proto/dkim/dkim_sign.h"
#include "proto/dkim/dkim_verify.h"
#include "proto/dns_env/dns_env_zone.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

/* A file of a suite, or an empty view where it is absent. */
static inline struct str test_file(struct arena *a, const char *file)
{
	const char *dir = getenv("CERALACCA_SUITES");
	struct str path = arena_printf(a, "%s/%s", dir ? dir : "../shared/suites", file);
	struct str text = STR("");
	FILE *f = fopen(path.p, "rb");
	if (!f)
		return text;
	fseek(f, 0, SEEK_END);
	size_t n = (size_t)ftell(f);
	char *p = arena_alloc(a, n + 1);
	rewind(f);
	text = (struct str){ p, fread(p, 1, n, f) };
	fclose(f);
	return text;
}

/* Lines of a file as lines of mail. */
static inline struct str test_crlf(struct arena *a, struct str text)
{
	char *p = arena_alloc(a, 2 * text.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n' && (i == 0 || text.p[i - 1] != '\r'))
			p[n++] = '\r';
		p[n++] = text.p[i];
	}
	return (struct str){ p, n };
}

static inline EVP_PKEY *test_private_key(struct str pem)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return key;
}

/* The Ed25519 key of RFC 8463 appendix A.2, and the record printed there. */
#define TEST_RFC8463_RECORD "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
static inline EVP_PKEY *test_rfc8463_key(void)
{
	static const unsigned char secret[32] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
						  0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60 };
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof secret);
}

static inline int test_sign_hash(void *ctx, enum dkim_algorithm algorithm, struct str hash, struct buf *out)
{
	unsigned char signature[1024];
	size_t n = sizeof signature;
	const unsigned char *bytes = (const unsigned char *)hash.p;
	bool good;
	if (algorithm == DKIM_ED25519_SHA256) {
		EVP_MD_CTX *md = EVP_MD_CTX_new();
		good = EVP_DigestSignInit(md, NULL, NULL, NULL, ctx) == 1 && EVP_DigestSign(md, signature, &n, bytes, hash.n) == 1;
		EVP_MD_CTX_free(md);
	} else {
		EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(ctx, NULL);
		good = EVP_PKEY_sign_init(c) == 1 && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1 && EVP_PKEY_sign(c, signature, &n, bytes, hash.n) == 1;
		EVP_PKEY_CTX_free(c);
	}
	return good ? buf_put(out, signature, n) : E_DENIED;
}

static inline int test_sign_callback(void *ctx, enum dkim_algorithm algorithm, struct str input, struct buf *out)
{
	unsigned char digest[DKIM_HASH_SIZE];
	struct dkim_hash hash;
	dkim_hash_init(&hash);
	dkim_hash_put(&hash, input);
	dkim_hash_end(&hash, digest);
	dkim_hash_done(&hash);
	return test_sign_hash(ctx, algorithm, (struct str){ (const char *)digest, sizeof digest }, out);
}

/* The record to publish for a private key. */
static inline struct str test_key_record(struct arena *a, EVP_PKEY *key)
{
	unsigned char raw[32], *der = NULL, text[4096];
	size_t raw_n = sizeof raw;
	if (EVP_PKEY_get_id(key) == EVP_PKEY_ED25519) {
		EVP_PKEY_get_raw_public_key(key, raw, &raw_n);
		int n = EVP_EncodeBlock(text, raw, (int)raw_n);
		return arena_printf(a, "v=DKIM1; k=ed25519; p=%.*s", n, (char *)text);
	}
	int der_n = i2d_PUBKEY(key, &der), n = EVP_EncodeBlock(text, der, der_n);
	struct str record = arena_printf(a, "v=DKIM1; k=rsa; p=%.*s", n, (char *)text);
	OPENSSL_free(der);
	return record;
}

/* Verifies a whole message, its body in pieces of that many bytes. */
static inline void test_verify(struct arena *a, struct str message, struct dns_source source, uint64_t now, size_t piece, struct dkim_verify *ret)
{
	static struct dkim_message m;
	struct dns_env dns;
	struct str body = str_skip(message, header_end(message));
	dns_env_init(&dns, a, source, DNS_ENV_LIMITS_DEFAULT);
	dkim_message_init(&m, a, str_first(message, header_end(message)));
	dkim_verify_begin(ret, &m);
	while (body.n)
		dkim_message_body(&m, str_take_n(&body, piece));
	dkim_message_body_end(&m);
	dkim_verify_end(ret, &dns, now);
	dkim_message_done(&m);
}

/* Adds one field for each signer above the message, as outgoing mail is signed. */
static inline int test_sign(struct arena *a, struct str message, const struct dkim_signer *signers, size_t count, uint64_t now, uint64_t lifetime,
			    struct buf *out)
{
	struct dkim_message m;
	struct dkim_sign s;
	dkim_message_init(&m, a, str_first(message, header_end(message)));
	int r = dkim_sign_begin(&s, &m);
	if (r == OK) {
		dkim_message_body(&m, str_skip(message, header_end(message)));
		dkim_message_body_end(&m);
	}
	for (size_t i = 0; r == OK && i < count; i++)
		r = dkim_sign_end(&s, &signers[i], now, lifetime, out);
	dkim_message_done(&m);
	return r == OK ? buf_put_str(out, message) : r;
}

#endif
