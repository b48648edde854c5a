#include "proto/dkim/dkim_key.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdlib.h>

enum { ED25519_SIZE = 32, EXPONENT_MAX = 8, DER_INTEGER = 0x02, DER_BITS = 0x03, DER_SEQUENCE = 0x30 };

static const struct dkim_verdict fine = { DKIM_PASS, STR_INIT("") };

static struct dkim_verdict unusable(struct str reason) { return (struct dkim_verdict){ DKIM_PERMERROR, reason }; }

/* As much of DER (X.690) as an RSA key is made of: lengths in their shortest form, at most 64 KiB. */

static bool der_length(struct str *s, size_t *ret)
{
	const unsigned char *p = (const unsigned char *)s->p;
	if (s->n < 1)
		return false;
	size_t more = p[0] < 0x80 ? 0 : p[0] & 0x7fu, n = p[0];
	if (p[0] == 0x80 || more > 2 || s->n < 1 + more)
		return false;
	if (more)
		n = more == 1 ? p[1] : (size_t)p[1] << 8 | p[2];
	if (more && n < (more == 1 ? 0x80u : 0x100u))
		return false;
	*s = str_skip(*s, 1 + more);
	*ret = n;
	return true;
}

static bool der_take(struct str *s, unsigned char tag, struct str *ret)
{
	struct str rest = *s;
	size_t n;
	if (!str_take_char(&rest, (char)tag) || !der_length(&rest, &n) || n > rest.n)
		return false;
	*ret = str_take_n(&rest, n);
	*s = rest;
	return true;
}

/* A positive one, without its leading zero. */
static bool der_take_integer(struct str *s, struct str *ret)
{
	struct str n;
	if (!der_take(s, DER_INTEGER, &n) || n.n == 0 || (unsigned char)n.p[0] >= 0x80)
		return false;
	str_take_char(&n, '\0');
	*ret = n;
	return n.n && n.p[0];
}

/* RSAPublicKey (RFC 8017 appendix A.1.1). */
static bool take_rsa_public_key(struct str der, struct dkim_key *key)
{
	struct str fields;
	return der_take(&der, DER_SEQUENCE, &fields) && der.n == 0 && der_take_integer(&fields, &key->modulus) &&
	       der_take_integer(&fields, &key->exponent) && fields.n == 0;
}

/* SubjectPublicKeyInfo (RFC 5280 section 4.1) with rsaEncryption around it: what everybody publishes. Its BIT STRING leaves no bits over. */
static bool take_public_key_info(struct str der, struct dkim_key *key)
{
	static const struct str rsa_encryption = STR_INIT("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");
	struct str info, algorithm, bits;
	return der_take(&der, DER_SEQUENCE, &info) && der.n == 0 && der_take(&info, DER_SEQUENCE, &algorithm) &&
	       str_eq(algorithm, rsa_encryption) && der_take(&info, DER_BITS, &bits) && info.n == 0 && str_take_char(&bits, '\0') &&
	       take_rsa_public_key(bits, key);
}

static unsigned bit_length(struct str n)
{
	unsigned bits = (unsigned)n.n * 8;
	for (unsigned char top = (unsigned char)n.p[0]; top < 0x80; top = (unsigned char)(top << 1))
		bits--;
	return bits;
}

static struct dkim_verdict take_rsa(struct arena *a, struct str bytes, struct dkim_key *key)
{
	if (!take_public_key_info(bytes, key) && !take_rsa_public_key(bytes, key))
		return unusable(STR("the public key is no RSA key"));
	key->bits = bit_length(key->modulus);
	if (key->bits > DKIM_RSA_BITS_MAX || key->exponent.n > EXPONENT_MAX)
		return unusable(arena_printf(a, "the public key is too large (%u bits)", key->bits));
	return fine;
}

static struct dkim_verdict take_ed25519(struct arena *a, struct str bytes, struct dkim_key *key)
{
	(void)a;
	if (bytes.n != ED25519_SIZE)
		return unusable(STR("the public key is no Ed25519 key: it does not have 32 octets"));
	key->point = bytes;
	key->bits = ED25519_SIZE * 8;
	return fine;
}

static const struct {
	struct str name;
	enum dkim_key_type type;
	struct dkim_verdict (*take)(struct arena *a, struct str bytes, struct dkim_key *key);
} types[] = {
	{ STR_INIT("rsa"), DKIM_KEY_RSA, take_rsa },
	{ STR_INIT("ed25519"), DKIM_KEY_ED25519, take_ed25519 },
};

static struct dkim_verdict take_key(struct arena *a, struct str type, struct str text, struct dkim_key *key)
{
	struct str bytes;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (!str_ieq(types[i].name, type))
			continue;
		if (text.n == 0)
			return unusable(STR("the key has been revoked"));
		if (dkim_base64_decode(a, text, &bytes) != OK)
			return unusable(STR("the public key is no base64"));
		key->type = types[i].type;
		return types[i].take(a, bytes, key);
	}
	return unusable(STR("the key is of a type that is not known"));
}

static struct str tag_value(const struct dkim_tags *tags, struct str name, struct str otherwise)
{
	const struct dkim_tag *tag = dkim_tags_find(tags, name);
	return tag ? tag->value : otherwise;
}

