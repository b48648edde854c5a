/* The entries of a mailbox: pages and tail keys on disk, one packed array in memory while somebody reads. */
#include "role/store/store_internal.h"

void store_entry_put(void *p, const struct store_entry *e)
{
	unsigned char *b = p;
	put_le32(b, e->uid);
	put_le32(b + 4, e->size);
	put_le64(b + 8, e->email);
	put_le64(b + 16, e->modseq);
	put_le64(b + 24, e->flags);
	put_le64(b + 32, (uint64_t)e->internal);
	put_le64(b + 40, (uint64_t)e->saved);
}

struct store_entry store_entry_get(const void *p)
{
	const unsigned char *b = p;
	return (struct store_entry){ .uid = get_le32(b), .size = get_le32(b + 4), .email = get_le64(b + 8),
		                     .modseq = get_le64(b + 16), .flags = get_le64(b + 24),
		                     .internal = (int64_t)get_le64(b + 32), .saved = (int64_t)get_le64(b + 40) };
}

/* ---- loading ---- */

void store_view_free(struct store_view *v)
{
	if (!v)
		return;
	mem_free(v->entries);
	mem_free(v->page);
	mem_free(v);
}

static void reserve(struct store_view *v, size_t more)
{
	if (v->n + more <= v->cap)
		return;
	v->cap = v->cap + v->cap / 2 > v->n + more ? v->cap + v->cap / 2 : v->n + more;
	v->entries = mem_resize_array(v->entries, v->cap, STORE_ENTRY);
}

static void page_push(struct store_view *v, uint32_t first)
{
	if (v->pages == v->page_cap) {
		v->page_cap = v->page_cap ? v->page_cap * 2 : 16;
		v->page = mem_resize_array(v->page, v->page_cap, sizeof v->page[0]);
	}
	v->page[v->pages++] = first;
}

/* Appends stored entries, whose uids must go on growing. */
static int take_entries(struct store_view *v, struct str value)
{
	struct str packed;
	int r = rec_entries_read(value, &packed);
	if (r != OK)
		return r;
	uint32_t last = v->n ? get_le32(store_view_at(v, v->n - 1)) : 0;
	reserve(v, packed.n / STORE_ENTRY);
	for (; packed.n; packed = str_skip(packed, STORE_ENTRY)) {
		uint32_t uid = get_le32(packed.p);
		if (uid <= last)
			return E_CORRUPT;
		last = uid;
		memcpy(store_view_at(v, v->n++), packed.p, STORE_ENTRY);
	}
	return OK;
}

