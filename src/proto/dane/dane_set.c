#include "proto/dane/dane.h"

#include <openssl/err.h>
#include <openssl/x509.h>

enum { DANE_TA = 2, DANE_EE = 3, MATCH_FULL = 0, MATCH_SHA256 = 1, MATCH_SHA512 = 2, WHOLE_MAX = 16 << 10 };

/* A certificate or key in full must be one, and nothing but that. */
static bool parses(const struct dns_tlsa *r)
{
	const unsigned char *p = (const unsigned char *)r->data.p, *end = p + r->data.n;
	bool good;
	if (r->data.n > WHOLE_MAX)
		return false;
	if (r->selector == 0) {
		X509 *x = d2i_X509(NULL, &p, (long)r->data.n);
		good = x && p == end;
		X509_free(x);
	} else {
		EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)r->data.n);
		good = key && p == end;
		EVP_PKEY_free(key);
	}
	ERR_clear_error();
	return good;
}

static bool is_usable(const struct dns_tlsa *r)
{
	if ((r->usage != DANE_TA && r->usage != DANE_EE) || r->selector > 1)
		return false;
	switch (r->matching) {
	case MATCH_FULL:
		return parses(r);
	case MATCH_SHA256:
		return r->data.n == 32;
	case MATCH_SHA512:
		return r->data.n == 64;
	default:
		return false;
	}
}

/* RFC 7671 section 9: who publishes a stronger digest means it; a record in full always counts. */
static bool is_outdone(const struct dane_set *set, const struct dns_tlsa *r)
{
	for (size_t i = 0; r->matching != MATCH_FULL && i < set->count; i++) {
		const struct dns_tlsa *o = &set->record[i];
		if (o->usage == r->usage && o->selector == r->selector && o->matching > r->matching)
			return true;
	}
	return false;
}

static void drop_weaker(struct dane_set *set)
{
	struct dane_set kept = { .present = set->present };
	for (size_t i = 0; i < set->count; i++)
		if (!is_outdone(set, &set->record[i]))
			kept.record[kept.count++] = set->record[i];
	*set = kept;
}

void dane_set_read(struct str answers, struct dane_set *ret)
{
	struct reader r = reader_of(answers);
	struct dane_set set = { .count = 0 };
	while (r.err == OK && r.rest.n) {
		struct dns_tlsa record;
		struct str rdata = read_str(&r, UINT16_MAX);
		if (r.err != OK)
			break;
		set.present++;
		if (set.count < DANE_RECORDS_MAX && dns_tlsa_parse(rdata, &record) == OK && is_usable(&record))
			set.record[set.count++] = record;
	}
	drop_weaker(&set);
	*ret = set;
}
