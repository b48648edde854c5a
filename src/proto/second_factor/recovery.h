/* Recovery codes: ten on paper, each good once, for the day when the phone is gone.
 *
 * A code has 80 random bits as 16 characters of Crockford's base 32 (no i, l, o, u). Kept is SHA-256 of a salt and the code: with 80
 * random bits there is no dictionary, 2^79 trials are out of reach, and a slow hash would add nothing. The salt keeps a stolen store
 * from being searched for all accounts at once. */
#ifndef RECOVERY_H
#define RECOVERY_H

#include "base/base.h"

enum {
	RECOVERY_CODES = 10, RECOVERY_CODE_BYTES = 10, RECOVERY_DIGITS = 16, RECOVERY_TEXT = 20 /* "xxxx-xxxx-xxxx-xxxx" and NUL */,
	RECOVERY_SALT = 16, RECOVERY_RANDOM = RECOVERY_SALT + RECOVERY_CODES * RECOVERY_CODE_BYTES, RECOVERY_HASH = 32
};

struct recovery {
	uint8_t salt[RECOVERY_SALT], hash[RECOVERY_CODES][RECOVERY_HASH];
	uint16_t spent;                 /* bit i: code i */
};

/* `random` comes from the kernel. The codes are shown once, and wiped by the caller. */
void recovery_new(const uint8_t random[RECOVERY_RANDOM], struct recovery *ret, char ret_codes[RECOVERY_CODES][RECOVERY_TEXT]);

/* Spends a code; the record must be kept before the answer leaves, in one transaction with reading it (A65). Either case, spaces and
 * hyphens anywhere, o for 0, i and l for 1. All ten are compared in constant time (A67).
 * E_DENIED: none of them; E_STALE: one that is spent; E_SYNTAX: not of a code's form. */
must_use int recovery_spend(struct recovery *r, struct str code);
unsigned recovery_left(const struct recovery *r);

/* The stored form. E_CORRUPT; E_UNSUPPORTED: another version. */
must_use int recovery_write(struct buf *out, const struct recovery *r);
must_use int recovery_read(struct str bytes, struct recovery *ret);

#endif
