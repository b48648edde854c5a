/* A private key with its certificate chain, from two PEM files. Checked so far that a server can use it: the key is not encrypted, fits
 * the first certificate, and is RSA (2048 bits at least), EC P-256 or Ed25519. */
#ifndef X509_PAIR_H
#define X509_PAIR_H

#include "base/base.h"

#include <openssl/types.h>

enum x509_key_type { X509_RSA = 1, X509_EC_P256, X509_ED25519 };
enum { X509_CHAIN_BYTES = 32 << 10, X509_CHAIN_COUNT = 10 };

/* id: taken from the public key, so that the same key has the same id after a restart. chain: DER, varint-framed, leaf first. */
struct x509_pair { EVP_PKEY *key; enum x509_key_type type; uint64_t id; struct buf chain; int64_t not_after; };

/* E_SYNTAX: no key or no certificate in it; E_DENIED: they do not belong together; E_UNSUPPORTED: type or size of the key; E_TOOBIG. */
must_use int x509_pair_load(struct str key_pem, struct str cert_pem, struct x509_pair *ret);
void x509_pair_done(struct x509_pair *p);

#endif
