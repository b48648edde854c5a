/* Passkeys: registrations and assertions made here with keys of OpenSSL, each then spoilt in one place; the CBOR reader. */
#include "base/base64.h"
#include "proto/second_factor/cbor_reader.h"
#include "proto/second_factor/webauthn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

enum { MEMORY = 1 << 20, UP = 1, UV = 4, BE = 8, BS = 16, AT = 64, ED = 128 };

static const uint8_t challenge[WEBAUTHN_CHALLENGE] = { 0xfb, 0xff, 0xbe, 1, 2, 3 };        /* "-_--..." in base64url */
static const struct str origins[] = { STR_INIT("https://other.example"), STR_INIT("https://mail.example.com") };
static const struct webauthn_party party = { STR_INIT("mail.example.com"), origins, COUNT_OF(origins), false };
static struct arena arena;

/* ---- an authenticator ---- */

struct device { EVP_PKEY *key; int algorithm; struct str cose; };

static struct str join(const struct str *parts, size_t n)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf_put_str(&b, parts[i]), OK);
	struct str s = arena_dup(&arena, buf_str(&b));
	buf_done(&b);
	return s;
}
#define JOIN(...) join((const struct str[]){ __VA_ARGS__ }, COUNT_OF(((const struct str[]){ __VA_ARGS__ })))

static struct str head(unsigned major, size_t n)
{
	unsigned char b[3] = { (unsigned char)(major << 5 | 25), (unsigned char)(n >> 8), (unsigned char)n };
	if (n < 24)
		return arena_dup(&arena, (struct str){ (char[]){ (char)(major << 5 | n) }, 1 });
	if (n < 256)
		return arena_dup(&arena, (struct str){ (char[]){ (char)(major << 5 | 24), (char)n }, 2 });
	return arena_dup(&arena, (struct str){ (char *)b, 3 });
}

static struct str bytes(struct str s) { return JOIN(head(2, s.n), s); }
static struct str text(const char *s) { return JOIN(head(3, strlen(s)), str_c(s)); }

static struct str number(EVP_PKEY *key, const char *name, size_t width)
{
	BIGNUM *n = NULL;
	char *p = arena_alloc(&arena, width);
	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
	assert_int_equal(BN_bn2binpad(n, (unsigned char *)p, (int)width), (int)width);
	BN_free(n);
	return (struct str){ p, width };
}

static struct device make(int algorithm)
{
	struct device d = { .algorithm = algorithm };
	if (algorithm == WEBAUTHN_ES256) {
		d.key = EVP_EC_gen("P-256");
		d.cose = JOIN(STR("\xa5\x01\x02\x03\x26\x20\x01\x21"), bytes(number(d.key, OSSL_PKEY_PARAM_EC_PUB_X, 32)), STR("\x22"),
			bytes(number(d.key, OSSL_PKEY_PARAM_EC_PUB_Y, 32)));
	} else if (algorithm == WEBAUTHN_EDDSA) {
		size_t n = 32;
		char *p = arena_alloc(&arena, n);
		d.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		assert_int_equal(EVP_PKEY_get_raw_public_key(d.key, (unsigned char *)p, &n), 1);
		d.cose = JOIN(STR("\xa4\x01\x01\x03\x27\x20\x06\x21"), bytes((struct str){ p, n }));
	} else {
		d.key = EVP_RSA_gen(2048);
		d.cose = JOIN(STR("\xa4\x01\x03\x03\x39\x01\x00\x20"), bytes(number(d.key, OSSL_PKEY_PARAM_RSA_N, 256)), STR("\x21\x43\x01\x00\x01"));
	}
	return d;
}

static struct str sha256(struct str s)
{
	unsigned char hash[32];
	SHA256((const unsigned char *)s.p, s.n, hash);
	return arena_dup(&arena, (struct str){ (char *)hash, 32 });
}

static struct str sign(const struct device *d, struct str authenticator_data, struct str client_data)
{
	struct str all = JOIN(authenticator_data, sha256(client_data));
	unsigned char signature[1024];
	size_t n = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, d->algorithm == WEBAUTHN_EDDSA ? NULL : EVP_sha256(), NULL, d->key), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &n, (const unsigned char *)all.p, all.n), 1);
	EVP_MD_CTX_free(ctx);
	return arena_dup(&arena, (struct str){ (char *)signature, n });
}

