/* By the first byte: 'r' a registration, 'a' authenticator data of an assertion, 'j' clientDataJSON, 'c' CBOR. The challenge is zeros. */
#include "proto/second_factor/cose_key.h"
#include "proto/second_factor/webauthn.h"

#include <stdlib.h>

enum { MEMORY = 1 << 16 };
#define CHALLENGE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define CLIENT_DATA(type) "{\"type\":\"webauthn." type "\",\"challenge\":\"" CHALLENGE "\",\"origin\":\"https://a.example\",\"crossOrigin\":false}"

static const uint8_t challenge[WEBAUTHN_CHALLENGE];
static const struct str origin = STR_INIT("https://a.example");
static const struct webauthn_party party = { STR_INIT("a.example"), &origin, 1, false };

static void check_stored(const struct webauthn_credential *c)
{
	struct webauthn_credential back;
	struct buf b;
	buf_init(&b, 8192);
	if (!c->id.n || c->id.n > WEBAUTHN_ID_MAX || webauthn_credential_write(&b, c) != OK || webauthn_credential_read(buf_str(&b), &back) != OK ||
	    back.algorithm != c->algorithm || !str_eq(back.key, c->key))
		abort();
	buf_done(&b);
}

static void registration(struct arena *a, struct str in)
{
	struct webauthn_credential c;
	const char *why = NULL;
	int r = webauthn_register(a, &party, challenge, STR(CLIENT_DATA("create")), in, &c, &why);
	if (r == OK)
		check_stored(&c);
	else if (!why)
		abort();
}

/* A key whose private half nobody has: RFC 8032 7.1, test 1. */
#define KEY "\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\x0e\xe1\x72\xf3\xda\xa6\x23\x25" \
	"\xaf\x02\x1a\x68\xf7\x07\x51\x1a"

static void assertion(struct str client_data, struct str data)
{
	struct webauthn_credential c = { .id = STR("id"), .key = STR(KEY), .algorithm = WEBAUTHN_EDDSA };
	struct webauthn_answer answer = { client_data, data, STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef") };
	const char *why = NULL;
	if (webauthn_verify(&party, challenge, &answer, &c, &why) == OK || !why || c.counter)
		abort();
}

static void cbor(struct str in)
{
	struct cbor c = cbor_of(in), k = c;
	struct cose_key key;
	while (c.err == OK && c.rest.n) {
		size_t before = c.rest.n;
		cbor_skip(&c);
		if (c.rest.n >= before)
			abort();
	}
	if (c.err != OK && c.rest.n)
		abort();
	if (cose_key_read(&k, &key) == OK && cose_key_verify(&key, STR("signature"), in) == OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct str letter = str_take_n(&in, 1);
	struct arena a;
	arena_init(&a, MEMORY, NULL, NULL);
	if (str_eq(letter, STR("r")))
		registration(&a, in);
	else if (str_eq(letter, STR("a")))
		assertion(STR(CLIENT_DATA("get")), in);
	else if (str_eq(letter, STR("j")))
		assertion(in, STR("0123456789abcdef0123456789abcdef\x01\x00\x00\x00\x01"));
	else
		cbor(in);
	arena_done(&a);
	return 0;
}
