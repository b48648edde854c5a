#include "base/base64.h"
#include "proto/dkim/dkim_key.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* A record is text; DER by itself is tried too, because base64 hides it from the fuzzer. */
static struct str as_record(struct arena *a, struct str input)
{
	struct buf text;
	if (!str_take(&input, STR("DER:")))
		return input;
	buf_init(&text, 2 * input.n + 16);
	require(base64_encode(&text, input) == OK);
	struct str record = arena_printf(a, "v=DKIM1; p=%.*s", (int)text.n, text.p);
	buf_done(&text);
	return record;
}

static void check_key(const struct dkim_key *key)
{
	if (key->type == DKIM_KEY_ED25519) {
		require(key->point.n == 32 && key->bits == 256);
		return;
	}
	require(key->modulus.n > 0 && key->modulus.p[0] != 0 && key->exponent.n > 0 && key->exponent.n <= 8);
	require(key->bits <= DKIM_RSA_BITS_MAX && key->bits > 8 * (key->modulus.n - 1) && key->bits <= 8 * key->modulus.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const unsigned char hash[DKIM_HASH_SIZE] = { 1 };
	static const char signature[256] = { 2 };
	struct dkim_key key = { .bits = 0 };
	struct arena a;
	arena_init(&a, 64 << 20, NULL, NULL);
	struct dkim_verdict v = dkim_key_parse(&a, as_record(&a, (struct str){ (const char *)data, n }), &key);
	require(str_is_ascii(v.reason) && !str_has_control(v.reason) && (v.code == DKIM_PASS) == (v.reason.n == 0));
	require(v.code == DKIM_PASS || (v.code == DKIM_PERMERROR && key.bits == 0));
	if (v.code == DKIM_PASS) {
		check_key(&key);
		dkim_key_verify(&a, &key, key.type == DKIM_KEY_RSA ? DKIM_RSA_SHA256 : DKIM_ED25519_SHA256, hash,
				(struct str){ signature, key.type == DKIM_KEY_RSA ? key.modulus.n % sizeof signature : 64 });
		v = dkim_key_verify(&a, &key, key.type == DKIM_KEY_RSA ? DKIM_ED25519_SHA256 : DKIM_RSA_SHA256, hash, STR("x"));
		require(v.code == DKIM_PERMERROR);
	}
	arena_done(&a);
	return 0;
}