static struct str authenticator_data(const char *rp_id, unsigned flags, unsigned counter, struct str attested, struct str extensions)
{
	char fixed[5] = { (char)flags, (char)(counter >> 24), (char)(counter >> 16), (char)(counter >> 8), (char)counter };
	return JOIN(sha256(str_c(rp_id)), ((struct str){ fixed, 5 }), attested, extensions);
}

static struct str attested(struct str id, struct str cose)
{
	char length[2] = { (char)(id.n >> 8), (char)id.n };
	return JOIN(STR("model-of-16-byte"), ((struct str){ length, 2 }), id, cose);
}

static struct str attestation(const char *format, struct str statement, struct str data)
{
	return JOIN(STR("\xa3"), text("fmt"), text(format), text("attStmt"), statement, text("authData"), bytes(data));
}

static struct str client_data(const char *type, const char *origin, const char *tail)
{
	struct buf b;
	buf_init(&b, 64);
	assert_int_equal(base64_encode(&b, (struct str){ (const char *)challenge, sizeof challenge }), OK);
	for (size_t i = 0; i < b.n; i++)
		b.p[i] = b.p[i] == '+' ? '-' : b.p[i] == '/' ? '_' : b.p[i];
	struct str s = arena_printf(&arena, "{\"type\":\"%s\",\"challenge\":\"" STR_FMT "\",\"origin\":\"%s\"%s", type, (int)b.n - 1, b.p, origin, tail);
	buf_done(&b);
	return s;
}

#define CREATE client_data("webauthn.create", "https://mail.example.com", ",\"crossOrigin\":false}")
#define GET client_data("webauthn.get", "https://mail.example.com", ",\"crossOrigin\":false}")

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, MEMORY, NULL, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static int enroll(const struct device *d, struct webauthn_credential *c)
{
	const char *why;
	struct str data = authenticator_data("mail.example.com", UP | UV | AT | BE, 7, attested(STR("identifier"), d->cose), STR(""));
	return webauthn_register(&arena, &party, challenge, CREATE, attestation("none", STR("\xa0"), data), c, &why);
}

/* ---- the whole ---- */

static void test_each_algorithm(void **state)
{
	static const int algorithms[] = { WEBAUTHN_ES256, WEBAUTHN_EDDSA, WEBAUTHN_RS256 };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(algorithms); i++) {
		struct device d = make(algorithms[i]);
		struct webauthn_credential c, back;
		const char *why = "";
		struct buf b;
		assert_int_equal(enroll(&d, &c), OK);
		assert_true(str_eq(c.id, STR("identifier")) && c.algorithm == algorithms[i] && c.counter == 7 && c.backup_eligible && !c.backed_up);
		assert_memory_equal(c.aaguid, "model-of-16-byte", 16);
		c.name = STR("Anna's key");
		buf_init(&b, 4096);
		assert_int_equal(webauthn_credential_write(&b, &c), OK);
		assert_int_equal(webauthn_credential_read(buf_str(&b), &back), OK);
		assert_true(back.algorithm == algorithms[i] && back.backup_eligible && str_eq(back.name, c.name));
		for (size_t n = 0; n < b.n; n++)
			assert_int_equal(webauthn_credential_read(str_first(buf_str(&b), n), &c), E_CORRUPT);
		struct str data = authenticator_data("mail.example.com", UP | BE | BS, 8, STR(""), STR(""));
		struct webauthn_answer answer = { GET, data, sign(&d, data, GET) };
		assert_int_equal(webauthn_verify(&party, challenge, &answer, &back, &why), OK);
		assert_true(back.counter == 8 && back.backed_up);
		assert_int_equal(webauthn_verify(&party, challenge, &answer, &back, &why), E_STALE);      /* A65: the same again */
		/* every byte of data and signature counts */
		for (size_t k = 0; k < 2; k++) {
			struct str part = k ? answer.signature : data;
			for (size_t at = 0; at < part.n; at++) {
				struct str spoilt = arena_dup(&arena, part);
				((char *)spoilt.p)[at] ^= 1;
				struct webauthn_answer wrong = { GET, k ? data : spoilt, k ? spoilt : answer.signature };
				back.counter = 7;
				assert_int_not_equal(webauthn_verify(&party, challenge, &wrong, &back, &why), OK);
				assert_int_equal(back.counter, 7);
			}
		}
		buf_done(&b);
		EVP_PKEY_free(d.key);
	}
}

