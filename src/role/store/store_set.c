#include "role/store/store.h"

void store_set_add_range(struct store_set *s, uint32_t from, uint32_t to)
{
	struct store_range *last = s->n ? &s->v[s->n - 1] : NULL;
	if (last && from <= last->to + (last->to != UINT32_MAX)) {
		last->to = to > last->to ? to : last->to;
		return;
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 4;
		s->v = mem_resize_array(s->v, s->cap, sizeof s->v[0]);
	}
	s->v[s->n++] = (struct store_range){ from, to };
}

void store_set_add(struct store_set *s, uint32_t v) { store_set_add_range(s, v, v); }

void store_set_done(struct store_set *s)
{
	mem_free(s->v);
	*s = (struct store_set){ 0 };
}

size_t store_set_count(const struct store_set *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++)
		n += (size_t)s->v[i].to - s->v[i].from + 1;
	return n;
}

bool store_set_has(const struct store_set *s, uint32_t v)
{
	size_t lo = 0, hi = s->n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (s->v[mid].to < v)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && s->v[lo].from <= v;
}
