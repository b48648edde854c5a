#include "proto/second_factor/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { VERSION = 1, CODE_TEXT = TOTP_DIGITS_MOST };

struct totp totp_new(const uint8_t random[TOTP_SECRET_NEW])
{
	struct totp t = { .length = TOTP_SECRET_NEW, .hash = TOTP_SHA1, .digits = TOTP_DIGITS_LEAST, .period = TOTP_PERIOD };
	memcpy(t.secret, random, TOTP_SECRET_NEW);
	return t;
}

void totp_done(struct totp *t)
{
	secret_wipe(t, sizeof *t);
}

static const EVP_MD *digest_of(unsigned hash)
{
	return hash == TOTP_SHA1 ? EVP_sha1() : hash == TOTP_SHA256 ? EVP_sha256() : hash == TOTP_SHA512 ? EVP_sha512() : NULL;
}

static uint32_t power_of_ten(unsigned n)
{
	uint32_t p = 1;
	while (n--)
		p *= 10;
	return p;
}

/* RFC 4226 5.3: four bytes at a place that the last half-byte names */
int totp_hotp(const struct totp *t, uint64_t counter, uint32_t *ret)
{
	unsigned char text[8], mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (unsigned char)(counter >> (56 - 8 * i));
	const EVP_MD *md = digest_of(t->hash);
	if (!md || !HMAC(md, t->secret, t->length, text, sizeof text, mac, &n) || n < 20)
		return E_IO;
	const unsigned char *p = mac + (mac[n - 1] & 15);
	uint32_t v = (uint32_t)(p[0] & 0x7f) << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	*ret = v % power_of_ten(t->digits);
	secret_wipe(mac, sizeof mac);
	return OK;
}

static void write_code(uint32_t v, unsigned digits, char out[CODE_TEXT])
{
	for (unsigned i = digits; i--; v /= 10)
		out[i] = (char)('0' + v % 10);
}

static int read_code(const struct totp *t, struct str code, char out[CODE_TEXT])
{
	size_t n = 0;
	for (size_t i = 0; i < code.n; i++) {
		if (code.p[i] == ' ')
			continue;
		if (!ascii_is_digit(code.p[i]) || n == t->digits)
			return E_SYNTAX;
		out[n++] = code.p[i];
	}
	return n == t->digits ? OK : E_SYNTAX;
}

int totp_verify(struct totp *t, struct str code, int64_t now)
{
	char given[CODE_TEXT], right[CODE_TEXT];
	int r = read_code(t, code, given), found = E_DENIED;
	if (r != OK || now < 0)
		return E_SYNTAX;
	uint64_t present = (uint64_t)now / t->period, accepted = 0;
	for (uint64_t step = present < TOTP_WINDOW ? 0 : present - TOTP_WINDOW; step <= present + TOTP_WINDOW; step++) {
		uint32_t v;
		if (totp_hotp(t, step, &v) != OK)
			return E_IO;
		write_code(v, t->digits, right);
		if (!secret_eq((struct str){ given, t->digits }, (struct str){ right, t->digits }))
			continue;
		/* two steps may have the same code: one that is not spent wins */
		if (step >= t->next_step && found != OK) {
			found = OK;
			accepted = step;
		} else if (found != OK) {
			found = E_STALE;
		}
	}
	if (found == OK)
		t->next_step = accepted + 1;
	secret_wipe(right, sizeof right);
	return found;
}

/* ---- the stored form ---- */

static bool is_sound(const struct totp *t)
{
	return t->length >= TOTP_SECRET_LEAST && t->length <= TOTP_SECRET_MAX && t->hash < TOTP_HASH_COUNT && t->digits >= TOTP_DIGITS_LEAST &&
		t->digits <= TOTP_DIGITS_MOST && t->period >= TOTP_PERIOD_LEAST && t->period <= TOTP_PERIOD_MOST;
}

int totp_write(struct buf *out, const struct totp *t)
{
	struct bufw w = { out, OK };
	size_t start = out->n;
	write_u8(&w, VERSION);
	write_u8(&w, t->hash);
	write_u8(&w, t->digits);
	write_u8(&w, t->period);
	write_u8(&w, t->confirmed);
	write_u64(&w, t->next_step);
	write_str(&w, (struct str){ (const char *)t->secret, t->length });
	if (w.err != OK)
		out->n = start;
	return w.err;
}

int totp_read(struct str bytes, struct totp *ret)
{
	struct reader r = reader_of(bytes);
	uint8_t version = read_u8(&r);
	if (r.err == OK && version != VERSION)
		return E_UNSUPPORTED;
	struct totp t = { .hash = read_u8(&r), .digits = read_u8(&r), .period = read_u8(&r) };
	uint8_t confirmed = read_u8(&r);
	t.confirmed = confirmed;
	t.next_step = read_u64(&r);
	struct str secret = read_str(&r, TOTP_SECRET_MAX);
	t.length = (uint8_t)secret.n;
	if (reader_end(&r) != OK || !is_sound(&t) || confirmed > 1)
		return E_CORRUPT;
	memcpy(t.secret, secret.p, secret.n);
	*ret = t;
	return OK;
}
