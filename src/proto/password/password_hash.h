/* Passwords: normal form, argon2id hash (RFC 9106, by libsodium).
 *
 * Parameters: 19456 KiB, 2 passes, 1 lane: OWASP's Password Storage Cheat Sheet (2023) names it first among its equal choices. About
 * 25 ms of one core; a stronger setting would make a flood of sign-ins cheaper for the attacker than for the server.
 *
 * Normal form: OpaqueString (RFC 8265 4.2): UTF-8, NFC, every space of category Zs becomes U+0020, no control, unassigned, ignorable or
 * private code point; upper and lower case stay as they are. All functions bring the password to it first and wipe their copies. */
#ifndef PASSWORD_HASH_H
#define PASSWORD_HASH_H

#include "base/base.h"

enum { PASSWORD_BYTES_MAX = 1024, PASSWORD_HASH_MAX = 128 };

struct password_params { uint32_t memory_kib, passes; };
extern const struct password_params password_params_default;
/* At least 8 MiB and one pass, at most what password_verify takes. */
bool password_params_ok(const struct password_params *p);

/* A NUL-ended "$argon2id$..." string with a random salt. E_SYNTAX: the password has no normal form; E_TOOBIG. Takes as long as argon2
 * takes: call it in the pool. */
must_use int password_hash(struct str password, const struct password_params *params, char out[PASSWORD_HASH_MAX]);
/* OK, E_DENIED (wrong), E_SYNTAX (stored is no hash that is known here, or asks for unreasonable work). Same time whether right or wrong.
 * Other servers' hashes are verified too (password_foreign.h). */
must_use int password_verify(struct str stored, struct str password);
/* Whether it is weaker than params in either number, or another server's. */
bool password_needs_rehash(struct str stored, const struct password_params *params);

/* Writes the normal form to out; the caller wipes it. */
must_use int password_normalize(struct str password, char out[PASSWORD_BYTES_MAX], size_t *ret);

#endif
