/* TLS 1.2 and 1.3 (RFC 8446, RFC 9325): what sessions are made of; stream.h runs them.
 *
 * A server's private key is not in this process: OpenSSL reaches it through a built-in provider (tls_remote.h) which calls sign().
 * That call may suspend the fiber in mid-handshake.
 *
 *    SSL *ssl = tls_server_session(server, "imap");
 *    if (!ssl || stream_tls_accept(stream, ssl, deadline) != OK) ...
 *
 * No renegotiation (A73), no compression, no early data. Session tickets are stateless under keys that live in memory and change
 * every TLS_TICKET_PERIOD_MS; one period back is still read. A ticket counts only at a service with the same protocols. */
#ifndef IO_TLS_H
#define IO_TLS_H

#include "base/base.h"

#include <openssl/types.h>

enum { TLS_TICKET_PERIOD_MS = 6 * 3600 * 1000, TLS_TICKET_KEY = 80, TLS_CHAIN_MAX = 10, TLS_IDENTITIES_MAX = 512 };

/* What shall be signed: the input of a TLS 1.3 CertificateVerify, or a TLS 1.2 ServerKeyExchange with its randoms. digest: OpenSSL's
 * name, empty for Ed25519. padding: 0, or for RSA 1 (PKCS#1) and 6 (PSS with a salt as long as the digest). */
struct tls_sign_request { uint64_t key; struct str digest; uint32_t padding; struct str message; };
/* Appends the signature to out. Runs in the fiber that shakes hands, and may suspend it. */
typedef int tls_sign_fn(void *ctx, const struct tls_sign_request *q, struct buf *out);

/* A certificate with the number by which sign() knows its key. name: as in SNI, compared without case; unused for the default. chain:
 * DER certificates, varint-framed, leaf first, RSA, EC P-256 or Ed25519. Views are needed during the call only. */
struct tls_identity { struct str name, chain; uint64_t key; };

struct tls_server;
struct tls_server *tls_server_new(tls_sign_fn *sign, void *ctx);
void tls_server_free(struct tls_server *s);         /* after the last of its sessions */
/* Sets all identities in one go; the first is the default. E_SYNTAX: one does not parse; E_UNSUPPORTED: a key type we don't do;
 * E_TOOBIG. On failure everything stays as it was (B54). */
must_use int tls_server_set(struct tls_server *s, const struct tls_identity *ids, size_t count);
bool tls_server_ready(const struct tls_server *s);  /* has a certificate */

/* A session for one accepted connection; NULL while the server has no certificate. The caller or its stream owns it.
 * protocols: the ALPN names of the service, separated by spaces, a string literal ("imap", "smtp esmtp"). A client that offers ALPN
 * and none of these is refused with no_application_protocol (A72); one that offers none is served. */
SSL *tls_server_session(struct tls_server *s, const char *protocols);
void tls_server_rotate(struct tls_server *s);       /* new ticket keys now; happens by itself */
/* Takes ticket keys that several workers share: random bytes, TLS_TICKET_KEY for new tickets, as many for older ones. The server does
 * not rotate by itself while it gets them at least once a period. */
void tls_server_tickets(struct tls_server *s, const uint8_t fresh[TLS_TICKET_KEY], const uint8_t older[TLS_TICKET_KEY]);

/* Sessions to other servers. anchors: file of trusted certificates in PEM, read now (before the walls), NULL for none. */
enum tls_verify { TLS_OPPORTUNISTIC /* any certificate, RFC 7435 */, TLS_VERIFIED /* chain and name, RFC 6125 */ };
struct tls_client;
must_use int tls_client_new(const char *anchors, struct tls_client **ret);      /* E_NOTFOUND: the file can't be read */
void tls_client_free(struct tls_client *c);
/* host: for SNI and the name check; an address literal gets no SNI. NULL when the name is none. */
SSL *tls_client_session(struct tls_client *c, struct str host, enum tls_verify verify);

/* For Received fields and logs, after the handshake. Strings are OpenSSL's and constant: "TLSv1.3", "TLS_AES_256_GCM_SHA384". */
struct tls_info { const char *version, *cipher; unsigned bits; bool resumed, verified; };
/* What an authority and the name say about the peer's certificate, whatever was asked of the session. */
enum tls_certificate { TLS_CERTIFICATE_GOOD, TLS_CERTIFICATE_BAD_NAME, TLS_CERTIFICATE_BAD_DATES, TLS_CERTIFICATE_UNTRUSTED };
enum tls_certificate tls_peer_certificate(const SSL *ssl);
/* The DER certificates that the peer sent, its own first, at most max, in the arena; returns how many. */
size_t tls_peer_chain(const SSL *ssl, struct arena *a, struct str *ret, size_t max);
void tls_describe(const SSL *ssl, struct tls_info *ret);
/* Bytes that only the two ends of this connection know (RFC 8446 7.5), with no context. E_UNSUPPORTED: not TLS 1.3; in older ones they may be those of
 * another connection. */
must_use int tls_exporter(SSL *ssl, struct str label, uint8_t *ret, size_t n);

#endif
