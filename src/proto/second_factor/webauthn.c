#include "proto/second_factor/webauthn.h"

#include "base/base64.h"
#include "proto/second_factor/cose_key.h"

#include <openssl/sha.h>

enum { VERSION = 1, FLAG_PRESENT = 0x01, FLAG_VERIFIED = 0x04, FLAG_ELIGIBLE = 0x08, FLAG_BACKED_UP = 0x10, FLAG_ATTESTED = 0x40, FLAG_EXTENSIONS = 0x80 };

struct authenticator_data {
	struct str rp_id_hash, aaguid, id, key_bytes;
	struct cose_key key;
	uint32_t counter;
	uint8_t flags;
};

static int because(int err, const char *why, const char **reterr_why)
{
	*reterr_why = why;
	return err;
}

static struct str digest_str(const unsigned char digest[SHA256_DIGEST_LENGTH])
{
	return (struct str){ (const char *)digest, SHA256_DIGEST_LENGTH };
}

/* ---- clientDataJSON: 5.8.1.2 ---- */

/* 32 bytes are 43 digits of base64url and one "=" */
static int challenge_text(const uint8_t challenge[WEBAUTHN_CHALLENGE], struct buf *b)
{
	int r = base64_encode(b, (struct str){ (const char *)challenge, WEBAUTHN_CHALLENGE });
	for (size_t i = 0; i < b->n; i++)
		b->p[i] = b->p[i] == '+' ? '-' : b->p[i] == '/' ? '_' : b->p[i];
	b->n -= r == OK;
	return r;
}

static bool take_challenge(struct str *rest, const uint8_t challenge[WEBAUTHN_CHALLENGE])
{
	struct buf b;
	buf_init(&b, 64);
	bool same = challenge_text(challenge, &b) == OK && secret_eq(str_first(*rest, b.n), buf_str(&b));
	*rest = str_skip(*rest, b.n);
	buf_done(&b);
	return same;
}

static bool take_origin(struct str *rest, const struct webauthn_party *party)
{
	struct str given = str_until(rest, '"');
	for (size_t i = 0; i < party->origin_count; i++)
		if (str_eq(given, party->origins[i]))
			return true;
	return false;
}

static int check_client_data(struct str text, struct str type, const uint8_t challenge[WEBAUTHN_CHALLENGE], const struct webauthn_party *party,
	const char **reterr_why)
{
	if (text.n > WEBAUTHN_CLIENT_DATA_MAX || !str_take(&text, STR("{\"type\":\"")))
		return because(E_SYNTAX, "clientDataJSON is not as browsers write it", reterr_why);
	if (!str_take(&text, type) || !str_take(&text, STR("\",\"challenge\":\"")))
		return because(E_DENIED, "it is for another ceremony", reterr_why);
	if (!take_challenge(&text, challenge) || !str_take(&text, STR("\",\"origin\":\"")))
		return because(E_DENIED, "another challenge", reterr_why);
	if (!take_origin(&text, party))
		return because(E_DENIED, "another origin", reterr_why);
	if (str_eq(text, STR("}")))
		return OK;
	if (!str_take(&text, STR(",\"crossOrigin\":false")))
		return because(E_DENIED, "it comes from a frame of another origin", reterr_why);
	if (!str_eq(text, STR("}")) && !(str_starts(text, STR(",")) && str_ends(text, STR("}"))))
		return because(E_SYNTAX, "clientDataJSON does not end", reterr_why);
	return OK;
}

/* ---- authenticator data: 6.1 ---- */

