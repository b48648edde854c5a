/* Framed: names, records, then certificates. Whatever the bytes: what counts is usable, and a verdict follows from the records alone. */
#include "proto/dane/dane.h"

#include <stdlib.h>

enum { NOW = 1700000000 };

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_set(const struct dane_set *s)
{
	require(s->count <= DANE_RECORDS_MAX && s->count <= s->present);
	for (size_t i = 0; i < s->count; i++) {
		const struct dns_tlsa *r = &s->record[i];
		require((r->usage == 2 || r->usage == 3) && r->selector < 2 && r->matching < 3);
		require(r->matching == 0 || r->data.n == 32u * r->matching);
	}
}

/* Without the records of one usage, that usage does not match any more. */
static struct dane_set without(const struct dane_set *s, uint8_t usage)
{
	struct dane_set left = { .present = s->present };
	for (size_t i = 0; i < s->count; i++)
		if (s->record[i].usage != usage)
			left.record[left.count++] = s->record[i];
	return left;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct reader r = reader_of((struct str){ (const char *)data, n });
	struct str name = read_str(&r, 300), answers = read_str(&r, UINT16_MAX), chain[DANE_CHAIN_MAX + 2];
	struct dane_set set;
	size_t count = 0;
	while (count < COUNT_OF(chain) && r.rest.n && r.err == OK)
		chain[count++] = read_str(&r, UINT16_MAX);
	dane_set_read(answers, &set);
	check_set(&set);
	enum dane_verdict v = dane_check(&set, chain, count, &name, 1, NOW);
	require((v == DANE_UNUSABLE) == (set.count == 0));
	require(v == DANE_UNUSABLE || count || v == DANE_NO_MATCH);
	struct dane_set no_ee = without(&set, 3), no_ta = without(&set, 2);
	require(dane_check(&no_ee, chain, count, &name, 1, NOW) != DANE_MATCH_EE);
	require(dane_check(&no_ta, chain, count, &name, 1, NOW) != DANE_MATCH_TA);
	require(v != DANE_MATCH_TA || dane_check(&set, chain, count, &name, 0, NOW) != DANE_MATCH_TA);
	return 0;
}