static void test_client_data(void **state)
{
	static const struct { const char *type, *origin, *tail; int want; } rows[] = {
		{ "webauthn.get", "https://mail.example.com", "}", OK },                                /* Safari before 2023 */
		{ "webauthn.get", "https://other.example", ",\"crossOrigin\":false}", OK },             /* the other allowed one */
		{ "webauthn.get", "https://mail.example.com", ",\"crossOrigin\":false,\"new\":{\"a\":\"}\"}}", OK },
		{ "webauthn.get", "https://mail.example.com", ",\"crossOrigin\":true}", E_DENIED },
		{ "webauthn.get", "https://mail.example.com", ",\"crossOrigin\":true,\"topOrigin\":\"https://evil.example\"}", E_DENIED },
		{ "webauthn.get", "https://mail.example.com", ",\"x\":1,\"crossOrigin\":true}", E_DENIED },
		{ "webauthn.get", "https://mail.example.com", ",\"crossOrigin\":false", E_SYNTAX },
		{ "webauthn.get", "https://mail.example.com", ",\"crossOrigin\":falsehood}", E_SYNTAX },
		{ "webauthn.get", "https://mail.example.com", "", E_DENIED },
		{ "webauthn.create", "https://mail.example.com", "}", E_DENIED },
		{ "webauthn.gettogether", "https://mail.example.com", "}", E_DENIED },
		{ "webauthn.get", "http://mail.example.com", "}", E_DENIED },
		{ "webauthn.get", "https://mail.example.com.evil.example", "}", E_DENIED },
		{ "webauthn.get", "https://mail.example.com:444", "}", E_DENIED },
		{ "webauthn.get", "https://mail.example.co", "}", E_DENIED },
		{ "webauthn.get", "", "}", E_DENIED },
	};
	struct device d = make(WEBAUTHN_EDDSA);
	struct webauthn_credential c;
	const char *why;
	(void)state;
	assert_int_equal(enroll(&d, &c), OK);
	struct str data = authenticator_data("mail.example.com", UP | BE, 0, STR(""), STR(""));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str client = client_data(rows[i].type, rows[i].origin, rows[i].tail);
		struct webauthn_answer answer = { client, data, sign(&d, data, client) };
		c.counter = 0;
		assert_int_equal(webauthn_verify(&party, challenge, &answer, &c, &why), rows[i].want);
	}
	uint8_t other[WEBAUTHN_CHALLENGE] = { 1 };
	struct webauthn_answer answer = { GET, data, sign(&d, data, GET) };
	assert_int_equal(webauthn_verify(&party, other, &answer, &c, &why), E_DENIED);
	answer.client_data = STR("");
	assert_int_equal(webauthn_verify(&party, challenge, &answer, &c, &why), E_SYNTAX);
	answer.client_data = STR("{ \"type\": \"webauthn.get\" }");
	assert_int_equal(webauthn_verify(&party, challenge, &answer, &c, &why), E_SYNTAX);
	EVP_PKEY_free(d.key);
}

