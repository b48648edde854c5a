/* One-time passwords: HOTP (RFC 4226), TOTP (RFC 6238), and the URI that authenticator apps read from a QR code.
 *
 * Our own over OpenSSL's HMAC, not liboath: HOTP is twenty lines; liboath compares codes with strcmp, knows nothing of a code that was
 * used already, and would be one more library in the role that holds the secrets.
 *
 * A code is good once (A65): the last step that was accepted is part of the record, and only later steps are accepted. Whoever verifies
 * must keep the changed record before the answer leaves, in one transaction with reading it. */
#ifndef TOTP_H
#define TOTP_H

#include "base/base.h"

enum totp_hash { TOTP_SHA1, TOTP_SHA256, TOTP_SHA512, TOTP_HASH_COUNT };
enum {
	TOTP_SECRET_NEW = 20 /* RFC 4226 4, R6 */, TOTP_SECRET_LEAST = 10 /* what other servers gave out, at import */, TOTP_SECRET_MAX = 64,
	TOTP_DIGITS_LEAST = 6, TOTP_DIGITS_MOST = 8, TOTP_PERIOD = 30, TOTP_PERIOD_LEAST = 15, TOTP_PERIOD_MOST = 120,
	TOTP_WINDOW = 1, TOTP_LABEL_MAX = 320, TOTP_URI_MAX = 2048
};

struct totp {
	uint8_t secret[TOTP_SECRET_MAX];
	uint8_t length, hash, digits, period;           /* bytes, enum totp_hash, decimal digits, seconds */
	bool confirmed;                                 /* its owner has shown a first code */
	uint64_t next_step;                             /* steps before this one are spent; 0: none yet */
};

/* SHA-1, 6 digits, 30 seconds: the only combination that every app knows. SHA-1 is sound in HMAC. `random` comes from the kernel. */
struct totp totp_new(const uint8_t random[TOTP_SECRET_NEW]);
void totp_done(struct totp *t);                         /* wipes */

/* The code for a counter, as a number below 10^digits. E_IO: no such hash in the library. */
must_use int totp_hotp(const struct totp *t, uint64_t counter, uint32_t *ret);

/* Accepts the present step and one on either side. Spaces in the code are passed over. Every step of the window is compared in full
 * and in constant time. On OK the record has changed and must be kept.
 * E_DENIED: wrong; E_STALE: right, but it was used, or one after it; E_SYNTAX: not as many digits as there must be; E_IO. */
must_use int totp_verify(struct totp *t, struct str code, int64_t now);

/* "otpauth://totp/Issuer:account?secret=...&issuer=Issuer&algorithm=SHA1&digits=6&period=30" (Google's Key URI Format). */
must_use int totp_uri_write(struct buf *out, const struct totp *t, struct str issuer, struct str account);
/* Reads such a URI, for import. Issuer and account are decoded into the arena; empty where not given. E_SYNTAX; E_UNSUPPORTED: type
 * hotp, or another algorithm, length or period. */
must_use int totp_uri_read(struct arena *a, struct str uri, struct totp *ret, struct str *ret_issuer, struct str *ret_account);

/* The stored form. E_CORRUPT; E_UNSUPPORTED: another version. */
must_use int totp_write(struct buf *out, const struct totp *t);
must_use int totp_read(struct str bytes, struct totp *ret);

#endif
