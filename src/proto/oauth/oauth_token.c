#include "proto/oauth/oauth_token.h"

#include "base/base64.h"

#include <sodium.h>

enum { PREFIX = 3, PACKED = 4 + OAUTH_ID + OAUTH_SECRET };

static const char prefixes[OAUTH_KIND_COUNT][PREFIX + 1] = {
	[OAUTH_ACCESS] = "ca_", [OAUTH_REFRESH] = "cr_", [OAUTH_CODE] = "cc_", [OAUTH_DEVICE] = "cd_", [OAUTH_SESSION] = "cs_",
};

static void pack(const struct oauth_token *t, uint8_t out[PACKED])
{
	put_le32(out, t->account);
	memcpy(out + 4, t->id, OAUTH_ID);
	memcpy(out + 4 + OAUTH_ID, t->secret, OAUTH_SECRET);
}

void oauth_token_write(const struct oauth_token *t, char out[OAUTH_TOKEN_TEXT])
{
	uint8_t bytes[PACKED];
	struct buf b;
	buf_init(&b, OAUTH_TOKEN_TEXT);
	pack(t, bytes);
	memset(out, 0, OAUTH_TOKEN_TEXT);
	memcpy(out, prefixes[t->kind], PREFIX);
	if (base64url_encode(&b, (struct str){ (const char *)bytes, PACKED }) == OK && b.n < OAUTH_TOKEN_TEXT - PREFIX)
		memcpy(out + PREFIX, b.p, b.n);
	secret_wipe(bytes, sizeof bytes);
	secret_wipe(b.p, b.cap);
	buf_done(&b);
}

int oauth_token_read(struct str text, enum oauth_kind kind, struct oauth_token *ret)
{
	struct buf b;
	if (!str_take(&text, str_c(prefixes[kind])) || text.n >= OAUTH_TOKEN_TEXT)
		return E_SYNTAX;
	buf_init(&b, OAUTH_TOKEN_TEXT);
	int r = base64url_decode(&b, text);
	if (r == OK && b.n != PACKED)
		r = E_SYNTAX;
	if (r == OK) {
		ret->kind = kind;
		ret->account = get_le32(b.p);
		memcpy(ret->id, b.p + 4, OAUTH_ID);
		memcpy(ret->secret, b.p + 4 + OAUTH_ID, OAUTH_SECRET);
	}
	secret_wipe(b.p, b.cap);
	buf_done(&b);
	return r;
}

void oauth_token_hash(const struct oauth_token *t, uint8_t ret[OAUTH_HASH])
{
	uint8_t bytes[1 + PACKED];
	bytes[0] = (uint8_t)prefixes[t->kind][1];
	pack(t, bytes + 1);
	crypto_hash_sha256(ret, bytes, sizeof bytes);
	secret_wipe(bytes, sizeof bytes);
}

bool oauth_token_is(const struct oauth_token *t, const uint8_t hash[OAUTH_HASH])
{
	uint8_t own[OAUTH_HASH];
	oauth_token_hash(t, own);
	return sodium_memcmp(own, hash, OAUTH_HASH) == 0;
}

static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
enum { LETTERS = sizeof letters - 1, FAIR = 256 / LETTERS * LETTERS };

/* Bytes at the end of the range would favour some letters: they are passed over. That 57 of 64 bytes are so has no chance worth naming; the
 * last byte then counts as it is. */
void oauth_user_code_make(const uint8_t random[OAUTH_USER_CODE_RANDOM], char out[OAUTH_USER_CODE_TEXT])
{
	size_t at = 0;
	memset(out, 0, OAUTH_USER_CODE_TEXT);
	for (size_t i = 0; i < OAUTH_USER_CODE; i++) {
		while (random[at] >= FAIR && at < OAUTH_USER_CODE_RANDOM - OAUTH_USER_CODE + i)
			at++;
		out[i + (i >= OAUTH_USER_CODE / 2)] = letters[random[at++] % LETTERS];
	}
	out[OAUTH_USER_CODE / 2] = '-';
}

int oauth_user_code_read(struct str typed, char out[OAUTH_USER_CODE])
{
	char code[OAUTH_USER_CODE];
	size_t n = 0;
	for (size_t i = 0; i < typed.n; i++) {
		char c = ascii_upper(typed.p[i]);
		if (!ascii_is_alnum(c))
			continue;
		if (n == OAUTH_USER_CODE || !strchr(letters, c))
			return E_SYNTAX;
		code[n++] = c;
	}
	if (n != OAUTH_USER_CODE)
		return E_SYNTAX;
	memcpy(out, code, OAUTH_USER_CODE);
	return OK;
}

bool oauth_challenge_valid(struct str challenge)
{
	for (size_t i = 0; i < challenge.n; i++)
		if (!ascii_is_alnum(challenge.p[i]) && challenge.p[i] != '-' && challenge.p[i] != '_')
			return false;
	return challenge.n == OAUTH_CHALLENGE;
}

/* code-verifier = 43*128unreserved */
static bool verifier_valid(struct str v)
{
	for (size_t i = 0; i < v.n; i++)
		if (!ascii_is_alnum(v.p[i]) && v.p[i] != '-' && v.p[i] != '.' && v.p[i] != '_' && v.p[i] != '~')
			return false;
	return v.n >= 43 && v.n <= 128;
}

bool oauth_verifier_matches(struct str verifier, struct str challenge)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct buf b;
	if (!verifier_valid(verifier) || !oauth_challenge_valid(challenge))
		return false;
	buf_init(&b, 64);
	crypto_hash_sha256(hash, (const uint8_t *)verifier.p, verifier.n);
	bool same = base64url_encode(&b, (struct str){ (const char *)hash, sizeof hash }) == OK && secret_eq(buf_str(&b), challenge);
	buf_done(&b);
	return same;
}
