/* Accounts with their mailboxes, decoded; the least recently used go first. */
#include "role/store/store_internal.h"

/* ---- use and memory ---- */

static void unlink_use(struct store *st, struct store_account *a)
{
	*(a->newer ? &a->newer->older : &st->newest) = a->older;
	*(a->older ? &a->older->newer : &st->oldest) = a->newer;
	a->newer = a->older = NULL;
}

static void link_use(struct store *st, struct store_account *a)
{
	a->older = st->newest;
	*(st->newest ? &st->newest->newer : &st->oldest) = a;
	st->newest = a;
}

void store_cache_add(struct store *st, struct store_account *a, size_t bytes)
{
	a->cost += bytes;
	st->cost += bytes;
}

static void mailbox_free(struct store_mailbox *m)
{
	store_view_free(m->view);
	mem_free((char *)(uintptr_t)m->rec.name.p);
	mem_free(m);
}

static void account_free(struct store_account *a)
{
	for (size_t i = 0; i < a->mailboxes; i++)
		mailbox_free(a->mailbox[i]);
	for (size_t i = 0; i < a->keywords; i++)
		mem_free((char *)(uintptr_t)a->keyword[i].p);
	map_done(&a->by_id);
	mem_free(a->mailbox);
	mem_free(a);
}

void store_account_forget(struct store *st, struct store_account *a)
{
	for (struct store_account **link = &st->touched; *link; link = &(*link)->next_touched)
		if (*link == a) {
			*link = a->next_touched;
			break;
		}
	map_remove(&st->accounts, a->id);
	unlink_use(st, a);
	st->cost -= a->cost;
	account_free(a);
}

void store_cache_drop(struct store *st)
{
	while (st->newest)
		store_account_forget(st, st->newest);
	st->touched = NULL;
}

/* One account always stays: the caller's next word is likely about it. */
void store_cache_trim(struct store *st)
{
	while (st->cost > st->o.cache_max && st->oldest != st->newest)
		store_account_forget(st, st->oldest);
}

/* ---- loading ---- */

