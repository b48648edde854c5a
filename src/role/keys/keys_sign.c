#include "role/keys/keys.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

/* RFC 8446 4.4.3 */
#define SPACES_8 "        "
#define CONTEXT_13 SPACES_8 SPACES_8 SPACES_8 SPACES_8 SPACES_8 SPACES_8 SPACES_8 SPACES_8 "TLS 1.3, server CertificateVerify"
/* RFC 8446 4.1.3: the end of the random of a server that could do TLS 1.3 and was asked for 1.2 */
#define DOWNGRADE "DOWNGRD\1"

enum { RANDOM = 32, HASH_256 = 32, HASH_384 = 48, SIGNATURE_MAX = 1024, UNCOMPRESSED = 4 };

/* struct ServerECDHParams: ECCurveType named_curve (3), NamedCurve, opaque point<1..255> */
static const struct { struct str head; size_t point; bool uncompressed; } groups[] = {
	{ STR_INIT("\3\0\x1d\x20"), 32, false },        /* x25519 */
	{ STR_INIT("\3\0\x17\x41"), 65, true },         /* secp256r1 */
	{ STR_INIT("\3\0\x18\x61"), 97, true },         /* secp384r1 */
};

static const struct { struct str name; const char *openssl; } digests[] = {
	{ STR_INIT("SHA256"), "SHA256" }, { STR_INIT("SHA384"), "SHA384" }, { STR_INIT("SHA512"), "SHA512" }, { STR_INIT(""), NULL },
};

/* Which digests and paddings go with a kind of key, in either version. */
static bool scheme_allowed(enum x509_key_type type, struct str digest, uint32_t padding, bool tls13)
{
	if (type == X509_ED25519)
		return !digest.n && !padding;
	if (type == X509_EC_P256)
		return digest.n && !padding && (!tls13 || str_eq(digest, STR("SHA256")));
	return digest.n && (padding == RSA_PKCS1_PSS_PADDING || (padding == RSA_PKCS1_PADDING && !tls13));
}

static bool is_certificate_verify(struct str m)
{
	if (!str_take(&m, STR(CONTEXT_13)) || !str_take_char(&m, '\0'))
		return false;
	return m.n == HASH_256 || m.n == HASH_384;
}

static bool is_server_key_exchange(struct str m)
{
	(void)str_take_n(&m, RANDOM);
	struct str server_random = str_take_n(&m, RANDOM);
	if (!str_ends(server_random, STR(DOWNGRADE)))
		return false;
	for (size_t i = 0; i < COUNT_OF(groups); i++)
		if (str_take(&m, groups[i].head))
			return m.n == groups[i].point && (!groups[i].uncompressed || m.p[0] == UNCOMPRESSED);
	return false;
}

bool keys_message_allowed(enum x509_key_type type, struct str digest, uint32_t padding, struct str message)
{
	if (is_certificate_verify(message))
		return scheme_allowed(type, digest, padding, true);
	return is_server_key_exchange(message) && scheme_allowed(type, digest, padding, false);
}

static bool sign(const struct x509_pair *p, const char *digest, uint32_t padding, struct str message, unsigned char *out, size_t *n)
{
	EVP_PKEY_CTX *c;
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	bool ok = m && EVP_DigestSignInit_ex(m, &c, digest, NULL, NULL, p->key, NULL) == 1;
	if (ok && padding == RSA_PKCS1_PSS_PADDING)
		ok = EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
			EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) == 1;
	ok = ok && EVP_DigestSign(m, out, n, (const unsigned char *)message.p, message.n) == 1;
	EVP_MD_CTX_free(m);
	ERR_clear_error();
	return ok;
}

int keys_sign(const struct x509_pair *p, struct str digest, uint32_t padding, struct str message, struct buf *out)
{
	unsigned char signature[SIGNATURE_MAX];
	size_t n = sizeof signature, i = 0;
	while (i < COUNT_OF(digests) && !str_eq(digest, digests[i].name))
		i++;
	if (i == COUNT_OF(digests) || !keys_message_allowed(p->type, digest, padding, message))
		return E_DENIED;
	return sign(p, digests[i].openssl, padding, message, signature, &n) ? buf_put(out, signature, n) : E_IO;
}
