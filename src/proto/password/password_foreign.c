#include "proto/password/password_foreign.h"

#include "proto/password/password_hash.h"

#include <crypt.h>
#include <openssl/evp.h>
#include <sodium.h>

enum { BCRYPT_COST_MOST = 14, SHA_ROUNDS_MOST = 1000000, PBKDF2_ROUNDS_MOST = 2000000, ARGON_KIB_MOST = 1 << 20, ARGON_PASSES_MOST = 16 };
enum { DECODED_MAX = 384, KEY_MAX = 64 };

/* A stored hash, taken apart: how it is verified, and with what. */
struct foreign {
	int (*verify)(const struct foreign *f, struct str password);
	struct str text;                        /* crypt, argon2: the whole of it */
	const char *digest;                     /* OpenSSL's name */
	uint64_t rounds;
	char bytes[DECODED_MAX];
	struct str key, salt;                   /* into bytes, or into the stored text */
};

/* ---- what is compared with what ---- */

static int same(const void *computed, size_t n, struct str key)
{
	return secret_eq((struct str){ computed, n }, key) ? OK : E_DENIED;
}

static int verify_crypt(const struct foreign *f, struct str password)
{
	char setting[PASSWORD_FOREIGN_MAX + 1], typed[PASSWORD_BYTES_MAX + 1];
	if (str_to_c(f->text, setting, sizeof setting) != OK || str_to_c(password, typed, sizeof typed) != OK)
		return E_DENIED;
	struct crypt_data *work = mem_new(struct crypt_data);
	const char *hash = crypt_rn(typed, setting, work, sizeof *work);
	int r = hash ? same(hash, strlen(hash), f->text) : E_DENIED;
	secret_wipe(work, sizeof *work);
	secret_wipe(typed, sizeof typed);
	mem_free(work);
	return r;
}

static int verify_argon2(const struct foreign *f, struct str password)
{
	char hash[PASSWORD_HASH_MAX] = { 0 };
	if (sodium_init() < 0 || str_to_c(f->text, hash, sizeof hash) != OK)
		return E_DENIED;
	return crypto_pwhash_str_verify(hash, password.p ? password.p : "", password.n) == 0 ? OK : E_DENIED;
}

static int verify_digest(const struct foreign *f, struct str password)
{
	unsigned char out[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	const EVP_MD *md = EVP_get_digestbyname(f->digest);
	bool done = c && md && EVP_DigestInit_ex(c, md, NULL) == 1 && EVP_DigestUpdate(c, password.p, password.n) == 1 &&
		EVP_DigestUpdate(c, f->salt.p, f->salt.n) == 1 && EVP_DigestFinal_ex(c, out, &n) == 1;
	EVP_MD_CTX_free(c);
	return done ? same(out, n, f->key) : E_DENIED;
}

static int verify_pbkdf2(const struct foreign *f, struct str password)
{
	unsigned char out[KEY_MAX];
	const EVP_MD *md = EVP_get_digestbyname(f->digest);
	bool done = md && PKCS5_PBKDF2_HMAC(password.p, (int)password.n, (const unsigned char *)f->salt.p, (int)f->salt.n, (int)f->rounds, md,
		(int)f->key.n, out) == 1;
	int r = done ? same(out, f->key.n, f->key) : E_DENIED;
	secret_wipe(out, sizeof out);
	return r;
}

/* ---- encodings ---- */

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	return c == '+' || c == '.' ? 62 : c == '/' ? 63 : -1;
}

/* Base64 with or without padding, and passlib's alphabet, which has '.' for '+'. Bytes go to out, where there is room for in.n. */
static int decode64(struct str in, char *out, size_t *ret)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0;
	while (in.n && in.p[in.n - 1] == '=')
		in.n--;
	for (size_t i = 0; i < in.n; i++) {
		int v = digit_of(in.p[i]);
		if (v < 0)
			return E_SYNTAX;
		bits = bits << 6 | (uint32_t)v;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (char)(bits >> held & 0xff);
		}
	}
	*ret = n;
	return in.n % 4 == 1 ? E_SYNTAX : OK;
}

static int decode_hex(struct str in, char *out, size_t *ret)
{
	size_t n;
	if (sodium_hex2bin((unsigned char *)out, in.n / 2 + 1, in.p, in.n, NULL, &n, NULL) != 0 || n * 2 != in.n)
		return E_SYNTAX;
	*ret = n;
	return OK;
}

typedef int decode_fn(struct str in, char *out, size_t *ret);

static int decode_to(struct foreign *f, size_t at, decode_fn *decode, struct str in, struct str *ret)
{
	size_t n;
	if (in.n > DECODED_MAX - 1 - at || decode(in, f->bytes + at, &n) != OK)
		return E_SYNTAX;
	*ret = (struct str){ f->bytes + at, n };
	return OK;
}

/* ---- digests ---- */