static void test_flags_and_counters(void **state)
{
	static const struct { const char *rp_id; unsigned flags, counter, stored; bool verified; int want; } rows[] = {
		{ "mail.example.com", UP | BE, 0, 0, false, OK },               /* many passkeys never count */
		{ "mail.example.com", UP | BE, 5, 4, false, OK }, { "mail.example.com", UP | BE, 5, 5, false, E_STALE },
		{ "mail.example.com", UP | BE, 0, 5, false, E_STALE }, { "mail.example.com", UP | BE, 0xffffffff, 5, false, OK },
		{ "mail.example.com", UP | UV | BE, 6, 5, true, OK }, { "mail.example.com", UP | BE, 6, 5, true, E_DENIED },
		{ "mail.example.com", UV | BE, 6, 5, false, E_DENIED }, { "mail.example.org", UP | BE, 6, 5, false, E_DENIED },
		{ "mail.example.com", UP, 6, 5, false, E_DENIED },              /* eligibility for backup has gone */
		{ "mail.example.com", UP | BS, 6, 5, false, E_SYNTAX }, { "mail.example.com", UP | BE | ED, 6, 5, false, E_SYNTAX },
		{ "mail.example.com", UP | BE | AT, 6, 5, false, E_SYNTAX },
	};
	struct device d = make(WEBAUTHN_ES256);
	struct webauthn_credential c;
	const char *why;
	(void)state;
	assert_int_equal(enroll(&d, &c), OK);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct webauthn_party p = party;
		struct str data = authenticator_data(rows[i].rp_id, rows[i].flags, rows[i].counter, STR(""), STR(""));
		struct webauthn_answer answer = { GET, data, sign(&d, data, GET) };
		p.verified = rows[i].verified;
		c.counter = rows[i].stored;
		assert_int_equal(webauthn_verify(&p, challenge, &answer, &c, &why), rows[i].want);
		assert_int_equal(c.counter, rows[i].want == OK ? rows[i].counter : rows[i].stored);
	}
	struct str data = authenticator_data("mail.example.com", UP | BE | ED, 100, STR(""), STR("\xa1\x63" "abc\xf5"));
	struct webauthn_answer answer = { GET, data, sign(&d, data, GET) };
	assert_int_equal(webauthn_verify(&party, challenge, &answer, &c, &why), OK);
	struct device stranger = make(WEBAUTHN_ES256);
	data = authenticator_data("mail.example.com", UP | BE, 200, STR(""), STR(""));
	answer = (struct webauthn_answer){ GET, data, sign(&stranger, data, GET) };
	assert_int_equal(webauthn_verify(&party, challenge, &answer, &c, &why), E_DENIED);
	EVP_PKEY_free(d.key);
	EVP_PKEY_free(stranger.key);
}

static int enroll_with(struct str object)
{
	struct webauthn_credential c;
	const char *why;
	return webauthn_register(&arena, &party, challenge, CREATE, object, &c, &why);
}

static struct str data_with(unsigned flags, struct str id, struct str cose, struct str extensions)
{
	return authenticator_data("mail.example.com", flags, 0, attested(id, cose), extensions);
}

