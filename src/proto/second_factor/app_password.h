/* App passwords: one for each phone and program, since these can't ask for a second factor.
 *
 * "kfdw-hsyt-..." : eight groups of four letters a to z. The first group is the identifier, which finds the record among those of the
 * account at once; the other 28 letters are the secret: 131 bits, 130.9 for an attacker who knows that letters are bytes modulo 26.
 *
 * Kept is the SHA-256 of all letters. Argon2 slows down who tries likely passwords against a stolen store; of 2^130 equally likely ones
 * none is ever hit at any speed, and a phone that signs in every minute should cost a microsecond. There is nothing to salt either: no
 * two are alike.
 *
 * Scope, source network and expiry are checked after the secret, so that only its owner learns of them (A71). */
#ifndef APP_PASSWORD_H
#define APP_PASSWORD_H

#include "proto/dns_env/ip_address.h"
#include "proto/second_factor/scram.h"

enum {
	APP_PASSWORD_ID = 4, APP_PASSWORD_LETTERS = 32, APP_PASSWORD_TEXT = 40 /* with hyphens and NUL */, APP_PASSWORD_HASH = 32,
	APP_PASSWORD_NAME_MAX = 128
};

enum app_scope {
	APP_IMAP = 1 << 0, APP_POP3 = 1 << 1, APP_SMTP = 1 << 2, APP_SIEVE = 1 << 3, APP_DAV = 1 << 4, APP_JMAP = 1 << 5, APP_SCOPE_ALL = (1 << 6) - 1
};

struct app_password {
	char id[APP_PASSWORD_ID];
	uint8_t hash[APP_PASSWORD_HASH];
	struct str name;                        /* "Anna's phone" */
	uint32_t scope;                         /* enum app_scope; never 0 */
	bool has_network;
	struct ip_address network;
	uint8_t network_bits;
	int64_t created, expires, last_used;    /* unix seconds; expires 0: never; last_used 0: not yet */
	struct scram_keys scram;                /* for SCRAM-SHA-256, from the letters with their hyphens, as they are shown */
};

/* Fills id, hash and SCRAM keys, and the text to show once; all else is the caller's. `random` comes from the kernel; `salt` is that of
 * the account (scram.h). The caller looks that no other of the account has this id, and wipes the text. E_IO: the library failed. */
must_use int app_password_new(const uint8_t random[APP_PASSWORD_LETTERS], const uint8_t salt[SCRAM_SALT], struct app_password *ret,
	char ret_text[APP_PASSWORD_TEXT]);

/* Whether a text has the form of an app password at all, in either case, spaces and hyphens anywhere: then the primary password need not
 * be tried. */
bool app_password_looks_like(struct str text);

/* Which one of the account's it is: its index in the list. The same work whatever the list holds (A68); constant time (A67).
 * E_DENIED: none; E_SYNTAX: not of that form. */
must_use int app_password_find(const struct app_password *list, size_t count, struct str text, size_t *ret);

enum app_password_verdict { APP_PASSWORD_GOOD, APP_PASSWORD_EXPIRED, APP_PASSWORD_WRONG_SCOPE, APP_PASSWORD_WRONG_NETWORK };
/* May it be used now, for this one scope, from there? */
enum app_password_verdict app_password_may(const struct app_password *p, enum app_scope scope, struct ip_address from, int64_t now);

/* "imap,smtp", in any case and order; "all". E_SYNTAX: empty, unknown or twice. */
must_use int app_scope_parse(struct str text, uint32_t *ret);
must_use int app_scope_write(struct buf *out, uint32_t scope);
/* "192.0.2.0/24", "2001:db8::/32", or one address. E_SYNTAX; bits below the mask must be zero. */
must_use int app_network_parse(struct str text, struct ip_address *ret, uint8_t *ret_bits);

/* The stored form; the name points into the bytes. Writing: E_SYNTAX where a field is unsound (scope 0, a name with control characters).
 * Reading: E_CORRUPT; E_UNSUPPORTED: another version. */
must_use int app_password_write(struct buf *out, const struct app_password *p);
must_use int app_password_read(struct str bytes, struct app_password *ret);

#endif
