/* Three ordered sources merged: the current batch hides the flight, the flight hides the engine. */
#include "role/store/kv_internal.h"

enum { CURRENT, FLIGHT, BASE, SOURCES };

static struct str source_key(const struct kv_iter *it, unsigned s)
{
	return s == BASE ? it->base->key : it->node[s]->key;
}

static bool source_valid(const struct kv_iter *it, unsigned s)
{
	if (s == BASE)
		return it->base->valid;
	const struct kv_node *n = it->node[s];
	return n && n->space == it->space &&
	       (!it->end_n || str_cmp(n->key, (struct str){ (const char *)it->end, it->end_n }) < 0);
}

/* The source with the smallest key; of equal ones the newest. */
static unsigned smallest(const struct kv_iter *it)
{
	unsigned best = SOURCES;
	for (unsigned s = 0; s < SOURCES; s++)
		if (source_valid(it, s) && (best == SOURCES || str_cmp(source_key(it, s), source_key(it, best)) < 0))
			best = s;
	return best;
}

static void skip_absent(struct kv_iter *it)
{
	for (unsigned s = CURRENT; s <= FLIGHT; s++)
		while (it->node[s] && it->node[s]->state == KV_ABSENT)
			it->node[s] = it->node[s]->next[0];
}

/* Steps over the key of source s, in all sources that have it. */
static int step_over(struct kv_iter *it, unsigned s)
{
	struct str key = source_key(it, s);
	bool has[SOURCES];
	for (unsigned i = 0; i < SOURCES; i++)
		has[i] = source_valid(it, i) && str_eq(source_key(it, i), key);
	for (unsigned i = CURRENT; i <= FLIGHT; i++)
		if (has[i])
			it->node[i] = it->node[i]->next[0];
	skip_absent(it);
	return has[BASE] ? engine_iter_next(it->base) : OK;
}

static int settle(struct kv_iter *it)
{
	for (;;) {
		unsigned s = smallest(it);
		it->valid = s != SOURCES;
		if (!it->valid)
			return OK;
		if (s == BASE || it->node[s]->state == KV_VALUE) {
			it->key = source_key(it, s);
			it->value = s == BASE ? it->base->value : it->node[s]->value;
			return OK;
		}
		int r = step_over(it, s);
		if (r != OK)
			return r;
	}
}

int kv_iter_open(struct kv *kv, enum engine_space space, struct str from, struct str end, struct kv_iter *ret)
{
	struct kv_iter it = { .kv = kv, .space = space, .end_n = end.n };
	if (end.n > sizeof it.end)
		return E_TOOBIG;
	if (end.n)
		memcpy(it.end, end.p, end.n);
	int r = engine_scan(kv->o.engine, space, from, end, &it.base);
	if (r != OK)
		return r;
	it.node[CURRENT] = kv_sorted_seek(kv->current, space, from);
	it.node[FLIGHT] = kv_sorted_seek(kv->flight, space, from);
	skip_absent(&it);
	r = settle(&it);
	if (r != OK)
		engine_iter_free(it.base);
	else
		*ret = it;
	return r;
}

int kv_iter_next(struct kv_iter *it)
{
	int r = step_over(it, smallest(it));
	if (r == OK)
		r = settle(it);
	it->valid = it->valid && r == OK;
	return r;
}

int kv_iter_seek(struct kv_iter *it, struct str key)
{
	it->node[CURRENT] = kv_sorted_seek(it->kv->current, it->space, key);
	it->node[FLIGHT] = kv_sorted_seek(it->kv->flight, it->space, key);
	skip_absent(it);
	int r = engine_iter_seek(it->base, key);
	if (r == OK)
		r = settle(it);
	it->valid = it->valid && r == OK;
	return r;
}

void kv_iter_close(struct kv_iter *it)
{
	engine_iter_free(it->base);
	it->base = NULL;
	it->valid = false;
}
