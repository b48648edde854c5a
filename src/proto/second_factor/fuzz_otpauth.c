/* The URI of a one-time password: what is read can be written and read again. */
#include "proto/second_factor/base32.h"
#include "proto/second_factor/totp.h"

#include <stdlib.h>

enum { MEMORY = 1 << 16 };

static void base32(struct str in)
{
	struct buf bytes, text, again;
	buf_init(&bytes, 1 << 16);
	buf_init(&text, 1 << 17);
	buf_init(&again, 1 << 16);
	if (base32_decode(&bytes, in) == OK && (base32_encode(&text, buf_str(&bytes)) != OK || base32_decode(&again, buf_str(&text)) != OK ||
	    !str_eq(buf_str(&bytes), buf_str(&again))))
		abort();
	buf_done(&bytes);
	buf_done(&text);
	buf_done(&again);
}

static void written_again(struct arena *a, const struct totp *t, struct str issuer, struct str account)
{
	struct totp t2;
	struct str issuer2, account2;
	struct buf b;
	buf_init(&b, 8 * TOTP_URI_MAX);
	if (totp_uri_write(&b, t, issuer, account) != OK)
		abort();
	/* an account with a colon of its own and no issuer, or a URI that escaping makes too long, does not come back the same */
	if (b.n <= TOTP_URI_MAX && (issuer.n || str_find(account, ':') == STR_NPOS) && str_find(issuer, ':') == STR_NPOS &&
	    (totp_uri_read(a, buf_str(&b), &t2, &issuer2, &account2) != OK || !str_eq(issuer, issuer2) || t->length != t2.length ||
	     memcmp(t->secret, t2.secret, t->length) != 0 || t->digits != t2.digits || t->period != t2.period || t->hash != t2.hash))
		abort();
	buf_done(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size }, issuer, account;
	struct totp t;
	struct arena a;
	arena_init(&a, MEMORY, NULL, NULL);
	base32(in);
	if (totp_uri_read(&a, in, &t, &issuer, &account) == OK) {
		if (t.length < TOTP_SECRET_LEAST || t.length > TOTP_SECRET_MAX || t.digits < TOTP_DIGITS_LEAST || t.digits > TOTP_DIGITS_MOST ||
		    str_has_control(issuer) || str_has_control(account) || !utf8_valid(issuer) || !utf8_valid(account))
			abort();
		if (issuer.n <= TOTP_LABEL_MAX / 2 && account.n <= TOTP_LABEL_MAX / 2)
			written_again(&a, &t, issuer, account);
		if (totp_verify(&t, STR("123456"), 1234567890) == OK && !t.next_step)
			abort();
	}
	arena_done(&a);
	return 0;
}
