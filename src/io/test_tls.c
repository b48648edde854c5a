/* TLS with a key that is elsewhere: here the signer is a function of the same process that gives up the processor first, as the call to
 * another role does. Client and server are two fibers at the ends of a socket pair. */
#include "io/tls.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "io/stream.h"
#include "os/clock.h"
#include "os/fd.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

enum { RSA_KEY, P256_KEY, ED_KEY, OTHER_KEY, P384_KEY, KEYS, WITHIN_MS = 20000 };

static EVP_PKEY *keys[KEYS];
static struct buf chains[KEYS];
static bool signer_fails;
static unsigned signed_count;
static struct tls_sign_request last;

static void make_certificate(int i, EVP_PKEY *key, const char *name)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1 + i);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, subject);
	char text[128];
	snprintf(text, sizeof text, "DNS:%s", name);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, text);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256()) > 0);
	unsigned char *der = NULL;
	int n = i2d_X509(x, &der);
	keys[i] = key;
	buf_init(&chains[i], 32 << 10);
	struct bufw w = { .b = &chains[i] };
	write_str(&w, (struct str){ (const char *)der, (size_t)n });
	assert_int_equal(w.err, OK);
	OPENSSL_free(der);
	X509_free(x);
}

static int sign_here(void *ctx, const struct tls_sign_request *q, struct buf *out)
{
	unsigned char signature[1024];
	size_t n = sizeof signature;
	char digest[32];
	EVP_PKEY_CTX *pctx;
	(void)ctx;
	signed_count++;
	last = *q;
	fiber_yield();
	ERR_raise(ERR_LIB_USER, 1);         /* what other fibers leave behind must not matter */
	if (signer_fails || q->key >= KEYS)
		return E_CLOSED;
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	assert_int_equal(str_to_c(q->digest, digest, sizeof digest), OK);
	assert_int_equal(EVP_DigestSignInit_ex(m, &pctx, digest[0] ? digest : NULL, NULL, NULL, keys[q->key], NULL), 1);
	if (q->padding == RSA_PKCS1_PSS_PADDING) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST), 1);
	}
	assert_int_equal(EVP_DigestSign(m, signature, &n, (const unsigned char *)q->message.p, q->message.n), 1);
	EVP_MD_CTX_free(m);
	return buf_put(out, signature, n);
}

static struct tls_identity identity(int i, struct str name)
{
	return (struct tls_identity){ name, buf_str(&chains[i]), (uint64_t)i };
}

static struct tls_server *server_with(int i)
{
	struct tls_server *s = tls_server_new(sign_here, NULL);
	struct tls_identity id = identity(i, STR(""));
	assert_false(tls_server_ready(s));
	assert_null(tls_server_session(s, "imap"));
	assert_int_equal(tls_server_set(s, &id, 1), OK);
	assert_true(tls_server_ready(s));
	return s;
}

/* ---- one connection ---- */

struct pair {
	int fds[2];
	SSL *server, *client;
	int server_result, client_result;
	bool renegotiate;
	struct tls_info info;
	char subject[128], alpn[16];
	SSL_SESSION *session;
	unsigned running;
};

static void serve(void *arg)
{
	struct pair *p = arg;
	struct stream *s = stream_new(p->fds[0]);
	int64_t deadline = clock_mono_ms() + WITHIN_MS;
	p->server_result = stream_tls_accept(s, p->server, deadline);
	if (p->server_result == OK)
		p->server_result = stream_write(s, STR("hello\r\n"));
	if (p->server_result == OK)
		p->server_result = stream_read(s, deadline);
	if (p->server_result == OK) {
		tls_describe(stream_tls(s), &p->info);
		p->server_result = str_eq(stream_in(s), STR("hi\r\n")) ? OK : E_SYNTAX;
	}
	stream_close(s, deadline);
	if (!--p->running)
		loop_stop();
}

static void note_peer(struct pair *p)
{
	const unsigned char *name;
	unsigned n;
	X509 *x = SSL_get0_peer_certificate(p->client);
	X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, p->subject, sizeof p->subject);
	SSL_get0_alpn_selected(p->client, &name, &n);
	snprintf(p->alpn, sizeof p->alpn, "%.*s", (int)n, (const char *)name);
}

