#include "io/tls.h"

#include "io/tls_remote.h"
#include "os/clock.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdlib.h>

/* RFC 9325: TLS 1.2 with ephemeral ECDH and AEAD only; TLS 1.3 as it is. */
#define CIPHERS_12 "ECDHE+AESGCM:ECDHE+CHACHA20"
#define CIPHERS_13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS "X25519:P-256:P-384"
#define SIGNATURES                                                                                             \
	"ECDSA+SHA256:ed25519:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"                    \
	"ECDSA+SHA384:ECDSA+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512"

enum { NAME_MAX_DNS = 255, CERTIFICATE_MAX = 16 << 10 };

struct ticket_key { unsigned char name[16], aes[32], mac[32]; };
_Static_assert(sizeof(struct ticket_key) == TLS_TICKET_KEY, "bytes only, no padding");

struct named { char *name; SSL_CTX *ctx; };

struct tls_server {
	tls_sign_fn *sign;
	void *sign_ctx;
	struct named *ids;          /* the first is the default */
	size_t count;
	struct map by_name;         /* lower case -> struct named */
	struct ticket_key tickets[2];       /* in use, and the one before */
	int64_t rotated;
};

/* Where a session keeps the protocols of its service. */
static int protocols_index(void)
{
	static int index = -1;
	if (index < 0)
		index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return index;
}

/* ---- tickets ---- */

static void ticket_key_make(struct ticket_key *k)
{
	if (RAND_bytes(k->name, sizeof k->name) != 1 || RAND_priv_bytes(k->aes, sizeof k->aes) != 1 || RAND_priv_bytes(k->mac, sizeof k->mac) != 1)
		abort();
}

void tls_server_rotate(struct tls_server *s)
{
	s->tickets[1] = s->tickets[0];
	ticket_key_make(&s->tickets[0]);
	s->rotated = clock_mono_ms();
}

void tls_server_tickets(struct tls_server *s, const uint8_t fresh[TLS_TICKET_KEY], const uint8_t older[TLS_TICKET_KEY])
{
	memcpy(&s->tickets[0], fresh, TLS_TICKET_KEY);
	memcpy(&s->tickets[1], older, TLS_TICKET_KEY);
	s->rotated = clock_mono_ms();
}

/* Handshakes drive the rotation. After a pause of two periods both keys are too old to be of use to anyone. */
static void rotate_when_due(struct tls_server *s)
{
	int64_t age = clock_mono_ms() - s->rotated;
	if (age >= TLS_TICKET_PERIOD_MS)
		tls_server_rotate(s);
	if (age >= 2 * (int64_t)TLS_TICKET_PERIOD_MS)
		tls_server_rotate(s);
}

static bool ticket_mac(EVP_MAC_CTX *mac, struct ticket_key *k)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, k->mac, sizeof k->mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0), OSSL_PARAM_construct_end(),
	};
	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/* SSL_CTX_set_tlsext_ticket_key_evp_cb(3): 1 go on, 2 go on and renew, 0 no such key (full handshake), -1 failure. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
	struct tls_server *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	rotate_when_due(s);
	if (sealing) {
		struct ticket_key *k = &s->tickets[0];
		if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
			return -1;
		memcpy(name, k->name, sizeof k->name);
		return EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->aes, iv) == 1 && ticket_mac(mac, k) ? 1 : -1;
	}
	for (size_t i = 0; i < COUNT_OF(s->tickets); i++) {
		struct ticket_key *k = &s->tickets[i];
		if (memcmp(name, k->name, sizeof k->name) != 0)
			continue;
		if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->aes, iv) != 1 || !ticket_mac(mac, k))
			return -1;
		return i == 0 ? 1 : 2;
	}
	return 0;
}

/* ---- what the client names ---- */

static int on_name(SSL *ssl, int *alert, void *arg)
{
	struct tls_server *s = arg;
	char low[NAME_MAX_DNS];
	struct str name = str_c(SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
	(void)alert;
	if (!name.n || name.n > sizeof low)
		return SSL_TLSEXT_ERR_NOACK;
	for (size_t i = 0; i < name.n; i++)
		low[i] = ascii_lower(name.p[i]);
	struct named *id = map_str_get(&s->by_name, (struct str){ low, name.n });
	if (id)
		SSL_set_SSL_CTX(ssl, id->ctx);
	return SSL_TLSEXT_ERR_OK;
}

static bool listed(struct str protocols, struct str one)
{
	while (protocols.n)
		if (str_eq(str_until(&protocols, ' '), one))
			return true;
	return false;
}

/* RFC 7301 3.2. A web browser led here by somebody else's page says "h2" or "http/1.1". */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n, const unsigned char *in, unsigned int in_n, void *arg)
{
	struct str offered = { (const char *)in, in_n };
	struct str protocols = str_c(SSL_get_ex_data(ssl, protocols_index()));
	(void)arg;
	while (offered.n) {
		struct str one = str_take_n(&offered, 1);
		one = str_take_n(&offered, (unsigned char)one.p[0]);
		if (!one.n || !listed(protocols, one))
			continue;
		*out = (const unsigned char *)one.p;
		*out_n = (unsigned char)one.n;
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* ---- identities ---- */

static bool ctx_settings(SSL_CTX *ctx, struct tls_server *s)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ctx, 2 * (TLS_TICKET_PERIOD_MS / 1000));
	SSL_CTX_set_app_data(ctx, s);
	SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, on_name);
	SSL_CTX_set_tlsext_servername_arg(ctx, s);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 && SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
		SSL_CTX_set_cipher_list(ctx, CIPHERS_12) == 1 && SSL_CTX_set_ciphersuites(ctx, CIPHERS_13) == 1 &&
		SSL_CTX_set1_groups_list(ctx, GROUPS) == 1 && SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES) == 1 &&
		SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
		SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1;
}