static uint32_t be32(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* aaguid, length of the id in two bytes, id, key */
static int read_attested(struct str *rest, struct authenticator_data *d)
{
	if (rest->n < WEBAUTHN_AAGUID + 2)
		return E_SYNTAX;
	d->aaguid = str_take_n(rest, WEBAUTHN_AAGUID);
	const unsigned char *p = (const unsigned char *)str_take_n(rest, 2).p;
	size_t n = (size_t)p[0] << 8 | p[1];
	if (!n || n > WEBAUTHN_ID_MAX || n > rest->n)
		return E_SYNTAX;
	d->id = str_take_n(rest, n);
	struct cbor c = cbor_of(*rest);
	int r = cose_key_read(&c, &d->key);
	if (r != OK)
		return r;
	d->key_bytes = str_first(*rest, rest->n - c.rest.n);
	*rest = c.rest;
	return d->key_bytes.n > WEBAUTHN_KEY_MAX ? E_TOOBIG : OK;
}

static int read_authenticator_data(struct str bytes, struct authenticator_data *ret)
{
	struct authenticator_data d = { .flags = 0 };
	if (bytes.n < SHA256_DIGEST_LENGTH + 5 || bytes.n > WEBAUTHN_OBJECT_MAX)
		return E_SYNTAX;
	d.rp_id_hash = str_take_n(&bytes, SHA256_DIGEST_LENGTH);
	d.flags = (uint8_t)str_take_n(&bytes, 1).p[0];
	d.counter = be32(str_take_n(&bytes, 4));
	int r = d.flags & FLAG_ATTESTED ? read_attested(&bytes, &d) : OK;
	if (r != OK)
		return r;
	struct cbor c = cbor_of(bytes);
	if (d.flags & FLAG_EXTENSIONS) {
		if (cbor_peek(&c) != CBOR_MAP)
			return E_SYNTAX;
		cbor_skip(&c);
	}
	if (cbor_end(&c) != OK)
		return E_SYNTAX;
	*ret = d;
	return OK;
}

static int check_authenticator_data(const struct authenticator_data *d, const struct webauthn_party *party, const char **reterr_why)
{
	unsigned char hash[SHA256_DIGEST_LENGTH];
	SHA256((const unsigned char *)party->rp_id.p, party->rp_id.n, hash);
	if (!secret_eq(d->rp_id_hash, digest_str(hash)))
		return because(E_DENIED, "it is for another domain", reterr_why);
	if (!(d->flags & FLAG_PRESENT))
		return because(E_DENIED, "nobody touched the authenticator", reterr_why);
	if (party->verified && !(d->flags & FLAG_VERIFIED))
		return because(E_DENIED, "the authenticator did not verify its owner", reterr_why);
	if ((d->flags & FLAG_BACKED_UP) && !(d->flags & FLAG_ELIGIBLE))
		return because(E_SYNTAX, "backed up, but not eligible for it", reterr_why);
	return OK;
}

/* What is signed: authenticator data, then the hash of clientDataJSON. */
static int check_signature(const struct cose_key *key, struct str signature, struct str authenticator_data, struct str client_data)
{
	unsigned char text[WEBAUTHN_OBJECT_MAX + SHA256_DIGEST_LENGTH];
	if (authenticator_data.n > WEBAUTHN_OBJECT_MAX || !signature.n || signature.n > WEBAUTHN_SIGNATURE_MAX)
		return E_DENIED;
	memcpy(text, authenticator_data.p, authenticator_data.n);
	SHA256((const unsigned char *)client_data.p, client_data.n, text + authenticator_data.n);
	return cose_key_verify(key, signature, (struct str){ (const char *)text, authenticator_data.n + SHA256_DIGEST_LENGTH });
}

/* ---- registration: 7.1 ---- */

struct attestation { struct str format, authenticator_data, signature; int64_t algorithm; bool empty, certified; };

static void read_statement(struct cbor *c, struct attestation *at)
{
	size_t n = cbor_map(c);
	at->empty = n == 0;
	for (; n && c->err == OK; n--) {
		struct str name = cbor_text(c);
		if (str_eq(name, STR("alg")))
			at->algorithm = cbor_int(c);
		else if (str_eq(name, STR("sig")) && cbor_peek(c) == CBOR_BYTES)
			at->signature = cbor_bytes(c);
		else
			cbor_skip(c);
		at->certified |= str_eq(name, STR("x5c"));
	}
}

static int read_attestation(struct str bytes, struct attestation *ret)
{
	struct attestation at = { .algorithm = 0 };
	struct cbor c = cbor_of(bytes);
	unsigned seen = 0;
	for (size_t n = cbor_map(&c); n && c.err == OK; n--) {
		struct str name = cbor_text(&c);
		unsigned bit = str_eq(name, STR("fmt")) ? 1 : str_eq(name, STR("attStmt")) ? 2 : str_eq(name, STR("authData")) ? 4 : 0;
		if (seen & bit)
			return E_SYNTAX;
		seen |= bit;
		if (bit == 1)
			at.format = cbor_text(&c);
		else if (bit == 2)
			read_statement(&c, &at);
		else if (bit == 4)
			at.authenticator_data = cbor_bytes(&c);
		else
			cbor_skip(&c);
	}
	if (cbor_end(&c) != OK || seen != 7)
		return E_SYNTAX;
	*ret = at;
	return OK;
}

/* 8.2 and 8.7 */
static int check_attestation(const struct attestation *at, const struct cose_key *key, struct str client_data, const char **reterr_why)
{
	if (str_eq(at->format, STR("none")))
		return at->empty ? OK : because(E_SYNTAX, "attestation none with a statement", reterr_why);
	if (!str_eq(at->format, STR("packed")) || at->certified)
		return because(E_UNSUPPORTED, "an attestation by a vendor, which was not asked for", reterr_why);
	if (at->algorithm != key->algorithm || check_signature(key, at->signature, at->authenticator_data, client_data) != OK)
		return because(E_DENIED, "the attestation's signature is wrong", reterr_why);
	return OK;
}

int webauthn_register(struct arena *a, const struct webauthn_party *party, const uint8_t challenge[WEBAUTHN_CHALLENGE],
	struct str client_data, struct str attestation_object, struct webauthn_credential *ret, const char **reterr_why)
{
	struct attestation at;
	struct authenticator_data d;
	int r = check_client_data(client_data, STR("webauthn.create"), challenge, party, reterr_why);
	if (r != OK)
		return r;
	if (attestation_object.n > WEBAUTHN_OBJECT_MAX || read_attestation(attestation_object, &at) != OK)
		return because(E_SYNTAX, "the attestation object is malformed", reterr_why);
	r = read_authenticator_data(at.authenticator_data, &d);
	if (r == E_UNSUPPORTED)
		return because(r, "a key of another algorithm", reterr_why);
	if (r != OK || !(d.flags & FLAG_ATTESTED))
		return because(E_SYNTAX, "the authenticator data is malformed", reterr_why);
	r = check_authenticator_data(&d, party, reterr_why);
	if (r == OK)
		r = check_attestation(&at, &d.key, client_data, reterr_why);
	if (r != OK)
		return r;
	struct webauthn_credential c = {
		.id = arena_dup(a, d.id), .key = arena_dup(a, d.key_bytes), .algorithm = (int)d.key.algorithm, .counter = d.counter,
		.backup_eligible = d.flags & FLAG_ELIGIBLE, .backed_up = d.flags & FLAG_BACKED_UP,
	};
	memcpy(c.aaguid, d.aaguid.p, sizeof c.aaguid);
	*ret = c;
	return OK;
}

/* ---- assertion: 7.2 ---- */

static int read_key(struct str bytes, struct cose_key *ret)
{
	struct cbor c = cbor_of(bytes);
	int r = cose_key_read(&c, ret);
	return r != OK ? r : cbor_end(&c);
}

int webauthn_verify(const struct webauthn_party *party, const uint8_t challenge[WEBAUTHN_CHALLENGE],
	const struct webauthn_answer *answer, struct webauthn_credential *credential, const char **reterr_why)
{
	struct authenticator_data d;
	struct cose_key key;
	int r = check_client_data(answer->client_data, STR("webauthn.get"), challenge, party, reterr_why);
	if (r != OK)
		return r;
	if (read_authenticator_data(answer->authenticator_data, &d) != OK)
		return because(E_SYNTAX, "the authenticator data is malformed", reterr_why);
	r = check_authenticator_data(&d, party, reterr_why);
	if (r != OK)
		return r;
	if (read_key(credential->key, &key) != OK)
		return because(E_DENIED, "the stored key is damaged", reterr_why);
	if (check_signature(&key, answer->signature, answer->authenticator_data, answer->client_data) != OK)
		return because(E_DENIED, "the signature is wrong", reterr_why);
	if (!!(d.flags & FLAG_ELIGIBLE) != credential->backup_eligible)
		return because(E_DENIED, "eligibility for backup has changed", reterr_why);
	if ((d.counter || credential->counter) && d.counter <= credential->counter)
		return because(E_STALE, "the counter did not grow: the key may have been copied", reterr_why);
	credential->counter = d.counter;
	credential->backed_up = d.flags & FLAG_BACKED_UP;
	return OK;
}

/* ---- the stored form ---- */

int webauthn_credential_write(struct buf *out, const struct webauthn_credential *c)
{
	struct bufw w = { out, OK };
	size_t start = out->n;
	if (c->id.n > WEBAUTHN_ID_MAX || c->key.n > WEBAUTHN_KEY_MAX || c->name.n > WEBAUTHN_NAME_MAX)
		return E_TOOBIG;
	write_u8(&w, VERSION);
	write_str(&w, c->id);
	write_str(&w, c->key);
	write_u32(&w, c->counter);
	write_u8(&w, c->backup_eligible);
	write_u8(&w, c->backed_up);
	bufw_put(&w, c->aaguid, sizeof c->aaguid);
	write_str(&w, c->name);
	write_u64(&w, (uint64_t)c->created);
	write_u64(&w, (uint64_t)c->last_used);
	if (w.err != OK)
		out->n = start;
	return w.err;
}

int webauthn_credential_read(struct str bytes, struct webauthn_credential *ret)
{
	struct reader r = reader_of(bytes);
	struct webauthn_credential c = { .counter = 0 };
	struct cose_key key;
	uint8_t version = read_u8(&r);
	if (r.err == OK && version != VERSION)
		return E_UNSUPPORTED;
	c.id = read_str(&r, WEBAUTHN_ID_MAX);
	c.key = read_str(&r, WEBAUTHN_KEY_MAX);
	c.counter = read_u32(&r);
	uint8_t eligible = read_u8(&r), backed_up = read_u8(&r);
	struct str aaguid = read_bytes(&r, WEBAUTHN_AAGUID);
	c.name = read_str(&r, WEBAUTHN_NAME_MAX);
	c.created = (int64_t)read_u64(&r);
	c.last_used = (int64_t)read_u64(&r);
	if (reader_end(&r) != OK || !c.id.n || eligible > 1 || backed_up > 1 || c.created < 0 || c.last_used < 0 || !utf8_valid(c.name) ||
	    str_has_control(c.name) || read_key(c.key, &key) != OK)
		return E_CORRUPT;
	c.algorithm = (int)key.algorithm;
	c.backup_eligible = eligible;
	c.backed_up = backed_up;
	memcpy(c.aaguid, aaguid.p, aaguid.n);
	*ret = c;
	return OK;
}