static void visit(void *arg)
{
	struct pair *p = arg;
	struct stream *s = stream_new(p->fds[1]);
	int64_t deadline = clock_mono_ms() + WITHIN_MS;
	p->client_result = stream_tls_connect(s, p->client, deadline);
	if (p->client_result == OK) {
		note_peer(p);
		p->client_result = stream_read(s, deadline);
	}
	if (p->client_result == OK && p->renegotiate) {
		SSL_renegotiate(p->client);
		p->client_result = stream_tls_connect(s, p->client, deadline);
	}
	if (p->client_result == OK)
		p->client_result = stream_write(s, STR("hi\r\n"));
	if (p->client_result == OK)
		p->session = SSL_get1_session(p->client);
	stream_close(s, deadline);
	if (!--p->running)
		loop_stop();
}

static void start(struct pair *p)
{
	assert_int_equal(fd_pair(p->fds), OK);
	p->running = 2;
	fiber_start(serve, p);
	fiber_start(visit, p);
}

static struct pair meet(SSL *server, SSL *client)
{
	static struct pair p;       /* not on the stack: fibers point to it */
	p = (struct pair){ .server = server, .client = client };
	start(&p);
	loop_run();
	return p;
}

static SSL_CTX *client_ctx(int version)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_min_proto_version(c, version);
	SSL_CTX_set_max_proto_version(c, version);
	return c;
}

static SSL *client(SSL_CTX *c, const char *sni)
{
	SSL *ssl = SSL_new(c);
	if (sni)
		SSL_set_tlsext_host_name(ssl, sni);
	return ssl;
}

/* ---- tests ---- */

static void test_key_types(void **state)
{
	static const struct { int key, version; const char *name, *digest; uint32_t padding; } rows[] = {
		{ RSA_KEY, TLS1_3_VERSION, "TLSv1.3", "SHA256", RSA_PKCS1_PSS_PADDING }, { RSA_KEY, TLS1_2_VERSION, "TLSv1.2", "SHA256", RSA_PKCS1_PSS_PADDING },
		{ P256_KEY, TLS1_3_VERSION, "TLSv1.3", "SHA256", 0 }, { P256_KEY, TLS1_2_VERSION, "TLSv1.2", "SHA256", 0 },
		{ ED_KEY, TLS1_3_VERSION, "TLSv1.3", "", 0 }, { ED_KEY, TLS1_2_VERSION, "TLSv1.2", "", 0 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tls_server *s = server_with(rows[i].key);
		SSL_CTX *c = client_ctx(rows[i].version);
		unsigned before = signed_count;
		struct pair p = meet(tls_server_session(s, "imap"), client(c, NULL));
		assert_int_equal(p.server_result, OK);
		assert_int_equal(p.client_result, OK);
		assert_int_equal(signed_count, before + 1);
		assert_string_equal(p.info.version, rows[i].name);
		assert_true(p.info.bits >= 128);
		assert_false(p.info.resumed);
		assert_true(str_eq(last.digest, str_c(rows[i].digest)));
		assert_int_equal(last.padding, rows[i].padding);
		SSL_SESSION_free(p.session);
		SSL_CTX_free(c);
		tls_server_free(s);
	}
}

static void test_rsa_pkcs1(void **state)
{
	(void)state;
	struct tls_server *s = server_with(RSA_KEY);
	SSL_CTX *c = client_ctx(TLS1_2_VERSION);
	SSL_CTX_set1_sigalgs_list(c, "RSA+SHA384");
	struct pair p = meet(tls_server_session(s, "imap"), client(c, NULL));
	assert_int_equal(p.client_result, OK);
	assert_int_equal(last.padding, RSA_PKCS1_PADDING);
	assert_true(str_eq(last.digest, STR("SHA384")));
	SSL_SESSION_free(p.session);
	SSL_CTX_free(c);
	tls_server_free(s);
}

static void test_versions_refused(void **state)
{
	static const int versions[] = { TLS1_VERSION, TLS1_1_VERSION };
	(void)state;
	struct tls_server *s = server_with(P256_KEY);
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		SSL_CTX *c = client_ctx(versions[i]);
		SSL_CTX_set_cipher_list(c, "ALL:@SECLEVEL=0");
		struct pair p = meet(tls_server_session(s, "imap"), client(c, NULL));
		assert_int_equal(p.server_result, E_PROTO);
		assert_int_not_equal(p.client_result, OK);
		SSL_CTX_free(c);
	}
	SSL_CTX *c = client_ctx(TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(c, "AES128-SHA:ECDHE-ECDSA-AES128-SHA");
	struct pair p = meet(tls_server_session(s, "imap"), client(c, NULL));
	assert_int_equal(p.server_result, E_PROTO);
	SSL_CTX_free(c);
	tls_server_free(s);
}

#define ALPN(bytes) bytes, sizeof bytes - 1
static void test_A72_alpn(void **state)
{
	static const struct { const char *offer; unsigned n; const char *service; int want; const char *chosen; } rows[] = {
		{ ALPN("\4imap"), "imap", OK, "imap" },
		{ ALPN("\2h2\4imap"), "imap", OK, "imap" },
		{ ALPN("\2h2\10http/1.1"), "imap", E_PROTO, "" },
		{ ALPN("\10http/1.1"), "smtp esmtp", E_PROTO, "" },
		{ ALPN("\5esmtp"), "smtp esmtp", OK, "esmtp" },
		{ ALPN("\12smtp esmtp"), "smtp esmtp", E_PROTO, "" },
		{ ALPN("\4IMAP"), "imap", E_PROTO, "" },
		{ ALPN("\3ima"), "imap", E_PROTO, "" },
	};
	(void)state;
	struct tls_server *s = server_with(P256_KEY);
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			SSL_CTX *c = client_ctx(version);
			assert_int_equal(SSL_CTX_set_alpn_protos(c, (const unsigned char *)rows[i].offer, rows[i].n), 0);
			struct pair p = meet(tls_server_session(s, rows[i].service), client(c, NULL));
			assert_int_equal(p.server_result, rows[i].want);
			if (rows[i].want == OK)
				assert_string_equal(p.alpn, rows[i].chosen);
			SSL_SESSION_free(p.session);
			SSL_CTX_free(c);
		}
	tls_server_free(s);
}

