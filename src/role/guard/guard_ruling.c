#include "role/guard/guard_ruling.h"

#include "base/base64.h"

#include <sodium.h>

static int refuse(struct buf *reterr, const char *why)
{
	buf_clear(reterr);
	int r = buf_put_str(reterr, str_c(why));
	return r == OK ? E_DENIED : r;
}

static int key_of(const struct conf *c, uint8_t key[crypto_sign_PUBLICKEYBYTES])
{
	struct buf b;
	buf_init(&b, 64);
	int r = base64_decode(&b, str_c(c->guard.rules_key));
	if (r == OK && b.n != crypto_sign_PUBLICKEYBYTES)
		r = E_SYNTAX;
	if (r == OK)
		memcpy(key, b.p, crypto_sign_PUBLICKEYBYTES);
	buf_done(&b);
	return r;
}

int ruling_check(const struct conf *c, struct str text, struct str signature, struct guard_rules *ret, struct buf *reterr)
{
	uint8_t key[crypto_sign_PUBLICKEYBYTES];
	struct guard_rules_error e;
	if (!*c->guard.rules_key)
		return refuse(reterr, "no key is configured that could sign rules (guard.rules_key)");
	if (key_of(c, key) != OK)
		return refuse(reterr, "guard.rules_key is not the base64 of 32 bytes");
	if (text.n > RULING_TEXT_MAX)
		return refuse(reterr, "the rules are longer than 60 KiB");
	if (signature.n != RULING_SIGNATURE)
		return refuse(reterr, "an Ed25519 signature has 64 bytes");
	if (crypto_sign_verify_detached((const uint8_t *)signature.p, (const uint8_t *)(text.p ? text.p : ""), text.n, key) != 0)
		return refuse(reterr, "the signature is not that of the configured key");
	int r = guard_rules_load(text, ret, &e);
	if (r != OK && buf_printf(reterr, "line %u: %s", e.line, e.what) != OK)
		return refuse(reterr, "the rules do not read");
	return r;
}
