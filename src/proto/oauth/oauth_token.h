/* What we give out and get back: access and refresh tokens, codes, device codes, cookies of web sessions. One form for all: where the record
 * lies (account and id), and a secret of 256 random bits, of which only a hash is kept (A64). To everybody else a token is opaque. */
#ifndef OAUTH_TOKEN_H
#define OAUTH_TOKEN_H

#include "base/base.h"

enum oauth_kind { OAUTH_ACCESS, OAUTH_REFRESH, OAUTH_CODE, OAUTH_DEVICE, OAUTH_SESSION, OAUTH_KIND_COUNT };
enum { OAUTH_ID = 16, OAUTH_SECRET = 32, OAUTH_HASH = 32, OAUTH_TOKEN_TEXT = 80 };

struct oauth_token { enum oauth_kind kind; uint32_t account; uint8_t id[OAUTH_ID], secret[OAUTH_SECRET]; };

void oauth_token_write(const struct oauth_token *t, char out[OAUTH_TOKEN_TEXT]);         /* NUL-ended; wipe both */
/* E_SYNTAX: not one of ours, or of another kind. */
must_use int oauth_token_read(struct str text, enum oauth_kind kind, struct oauth_token *ret);
void oauth_token_hash(const struct oauth_token *t, uint8_t ret[OAUTH_HASH]);            /* of all of it, its kind included */
bool oauth_token_is(const struct oauth_token *t, const uint8_t hash[OAUTH_HASH]);       /* in constant time */

/* Codes that people type (RFC 8628 6.1): eight letters without vowels, 34 bits, shown as "WDJB-MJHT". */
enum { OAUTH_USER_CODE = 8, OAUTH_USER_CODE_TEXT = 10 };
/* random: bytes from the kernel, OAUTH_USER_CODE_RANDOM of them, so that every letter comes as often. */
enum { OAUTH_USER_CODE_RANDOM = 64 };
void oauth_user_code_make(const uint8_t random[OAUTH_USER_CODE_RANDOM], char out[OAUTH_USER_CODE_TEXT]);
/* As typed: either case, spaces and punctuation anywhere. Writes the eight letters. E_SYNTAX. */
must_use int oauth_user_code_read(struct str typed, char out[OAUTH_USER_CODE]);

/* PKCE, S256 (RFC 7636 4.1, 4.2, 4.6). */
enum { OAUTH_CHALLENGE = 43 };
bool oauth_challenge_valid(struct str challenge);
bool oauth_verifier_matches(struct str verifier, struct str challenge);         /* false for a verifier that is none */

#endif
