#include "proto/second_factor/recovery.h"

#include <openssl/sha.h>

enum { VERSION = 1, GROUP = 4, ALL_SPENT = (1 << RECOVERY_CODES) - 1 };

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void hash_code(const struct recovery *r, const char digits[RECOVERY_DIGITS], uint8_t out[RECOVERY_HASH])
{
	unsigned char text[RECOVERY_SALT + RECOVERY_DIGITS];
	memcpy(text, r->salt, RECOVERY_SALT);
	memcpy(text + RECOVERY_SALT, digits, RECOVERY_DIGITS);
	SHA256(text, sizeof text, out);
	secret_wipe(text, sizeof text);
}

/* 80 bits are 16 digits exactly */
static void code_digits(const uint8_t bytes[RECOVERY_CODE_BYTES], char out[RECOVERY_DIGITS])
{
	for (size_t i = 0; i < RECOVERY_DIGITS; i++) {
		size_t bit = i * 5, at = bit / 8;
		unsigned two = (unsigned)bytes[at] << 8 | (at + 1 < RECOVERY_CODE_BYTES ? bytes[at + 1] : 0u);
		out[i] = alphabet[two >> (11 - bit % 8) & 31];
	}
}

static void write_groups(const char digits[RECOVERY_DIGITS], char out[RECOVERY_TEXT])
{
	for (size_t i = 0; i < RECOVERY_DIGITS; i++) {
		if (i && i % GROUP == 0)
			*out++ = '-';
		*out++ = digits[i];
	}
	*out = '\0';
}

void recovery_new(const uint8_t random[RECOVERY_RANDOM], struct recovery *ret, char ret_codes[RECOVERY_CODES][RECOVERY_TEXT])
{
	char digits[RECOVERY_DIGITS];
	*ret = (struct recovery){ .spent = 0 };
	memcpy(ret->salt, random, RECOVERY_SALT);
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		code_digits(random + RECOVERY_SALT + i * RECOVERY_CODE_BYTES, digits);
		hash_code(ret, digits, ret->hash[i]);
		write_groups(digits, ret_codes[i]);
	}
	secret_wipe(digits, sizeof digits);
}

static char digit_of(char c)
{
	char l = ascii_lower(c);
	l = l == 'o' ? '0' : l == 'i' || l == 'l' ? '1' : l;
	return l && strchr(alphabet, l) ? l : '\0';
}

static int read_digits(struct str code, char out[RECOVERY_DIGITS])
{
	size_t n = 0;
	for (size_t i = 0; i < code.n; i++) {
		if (code.p[i] == '-' || code.p[i] == ' ')
			continue;
		char c = digit_of(code.p[i]);
		if (!c || n == RECOVERY_DIGITS)
			return E_SYNTAX;
		out[n++] = c;
	}
	return n == RECOVERY_DIGITS ? OK : E_SYNTAX;
}

int recovery_spend(struct recovery *r, struct str code)
{
	char digits[RECOVERY_DIGITS];
	uint8_t hash[RECOVERY_HASH];
	unsigned match = 0;
	if (read_digits(code, digits) != OK)
		return E_SYNTAX;
	hash_code(r, digits, hash);
	secret_wipe(digits, sizeof digits);
	for (unsigned i = 0; i < RECOVERY_CODES; i++)
		match |= (unsigned)secret_eq((struct str){ (const char *)hash, sizeof hash }, (struct str){ (const char *)r->hash[i], sizeof hash }) << i;
	if (!match)
		return E_DENIED;
	if (match & r->spent)
		return E_STALE;
	r->spent |= (uint16_t)match;
	return OK;
}

unsigned recovery_left(const struct recovery *r)
{
	return RECOVERY_CODES - (unsigned)__builtin_popcount(r->spent);
}

int recovery_write(struct buf *out, const struct recovery *r)
{
	struct bufw w = { out, OK };
	size_t start = out->n;
	write_u8(&w, VERSION);
	write_u16(&w, r->spent);
	bufw_put(&w, r->salt, sizeof r->salt);
	bufw_put(&w, r->hash, sizeof r->hash);
	if (w.err != OK)
		out->n = start;
	return w.err;
}

int recovery_read(struct str bytes, struct recovery *ret)
{
	struct reader r = reader_of(bytes);
	uint8_t version = read_u8(&r);
	if (r.err == OK && version != VERSION)
		return E_UNSUPPORTED;
	uint16_t spent = read_u16(&r);
	struct str salt = read_bytes(&r, RECOVERY_SALT), hashes = read_bytes(&r, sizeof ret->hash);
	if (reader_end(&r) != OK || spent > ALL_SPENT)
		return E_CORRUPT;
	ret->spent = spent;
	memcpy(ret->salt, salt.p, salt.n);
	memcpy(ret->hash, hashes.p, hashes.n);
	return OK;
}
