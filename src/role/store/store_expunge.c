/* Expunging: entries go at once, with a record in the mailbox's log for those who resynchronise; e-mails and bytes go
 * with the purge, so that the commit stays small whatever is expunged. */
#include "role/store/store_internal.h"

enum { LOG_RECORDS_MAX = 1000 };

static struct store_key log_key(const struct store_mailbox *m, uint64_t modseq)
{
	return store_key_32_64(m->account->id, STORE_KIND_LOG, m->id, modseq);
}

/* Forgets the older half of the log. */
static int log_trim(struct store *st, struct store_mailbox *m)
{
	struct store_key from = store_key_32(m->account->id, STORE_KIND_LOG, m->id), end = store_key_after(&from);
	struct kv_iter it;
	uint64_t old[LOG_RECORDS_MAX / 2];
	size_t n = 0;
	int r = kv_iter_open(st->kv, ENGINE_INDEX, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid && n < COUNT_OF(old)) {
		old[n++] = store_key_tail64(it.key);
		r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	for (size_t i = 0; r == OK && i < n; i++) {
		struct store_key k = log_key(m, old[i]);
		store_remove(st, ENGINE_INDEX, &k);
		m->rec.log_floor = old[i];
		m->rec.log_count--;
	}
	return r;
}

int store_log_add(struct store *st, struct store_mailbox *m, uint64_t modseq, const struct rec_runs *runs)
{
	struct store_key k = log_key(m, modseq);
	struct bufw *w = store_encode(st);
	rec_runs_write(w, runs);
	store_put_encoded(st, ENGINE_INDEX, &k);
	store_mailbox_touch(st, m);
	return ++m->rec.log_count > LOG_RECORDS_MAX ? log_trim(st, m) : OK;
}

void store_garbage_add(struct store *st, struct store_mailbox *m, uint64_t modseq, const struct rec_runs *runs)
{
	struct store_key k = store_key_64_32(m->account->id, STORE_KIND_GARBAGE, modseq, m->id);
	struct bufw *w = store_encode(st);
	rec_runs_write(w, runs);
	store_put_encoded(st, ENGINE_INDEX, &k);
	store_purge_account(st, m->account->id);
}

/* One byte an entry: does it go? Returns how many. */
static size_t select_gone(const struct store_view *v, const struct store_set *uids, bool only_deleted,
			  unsigned char *gone, struct store_set *ret_gone, struct rec_runs *runs)
{
	size_t n = 0;
	for (size_t i = 0; i < v->n; i++) {
		struct store_entry e = store_entry_get(store_view_at(v, i));
		if ((uids && !store_set_has(uids, e.uid)) || (only_deleted && !(e.flags & STORE_DELETED)))
			continue;
		gone[i] = 1;
		n++;
		store_set_add(ret_gone, e.uid);
		rec_runs_add(runs, e.uid, e.email);
	}
	return n;
}

static int expunge_marked(struct store *st, struct store_mailbox *m, const unsigned char *gone,
			  const struct rec_runs *runs, uint64_t *ret_modseq)
{
	uint64_t modseq = store_modseq(st, m->account, m);
	int r = store_log_add(st, m, modseq, runs);
	if (r != OK)
		return r;
	store_garbage_add(st, m, modseq, runs);
	store_view_remove(st, m, gone);
	*ret_modseq = modseq;
	return OK;
}

int store_expunge_within(struct store *st, uint32_t account, uint32_t mailbox, const struct store_set *uids,
			 bool only_deleted, struct store_set *ret_gone, uint64_t *ret_modseq)
{
	struct store_mailbox *m;
	struct rec_runs runs = { 0 };
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r == OK && only_deleted && !m->rec.deleted) {
		*ret_modseq = 0;
		return OK;
	}
	if (r == OK)
		r = store_view_load(st, m);
	if (r != OK)
		return r;
	unsigned char *gone = mem_alloc(m->view->n + 1);
	*ret_modseq = 0;
	if (select_gone(m->view, uids, only_deleted, gone, ret_gone, &runs))
		r = expunge_marked(st, m, gone, &runs, ret_modseq);
	mem_free(gone);
	rec_runs_done(&runs);
	return r;
}

int store_expunge(struct store *st, uint32_t account, uint32_t mailbox, const struct store_set *uids, bool only_deleted,
                  struct store_set *ret_gone, uint64_t *ret_modseq)
{
	struct store_set gone = { 0 };
	uint64_t modseq = 0;
	int r = store_op_begin(st);
	if (r == OK)
		r = store_op_end(st, store_expunge_within(st, account, mailbox, uids, only_deleted, &gone, &modseq));
	if (r != OK) {
		store_set_done(&gone);
		return r;
	}
	*ret_gone = gone;
	*ret_modseq = modseq;
	return OK;
}
