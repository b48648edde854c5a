#include "io/tls_remote.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <strings.h>

enum { SIGNATURE_MAX = 1024 };

/* The name of the one import parameter: the bytes of a struct remote_init, which never leave this file. */
#define PARAM_REMOTE "remote"
struct remote_init { uint64_t key; tls_sign_fn *sign; void *ctx; EVP_PKEY *public; };

struct remote_key { struct remote_init init; };

/* ---- key management ---- */

static void *key_new(void *provider)
{
	(void)provider;
	return mem_new(struct remote_key);
}

static void key_free(void *key)
{
	struct remote_key *k = key;
	if (!k)
		return;
	EVP_PKEY_free(k->init.public);
	mem_free(k);
}

static int key_has(const void *key, int selection)
{
	const struct remote_key *k = key;
	(void)selection;            /* what is not here can still be used: the private half signs from afar */
	return k->init.public != NULL;
}

static int key_match(const void *a, const void *b, int selection)
{
	const struct remote_key *x = a, *y = b;
	(void)selection;
	return EVP_PKEY_eq(x->init.public, y->init.public) == 1;
}

static int key_import(void *key, int selection, const OSSL_PARAM params[])
{
	struct remote_key *k = key;
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, PARAM_REMOTE);
	(void)selection;
	if (!p || p->data_type != OSSL_PARAM_OCTET_STRING || p->data_size != sizeof k->init || k->init.public)
		return 0;
	memcpy(&k->init, p->data, sizeof k->init);
	return EVP_PKEY_up_ref(k->init.public);
}

/* Public halves go to other providers (to compare with a certificate's key). A whole key does not: OpenSSL would then sign
 * with what it got, and it got no private half. */
static int key_export(void *key, int selection, OSSL_CALLBACK *give, void *arg)
{
	struct remote_key *k = key;
	if (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY)
		return 0;
	return EVP_PKEY_export(k->init.public, EVP_PKEY_PUBLIC_KEY, give, arg);
}

static const OSSL_PARAM *key_import_types(int selection)
{
	static const OSSL_PARAM types[] = { OSSL_PARAM_octet_string(PARAM_REMOTE, NULL, 0), OSSL_PARAM_END };
	(void)selection;
	return types;
}

static const OSSL_PARAM *key_export_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0), OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0), OSSL_PARAM_END,
	};
	return selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY ? NULL : types;
}

static int key_get_params(void *key, OSSL_PARAM params[])
{
	struct remote_key *k = key;
	return EVP_PKEY_get_params(k->init.public, params);
}

static const OSSL_PARAM *key_gettable(void *provider)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL), OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL), OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0), OSSL_PARAM_END,
	};
	(void)provider;
	return known;
}

static const char *ec_signature(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

#define FN(f) ((void (*)(void))(f))
#define KEYMGMT_COMMON                                                                             \
	{ OSSL_FUNC_KEYMGMT_NEW, FN(key_new) }, { OSSL_FUNC_KEYMGMT_FREE, FN(key_free) },          \
	{ OSSL_FUNC_KEYMGMT_HAS, FN(key_has) }, { OSSL_FUNC_KEYMGMT_MATCH, FN(key_match) },        \
	{ OSSL_FUNC_KEYMGMT_IMPORT, FN(key_import) }, { OSSL_FUNC_KEYMGMT_IMPORT_TYPES, FN(key_import_types) }, \
	{ OSSL_FUNC_KEYMGMT_EXPORT, FN(key_export) }, { OSSL_FUNC_KEYMGMT_EXPORT_TYPES, FN(key_export_types) }, \
	{ OSSL_FUNC_KEYMGMT_GET_PARAMS, FN(key_get_params) }, { OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, FN(key_gettable) }

static const OSSL_DISPATCH keymgmt[] = { KEYMGMT_COMMON, { 0, NULL } };
static const OSSL_DISPATCH keymgmt_ec[] = { KEYMGMT_COMMON, { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, FN(ec_signature) }, { 0, NULL } };

/* ---- signatures ---- */

struct remote_signature { const struct remote_key *key; uint32_t padding; const char *digest; };

/* OpenSSL's several names of the digests that TLS 1.2 and 1.3 sign with, and the one that travels. */
static const struct { const char *name, *other, *wire; } digests[] = {
	{ "SHA256", "SHA2-256", "SHA256" }, { "SHA384", "SHA2-384", "SHA384" }, { "SHA512", "SHA2-512", "SHA512" },
};

static const char *digest_wire(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(digests); i++)
		if (strcasecmp(name, digests[i].name) == 0 || strcasecmp(name, digests[i].other) == 0)
			return digests[i].wire;
	return NULL;
}

static void *signature_new(void *provider, const char *properties)
{
	(void)provider;
	(void)properties;
	return mem_new(struct remote_signature);
}

static void signature_free(void *signature) { mem_free(signature); }

static int set_padding(struct remote_signature *s, const OSSL_PARAM *p)
{
	int mode;
	if (p->data_type == OSSL_PARAM_UTF8_STRING) {
		if (strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS) != 0 && strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) != 0)
			return 0;
		s->padding = strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0 ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
		return 1;
	}
	if (!OSSL_PARAM_get_int(p, &mode) || (mode != RSA_PKCS1_PADDING && mode != RSA_PKCS1_PSS_PADDING))
		return 0;
	s->padding = (uint32_t)mode;
	return 1;
}