static void test_A73_renegotiation(void **state)
{
	(void)state;
	struct tls_server *s = server_with(P256_KEY);
	SSL_CTX *c = client_ctx(TLS1_2_VERSION);
	static struct pair p;
	p = (struct pair){ .server = tls_server_session(s, "imap"), .client = client(c, NULL), .renegotiate = true };
	unsigned before = signed_count;
	start(&p);
	loop_run();
	assert_int_not_equal(p.client_result, OK);
	assert_int_equal(signed_count, before + 1);         /* no second handshake */
	SSL_CTX_free(c);
	tls_server_free(s);
}

/* Takes the session. */
static bool resumes(struct tls_server *s, SSL_CTX *c, SSL_SESSION *session)
{
	SSL *ssl = client(c, NULL);
	SSL_set_session(ssl, session);
	SSL_SESSION_free(session);
	struct pair p = meet(tls_server_session(s, "imap"), ssl);
	assert_int_equal(p.server_result, OK);
	assert_int_equal(p.client_result, OK);
	SSL_SESSION_free(p.session);
	return p.info.resumed;
}

static void test_A73_ticket_rotation(void **state)
{
	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct tls_server *s = server_with(P256_KEY), *other = server_with(P256_KEY);
		SSL_CTX *c = client_ctx(version);
		struct pair first = meet(tls_server_session(s, "imap"), client(c, NULL));
		assert_int_equal(first.client_result, OK);
		unsigned before = signed_count;
		assert_true(resumes(s, c, SSL_SESSION_dup(first.session)));
		assert_int_equal(signed_count, before);             /* no signature for a resumed session */
		tls_server_rotate(s);
		assert_true(resumes(s, c, SSL_SESSION_dup(first.session)));
		tls_server_rotate(s);
		assert_false(resumes(s, c, SSL_SESSION_dup(first.session)));
		assert_false(resumes(other, c, SSL_SESSION_dup(first.session)));    /* keys are each server's own */
		SSL_SESSION_free(first.session);
		SSL_CTX_free(c);
		tls_server_free(s);
		tls_server_free(other);
	}
}

/* Workers that share ticket keys resume each other's sessions; a ticket of one service is none at another. */
static void test_tickets_shared(void **state)
{
	static const uint8_t a[TLS_TICKET_KEY] = { 1 }, b[TLS_TICKET_KEY] = { 2 }, c3[TLS_TICKET_KEY] = { 3 };
	(void)state;
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct tls_server *s = server_with(P256_KEY), *other = server_with(P256_KEY);
		SSL_CTX *c = client_ctx(version);
		tls_server_tickets(s, a, b);
		tls_server_tickets(other, a, b);
		struct pair first = meet(tls_server_session(s, "imap"), client(c, NULL));
		assert_int_equal(first.client_result, OK);
		assert_true(resumes(other, c, SSL_SESSION_dup(first.session)));
		tls_server_tickets(other, b, a);
		assert_true(resumes(other, c, SSL_SESSION_dup(first.session)));
		tls_server_tickets(other, b, c3);
		assert_false(resumes(other, c, SSL_SESSION_dup(first.session)));
		SSL *ssl = client(c, NULL);
		SSL_set_session(ssl, first.session);
		struct pair elsewhere = meet(tls_server_session(s, "smtp"), ssl);
		assert_true(elsewhere.server_result != OK || !elsewhere.info.resumed);
		SSL_SESSION_free(elsewhere.session);
		SSL_SESSION_free(first.session);
		SSL_CTX_free(c);
		tls_server_free(s);
		tls_server_free(other);
	}
}