struct dkim_verdict dkim_key_parse(struct arena *a, struct str record, struct dkim_key *ret)
{
	struct dkim_tags tags;
	struct dkim_key key = { .bits = 0 };
	if (record.n > DKIM_RECORD_MAX || dkim_tags_parse(record, &tags) != OK || !dkim_tags_find(&tags, STR("p")))
		return unusable(STR("the record in DNS is no key"));
	const struct dkim_tag *version = dkim_tags_find(&tags, STR("v"));
	if (version && (version != &tags.tags[0] || !str_eq(version->value, STR("DKIM1"))))
		return unusable(STR("the key record has a version that is not known"));
	if (!dkim_list_has(tag_value(&tags, STR("h"), STR("sha256")), STR("sha256")))
		return unusable(STR("the key is not meant for SHA-256"));
	struct str services = tag_value(&tags, STR("s"), STR("*"));
	if (!dkim_list_has(services, STR("*")) && !dkim_list_has(services, STR("email")))
		return unusable(STR("the key is not meant for mail"));
	struct str flags = tag_value(&tags, STR("t"), STR(""));
	key.testing = dkim_list_has(flags, STR("y"));
	key.strict = dkim_list_has(flags, STR("s"));
	struct dkim_verdict v = take_key(a, tag_value(&tags, STR("k"), STR("rsa")), tag_value(&tags, STR("p"), STR("")), &key);
	if (v.code == DKIM_PASS)
		*ret = key;
	return v;
}

struct dkim_verdict dkim_key_fetch(struct dns_env *dns, struct str selector, struct str domain, struct dkim_key *ret)
{
	struct str name = arena_printf(dns->a, "%.*s._domainkey.%.*s", (int)selector.n, selector.p, (int)domain.n, domain.p);
	struct dns_env_answer answer = dns_env_ask(dns, name, DNS_TXT);
	struct dkim_verdict v = unusable(STR("there is no such key in DNS"));
	if (answer.status == DNS_ENV_TEMPERROR && dns->exhausted)
		return (struct dkim_verdict){ DKIM_TEMPERROR, STR("the key was not asked for: too many questions for one message") };
	if (answer.status == DNS_ENV_TEMPERROR)
		return (struct dkim_verdict){ DKIM_TEMPERROR, STR("DNS did not give the key") };
	for (size_t i = 0; i < answer.count; i++) {
		struct dkim_verdict one = dkim_key_parse(dns->a, answer.values[i].text, ret);
		if (one.code == DKIM_PASS)
			return one;
		if (i == 0)
			v = one;
	}
	return v;
}

/* OpenSSL refuses these for want of memory only, and that ends the process (base/mem.h). */
static void *must(void *object)
{
	if (!object)
		abort();
	return object;
}

static EVP_PKEY *rsa_key(const struct dkim_key *key)
{
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = must(EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL));
	BIGNUM *n = must(BN_bin2bn((const unsigned char *)key->modulus.p, (int)key->modulus.n, NULL));
	BIGNUM *e = must(BN_bin2bn((const unsigned char *)key->exponent.p, (int)key->exponent.n, NULL));
	OSSL_PARAM_BLD *builder = must(OSSL_PARAM_BLD_new());
	OSSL_PARAM *params = NULL;
	if (OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		params = OSSL_PARAM_BLD_to_param(builder);
	if (EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	BN_free(e);
	BN_free(n);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static bool rsa_verifies(const struct dkim_key *key, const unsigned char *hash, struct str signature)
{
	EVP_PKEY *pkey = rsa_key(key);
	EVP_PKEY_CTX *ctx = pkey ? must(EVP_PKEY_CTX_new(pkey, NULL)) : NULL;
	bool good = ctx && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
		    EVP_PKEY_verify(ctx, (const unsigned char *)signature.p, signature.n, hash, DKIM_HASH_SIZE) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

/* By libsodium: half the time of OpenSSL 3.0, and stricter about what a signature is. */
static bool ed25519_verifies(const struct dkim_key *key, const unsigned char *hash, struct str signature)
{
	return signature.n == crypto_sign_BYTES && key->point.n == crypto_sign_PUBLICKEYBYTES && sodium_init() >= 0 &&
	       crypto_sign_verify_detached((const unsigned char *)signature.p, hash, DKIM_HASH_SIZE, (const unsigned char *)key->point.p) == 0;
}

struct dkim_verdict dkim_key_verify(struct arena *a, const struct dkim_key *key, enum dkim_algorithm algorithm,
				    const unsigned char hash[DKIM_HASH_SIZE], struct str signature)
{
	bool want_rsa = algorithm == DKIM_RSA_SHA256;
	if (want_rsa != (key->type == DKIM_KEY_RSA))
		return unusable(STR("the key in DNS is for another algorithm"));
	ERR_set_mark();
	bool good = (want_rsa ? rsa_verifies : ed25519_verifies)(key, hash, signature);
	ERR_pop_to_mark();      /* what strangers sign wrongly is nobody else's error */
	if (!good)
		return (struct dkim_verdict){ DKIM_FAIL, STR("the signature is not by this key, or a signed header field was changed") };
	if (want_rsa && key->bits < DKIM_RSA_BITS_MIN)
		return (struct dkim_verdict){ DKIM_POLICY, arena_printf(a, "the signature is right, but its key of %u bits proves nothing", key->bits) };
	return fine;
}