/* TLS asks for a salt as long as the digest, and gets no other. */
static bool salt_is_digest(const OSSL_PARAM *p)
{
	int length;
	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		return strcmp(p->data, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0;
	return OSSL_PARAM_get_int(p, &length) && length == RSA_PSS_SALTLEN_DIGEST;
}

static int signature_set_params(void *signature, const OSSL_PARAM params[])
{
	struct remote_signature *s = signature;
	if (!params)
		return 1;
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (p && !set_padding(s, p))
		return 0;
	p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
	return !p || salt_is_digest(p);
}

static const OSSL_PARAM *signature_settable(void *signature, void *provider)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0), OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
		OSSL_PARAM_END,
	};
	(void)signature;
	(void)provider;
	return known;
}

static int sign_init(void *signature, const char *digest, void *key, const OSSL_PARAM params[])
{
	struct remote_signature *s = signature;
	s->key = key;
	if (EVP_PKEY_is_a(s->key->init.public, "ED25519")) {
		s->digest = "";
		return !digest || !*digest;
	}
	s->padding = EVP_PKEY_is_a(s->key->init.public, "RSA") ? RSA_PKCS1_PADDING : 0;
	s->digest = digest ? digest_wire(digest) : NULL;
	return s->digest && signature_set_params(s, params);
}

/* The call that leaves the process. Other fibers run meanwhile and leave their own errors in the queue of this thread. */
static int sign(void *signature, unsigned char *out, size_t *n, size_t room, const unsigned char *message, size_t message_n)
{
	struct remote_signature *s = signature;
	const struct remote_init *k = &s->key->init;
	if (!out) {
		*n = (size_t)EVP_PKEY_get_size(k->public);
		return 1;
	}
	struct buf bytes;
	buf_init(&bytes, SIGNATURE_MAX);
	struct tls_sign_request q = { k->key, str_c(s->digest), s->padding, { (const char *)message, message_n } };
	int r = k->sign(k->ctx, &q, &bytes);
	ERR_clear_error();
	if (r == OK && bytes.n && bytes.n <= room) {
		memcpy(out, bytes.p, bytes.n);
		*n = bytes.n;
	} else {
		r = E_IO;
	}
	buf_done(&bytes);
	return r == OK;
}

static const OSSL_DISPATCH signature[] = {
	{ OSSL_FUNC_SIGNATURE_NEWCTX, FN(signature_new) },
	{ OSSL_FUNC_SIGNATURE_FREECTX, FN(signature_free) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, FN(sign_init) },
	{ OSSL_FUNC_SIGNATURE_DIGEST_SIGN, FN(sign) },
	{ OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, FN(signature_set_params) },
	{ OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, FN(signature_settable) },
	{ 0, NULL },
};

/* ---- the provider ---- */

#define PROPERTIES "provider=ceralacca"

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
	static const OSSL_ALGORITHM keys[] = {
		{ "RSA:rsaEncryption", PROPERTIES, keymgmt, NULL }, { "EC:id-ecPublicKey", PROPERTIES, keymgmt_ec, NULL },
		{ "ED25519", PROPERTIES, keymgmt, NULL }, { NULL, NULL, NULL, NULL },
	};
	static const OSSL_ALGORITHM signatures[] = {
		{ "RSA:rsaEncryption", PROPERTIES, signature, NULL }, { "ECDSA", PROPERTIES, signature, NULL },
		{ "ED25519", PROPERTIES, signature, NULL }, { NULL, NULL, NULL, NULL },
	};
	(void)provider;
	*no_cache = 0;
	return operation == OSSL_OP_KEYMGMT ? keys : operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **provider)
{
	static const OSSL_DISPATCH functions[] = { { OSSL_FUNC_PROVIDER_QUERY_OPERATION, FN(query) }, { 0, NULL } };
	(void)in;
	*out = functions;
	*provider = (void *)handle;
	return 1;
}

OSSL_LIB_CTX *tls_remote_context(void)
{
	static OSSL_LIB_CTX *context;
	if (context)
		return context;
	/* the system's configuration file cannot be read behind the walls, and has no say */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	OSSL_LIB_CTX *c = OSSL_LIB_CTX_new();
	/* whatever both offer comes from the default provider, but for a key that is ours */
	if (!c || !OSSL_PROVIDER_add_builtin(c, "ceralacca", provider_init) || !OSSL_PROVIDER_load(c, "default") ||
	    !OSSL_PROVIDER_load(c, "ceralacca") || !EVP_set_default_properties(c, "?provider=default"))
		abort();
	context = c;
	return c;
}

static const char *type_name(const EVP_PKEY *public)
{
	char group[64];
	size_t n;
	if (EVP_PKEY_is_a(public, "RSA"))
		return "RSA";
	if (EVP_PKEY_is_a(public, "ED25519"))
		return "ED25519";
	bool p256 = EVP_PKEY_is_a(public, "EC") && EVP_PKEY_get_group_name(public, group, sizeof group, &n) && strcmp(group, "prime256v1") == 0;
	return p256 ? "EC" : NULL;
}

int tls_remote_key(EVP_PKEY *public, uint64_t key, tls_sign_fn *sign_fn, void *ctx, EVP_PKEY **ret)
{
	struct remote_init init = { key, sign_fn, ctx, public };
	OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(PARAM_REMOTE, &init, sizeof init), OSSL_PARAM_construct_end() };
	const char *type = type_name(public);
	if (!type)
		return E_UNSUPPORTED;
	EVP_PKEY *made = NULL;
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(tls_remote_context(), type, PROPERTIES);
	bool ok = c && EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, &made, EVP_PKEY_KEYPAIR, params) == 1;
	EVP_PKEY_CTX_free(c);
	ERR_clear_error();
	if (!ok)
		return E_UNSUPPORTED;
	*ret = made;
	return OK;
}