static int load_kind(struct store *st, const struct store_mailbox *m, enum store_kind kind, struct store_view *v)
{
	struct store_key from = store_key_32(m->account->id, kind, m->id), end = store_key_after(&from);
	struct kv_iter it;
	int r = kv_iter_open(st->kv, ENGINE_INDEX, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid) {
		if (kind == STORE_KIND_PAGE)
			page_push(v, store_key_tail32(it.key));
		r = take_entries(v, it.value);
		if (r == OK)
			r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	return r;
}

static void sum_up(struct store_account *a)
{
	a->meta.messages = 0;
	a->meta.bytes = 0;
	for (size_t i = 0; i < a->mailboxes; i++) {
		a->meta.messages += a->mailbox[i]->rec.messages;
		a->meta.bytes += a->mailbox[i]->rec.size;
	}
}

/* The entries are the truth: counters that disagree are set right, and written with the account's next change (B57). A
 * mailbox is never closed to its owner because a sum is wrong. */
static void recount(struct store *st, struct store_mailbox *m)
{
	struct rec_mailbox old = m->rec, sum = old;
	const struct store_view *v = m->view;
	sum.messages = sum.unseen = sum.deleted = sum.tail_count = 0;
	sum.size = 0;
	for (size_t i = 0; i < v->n; i++) {
		struct store_entry e = store_entry_get(store_view_at(v, i));
		sum.messages++;
		sum.unseen += !(e.flags & STORE_SEEN);
		sum.deleted += (e.flags & STORE_DELETED) != 0;
		sum.tail_count += e.uid >= old.tail_first;
		sum.size += e.size;
	}
	if (sum.messages == old.messages && sum.unseen == old.unseen && sum.deleted == old.deleted &&
	    sum.size == old.size && sum.tail_count == old.tail_count)
		return;
	m->rec = sum;
	sum_up(m->account);
	st->recounts++;
	store_mailbox_touch(st, m);
}

enum { TRUSTED = 1 << 16 };     /* a damaged count must not ask for all memory; beyond, the array grows as it fills */

int store_view_load(struct store *st, struct store_mailbox *m)
{
	if (m->view)
		return OK;
	struct store_view *v = mem_new(struct store_view);
	reserve(v, m->rec.messages < TRUSTED ? m->rec.messages : TRUSTED);
	int r = load_kind(st, m, STORE_KIND_PAGE, v);
	if (r == OK)
		r = load_kind(st, m, STORE_KIND_TAIL, v);
	if (r != OK) {
		store_view_free(v);
		return r;
	}
	m->view = v;
	store_cache_add(st, m->account, sizeof *v + v->cap * STORE_ENTRY);
	recount(st, m);
	return OK;
}

size_t store_view_find(const struct store_view *v, uint32_t uid)
{
	size_t lo = 0, hi = v->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (get_le32(store_view_at(v, mid)) < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* ---- writing pages and tail keys ---- */

static void put_entries(struct store *st, const struct store_key *k, const void *entries, size_t n)
{
	struct bufw *w = store_encode(st);
	rec_entries_write(w, entries, n);
	store_put_encoded(st, ENGINE_INDEX, k);
}

static struct store_key page_key(const struct store_mailbox *m, uint32_t first)
{
	return store_key_32_32(m->account->id, STORE_KIND_PAGE, m->id, first);
}

static struct store_key tail_key(const struct store_mailbox *m, uint32_t uid)
{
	return store_key_32_32(m->account->id, STORE_KIND_TAIL, m->id, uid);
}

/* The first uid behind the page. */
static uint32_t page_end(const struct store_mailbox *m, size_t page)
{
	return page + 1 < m->view->pages ? m->view->page[page + 1] : m->rec.tail_first;
}

static void page_write(struct store *st, struct store_mailbox *m, size_t page)
{
	const struct store_view *v = m->view;
	size_t from = store_view_find(v, v->page[page]), to = store_view_find(v, page_end(m, page));
	struct store_key k = page_key(m, v->page[page]);
	put_entries(st, &k, store_view_at(v, from), to - from);
}

static size_t page_of(const struct store_view *v, uint32_t uid)
{
	size_t lo = 0, hi = v->pages;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (v->page[mid] <= uid)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

enum { NO_PAGE = 0 };           /* store_rewrite.page: the page to write plus one */

void store_rewrite_end(struct store_rewrite *w)
{
	if (w->page != NO_PAGE)
		page_write(w->st, w->m, w->page - 1);
	w->page = NO_PAGE;
}

void store_rewrite_entry(struct store_rewrite *w, size_t i)
{
	const unsigned char *e = store_view_at(w->m->view, i);
	uint32_t uid = get_le32(e);
	if (uid >= w->m->rec.tail_first) {
		struct store_key k = tail_key(w->m, uid);
		put_entries(w->st, &k, e, 1);
		return;
	}
	size_t page = w->page != NO_PAGE && uid < page_end(w->m, w->page - 1) ? w->page - 1 : page_of(w->m->view, uid);
	if (w->page != page + 1)
		store_rewrite_end(w);
	w->page = page + 1;
}

/* ---- adding ---- */

/* The whole tail becomes one page. */
static int consolidate(struct store *st, struct store_mailbox *m)
{
	struct store_view tail = { 0 };
	int r = load_kind(st, m, STORE_KIND_TAIL, &tail);
	if (r == OK && tail.n == 0)
		r = E_CORRUPT;
	if (r == OK) {
		uint32_t first = get_le32(tail.entries);
		struct store_key k = page_key(m, first);
		put_entries(st, &k, tail.entries, tail.n);
		for (size_t i = 0; i < tail.n; i++) {
			k = tail_key(m, get_le32(store_view_at(&tail, i)));
			store_remove(st, ENGINE_INDEX, &k);
		}
		if (m->view)
			page_push(m->view, first);
		m->rec.tail_first = m->rec.uidnext;
		m->rec.tail_count = 0;
	}
	mem_free(tail.entries);
	mem_free(tail.page);
	return r;
}

void store_count(struct store_mailbox *m, const struct store_entry *e, int sign)
{
	struct rec_mailbox *r = &m->rec;
	struct rec_meta *a = &m->account->meta;
	uint32_t one = (uint32_t)sign;
	uint64_t size = sign > 0 ? e->size : 0 - (uint64_t)e->size;
	r->messages += one;
	r->unseen += e->flags & STORE_SEEN ? 0 : one;
	r->deleted += e->flags & STORE_DELETED ? one : 0;
	r->size += size;
	a->messages += one;
	a->bytes += size;
}

int store_entry_add(struct store *st, struct store_mailbox *m, struct store_entry *e)
{
	if (m->rec.uidnext == UINT32_MAX)
		return E_FULL;
	store_mailbox_touch(st, m);
	e->uid = m->rec.uidnext++;
	unsigned char packed[STORE_ENTRY];
	store_entry_put(packed, e);
	struct store_key k = tail_key(m, e->uid);
	put_entries(st, &k, packed, 1);
	store_count(m, e, 1);
	m->rec.tail_count++;
	if (m->view) {
		size_t before = m->view->cap;
		reserve(m->view, 1);
		store_cache_add(st, m->account, (m->view->cap - before) * STORE_ENTRY);
		memcpy(store_view_at(m->view, m->view->n++), packed, STORE_ENTRY);
	}
	return m->rec.tail_count >= STORE_PAGE ? consolidate(st, m) : OK;
}

/* ---- removing ---- */

static void remove_tail_keys(struct store *st, struct store_mailbox *m, const unsigned char *gone)
{
	const struct store_view *v = m->view;
	for (size_t i = store_view_find(v, m->rec.tail_first); i < v->n; i++) {
		if (!gone[i])
			continue;
		struct store_key k = tail_key(m, get_le32(store_view_at(v, i)));
		store_remove(st, ENGINE_INDEX, &k);
		m->rec.tail_count--;
	}
}

static void squeeze(struct store_view *v, const unsigned char *gone)
{
	size_t kept = 0;
	for (size_t i = 0; i < v->n; i++) {
		if (gone[i])
			continue;
		if (kept != i)
			memcpy(store_view_at(v, kept), store_view_at(v, i), STORE_ENTRY);
		kept++;
	}
	v->n = kept;
}

static void page_drop(struct store *st, struct store_mailbox *m, size_t page)
{
	struct store_view *v = m->view;
	struct store_key k = page_key(m, v->page[page]);
	store_remove(st, ENGINE_INDEX, &k);
	v->pages--;
	memmove(v->page + page, v->page + page + 1, (v->pages - page) * sizeof v->page[0]);
}

static size_t page_entries(const struct store_mailbox *m, size_t page)
{
	return store_view_find(m->view, page_end(m, page)) - store_view_find(m->view, m->view->page[page]);
}

/* Writes a page that lost entries: an empty one goes; a small one joins the one before it, so that a mailbox that
 * is always half emptied does not end as thousands of pages. Returns true when the page is gone. */
static bool page_lost(struct store *st, struct store_mailbox *m, size_t page)
{
	size_t n = page_entries(m, page);
	if (n == 0 || (page > 0 && n <= STORE_PAGE / 4 && page_entries(m, page - 1) + n <= STORE_PAGE)) {
		page_drop(st, m, page);
		if (n)
			page_write(st, m, page - 1);
		return true;
	}
	page_write(st, m, page);
	return false;
}

/* Marks which pages hold entries that go; one byte a page. */
static unsigned char *pages_hit(const struct store_mailbox *m, const unsigned char *gone)
{
	const struct store_view *v = m->view;
	unsigned char *hit = mem_alloc(v->pages + 1);
	size_t page = 0, end = store_view_find(v, m->rec.tail_first);
	for (size_t i = 0; i < end; i++) {
		uint32_t uid = get_le32(store_view_at(v, i));
		while (uid >= page_end(m, page))
			page++;
		hit[page] |= gone[i];
	}
	return hit;
}

void store_view_remove(struct store *st, struct store_mailbox *m, const unsigned char *gone)
{
	struct store_view *v = m->view;
	store_mailbox_touch(st, m);
	for (size_t i = 0; i < v->n; i++) {
		if (!gone[i])
			continue;
		struct store_entry e = store_entry_get(store_view_at(v, i));
		store_count(m, &e, -1);
	}
	unsigned char *hit = pages_hit(m, gone);
	remove_tail_keys(st, m, gone);
	squeeze(v, gone);
	for (size_t page = v->pages; page-- > 0;) /* from behind: a page that goes moves only those already done */
		if (hit[page])
			page_lost(st, m, page);
	mem_free(hit);
}
