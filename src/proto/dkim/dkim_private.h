/* Private keys for signing mail: made, kept as text, used, and published as a record (RFC 6376 section 3.6.1, RFC 8463). */
#ifndef PROTO_DKIM_PRIVATE_H
#define PROTO_DKIM_PRIVATE_H

#include "proto/dkim/dkim_key.h"

#include <openssl/types.h>

/* The life of a key. Only one of an algorithm is in use for a domain.
 *
 *    waiting ──seen in DNS──▶ visible ──after a while──▶ active ──another is active──▶ retired ──after a while──▶ (gone)
 */
enum dkim_key_state { DKIM_KEY_WAITING, DKIM_KEY_VISIBLE, DKIM_KEY_ACTIVE, DKIM_KEY_RETIRED, DKIM_KEY_STATES };
const char *dkim_key_state_name(enum dkim_key_state state);

enum {
	DKIM_PRIVATE_FILE_MAX = 16 << 10,
	DKIM_PRIVATE_RECORD_MAX = 2048,
	DKIM_PRIVATE_BITS = 2048,       /* of the RSA keys that are made: larger records do not fit into one UDP answer */
};

/* algorithm: DKIM_RSA_SHA256 or DKIM_ED25519_SHA256. since: when it came into its state; unix seconds. */
struct dkim_private { EVP_PKEY *key; enum dkim_algorithm algorithm; enum dkim_key_state state; int64_t since; };

must_use int dkim_private_make(enum dkim_algorithm algorithm, struct dkim_private *ret);       /* E_IO; waiting, since 0 */
void dkim_private_done(struct dkim_private *p);

/* "State: active", "Since: 1700000000", then PKCS#8 in PEM, which other programs read as well. Without the lines: active, since 0, so that
 * a key from elsewhere can be put there. Wipe what was written. E_SYNTAX; E_UNSUPPORTED: type, or RSA below 2048 or above 4096 bits. */
must_use int dkim_private_read(struct str text, struct dkim_private *ret);
must_use int dkim_private_write(const struct dkim_private *p, struct buf *out);

/* The record to publish: "v=DKIM1; k=rsa; p=...". */
must_use int dkim_private_record(const struct dkim_private *p, struct buf *out);
/* Does what was published hold the key of our record? */
bool dkim_record_is(struct str ours, struct str published);
/* Appends the signature of the SHA-256 of the input. */
must_use int dkim_private_sign(const struct dkim_private *p, struct str input, struct buf *out);

#endif
