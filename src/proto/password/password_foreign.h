/* Hashes that other servers made: taken at an import, verified once, and replaced by ours (password_hash.h) at the first sign-in.
 *
 *   crypt(3), by libxcrypt     $2a$ $2b$ $2y$ (cost 4 to 14), $5$ $6$ (up to 1,000,000 rounds), $1$, $y$ (yescrypt, up to $y$jBT$)
 *   argon2i, argon2id          $argon2i$… $argon2id$…, within the bounds of ours
 *   digests, LDAP's names      {SHA} {SHA256} {SHA512} {MD5}, salted {SSHA} {SSHA256} {SSHA512} {SMD5}: base64 of digest and salt
 *   PBKDF2                     {PBKDF2}$1$SALT$ROUNDS$HEX (Dovecot), {PBKDF2-SHA256}ROUNDS$SALT$HASH (OpenLDAP; also -SHA1, -SHA512),
 *                              $pbkdf2-sha256$ROUNDS$SALT$HASH (passlib), pbkdf2_sha256$ROUNDS$SALT$BASE64 (Django); up to 2,000,000 rounds
 *
 * Dovecot's {SCHEME} before the first two kinds is taken off, and {SCHEME.HEX} and {SCHEME.B64} are known. The bounds hold the cost of one
 * verification to about a second of one core: whoever could put in a costlier hash could stop sign-in for all. */
#ifndef PASSWORD_FOREIGN_H
#define PASSWORD_FOREIGN_H

#include "base/base.h"

enum { PASSWORD_FOREIGN_MAX = 512 };

/* OK; E_SYNTAX: no form that is known here; E_TOOBIG: known, but it would cost more than is allowed. */
must_use int password_foreign_check(struct str stored);
/* OK, E_DENIED, or as above. The password goes in as it was typed: whoever made the hash did not bring it to our normal form. */
must_use int password_foreign_verify(struct str stored, struct str password);

#endif