static struct str heap_dup(struct str s)
{
	char *p = mem_alloc(s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

/* INBOX first, then by name. */
static size_t place_of(const struct store_account *a, struct str name, bool inbox)
{
	size_t lo = 0, hi = inbox ? 0 : a->mailboxes;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct store_mailbox *m = a->mailbox[mid];
		if (m->id == STORE_INBOX || str_cmp(m->rec.name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void insert(struct store_account *a, struct store_mailbox *m)
{
	size_t at = place_of(a, m->rec.name, m->id == STORE_INBOX);
	if (a->mailboxes == a->mailbox_cap) {
		a->mailbox_cap = a->mailbox_cap ? a->mailbox_cap * 2 : 8;
		a->mailbox = mem_resize_array(a->mailbox, a->mailbox_cap, sizeof a->mailbox[0]);
	}
	memmove(a->mailbox + at + 1, a->mailbox + at, (a->mailboxes - at) * sizeof a->mailbox[0]);
	a->mailbox[at] = m;
	a->mailboxes++;
}

static void take_out(struct store_account *a, const struct store_mailbox *m)
{
	size_t at = 0;
	while (a->mailbox[at] != m)
		at++;
	a->mailboxes--;
	memmove(a->mailbox + at, a->mailbox + at + 1, (a->mailboxes - at) * sizeof a->mailbox[0]);
}

static struct store_mailbox *mailbox_add(struct store_account *a, uint32_t id, const struct rec_mailbox *rec)
{
	struct store_mailbox *m = mem_new(struct store_mailbox);
	m->id = id;
	m->account = a;
	m->rec = *rec;
	m->rec.name = heap_dup(rec->name);
	insert(a, m);
	map_put(&a->by_id, id, m);
	return m;
}

static int load_mailboxes(struct store *st, struct store_account *a)
{
	struct store_key from = store_key_account(a->id, STORE_KIND_MAILBOX), end = store_key_after(&from);
	struct kv_iter it;
	int r = kv_iter_open(st->kv, ENGINE_INDEX, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid) {
		struct rec_mailbox rec;
		r = rec_mailbox_read(it.value, &rec);
		if (r == OK)
			mailbox_add(a, store_key_tail32(it.key), &rec);
		if (r == OK)
			r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	return r;
}

static int load_keywords(struct store *st, struct store_account *a)
{
	struct store_key k = store_key_account(a->id, STORE_KIND_KEYWORDS);
	int r = store_read(st, ENGINE_INDEX, &k, &st->scratch);
	if (r != OK)
		return r == E_NOTFOUND ? OK : r;
	struct reader in = reader_of(buf_str(&st->scratch));
	if (read_u8(&in) != 1)
		return E_CORRUPT;
	while (in.err == OK && in.rest.n) {
		struct str name = read_str(&in, STORE_KEYWORD_MAX);
		if (in.err == OK && a->keywords == COUNT_OF(a->keyword))
			return E_CORRUPT;
		if (in.err == OK)
			a->keyword[a->keywords++] = heap_dup(name);
	}
	return in.err == OK ? OK : E_CORRUPT;
}

static int load_account(struct store *st, struct store_account *a)
{
	struct store_account_info info;
	struct store_key k = store_key_id32(STORE_DIR_ACCOUNT, a->id);
	int r = store_read(st, ENGINE_DIRECTORY, &k, &st->scratch);
	if (r == OK)
		r = rec_account_read(buf_str(&st->scratch), &info);
	if (r != OK)
		return r;
	a->quota = info.quota;
	k = store_key_account(a->id, STORE_KIND_META);
	r = store_read(st, ENGINE_INDEX, &k, &st->scratch);
	if (r == OK)
		r = rec_meta_read(buf_str(&st->scratch), &a->meta);
	if (r == E_NOTFOUND)
		r = E_CORRUPT;          /* an account without its own record */
	if (r == OK)
		r = load_mailboxes(st, a);
	if (r == OK)
		r = load_keywords(st, a);
	if (r == OK && !store_mailbox_in(a, STORE_INBOX))
		r = E_CORRUPT;
	return r;
}

int store_account_open(struct store *st, uint32_t id, struct store_account **ret)
{
	struct store_account *a = map_get(&st->accounts, id);
	if (a) {
		unlink_use(st, a);
	} else {
		a = mem_new(struct store_account);
		a->id = id;
		map_init(&a->by_id, 0);
		int r = load_account(st, a);
		if (r != OK) {
			account_free(a);
			return r;
		}
		a->seen = kv_newest(st->kv);    /* who wrote it last is forgotten: assume the newest */
		map_put(&st->accounts, id, a);
		store_cache_add(st, a, sizeof *a + a->mailboxes * (sizeof(struct store_mailbox) + 64));
	}
	link_use(st, a);
	if (a->seen > st->seen)
		st->seen = a->seen;
	*ret = a;
	return OK;
}

struct store_mailbox *store_mailbox_in(const struct store_account *a, uint32_t id) { return map_get(&a->by_id, id); }

int store_mailbox_open(struct store *st, uint32_t account, uint32_t id, struct store_mailbox **ret)
{
	struct store_account *a;
	int r = store_account_open(st, account, &a);
	if (r != OK)
		return r;
	struct store_mailbox *m = store_mailbox_in(a, id);
	if (!m)
		return E_NOTFOUND;
	*ret = m;
	return OK;
}

/* ---- changing ---- */

void store_account_touch(struct store *st, struct store_account *a)
{
	if (a->touched)
		return;
	a->touched = true;
	a->modseq = 0;
	a->next_touched = st->touched;
	st->touched = a;
}

void store_mailbox_touch(struct store *st, struct store_mailbox *m)
{
	struct store_account *a = m->account;
	store_account_touch(st, a);
	if (m->dirty)
		return;
	m->dirty = true;
	m->next_dirty = a->dirty_mailboxes;
	a->dirty_mailboxes = m;
}

uint64_t store_modseq(struct store *st, struct store_account *a, struct store_mailbox *m)
{
	store_account_touch(st, a);
	if (!a->modseq)
		a->modseq = ++a->meta.modseq;
	if (m) {
		store_mailbox_touch(st, m);
		m->rec.highest_modseq = a->modseq;
	}
	store_event_add(st, a->id, m ? m->id : 0, a->modseq);
	return a->modseq;
}

struct store_mailbox *store_mailbox_new(struct store *st, struct store_account *a, struct str name,
					enum store_role role)
{
	uint64_t modseq = store_modseq(st, a, NULL);
	struct rec_mailbox rec = { .name = name, .role = role, .uidvalidity = ++a->meta.uidvalidity,
		                   .uidnext = 1, .highest_modseq = modseq, .tail_first = 1, .log_floor = modseq };
	struct store_mailbox *m = mailbox_add(a, a->meta.next_mailbox++, &rec);
	store_mailbox_touch(st, m);
	return m;
}

void store_mailbox_forget(struct store *st, struct store_mailbox *m)
{
	struct store_account *a = m->account;
	for (struct store_mailbox **link = &a->dirty_mailboxes; *link; link = &(*link)->next_dirty)
		if (*link == m) {
			*link = m->next_dirty;
			break;
		}
	struct store_key k = store_key_32(a->id, STORE_KIND_MAILBOX, m->id);
	store_remove(st, ENGINE_INDEX, &k);
	take_out(a, m);
	map_remove(&a->by_id, m->id);
	mailbox_free(m);
}

void store_mailbox_rename_one(struct store *st, struct store_mailbox *m, struct str name)
{
	struct str old = m->rec.name;
	take_out(m->account, m);
	m->rec.name = heap_dup(name);
	insert(m->account, m);
	store_mailbox_touch(st, m);
	mem_free((char *)(uintptr_t)old.p);
}

/* ---- writing what changed ---- */

static void save_keywords(struct store *st, struct store_account *a)
{
	struct store_key k = store_key_account(a->id, STORE_KIND_KEYWORDS);
	struct bufw *w = store_encode(st);
	write_u8(w, 1);
	for (size_t i = 0; i < a->keywords; i++)
		write_str(w, a->keyword[i]);
	store_put_encoded(st, ENGINE_INDEX, &k);
	a->keywords_dirty = false;
}

void store_account_save(struct store *st, struct store_account *a)
{
	while (a->dirty_mailboxes) {
		struct store_mailbox *m = a->dirty_mailboxes;
		a->dirty_mailboxes = m->next_dirty;
		m->dirty = false;
		struct store_key k = store_key_32(a->id, STORE_KIND_MAILBOX, m->id);
		struct bufw *w = store_encode(st);
		rec_mailbox_write(w, &m->rec);
		store_put_encoded(st, ENGINE_INDEX, &k);
	}
	struct store_key k = store_key_account(a->id, STORE_KIND_META);
	struct bufw *w = store_encode(st);
	rec_meta_write(w, &a->meta);
	store_put_encoded(st, ENGINE_INDEX, &k);
	if (a->keywords_dirty)
		save_keywords(st, a);
}
