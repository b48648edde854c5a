/* Public keys of authenticators in COSE form (RFC 9052 7, RFC 9053), and signatures made with them. */
#ifndef COSE_KEY_H
#define COSE_KEY_H

#include "proto/second_factor/cbor_reader.h"

struct cose_key { int64_t type, algorithm, curve; struct str x, y; /* RSA: x is n, y is e */ };

/* Reads one key off the cursor. E_SYNTAX: malformed, a label twice; E_UNSUPPORTED: not ES256 on P-256, EdDSA on Ed25519, or RS256 with
 * 2048 to 4096 bits and the exponent 65537. */
must_use int cose_key_read(struct cbor *c, struct cose_key *ret);
/* OK; E_DENIED: the signature is wrong, or the key is no point of its curve. */
must_use int cose_key_verify(const struct cose_key *k, struct str signature, struct str text);

#endif
