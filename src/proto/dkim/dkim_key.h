/* Public keys in DNS (RFC 6376 section 3.6, RFC 8301, RFC 8463), and what they say about a signature. */
#ifndef PROTO_DKIM_KEY_H
#define PROTO_DKIM_KEY_H

#include "proto/dkim/dkim_signature.h"
#include "proto/dns_env/dns_env.h"

enum dkim_key_type { DKIM_KEY_RSA, DKIM_KEY_ED25519 };
enum {
	DKIM_HASH_SIZE = 32,
	DKIM_RECORD_MAX = 8192,         /* octets of a record that are looked at */
	DKIM_RSA_BITS_MIN = 1024,       /* RFC 8301 section 3.2 */
	DKIM_RSA_BITS_GOOD = 2048,
	DKIM_RSA_BITS_MAX = 8192,       /* more is work for us, not safety for them */
};

struct dkim_key {
	enum dkim_key_type type;
	struct str modulus, exponent;   /* RSA: big-endian, without leading zeros */
	struct str point;               /* Ed25519: 32 octets */
	unsigned bits;
	bool testing;                   /* t=y: the domain is trying it out */
	bool strict;                    /* t=s: i= must be of the very domain of d= */
};

/* DKIM_PASS: a key that may be used for mail, with SHA-256. */
struct dkim_verdict dkim_key_parse(struct arena *a, struct str record, struct dkim_key *ret);
/* Asks for "selector._domainkey.domain". Of several records the first that is a sound key counts. */
struct dkim_verdict dkim_key_fetch(struct dns_env *dns, struct str selector, struct str domain, struct dkim_key *ret);
/* The mathematics, and whether the key is long enough to count: a right signature by a short key is DKIM_POLICY (A37). Both algorithms
 * sign the SHA-256 of the header (RFC 8463 section 3). */
struct dkim_verdict dkim_key_verify(struct arena *a, const struct dkim_key *key, enum dkim_algorithm algorithm,
				    const unsigned char hash[DKIM_HASH_SIZE], struct str signature);

#endif