static const struct { struct str name; const char *digest; size_t bytes; bool salted; decode_fn *decode; } digests[] = {
	{ STR_INIT("SHA"), "SHA1", 20, false, decode64 }, { STR_INIT("SHA1"), "SHA1", 20, false, decode64 },
	{ STR_INIT("SSHA"), "SHA1", 20, true, decode64 }, { STR_INIT("SHA256"), "SHA256", 32, false, decode64 },
	{ STR_INIT("SSHA256"), "SHA256", 32, true, decode64 }, { STR_INIT("SHA512"), "SHA512", 64, false, decode64 },
	{ STR_INIT("SSHA512"), "SHA512", 64, true, decode64 }, { STR_INIT("MD5"), "MD5", 16, false, decode64 },
	{ STR_INIT("LDAP-MD5"), "MD5", 16, false, decode64 }, { STR_INIT("SMD5"), "MD5", 16, true, decode64 },
	{ STR_INIT("PLAIN-MD5"), "MD5", 16, false, decode_hex },
};

static int parse_digest(size_t row, decode_fn *decode, struct str rest, struct foreign *f)
{
	struct str all;
	int r = decode_to(f, 0, decode, rest, &all);
	if (r != OK)
		return r;
	f->key = str_first(all, digests[row].bytes);
	f->salt = str_skip(all, digests[row].bytes);
	if (f->key.n != digests[row].bytes || digests[row].salted != (f->salt.n > 0))
		return E_SYNTAX;
	f->digest = digests[row].digest;
	f->verify = verify_digest;
	return OK;
}

/* ---- PBKDF2 ---- */

static int take_rounds(struct str *s, struct foreign *f)
{
	int r = str_take_u64(s, PBKDF2_ROUNDS_MOST, &f->rounds);
	if (r == OK && (!f->rounds || !str_take_char(s, '$')))
		r = E_SYNTAX;
	return r;
}

/* A key as long as its digest, as all who use it make it: a shorter one is the front of the same, and found sooner by chance. */
static int finish_pbkdf2(struct foreign *f, const char *digest)
{
	const EVP_MD *md = EVP_get_digestbyname(digest);
	f->digest = digest;
	f->verify = verify_pbkdf2;
	return md && f->key.n == (size_t)EVP_MD_get_size(md) ? OK : E_SYNTAX;
}

/* ROUNDS$SALT$HASH. passlib and OpenLDAP encode the salt, Django does not. */
static int parse_pbkdf2(const char *digest, bool plain_salt, struct str rest, struct foreign *f)
{
	int r = take_rounds(&rest, f);
	if (r != OK)
		return r;
	f->salt = str_until(&rest, '$');
	if (!plain_salt)
		r = decode_to(f, 0, decode64, f->salt, &f->salt);
	if (r == OK)
		r = decode_to(f, DECODED_MAX / 2, decode64, rest, &f->key);
	return r == OK ? finish_pbkdf2(f, digest) : r;
}

/* $1$SALT$ROUNDS$HEX */
static int parse_dovecot_pbkdf2(struct str rest, struct foreign *f)
{
	if (!str_take(&rest, STR("$1$")))
		return parse_pbkdf2("SHA1", false, rest, f);
	f->salt = str_until(&rest, '$');
	int r = take_rounds(&rest, f);
	if (r == OK)
		r = decode_to(f, 0, decode_hex, rest, &f->key);
	return r == OK ? finish_pbkdf2(f, "SHA1") : r;
}

static const struct { struct str prefix; const char *digest; bool plain_salt; } pbkdf2s[] = {
	{ STR_INIT("{PBKDF2-SHA1}"), "SHA1", false }, { STR_INIT("{PBKDF2-SHA256}"), "SHA256", false },
	{ STR_INIT("{PBKDF2-SHA512}"), "SHA512", false }, { STR_INIT("$pbkdf2$"), "SHA1", false },
	{ STR_INIT("$pbkdf2-sha256$"), "SHA256", false }, { STR_INIT("$pbkdf2-sha512$"), "SHA512", false },
	{ STR_INIT("pbkdf2_sha256$"), "SHA256", true }, { STR_INIT("pbkdf2_sha1$"), "SHA1", true },
};

/* ---- crypt(3) and argon2 ---- */

static int cost_bcrypt(struct str s)
{
	uint64_t cost;
	int r = str_take_u64(&s, 99, &cost);
	if (r != OK || !str_take_char(&s, '$') || cost < 4)
		return E_SYNTAX;
	return cost <= BCRYPT_COST_MOST ? OK : E_TOOBIG;
}

static int cost_sha(struct str s)
{
	uint64_t rounds;
	if (!str_take(&s, STR("rounds=")))
		return OK;
	int r = str_take_u64(&s, SHA_ROUNDS_MOST, &rounds);
	return r == OK && !str_take_char(&s, '$') ? E_SYNTAX : r;
}

