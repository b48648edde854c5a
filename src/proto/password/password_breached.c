#include "proto/password/password_breached_file.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

enum { HASH_DIGITS = 40, KEY_DIGITS = 16 };

static uint16_t le16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

int breached_open(struct str file, struct breached *ret)
{
	struct reader r = reader_of(str_first(file, BREACHED_CHECKED));
	struct str magic = read_bytes(&r, sizeof BREACHED_MAGIC - 1);
	uint16_t version = read_u16(&r);
	struct breached b = { .shard_bits = read_u8(&r), .segment_bits = read_u8(&r), .segments = read_u32(&r), .entries = read_u64(&r) };
	uint64_t zero = read_u64(&r);
	if (reader_end(&r) != OK || !str_eq(magic, STR(BREACHED_MAGIC)))
		return E_CORRUPT;
	if (version != BREACHED_VERSION)
		return E_UNSUPPORTED;
	if (zero || b.shard_bits > BREACHED_SHARD_BITS_MOST || b.segment_bits > BREACHED_SEGMENT_BITS_MOST ||
	    b.segments < BREACHED_SEGMENTS_LEAST || b.segments > BREACHED_SEGMENTS_MOST)
		return E_CORRUPT;
	/* at most 2^48 bytes: no overflow */
	uint64_t shards = (uint64_t)1 << b.shard_bits, slots = (uint64_t)b.segments << b.segment_bits;
	if (file.n != BREACHED_HEADER + shards * (sizeof(uint32_t) + slots * sizeof(uint16_t)))
		return E_CORRUPT;
	b.seeds = (const unsigned char *)file.p + BREACHED_HEADER;
	b.fingerprints = b.seeds + shards * sizeof(uint32_t);
	*ret = b;
	return OK;
}

void breached_checksum(struct str file, unsigned char out[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct str rest = str_skip(file, BREACHED_HEADER);
	memset(out, 0, 32);
	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 || EVP_DigestUpdate(ctx, file.p, BREACHED_CHECKED) != 1 ||
	    EVP_DigestUpdate(ctx, rest.p, rest.n) != 1 || EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		memset(out, 0, 32);
	EVP_MD_CTX_free(ctx);
}

int breached_verify(struct str file)
{
	struct breached b;
	unsigned char sum[32];
	int r = breached_open(file, &b);
	if (r != OK)
		return r;
	breached_checksum(file, sum);
	return memcmp(sum, file.p + BREACHED_CHECKED, sizeof sum) == 0 ? OK : E_CORRUPT;
}

bool breached_has_key(const struct breached *b, uint64_t key)
{
	uint64_t shard = breached_shard(key, b->shard_bits);
	const unsigned char *slots = b->fingerprints + (shard * b->segments << b->segment_bits) * sizeof(uint16_t);
	struct breached_place at = breached_place(key, get_le32(b->seeds + shard * sizeof(uint32_t)), b->segment_bits, b->segments);
	uint16_t sum = at.fingerprint;
	for (size_t i = 0; i < COUNT_OF(at.slot); i++)
		sum ^= le16(slots + at.slot[i] * sizeof(uint16_t));
	/* a set of nothing has slots of zero: one key in 65536 would match them */
	return b->entries && sum == 0;
}

bool breached_has(const struct breached *b, struct str password)
{
	return breached_has_key(b, breached_key(password));
}

/* ---- keys ---- */

uint64_t breached_key(struct str password)
{
	unsigned char hash[SHA_DIGEST_LENGTH];
	uint64_t key = 0;
	SHA1((const unsigned char *)password.p, password.n, hash);
	for (size_t i = 0; i < sizeof key; i++)
		key = key << 8 | hash[i];
	secret_wipe(hash, sizeof hash);
	return key;
}

static int digit_value(char c)
{
	char l = ascii_lower(c);
	return ascii_is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

int breached_line(struct str prefix, struct str line, uint64_t *ret_key)
{
	uint64_t key = 0, count = 1;
	struct str rest = str_trim(line), digits = str_until(&rest, ':');
	bool counted = digits.n < str_trim(line).n;
	if (prefix.n + digits.n != HASH_DIGITS || (counted && str_u64(rest, UINT64_MAX, &count) != OK))
		return E_SYNTAX;
	for (size_t i = 0; i < HASH_DIGITS; i++) {
		int v = digit_value(i < prefix.n ? prefix.p[i] : digits.p[i - prefix.n]);
		if (v < 0)
			return E_SYNTAX;
		if (i < KEY_DIGITS)
			key = key << 4 | (uint64_t)v;
	}
	if (!count)
		return E_NOTFOUND;
	*ret_key = key;
	return OK;
}
