#include "proto/dkim/dkim_private.h"

#include "base/base64.h"
#include "proto/dkim/dkim_message.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum { BITS_MOST = 4096, POINT = 32 };

static const char *const state_names[DKIM_KEY_STATES] = { "waiting", "visible", "active", "retired" };

const char *dkim_key_state_name(enum dkim_key_state state) { return state_names[state]; }

int dkim_private_make(enum dkim_algorithm algorithm, struct dkim_private *ret)
{
	EVP_PKEY *key = algorithm == DKIM_ED25519_SHA256 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") : EVP_RSA_gen(DKIM_PRIVATE_BITS);
	ERR_clear_error();
	if (!key)
		return E_IO;
	*ret = (struct dkim_private){ .key = key, .algorithm = algorithm };
	return OK;
}

void dkim_private_done(struct dkim_private *p)
{
	EVP_PKEY_free(p->key);
	p->key = NULL;
}

/* ---- as text ---- */

static int no_passphrase(char *buf, int n, int writing, void *ctx)
{
	(void)buf, (void)n, (void)writing, (void)ctx;
	return -1;
}

static int algorithm_of(const EVP_PKEY *key, enum dkim_algorithm *ret)
{
	int bits = EVP_PKEY_get_bits(key);
	if (EVP_PKEY_is_a(key, "ED25519"))
		*ret = DKIM_ED25519_SHA256;
	else if (EVP_PKEY_is_a(key, "RSA") && bits >= DKIM_RSA_BITS_GOOD && bits <= BITS_MOST)
		*ret = DKIM_RSA_SHA256;
	else
		return E_UNSUPPORTED;
	return OK;
}

static int read_state(struct str name, enum dkim_key_state *ret)
{
	for (int i = 0; i < DKIM_KEY_STATES; i++)
		if (str_eq(name, str_c(state_names[i]))) {
			*ret = (enum dkim_key_state)i;
			return OK;
		}
	return E_SYNTAX;
}

/* The lines in front of the key. */
static int read_lines(struct str text, struct dkim_private *p)
{
	uint64_t since = 0;
	int r = OK;
	p->state = DKIM_KEY_ACTIVE;
	while (r == OK && text.n && !str_starts(text, STR("-----BEGIN "))) {
		struct str line = str_trim(str_until(&text, '\n'));
		if (str_take(&line, STR("State: ")))
			r = read_state(line, &p->state);
		else if (str_take(&line, STR("Since: ")))
			r = str_u64(line, INT64_MAX, &since);
		else if (line.n)
			r = E_SYNTAX;
	}
	p->since = (int64_t)since;
	return r == OK ? OK : E_SYNTAX;
}

int dkim_private_read(struct str text, struct dkim_private *ret)
{
	struct dkim_private p = { 0 };
	if (text.n > DKIM_PRIVATE_FILE_MAX)
		return E_SYNTAX;
	int r = read_lines(text, &p);
	if (r != OK)
		return r;
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	p.key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	r = p.key ? algorithm_of(p.key, &p.algorithm) : E_SYNTAX;
	if (r == OK)
		*ret = p;
	else
		dkim_private_done(&p);
	return r;
}

int dkim_private_write(const struct dkim_private *p, struct buf *out)
{
	struct bufw w = { .b = out };
	char *pem = NULL;
	BIO *bio = BIO_new(BIO_s_secmem());
	bool ok = bio && PEM_write_bio_PKCS8PrivateKey(bio, p->key, NULL, NULL, 0, NULL, NULL) == 1;
	long n = ok ? BIO_get_mem_data(bio, &pem) : 0;
	bufw_printf(&w, "State: %s\nSince: %lld\n", state_names[p->state], (long long)p->since);
	bufw_put(&w, pem, n > 0 ? (size_t)n : 0);
	BIO_free(bio);
	ERR_clear_error();
	return ok ? w.err : E_IO;
}

/* ---- the public half ---- */

static int put_base64(struct buf *out, const char *head, const unsigned char *p, size_t n)
{
	int r = buf_put_str(out, str_c(head));
	return r == OK ? base64_encode(out, (struct str){ (const char *)p, n }) : r;
}

int dkim_private_record(const struct dkim_private *p, struct buf *out)
{
	unsigned char point[POINT], *der = NULL;
	size_t n = sizeof point;
	if (p->algorithm == DKIM_ED25519_SHA256)
		return EVP_PKEY_get_raw_public_key(p->key, point, &n) == 1 ? put_base64(out, "v=DKIM1; k=ed25519; p=", point, n) : E_IO;
	int size = i2d_PUBKEY(p->key, &der);
	int r = size > 0 ? put_base64(out, "v=DKIM1; k=rsa; p=", der, (size_t)size) : E_IO;
	OPENSSL_free(der);
	return r;
}

static bool same_key(const struct dkim_key *a, const struct dkim_key *b)
{
	return a->type == b->type && str_eq(a->modulus, b->modulus) && str_eq(a->exponent, b->exponent) && str_eq(a->point, b->point);
}

bool dkim_record_is(struct str ours, struct str published)
{
	struct arena a;
	struct dkim_key there, here;
	if (ours.n > DKIM_RECORD_MAX || published.n > DKIM_RECORD_MAX)
		return false;
	arena_init(&a, 256 << 10, NULL, NULL);
	bool same = dkim_key_parse(&a, ours, &here).code == DKIM_PASS && dkim_key_parse(&a, published, &there).code == DKIM_PASS &&
		same_key(&here, &there);
	arena_done(&a);
	return same;
}

/* ---- signing ---- */

static bool sign_rsa(EVP_PKEY *key, const unsigned char *hash, unsigned char *out, size_t *n)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	bool ok = c && EVP_PKEY_sign_init(c) == 1 && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1 && EVP_PKEY_sign(c, out, n, hash, DKIM_HASH_SIZE) == 1;
	EVP_PKEY_CTX_free(c);
	return ok;
}

static bool sign_ed25519(EVP_PKEY *key, const unsigned char *hash, unsigned char *out, size_t *n)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool ok = md && EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 && EVP_DigestSign(md, out, n, hash, DKIM_HASH_SIZE) == 1;
	EVP_MD_CTX_free(md);
	return ok;
}

int dkim_private_sign(const struct dkim_private *p, struct str input, struct buf *out)
{
	unsigned char hash[DKIM_HASH_SIZE], signature[DKIM_SIGNATURE_MAX];
	size_t n = sizeof signature;
	struct dkim_hash h;
	dkim_hash_init(&h);
	dkim_hash_put(&h, input);
	dkim_hash_end(&h, hash);
	dkim_hash_done(&h);
	bool ok = p->algorithm == DKIM_ED25519_SHA256 ? sign_ed25519(p->key, hash, signature, &n) : sign_rsa(p->key, hash, signature, &n);
	ERR_clear_error();
	return ok ? buf_put(out, signature, n) : E_IO;
}