/* "j" flavour, a letter for the memory (each doubles: '7' 4 MiB, '9' 16, 'B' 64), 'T' r = 32. Anything else is not in use. */
static int cost_yescrypt(struct str s)
{
	if (!str_take_char(&s, 'j') || s.n < 3 || s.p[1] != 'T' || s.p[2] != '$')
		return E_SYNTAX;
	return s.p[0] >= '7' && s.p[0] <= 'B' ? OK : E_TOOBIG;
}

static int cost_md5(struct str s) { return s.n ? OK : E_SYNTAX; }

static int cost_argon2(struct str s)
{
	uint64_t kib, passes;
	if (!str_take(&s, STR("v=19$m=")))
		return E_SYNTAX;
	int r = str_take_u64(&s, ARGON_KIB_MOST, &kib);
	if (r == OK && !str_take(&s, STR(",t=")))
		r = E_SYNTAX;
	if (r == OK)
		r = str_take_u64(&s, ARGON_PASSES_MOST, &passes);
	return r == OK && !str_take(&s, STR(",p=1$")) ? E_SYNTAX : r;
}

/* length: what a whole hash of the kind has, behind its last '$'; 0: anything. */
static const struct { struct str prefix; int (*cost)(struct str rest); int (*verify)(const struct foreign *f, struct str password); size_t length; }
crypts[] = {
	{ STR_INIT("$2a$"), cost_bcrypt, verify_crypt, 53 }, { STR_INIT("$2b$"), cost_bcrypt, verify_crypt, 53 },
	{ STR_INIT("$2y$"), cost_bcrypt, verify_crypt, 53 }, { STR_INIT("$5$"), cost_sha, verify_crypt, 43 },
	{ STR_INIT("$6$"), cost_sha, verify_crypt, 86 }, { STR_INIT("$1$"), cost_md5, verify_crypt, 22 },
	{ STR_INIT("$y$"), cost_yescrypt, verify_crypt, 43 }, { STR_INIT("$argon2id$"), cost_argon2, verify_argon2, 0 },
	{ STR_INIT("$argon2i$"), cost_argon2, verify_argon2, 0 },
};

static int parse_crypt(struct str s, struct foreign *f)
{
	for (size_t i = 0; i < COUNT_OF(crypts); i++) {
		struct str rest = s;
		if (!str_take(&rest, crypts[i].prefix))
			continue;
		size_t last = str_rfind(s, '$');
		if (str_has_control(s) || !str_is_ascii(s) || (crypts[i].length && s.n - last - 1 != crypts[i].length))
			return E_SYNTAX;
		f->text = s;
		f->verify = crypts[i].verify;
		return crypts[i].cost(rest);
	}
	return E_SYNTAX;
}

/* ---- all of them ---- */

/* "{SCHEME}" or "{SCHEME.HEX}" at the front. */
static int parse_scheme(struct str s, struct foreign *f)
{
	static const struct str passed_on[] = {
		STR_INIT("CRYPT"), STR_INIT("BLF-CRYPT"), STR_INIT("SHA256-CRYPT"), STR_INIT("SHA512-CRYPT"), STR_INIT("MD5-CRYPT"),
		STR_INIT("ARGON2I"), STR_INIT("ARGON2ID"),
	};
	str_take_char(&s, '{');
	struct str scheme = str_until(&s, '}'), name = str_until(&scheme, '.');
	bool hex = str_ieq(scheme, STR("HEX"));
	if (scheme.n && !hex && !str_ieq(scheme, STR("B64")))
		return E_SYNTAX;
	for (size_t i = 0; i < COUNT_OF(digests); i++)
		if (str_ieq(digests[i].name, name))
			return parse_digest(i, hex ? decode_hex : digests[i].decode, s, f);
	if (str_ieq(name, STR("PBKDF2")))
		return parse_dovecot_pbkdf2(s, f);
	for (size_t i = 0; i < COUNT_OF(passed_on); i++)
		if (str_ieq(passed_on[i], name))
			return parse_crypt(s, f);
	return E_SYNTAX;
}

static int parse(struct str stored, struct foreign *f)
{
	*f = (struct foreign){ .verify = NULL };
	if (stored.n > PASSWORD_FOREIGN_MAX)
		return E_SYNTAX;
	for (size_t i = 0; i < COUNT_OF(pbkdf2s); i++) {
		struct str rest = stored;
		if (str_itake(&rest, pbkdf2s[i].prefix))
			return parse_pbkdf2(pbkdf2s[i].digest, pbkdf2s[i].plain_salt, rest, f);
	}
	return str_starts(stored, STR("{")) ? parse_scheme(stored, f) : parse_crypt(stored, f);
}

int password_foreign_check(struct str stored)
{
	struct foreign f;
	return parse(stored, &f);
}

int password_foreign_verify(struct str stored, struct str password)
{
	struct foreign f;
	int r = parse(stored, &f);
	if (r != OK)
		return r;
	return password.n <= PASSWORD_BYTES_MAX ? f.verify(&f, password) : E_DENIED;
}
