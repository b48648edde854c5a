#include "role/imap/imap_view.h"

#include "base/mem.h"

void imap_view_done(struct imap_view *v)
{
	mem_free(v->v);
	*v = (struct imap_view){ 0 };
}

size_t imap_view_find(const struct imap_view *v, uint32_t uid)
{
	size_t from = 0, to = v->n;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (v->v[mid].uid < uid)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct imap_message *append(struct imap_view *v)
{
	if (v->n == v->cap) {
		v->cap = v->cap ? v->cap + v->cap / 2 : 16;
		v->v = mem_resize_array(v->v, v->cap, sizeof v->v[0]);
	}
	return &v->v[v->n++];
}

static void update(struct imap_view *v, struct imap_message *m, const struct index_entry *e, bool tell)
{
	bool flags_changed = m->flags != e->flags;
	if (e->modseq < m->modseq || (m->state & IMAP_ROW_GONE))
		return;
	m->modseq = e->modseq;
	m->flags = e->flags;
	if (flags_changed && tell && !(m->state & IMAP_ROW_CHANGED)) {
		m->state |= IMAP_ROW_CHANGED;
		v->changed++;
	}
}

void imap_view_take(struct imap_view *v, struct str entries, bool tell)
{
	size_t row = 0;
	uint32_t last = v->n ? v->v[v->n - 1].uid : 0;
	if (entries.n >= INDEX_ENTRY_SIZE)
		row = imap_view_find(v, index_entry_get(entries.p).uid);
	for (; entries.n >= INDEX_ENTRY_SIZE; entries = str_skip(entries, INDEX_ENTRY_SIZE)) {
		struct index_entry e = index_entry_get(entries.p);
		if (e.uid > last) {
			*append(v) = (struct imap_message){ e.uid, e.size, e.email, e.modseq, e.flags, e.date, e.saved, 0 };
			last = e.uid;
			continue;
		}
		if (row < v->n && v->v[row].uid != e.uid)      /* the next row in most cases: a walk beside the entries */
			row = imap_view_find(v, e.uid);
		if (row < v->n && v->v[row].uid == e.uid)
			update(v, &v->v[row++], &e, tell);
	}
}

static void mark_gone(struct imap_view *v, struct imap_message *m)
{
	if (m->state & IMAP_ROW_GONE)
		return;
	if (m->state & IMAP_ROW_CHANGED)
		v->changed--;
	m->state = IMAP_ROW_GONE;
	v->gone++;
}

void imap_view_vanish(struct imap_view *v, uint32_t uid)
{
	size_t row = imap_view_find(v, uid);
	if (row < v->n && v->v[row].uid == uid)
		mark_gone(v, &v->v[row]);
}

void imap_view_keep_only(struct imap_view *v, uint32_t from, uint32_t to, struct str entries)
{
	for (size_t row = imap_view_find(v, from); row < v->n && v->v[row].uid <= to; row++) {
		while (entries.n >= INDEX_ENTRY_SIZE && index_entry_get(entries.p).uid < v->v[row].uid)
			entries = str_skip(entries, INDEX_ENTRY_SIZE);
		if (entries.n < INDEX_ENTRY_SIZE || index_entry_get(entries.p).uid != v->v[row].uid)
			mark_gone(v, &v->v[row]);
	}
}

void imap_view_forget_gone(struct imap_view *v)
{
	size_t n = 0, told = v->told;
	for (size_t row = 0; row < v->n; row++) {
		if (!(v->v[row].state & IMAP_ROW_GONE))
			v->v[n++] = v->v[row];
		else if (row < v->told)
			told--;
	}
	v->n = n;
	v->told = told;
	v->gone = 0;
}

/* Adds a range that begins behind all before it. */
static void add_range(struct arena *a, struct imap_set *set, uint32_t first, uint32_t last)
{
	if (set->n && set->v[set->n - 1].last == first - 1) {
		set->v[set->n - 1].last = last;
		return;
	}
	struct imap_range *r = arena_push(a, &set->v, &set->n, &set->cap, sizeof *r);
	*r = (struct imap_range){ first, last };
}

void imap_view_rows_of(const struct imap_view *v, struct arena *a, const struct imap_set *uids, struct imap_set *ret)
{
	*ret = (struct imap_set){ 0 };
	for (size_t i = 0; i < uids->n; i++) {
		size_t from = imap_view_find(v, uids->v[i].first);
		size_t to = uids->v[i].last == UINT32_MAX ? v->n : imap_view_find(v, uids->v[i].last + 1);
		if (to > v->told)      /* what the client was not told of has no number yet */
			to = v->told;
		if (from < to)
			add_range(a, ret, (uint32_t)from + 1, (uint32_t)to);
	}
}
