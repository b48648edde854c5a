/* Near-copies of a password: what its predecessor may have been. Only hashes of old passwords are kept, so that likeness can't be
 * measured; a small set of guesses at the old one is hashed instead, one argon2 each. */
#ifndef PASSWORD_VARIANTS_H
#define PASSWORD_VARIANTS_H

#include "proto/password/password_hash.h"

/* The password itself; its first letter in the other case; all lower case; without its last character; its last number one less, one
 * more; without the digits and signs at its end; with a "1" more at its end. */
enum { PASSWORD_VARIANTS_MAX = 8 };

struct password_variants { char text[PASSWORD_VARIANTS_MAX][PASSWORD_BYTES_MAX]; size_t length[PASSWORD_VARIANTS_MAX], count; };

/* Different ones, none empty, the password first. Takes the normal form; the caller wipes. */
void password_variants(struct str password, struct password_variants *ret);
/* Whether the password, or with `near` one of its variants, has one of these hashes. Every hash costs the same work whatever it is. */
bool password_in_history(struct str password, const struct str *hashes, size_t count, bool near);

#endif
