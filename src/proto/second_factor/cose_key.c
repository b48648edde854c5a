#include "proto/second_factor/cose_key.h"

#include "proto/second_factor/webauthn.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

enum { LABEL_TYPE = 1, LABEL_ALGORITHM = 3, LABEL_1 = -1, LABEL_2 = -2, LABEL_3 = -3 };
enum { TYPE_OKP = 1, TYPE_EC2 = 2, TYPE_RSA = 3, CURVE_P256 = 1, CURVE_ED25519 = 6 };
enum { COORDINATE = 32, RSA_BYTES_LEAST = 256, RSA_BYTES_MOST = 512 };

/* ---- reading ---- */

/* Labels below 0 mean what the type says: -1 is a curve or RSA's n, -2 is x or RSA's e, -3 is y. */
static void take_entry(struct cbor *c, int64_t label, struct cose_key *k)
{
	bool rsa = k->type == TYPE_RSA;
	if (label == LABEL_TYPE)
		k->type = cbor_int(c);
	else if (label == LABEL_ALGORITHM)
		k->algorithm = cbor_int(c);
	else if (label == LABEL_1 && !rsa)
		k->curve = cbor_int(c);
	else if (label == LABEL_1 || (label == LABEL_2 && !rsa))
		k->x = cbor_bytes(c);
	else if (label == LABEL_2 || label == LABEL_3)
		k->y = cbor_bytes(c);
	else
		cbor_skip(c);
}

static bool is_supported(const struct cose_key *k)
{
	static const struct str e65537 = STR_INIT("\x01\x00\x01");
	switch (k->algorithm) {
	case WEBAUTHN_ES256:
		return k->type == TYPE_EC2 && k->curve == CURVE_P256 && k->x.n == COORDINATE && k->y.n == COORDINATE;
	case WEBAUTHN_EDDSA:
		return k->type == TYPE_OKP && k->curve == CURVE_ED25519 && k->x.n == COORDINATE;
	case WEBAUTHN_RS256:
		return k->type == TYPE_RSA && k->x.n >= RSA_BYTES_LEAST && k->x.n <= RSA_BYTES_MOST && ((unsigned char)k->x.p[0] & 0x80) &&
			str_eq(k->y, e65537);
	default:
		return false;
	}
}

/* CTAP2's canonical order puts the type first, then ascending labels of one sign: 1, 3, -1, -2, -3. Any order in which the type comes
 * before what it explains will do. */
int cose_key_read(struct cbor *c, struct cose_key *ret)
{
	struct cose_key k = { 0 };
	unsigned seen = 0;
	for (size_t n = cbor_map(c); n && c->err == OK; n--) {
		if (cbor_peek(c) == CBOR_TEXT) {
			(void)cbor_text(c);
			cbor_skip(c);
			continue;
		}
		int64_t label = cbor_int(c);
		unsigned bit = label >= LABEL_3 && label <= LABEL_ALGORITHM ? 1u << (label - LABEL_3) : 0;
		if (seen & bit || (label < 0 && !k.type))
			return E_SYNTAX;
		seen |= bit;
		take_entry(c, label, &k);
	}
	if (c->err != OK)
		return E_SYNTAX;
	if (!is_supported(&k))
		return E_UNSUPPORTED;
	*ret = k;
	return OK;
}

/* ---- verifying ---- */

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *bld)
{
	EVP_PKEY *key = NULL;
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *ec_key(const struct cose_key *k)
{
	unsigned char point[1 + 2 * COORDINATE] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;
	memcpy(point + 1, k->x.p, COORDINATE);
	memcpy(point + 1 + COORDINATE, k->y.p, COORDINATE);
	if (bld && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1)
		key = from_params("EC", bld);
	OSSL_PARAM_BLD_free(bld);
	return key;
}

static EVP_PKEY *rsa_key(const struct cose_key *k)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn((const unsigned char *)k->x.p, (int)k->x.n, NULL), *e = BN_bin2bn((const unsigned char *)k->y.p, (int)k->y.n, NULL);
	EVP_PKEY *key = NULL;
	if (bld && n && e && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		key = from_params("RSA", bld);
	BN_free(n);
	BN_free(e);
	OSSL_PARAM_BLD_free(bld);
	return key;
}

static EVP_PKEY *public_key(const struct cose_key *k)
{
	switch (k->type) {
	case TYPE_EC2:
		return ec_key(k);
	case TYPE_OKP:
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)k->x.p, k->x.n);
	default:
		return rsa_key(k);
	}
}

int cose_key_verify(const struct cose_key *k, struct str signature, struct str text)
{
	EVP_PKEY *key = public_key(k);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = k->type == TYPE_OKP ? NULL : EVP_sha256();
	bool right = key && ctx && EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
		EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n, (const unsigned char *)text.p, text.n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return right ? OK : E_DENIED;
}