static X509 *certificate_of(struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *x = X509_new_ex(tls_remote_context(), NULL);
	if (x && d2i_X509(&x, &p, (long)der.n) && p == (const unsigned char *)der.p + der.n)
		return x;
	X509_free(x);       /* NULL when d2i freed it */
	return NULL;
}

/* The leaf with its key; the certificate is used first, so that OpenSSL compares the halves. */
static int use_leaf(SSL_CTX *ctx, struct str der, const struct tls_server *s, uint64_t key)
{
	EVP_PKEY *private = NULL;
	X509 *leaf = certificate_of(der);
	EVP_PKEY *public = leaf ? X509_get0_pubkey(leaf) : NULL;
	int r = public ? tls_remote_key(public, key, s->sign, s->sign_ctx, &private) : E_SYNTAX;
	if (r == OK && (SSL_CTX_use_certificate(ctx, leaf) != 1 || SSL_CTX_use_PrivateKey(ctx, private) != 1))
		r = E_UNSUPPORTED;
	EVP_PKEY_free(private);
	X509_free(leaf);
	return r;
}

static int use_chain(SSL_CTX *ctx, struct str chain, const struct tls_server *s, uint64_t key)
{
	struct reader rd = reader_of(chain);
	int r = use_leaf(ctx, read_str(&rd, CERTIFICATE_MAX), s, key);
	for (int i = 1; r == OK && rd.rest.n && rd.err == OK; i++) {
		X509 *x = i < TLS_CHAIN_MAX ? certificate_of(read_str(&rd, CERTIFICATE_MAX)) : NULL;
		if (!x)
			return i < TLS_CHAIN_MAX ? E_SYNTAX : E_TOOBIG;
		if (SSL_CTX_add0_chain_cert(ctx, x) != 1) {
			X509_free(x);
			r = E_UNSUPPORTED;
		}
	}
	return r == OK && rd.err != OK ? E_SYNTAX : r;
}

static int named_make(struct named *n, struct tls_server *s, const struct tls_identity *id)
{
	SSL_CTX *ctx = SSL_CTX_new_ex(tls_remote_context(), NULL, TLS_server_method());
	if (!ctx || !ctx_settings(ctx, s))
		abort();            /* a fault of this build, not of the certificate */
	int r = use_chain(ctx, id->chain, s, id->key);
	ERR_clear_error();
	if (r != OK) {
		SSL_CTX_free(ctx);
		return r;
	}
	n->ctx = ctx;
	n->name = mem_alloc(id->name.n + 1);
	for (size_t i = 0; i < id->name.n; i++)
		n->name[i] = ascii_lower(id->name.p[i]);
	return OK;
}

static void named_free(struct named *ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		SSL_CTX_free(ids[i].ctx);
		mem_free(ids[i].name);
	}
	mem_free(ids);
}

int tls_server_set(struct tls_server *s, const struct tls_identity *ids, size_t count)
{
	if (!count || count > TLS_IDENTITIES_MAX)
		return count ? E_TOOBIG : E_SYNTAX;
	struct named *fresh = mem_new_array(struct named, count);
	for (size_t i = 0; i < count; i++) {
		int r = ids[i].name.n > NAME_MAX_DNS ? E_TOOBIG : named_make(&fresh[i], s, &ids[i]);
		if (r != OK) {
			named_free(fresh, i);
			return r;
		}
	}
	named_free(s->ids, s->count);
	map_done(&s->by_name);
	map_init(&s->by_name, 0);
	for (size_t i = 1; i < count; i++)
		map_str_put(&s->by_name, str_c(fresh[i].name), &fresh[i]);
	s->ids = fresh;
	s->count = count;
	return OK;
}

struct tls_server *tls_server_new(tls_sign_fn *sign, void *ctx)
{
	struct tls_server *s = mem_new(struct tls_server);
	s->sign = sign;
	s->sign_ctx = ctx;
	map_init(&s->by_name, 0);
	tls_server_rotate(s);
	tls_server_rotate(s);
	return s;
}

void tls_server_free(struct tls_server *s)
{
	if (!s)
		return;
	named_free(s->ids, s->count);
	map_done(&s->by_name);
	secret_wipe(s->tickets, sizeof s->tickets);
	mem_free(s);
}

bool tls_server_ready(const struct tls_server *s) { return s->count > 0; }

SSL *tls_server_session(struct tls_server *s, const char *protocols)
{
	SSL *ssl = s->count ? SSL_new(s->ids[0].ctx) : NULL;
	if (!ssl)
		return NULL;
	if (SSL_set_ex_data(ssl, protocols_index(), (void *)protocols) != 1 ||
	    SSL_set_session_id_context(ssl, (const unsigned char *)protocols, (unsigned)strlen(protocols)) != 1)
		abort();            /* protocols is a literal of ours, and too long */
	SSL_set_accept_state(ssl);
	return ssl;
}
