#include "proto/imap/imap_set.h"

#include <stdlib.h>

/* seq-number = nz-number / "*" */
static int seq_number(struct imap_args *a, uint32_t *ret)
{
	if (str_take_char(&a->rest, '*')) {
		*ret = 0;
		return OK;
	}
	int r = imap_nz_number(a, ret);
	if (r == E_SYNTAX)
		a->bad = "sequence set expected";
	return r;
}

static int seq_range(struct imap_args *a, struct imap_range *ret)
{
	int r = seq_number(a, &ret->first);
	if (r != OK)
		return r;
	ret->last = ret->first;
	return str_take_char(&a->rest, ':') ? seq_number(a, &ret->last) : OK;
}

static size_t count_ranges(struct str s)
{
	size_t n = 1;
	for (size_t i = 0; i < s.n && (ascii_is_digit(s.p[i]) || s.p[i] == ',' || s.p[i] == ':' || s.p[i] == '*'); i++)
		n += s.p[i] == ',';
	return n;
}

int imap_sequence_set(struct imap_args *a, struct imap_set *ret)
{
	struct imap_args at = *a;
	struct imap_set set = { 0 };
	if (str_take_char(&a->rest, '$')) {
		*ret = (struct imap_set){ .saved = true };
		return OK;
	}
	set.cap = count_ranges(at.rest);
	set.v = arena_new_array(a->arena, struct imap_range, set.cap);
	do {
		int r = seq_range(&at, &set.v[set.n++]);
		if (r != OK) {
			a->bad = at.bad;
			return r;
		}
	} while (str_take_char(&at.rest, ','));
	a->rest = at.rest;
	*ret = set;
	return OK;
}

static int by_first(const void *x, const void *y)
{
	const struct imap_range *a = x, *b = y;
	return (a->first > b->first) - (a->first < b->first);
}

static bool is_sorted(const struct imap_set *set)
{
	for (size_t i = 1; i < set->n; i++)
		if (set->v[i].first < set->v[i - 1].first)
			return false;
	return true;
}

static void merge(struct imap_set *set)
{
	size_t n = 0;
	for (size_t i = 0; i < set->n; i++) {
		struct imap_range r = set->v[i];
		if (n && r.first <= set->v[n - 1].last + (set->v[n - 1].last < UINT32_MAX)) {
			if (r.last > set->v[n - 1].last)
				set->v[n - 1].last = r.last;
		} else {
			set->v[n++] = r;
		}
	}
	set->n = n;
}

void imap_set_resolve(struct imap_set *set, uint32_t max)
{
	if (max == 0)
		set->n = 0;
	for (size_t i = 0; i < set->n; i++) {
		struct imap_range *r = &set->v[i];
		uint32_t from = r->first ? r->first : max, to = r->last ? r->last : max;
		*r = from <= to ? (struct imap_range){ from, to } : (struct imap_range){ to, from };
	}
	if (!is_sorted(set))
		qsort(set->v, set->n, sizeof set->v[0], by_first);
	merge(set);
}

bool imap_set_has(const struct imap_set *set, uint32_t n)
{
	size_t from = 0, to = set->n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (set->v[mid].last < n)
			from = mid + 1;
		else
			to = mid;
	}
	return from < set->n && set->v[from].first <= n;
}

uint64_t imap_set_count(const struct imap_set *set)
{
	uint64_t n = 0;
	for (size_t i = 0; i < set->n; i++)
		n += (uint64_t)set->v[i].last - set->v[i].first + 1;
	return n;
}

uint32_t imap_set_last(const struct imap_set *set)
{
	return set->n ? set->v[set->n - 1].last : 0;
}

void imap_set_add(struct arena *arena, struct imap_set *set, uint32_t n)
{
	if (set->n && set->v[set->n - 1].last == n - 1) {
		set->v[set->n - 1].last = n;
		return;
	}
	struct imap_range *r = arena_push(arena, &set->v, &set->n, &set->cap, sizeof *r);
	*r = (struct imap_range){ n, n };
}

void imap_set_write(struct bufw *w, const struct imap_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		if (i)
			bufw_char(w, ',');
		bufw_u64(w, set->v[i].first);
		if (set->v[i].last == set->v[i].first)
			continue;
		bufw_char(w, ':');
		bufw_u64(w, set->v[i].last);
	}
}