static void test_server_name(void **state)
{
	static const struct { const char *sni, *subject; } rows[] = {
		{ NULL, "mail.example.test" }, { "mail.example.test", "mail.example.test" }, { "other.example.test", "other.example.test" },
		{ "OTHER.example.TEST", "other.example.test" }, { "unknown.example.test", "mail.example.test" },
	};
	(void)state;
	struct tls_server *s = server_with(P256_KEY);
	struct tls_identity ids[] = { identity(P256_KEY, STR("")), identity(OTHER_KEY, STR("Other.example.test")) };
	assert_int_equal(tls_server_set(s, ids, 2), OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		SSL_CTX *c = client_ctx(TLS1_3_VERSION);
		struct pair p = meet(tls_server_session(s, "imap"), client(c, rows[i].sni));
		assert_int_equal(p.client_result, OK);
		assert_string_equal(p.subject, rows[i].subject);
		SSL_SESSION_free(p.session);
		SSL_CTX_free(c);
	}
	tls_server_free(s);
}

static void test_B54_broken_set_keeps_the_old(void **state)
{
	(void)state;
	struct tls_server *s = server_with(P256_KEY);
	struct tls_identity good = identity(RSA_KEY, STR("")), cut = good, twice = good;
	struct buf joined;
	buf_init(&joined, 64 << 10);
	cut.chain.n -= 10;
	assert_int_equal(tls_server_set(s, &cut, 1), E_SYNTAX);
	cut.chain = STR("\5abcde");
	assert_int_equal(tls_server_set(s, &cut, 1), E_SYNTAX);
	assert_int_equal(tls_server_set(s, &cut, 0), E_SYNTAX);
	struct tls_identity both[] = { good, cut };
	assert_int_equal(tls_server_set(s, both, 2), E_SYNTAX);
	struct tls_identity p384 = identity(P384_KEY, STR(""));
	assert_int_equal(tls_server_set(s, &p384, 1), E_UNSUPPORTED);
	for (int i = 0; i < TLS_CHAIN_MAX + 1; i++)
		assert_int_equal(buf_put_str(&joined, good.chain), OK);
	twice.chain = buf_str(&joined);
	assert_int_equal(tls_server_set(s, &twice, 1), E_TOOBIG);
	SSL_CTX *c = client_ctx(TLS1_3_VERSION);
	struct pair p = meet(tls_server_session(s, "imap"), client(c, NULL));
	assert_int_equal(p.client_result, OK);
	assert_string_equal(p.subject, "mail.example.test");
	SSL_SESSION_free(p.session);
	/* a session made before the change still shakes hands after it */
	SSL *early = tls_server_session(s, "imap");
	assert_int_equal(tls_server_set(s, &good, 1), OK);
	p = meet(early, client(c, NULL));
	assert_int_equal(p.client_result, OK);
	assert_string_equal(p.subject, "mail.example.test");
	SSL_SESSION_free(p.session);
	p = meet(tls_server_session(s, "imap"), client(c, NULL));
	assert_string_equal(p.subject, "rsa.example.test");
	SSL_SESSION_free(p.session);
	SSL_CTX_free(c);
	buf_done(&joined);
	tls_server_free(s);
}

static void test_signer_fails(void **state)
{
	(void)state;
	struct tls_server *s = server_with(P256_KEY);
	SSL_CTX *c = client_ctx(TLS1_3_VERSION);
	signer_fails = true;
	struct pair p = meet(tls_server_session(s, "imap"), client(c, NULL));
	assert_int_equal(p.server_result, E_PROTO);
	assert_int_not_equal(p.client_result, OK);
	signer_fails = false;
	p = meet(tls_server_session(s, "imap"), client(c, NULL));
	assert_int_equal(p.server_result, OK);
	SSL_SESSION_free(p.session);
	SSL_CTX_free(c);
	tls_server_free(s);
}