static void test_registration(void **state)
{
	struct device d = make(WEBAUTHN_ES256), other = make(WEBAUTHN_ES256);
	struct str id = STR("identifier"), good = data_with(UP | AT, id, d.cose, STR("")), none = STR("\xa0"), empty = STR("");
	char long_id[WEBAUTHN_ID_MAX + 1] = { 1 };
	struct str alg = JOIN(text("alg"), STR("\x26")), sig = JOIN(text("sig"), bytes(sign(&d, good, CREATE)));
	struct str zero_point = JOIN(str_first(d.cose, 10), ((struct str){ long_id + 1, 32 }), STR("\x22"), bytes((struct str){ long_id + 1, 32 }));
	const struct { struct str object; int want; } rows[] = {
		{ attestation("none", none, good), OK },
		{ attestation("none", JOIN(STR("\xa1"), alg), good), E_SYNTAX },
		{ attestation("packed", JOIN(STR("\xa2"), alg, sig), good), OK },
		{ attestation("packed", JOIN(STR("\xa2"), alg, text("sig"), bytes(sign(&other, good, CREATE))), good), E_DENIED },
		{ attestation("packed", JOIN(STR("\xa3"), alg, sig, text("x5c"), STR("\x80")), good), E_UNSUPPORTED },
		{ attestation("packed", JOIN(STR("\xa1"), sig), good), E_DENIED },
		{ attestation("tpm", none, good), E_UNSUPPORTED },
		{ attestation("none", none, data_with(AT, id, d.cose, empty)), E_DENIED },
		{ attestation("none", none, authenticator_data("mail.example.com", UP, 0, empty, empty)), E_SYNTAX },
		{ attestation("none", none, authenticator_data("example.com", UP | AT, 0, attested(id, d.cose), empty)), E_DENIED },
		{ attestation("none", none, data_with(UP | AT, empty, d.cose, empty)), E_SYNTAX },
		{ attestation("none", none, data_with(UP | AT, (struct str){ long_id, WEBAUTHN_ID_MAX }, d.cose, empty)), OK },
		{ attestation("none", none, data_with(UP | AT, (struct str){ long_id, WEBAUTHN_ID_MAX + 1 }, d.cose, empty)), E_SYNTAX },
		{ attestation("none", none, data_with(UP | AT, id, d.cose, STR("\xa0"))), E_SYNTAX },
		{ attestation("none", none, data_with(UP | AT | ED, id, d.cose, STR("\xa0"))), OK },
		{ attestation("none", none, data_with(UP | AT | ED, id, d.cose, STR("\x80"))), E_SYNTAX },
		{ attestation("packed", JOIN(STR("\xa2"), alg, text("sig"), bytes(sign(&d, data_with(UP | AT, id, zero_point, empty), CREATE))),
			data_with(UP | AT, id, zero_point, empty)), E_DENIED },                         /* no point of the curve */
		{ JOIN(attestation("none", none, good), STR("\xf6")), E_SYNTAX },
		{ JOIN(STR("\xa2"), text("fmt"), text("none"), text("authData"), bytes(good)), E_SYNTAX },
		{ JOIN(STR("\xa4"), text("fmt"), text("none"), text("attStmt"), none, text("authData"), bytes(good), text("fmt"), text("none")), E_SYNTAX },
		{ empty, E_SYNTAX }, { STR("\xa0"), E_SYNTAX },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int got = enroll_with(rows[i].object);
		if (got != rows[i].want)
			print_message("row %zu: %d\n", i, got);
		assert_int_equal(got, rows[i].want);
	}
	struct str whole = attestation("none", none, good);
	for (size_t n = 0; n < whole.n; n++)
		assert_int_not_equal(enroll_with(str_first(whole, n)), OK);
	EVP_PKEY_free(d.key);
	EVP_PKEY_free(other.key);
}

static void test_keys(void **state)
{
	struct device ec = make(WEBAUTHN_ES256), rsa = make(WEBAUTHN_RS256);
	struct str x = str_first(str_skip(ec.cose, 7), 35), y = str_skip(ec.cose, 42), n = str_first(str_skip(rsa.cose, 7), 260);
	static char bytes_of_one[256];
	const struct { struct str cose; int want; } rows[] = {
		{ JOIN(STR("\xa5\x01\x02\x03\x26\x20\x01"), x, y), OK },
		{ JOIN(STR("\xa6\x01\x02\x03\x26\x20\x01"), x, y, STR("\x61" "z\xf6")), OK },                        /* a label that is text */
		{ JOIN(STR("\xa5\x01\x02\x03\x27\x20\x01"), x, y), E_UNSUPPORTED },                     /* EdDSA on P-256 */
		{ JOIN(STR("\xa5\x01\x02\x03\x26\x20\x02"), x, y), E_UNSUPPORTED },                     /* P-384 */
		{ JOIN(STR("\xa5\x01\x02\x03\x38\x2e\x20\x01"), x, y), E_UNSUPPORTED },                 /* ES256K */
		{ JOIN(STR("\xa4\x01\x02\x03\x26\x20\x01"), x), E_UNSUPPORTED },
		{ JOIN(STR("\xa6\x01\x02\x03\x26\x20\x01"), x, y, STR("\x03\x26")), E_SYNTAX },         /* a label twice */
		{ JOIN(STR("\xa5\x20\x01\x01\x02\x03\x26"), x, y), E_SYNTAX },                          /* -1 before the type */
		{ JOIN(STR("\xa4\x01\x03\x03\x39\x01\x00"), n, STR("\x21\x41\x01")), E_UNSUPPORTED },   /* exponent 1 */
		{ JOIN(STR("\xa4\x01\x03\x03\x39\x01\x00\x20"), bytes((struct str){ bytes_of_one, 255 }), STR("\x21\x43\x01\x00\x01")), E_UNSUPPORTED },
		{ JOIN(STR("\xa4\x01\x03\x03\x39\x01\x00\x20"), bytes((struct str){ bytes_of_one, 256 }), STR("\x21\x43\x01\x00\x01")), E_UNSUPPORTED },
	};
	(void)state;
	assert_int_equal(x.p[0], 0x21);
	assert_int_equal(y.p[0], 0x22);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int got = enroll_with(attestation("none", STR("\xa0"), data_with(UP | AT, STR("id"), rows[i].cose, STR(""))));
		assert_int_equal(got, rows[i].want);
	}
	EVP_PKEY_free(ec.key);
	EVP_PKEY_free(rsa.key);
}

