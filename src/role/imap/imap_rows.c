/* From the sets that a client names to rows of the view. */
#include "role/imap/imap.h"

/* "n:*" with n beyond the last message means the last one; a number beyond it that is named is an error. */
static void clamp_open_ranges(struct imap_set *set, uint32_t max)
{
	for (size_t i = 0; i < set->n; i++) {
		struct imap_range *r = &set->v[i];
		if (r->first == 0 && r->last > max)
			r->last = max;
		if (r->last == 0 && r->first > max)
			r->first = max;
	}
}

int imap_rows(struct imap_session *s, struct imap_set *set, bool uid, struct imap_set *ret)
{
	const struct imap_view *v = &s->view;
	uint32_t count = (uint32_t)v->told;
	if (set->saved) {
		imap_view_rows_of(v, &s->command, &s->saved, ret);
		return OK;
	}
	if (uid) {
		imap_set_resolve(set, count ? v->v[count - 1].uid : 0);
		imap_view_rows_of(v, &s->command, set, ret);
		return OK;
	}
	bool named = false;
	for (size_t i = 0; i < set->n; i++)
		named = named || (set->v[i].first && set->v[i].last);
	clamp_open_ranges(set, count);
	imap_set_resolve(set, count);
	if (imap_set_last(set) > count || (count == 0 && named)) {
		(void)imap_bad(s, "no such message");
		return E_SYNTAX;
	}
	*ret = *set;
	return OK;
}

/* A run of rows is a run of uids: what once lay between two rows is gone for good. */
struct str imap_pack_uids(struct imap_session *s, const struct imap_set *rows)
{
	char *p = arena_alloc(&s->command, 8 * rows->n);
	for (size_t i = 0; i < rows->n; i++) {
		put_le32(p + 8 * i, s->view.v[rows->v[i].first - 1].uid);
		put_le32(p + 8 * i + 4, s->view.v[rows->v[i].last - 1].uid);
	}
	return (struct str){ p, 8 * rows->n };
}

/* Places first..last of the rows, counted from 1. */
static struct imap_set cut(struct imap_session *s, uint64_t first, uint64_t last, const struct imap_set *rows)
{
	struct imap_set out = { .v = arena_new_array(&s->command, struct imap_range, rows->n) };
	uint64_t before = 0;
	for (size_t i = 0; i < rows->n; i++) {
		const struct imap_range *r = &rows->v[i];
		uint64_t count = (uint64_t)r->last - r->first + 1;
		uint64_t from = first > before + 1 ? first - before - 1 : 0, to = last < before + count ? last - before : count;
		if (last > before && from < to)
			out.v[out.n++] = (struct imap_range){ (uint32_t)(r->first + from), (uint32_t)(r->first + to - 1) };
		before += count;
	}
	return out;
}

struct imap_set imap_rows_partial(struct imap_session *s, const struct imap_partial *p, const struct imap_set *rows)
{
	uint64_t n = imap_set_count(rows);
	if (!p->from_end)
		return cut(s, p->first, p->last, rows);
	return cut(s, p->last < n ? n - p->last + 1 : 1, p->first <= n ? n - p->first + 1 : 0, rows);
}