static void test_many_at_once(void **state)
{
	static struct pair pairs[40];
	(void)state;
	struct tls_server *s = server_with(P256_KEY);
	SSL_CTX *c = client_ctx(TLS1_3_VERSION);
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		pairs[i] = (struct pair){ .server = tls_server_session(s, "imap"), .client = client(c, NULL) };
		start(&pairs[i]);
	}
	for (size_t i = 0; i < COUNT_OF(pairs);)
		if (pairs[i].running)
			loop_run();
		else
			i++;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		assert_int_equal(pairs[i].server_result, OK);
		assert_int_equal(pairs[i].client_result, OK);
		SSL_SESSION_free(pairs[i].session);
	}
	SSL_CTX_free(c);
	tls_server_free(s);
}

/* The outgoing side, against our own server; the certificate signs itself, so it is its own anchor. */
static void test_client(void **state)
{
	static const struct { bool anchors; const char *host; enum tls_verify verify; int want; bool verified; } rows[] = {
		{ true, "mail.example.test", TLS_VERIFIED, OK, true }, { true, "mail.example.test.", TLS_VERIFIED, OK, true },
		{ true, "evil.example.test", TLS_VERIFIED, E_PROTO, false }, { false, "mail.example.test", TLS_VERIFIED, E_PROTO, false },
		{ false, "mail.example.test", TLS_OPPORTUNISTIC, OK, false }, { true, "evil.example.test", TLS_OPPORTUNISTIC, OK, false },
		{ true, "192.0.2.1", TLS_OPPORTUNISTIC, OK, false }, { true, "192.0.2.1", TLS_VERIFIED, E_PROTO, false },
	};
	char path[] = "/tmp/test_tls_XXXXXX";
	(void)state;
	auto_fd fd = mkstemp(path);
	BIO *bio = BIO_new(BIO_s_mem());
	struct reader rd = reader_of(buf_str(&chains[P256_KEY]));
	struct str der = read_str(&rd, 1 << 16);
	const unsigned char *at = (const unsigned char *)der.p;
	X509 *x = d2i_X509(NULL, &at, (long)der.n);
	char *pem;
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	long n = BIO_get_mem_data(bio, &pem);
	assert_int_equal(fd_write_all(fd, (struct str){ pem, (size_t)n }), OK);
	struct tls_server *s = server_with(P256_KEY);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct tls_client *c;
		assert_int_equal(tls_client_new(rows[i].anchors ? path : NULL, &c), OK);
		SSL *ssl = tls_client_session(c, str_c(rows[i].host), rows[i].verify);
		SSL_up_ref(ssl);
		struct pair p = meet(tls_server_session(s, "smtp"), ssl);
		assert_int_equal(p.client_result, rows[i].want);
		struct tls_info info;
		tls_describe(ssl, &info);
		if (rows[i].want == OK)
			assert_int_equal(info.verified, rows[i].verified);
		SSL_free(ssl);
		SSL_SESSION_free(p.session);
		assert_null(tls_client_session(c, STR(""), TLS_OPPORTUNISTIC));
		assert_null(tls_client_session(c, STR("a\0b"), TLS_OPPORTUNISTIC));
		tls_client_free(c);
	}
	struct tls_client *none;
	unlink(path);
	assert_int_equal(tls_client_new(path, &none), E_NOTFOUND);
	tls_server_free(s);
	X509_free(x);
	BIO_free(bio);
}

int main(void)
{
	loop_init();
	make_certificate(RSA_KEY, EVP_RSA_gen(2048), "rsa.example.test");
	make_certificate(P256_KEY, EVP_EC_gen("P-256"), "mail.example.test");
	make_certificate(ED_KEY, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "ed.example.test");
	make_certificate(OTHER_KEY, EVP_EC_gen("P-256"), "other.example.test");
	make_certificate(P384_KEY, EVP_EC_gen("P-384"), "p384.example.test");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_types), cmocka_unit_test(test_rsa_pkcs1), cmocka_unit_test(test_versions_refused),
		cmocka_unit_test(test_A72_alpn), cmocka_unit_test(test_A73_renegotiation), cmocka_unit_test(test_A73_ticket_rotation),
		cmocka_unit_test(test_tickets_shared), cmocka_unit_test(test_server_name), cmocka_unit_test(test_B54_broken_set_keeps_the_old), cmocka_unit_test(test_signer_fails),
		cmocka_unit_test(test_many_at_once), cmocka_unit_test(test_client),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (int i = 0; i < KEYS; i++) {
		EVP_PKEY_free(keys[i]);
		buf_done(&chains[i]);
	}
	return failed;
}