/* ---- CBOR ---- */

static void test_cbor(void **state)
{
	static const struct { struct str in; int want; } rows[] = {      /* RFC 8949 appendix A, and the like */
		{ STR_INIT("\x00"), OK }, { STR_INIT("\x18\x64"), OK }, { STR_INIT("\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00"), OK }, { STR_INIT("\x39\x03\xe7"), OK },
		{ STR_INIT("\x44\x01\x02\x03\x04"), OK }, { STR_INIT("\x62\xc3\xbc"), OK }, { STR_INIT("\x83\x01\x82\x02\x03\x82\x04\x05"), OK },
		{ STR_INIT("\xa2\x61" "a\x01\x61" "b\x82\x02\x03"), OK }, { STR_INIT("\xf4"), OK }, { STR_INIT("\xf6"), OK }, { STR_INIT("\x80"), OK },
		{ STR_INIT("\x81\x81\x81\x81\x81\x81\x81\x81\x00"), OK }, { STR_INIT("\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00"), E_SYNTAX },  /* A51 */
		{ STR_INIT("\x18\x17"), E_SYNTAX } /* not the shortest */, { STR_INIT("\x19\x00\xff"), E_SYNTAX }, { STR_INIT("\x58\x01x"), E_SYNTAX },
		{ STR_INIT("\x5f\x41x\xff"), E_SYNTAX } /* indefinite */, { STR_INIT("\x9f\xff"), E_SYNTAX }, { STR_INIT("\xbf\xff"), E_SYNTAX },
		{ STR_INIT("\xc0\x60"), E_SYNTAX } /* tag */, { STR_INIT("\xf9\x3c\x00"), E_SYNTAX } /* float */, { STR_INIT("\xf7"), E_SYNTAX },
		{ STR_INIT("\x42x"), E_SYNTAX }, { STR_INIT("\x61\xff"), E_SYNTAX } /* no UTF-8; skipped as bytes */, { STR_INIT("\x82\x01"), E_SYNTAX },
		{ STR_INIT("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"), E_SYNTAX }, { STR_INIT("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"), E_SYNTAX },
		{ STR_INIT("\x98\x41"), E_SYNTAX }, { STR_INIT("\x1c"), E_SYNTAX }, { STR_INIT(""), E_SYNTAX },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cbor c = cbor_of(rows[i].in);
		if (rows[i].in.n && rows[i].in.p[0] == 0x61)
			(void)cbor_text(&c);
		else
			cbor_skip(&c);
		if (cbor_end(&c) != rows[i].want)
			print_message("row %zu\n", i);
		assert_int_equal(cbor_end(&c), rows[i].want);
	}
	struct cbor c = cbor_of(STR("\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x3b\x7f\xff\xff\xff\xff\xff\xff\xff\x1b\x80\x00\x00\x00\x00\x00\x00\x00"));
	assert_true(cbor_int(&c) == INT64_MAX && cbor_int(&c) == INT64_MIN && c.err == OK);
	assert_true(cbor_int(&c) == 0 && c.err == E_SYNTAX && cbor_map(&c) == 0 && cbor_bytes(&c).n == 0);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(test_each_algorithm), WITH_ARENA(test_client_data), WITH_ARENA(test_flags_and_counters), WITH_ARENA(test_registration),
		WITH_ARENA(test_keys), WITH_ARENA(test_cbor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
