/* One-time links: an administrator lets a person choose a new password without knowing the old one (A83). The token is 256 random bits; kept
 * is only its SHA-256, with an end; it is spent in the commit that sets the password.
 *
 * Record "reset/" and the hash in hexadecimal digits: u8 version 1, u64 end (unix seconds), str address. */
#ifndef ROLE_AUTH_AUTH_RESET_H
#define ROLE_AUTH_AUTH_RESET_H

#include "role/auth/auth_op.h"

enum { AUTH_RESET_TOKEN = 44 /* base64url of 32 bytes, NUL */, AUTH_RESET_KEY = 80 };

/* For a token that is good now: whose it is, in the arena, and the key of its record. E_DENIED: unknown, spent or too late, all alike. */
must_use int auth_reset_find(struct arena *a, struct str token, struct str *ret_address, char ret_key[AUTH_RESET_KEY]);

#endif
