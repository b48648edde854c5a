#include "proto/dane/dane.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

enum { DANE_TA = 2, DANE_EE = 3, CERT_MAX = 64 << 10, HOST_MAX = 255 };

struct check {
	const struct dane_set *set;
	const struct str *der, *names;
	X509 *chain[DANE_CHAIN_MAX];
	size_t count, name_count;
	int64_t now;
};

static X509 *parse(struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *x = der.n && der.n <= CERT_MAX ? d2i_X509(NULL, &p, (long)der.n) : NULL;
	if (x && (const char *)p != der.p + der.n) {
		X509_free(x);
		x = NULL;
	}
	return x;
}

/* ---- one record against one certificate */

static bool same(struct str data, uint8_t matching, const unsigned char *p, size_t n)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned digest_n = 0;
	if (matching == 0)
		return str_eq(data, (struct str){ (const char *)p, n });
	if (EVP_Digest(p, n, digest, &digest_n, matching == 1 ? EVP_sha256() : EVP_sha512(), NULL) != 1)
		return false;
	return str_eq(data, (struct str){ (const char *)digest, digest_n });
}

static bool fits(const struct dns_tlsa *r, X509 *x, struct str der)
{
	if (r->selector == 0)
		return same(r->data, r->matching, (const unsigned char *)der.p, der.n);
	unsigned char *key = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &key);
	bool good = n > 0 && same(r->data, r->matching, key, (size_t)n);
	OPENSSL_free(key);
	return good;
}

static bool any_fits(const struct check *c, uint8_t usage, size_t at)
{
	for (size_t i = 0; i < c->set->count; i++)
		if (c->set->record[i].usage == usage && fits(&c->set->record[i], c->chain[at], c->der[at]))
			return true;
	return false;
}

/* ---- DANE-TA */

static bool add_names(const struct check *c, X509_VERIFY_PARAM *param)
{
	bool any = false;
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	for (size_t i = 0; i < c->name_count && i < DANE_NAMES_MAX; i++) {
		char name[HOST_MAX + 1];
		if (c->names[i].n && str_to_c(c->names[i], name, sizeof name) == OK)
			any = X509_VERIFY_PARAM_add1_host(param, name, 0) == 1 || any;
	}
	return any;
}

static enum dane_verdict verdict_of(int error)
{
	switch (error) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
		return DANE_BAD_NAME;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return DANE_BAD_DATES;
	default:
		return DANE_BAD_PATH;
	}
}

/* The path validation of RFC 5280 with that one authority as its anchor, whoever may have issued it. */
static enum dane_verdict verify(const struct check *c, X509 *anchor)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	enum dane_verdict v = DANE_BAD_PATH;
	for (size_t i = 1; others && i < c->count; i++)
		sk_X509_push(others, c->chain[i]);
	if (store && ctx && others && X509_STORE_add_cert(store, anchor) == 1 &&
	    X509_STORE_CTX_init(ctx, store, c->chain[0], others) == 1 &&
	    X509_STORE_CTX_set_default(ctx, "ssl_server") == 1) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
		X509_VERIFY_PARAM_set_auth_level(param, 1);
		X509_VERIFY_PARAM_set_time(param, (time_t)c->now);
		if (!add_names(c, param))
			v = DANE_BAD_NAME;
		else
			v = X509_verify_cert(ctx) == 1 ? DANE_MATCH_TA : verdict_of(X509_STORE_CTX_get_error(ctx));
	}
	sk_X509_free(others);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return v;
}

static enum dane_verdict better(enum dane_verdict a, enum dane_verdict b) { return a == DANE_NO_MATCH || b == DANE_MATCH_TA ? b : a; }

/* The authority stands in the chain (RFC 7672 section 3.1.2), never at its own place: an end is no authority. */
static enum dane_verdict check_chain(const struct check *c)
{
	enum dane_verdict v = DANE_NO_MATCH;
	for (size_t i = 1; i < c->count && v != DANE_MATCH_TA; i++)
		if (any_fits(c, DANE_TA, i))
			v = better(v, verify(c, c->chain[i]));
	return v;
}

/* Or in the record, whole (RFC 7671 section 5.2.2), and the server need not send it. */
static enum dane_verdict check_records(const struct check *c)
{
	enum dane_verdict v = DANE_NO_MATCH;
	for (size_t i = 0; i < c->set->count && v != DANE_MATCH_TA; i++) {
		const struct dns_tlsa *r = &c->set->record[i];
		X509 *anchor = r->usage == DANE_TA && r->selector == 0 && r->matching == 0 ? parse(r->data) : NULL;
		if (!anchor)
			continue;
		enum dane_verdict one = verify(c, anchor);
		if (one != DANE_BAD_PATH) /* another authority's certificate does not fit, and that is no match */
			v = better(v, one);
		X509_free(anchor);
	}
	return v;
}

/* ---- the whole */

static void open_chain(struct check *c, size_t count)
{
	while (c->count < count && c->count < DANE_CHAIN_MAX && (c->chain[c->count] = parse(c->der[c->count])))
		c->count++;
}

static void close_chain(struct check *c)
{
	for (size_t i = 0; i < c->count; i++)
		X509_free(c->chain[i]);
	ERR_clear_error();
}

enum dane_verdict dane_check(const struct dane_set *set, const struct str *chain, size_t chain_count,
			     const struct str *names, size_t name_count, int64_t now)
{
	struct check c = { .set = set, .der = chain, .names = names, .name_count = name_count, .now = now };
	enum dane_verdict v = DANE_NO_MATCH;
	if (set->count == 0)
		return DANE_UNUSABLE;
	open_chain(&c, chain_count);
	if (c.count && any_fits(&c, DANE_EE, 0))
		v = DANE_MATCH_EE;
	if (c.count && v == DANE_NO_MATCH)
		v = check_chain(&c);
	if (c.count && v != DANE_MATCH_EE && v != DANE_MATCH_TA)
		v = better(v, check_records(&c));
	close_chain(&c);
	return v;
}

bool dane_is_match(enum dane_verdict v) { return v == DANE_MATCH_EE || v == DANE_MATCH_TA; }
