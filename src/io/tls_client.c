#include "io/tls.h"

#include "os/net.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* Towards servers of strangers, weak encryption is better than none, but TLS 1.2 is the least that counts as encryption (RFC 9325 3.1.1). */
#define CIPHERS_OUT "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:DHE+AES:RSA+AES:!aNULL:!eNULL:@SECLEVEL=1"

enum { HOST_MAX = 254 };

struct tls_client { SSL_CTX *ctx; };

int tls_client_new(const char *anchors, struct tls_client **ret)
{
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);        /* the system's configuration file has no say */
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 || SSL_CTX_set_cipher_list(ctx, CIPHERS_OUT) != 1)
		abort();
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 0);
	if (anchors && SSL_CTX_load_verify_file(ctx, anchors) != 1) {
		ERR_clear_error();
		SSL_CTX_free(ctx);
		return E_NOTFOUND;
	}
	ERR_clear_error();
	struct tls_client *c = mem_new(struct tls_client);
	c->ctx = ctx;
	*ret = c;
	return OK;
}

void tls_client_free(struct tls_client *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->ctx);
	mem_free(c);
}

/* The name is also checked where nothing depends on it: the log then says what a stricter policy would have done. */
static bool set_host(SSL *ssl, const char *host)
{
	struct net_address literal;
	if (net_parse(str_c(host), 0, &literal) == OK)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

SSL *tls_client_session(struct tls_client *c, struct str host, enum tls_verify verify)
{
	char name[HOST_MAX + 1];
	if (str_ends(host, STR(".")))
		host.n--;
	if (!host.n || str_to_c(host, name, sizeof name) != OK)
		return NULL;
	SSL *ssl = SSL_new(c->ctx);
	if (!ssl || !set_host(ssl, name)) {
		ERR_clear_error();
		SSL_free(ssl);
		return NULL;
	}
	SSL_set_verify(ssl, verify == TLS_VERIFIED ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	SSL_set_connect_state(ssl);
	return ssl;
}

enum tls_certificate tls_peer_certificate(const SSL *ssl)
{
	if (!SSL_get0_peer_certificate(ssl))
		return TLS_CERTIFICATE_UNTRUSTED;
	switch (SSL_get_verify_result(ssl)) {
	case X509_V_OK:
		return TLS_CERTIFICATE_GOOD;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return TLS_CERTIFICATE_BAD_NAME;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TLS_CERTIFICATE_BAD_DATES;
	default:
		return TLS_CERTIFICATE_UNTRUSTED;
	}
}

static struct str encoded(X509 *x, struct arena *a)
{
	int n = i2d_X509(x, NULL);
	unsigned char *p = n > 0 ? arena_alloc(a, (size_t)n) : NULL, *end = p;
	if (p)
		(void)i2d_X509(x, &end);
	return (struct str){ (const char *)p, n > 0 ? (size_t)n : 0 };
}

size_t tls_peer_chain(const SSL *ssl, struct arena *a, struct str *ret, size_t max)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	size_t n = 0;
	for (int i = 0; chain && i < sk_X509_num(chain) && n < max; i++)
		ret[n++] = encoded(sk_X509_value(chain, i), a);
	return n;
}

void tls_describe(const SSL *ssl, struct tls_info *ret)
{
	int bits = SSL_get_cipher_bits(ssl, NULL);
	*ret = (struct tls_info){
		.version = SSL_get_version(ssl), .cipher = SSL_get_cipher_name(ssl), .bits = bits > 0 ? (unsigned)bits : 0,
		.resumed = SSL_session_reused(ssl) == 1,
		.verified = SSL_get0_peer_certificate(ssl) && SSL_get_verify_result(ssl) == X509_V_OK,
	};
}

int tls_exporter(SSL *ssl, struct str label, uint8_t *ret, size_t n)
{
	if (SSL_version(ssl) != TLS1_3_VERSION)
		return E_UNSUPPORTED;
	return SSL_export_keying_material(ssl, ret, n, label.p, label.n, NULL, 0, 0) == 1 ? OK : E_IO;
}
