/* What readers ask of mailboxes: entries, changes, summaries, keywords, status. */
#include "role/store/store_internal.h"

#include <stdlib.h>

int store_entries(struct store *st, uint32_t account, uint32_t mailbox, uint32_t from_uid, size_t limit,
		  struct buf *out)
{
	struct store_mailbox *m;
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r == OK)
		r = store_view_load(st, m);
	if (r != OK)
		return r;
	size_t i = store_view_find(m->view, from_uid), n = m->view->n - i;
	if (!m->view->n)
		return OK;
	return buf_put(out, store_view_at(m->view, i), (n < limit ? n : limit) * STORE_ENTRY);
}

int store_entries_of(struct store *st, uint32_t account, uint32_t mailbox, const struct store_set *uids,
		     struct buf *out)
{
	struct store_mailbox *m;
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r == OK)
		r = store_view_load(st, m);
	for (size_t k = 0; r == OK && k < uids->n; k++) {
		size_t from = store_view_find(m->view, uids->v[k].from);
		size_t to = uids->v[k].to == UINT32_MAX ? m->view->n : store_view_find(m->view, uids->v[k].to + 1);
		r = from < to ? buf_put(out, store_view_at(m->view, from), (to - from) * STORE_ENTRY) : OK;
	}
	return r;
}

/* ---- changes ---- */

static int changed_entries(const struct store_view *v, uint64_t since, struct buf *out)
{
	for (size_t i = 0; i < v->n; i++) {
		const unsigned char *e = store_view_at(v, i);
		int r = get_le64(e + 16) > since ? buf_put(out, e, STORE_ENTRY) : OK;
		if (r != OK)
			return r;
	}
	return OK;
}

static int by_uid(const void *a, const void *b)
{
	const struct rec_run *x = a, *y = b;
	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static int logged(struct store *st, const struct store_mailbox *m, uint64_t since, struct rec_runs *ret)
{
	struct store_key from = store_key_32_64(m->account->id, STORE_KIND_LOG, m->id, since + 1);
	struct store_key all = store_key_32(m->account->id, STORE_KIND_LOG, m->id), end = store_key_after(&all);
	struct kv_iter it;
	int r = kv_iter_open(st->kv, ENGINE_INDEX, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid) {
		r = rec_runs_read(it.value, ret);
		if (r == OK)
			r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	return r;
}

static void set_add_runs(struct store_set *set, const struct rec_runs *runs)
{
	for (size_t i = 0; i < runs->n; i++)
		store_set_add_range(set, runs->v[i].uid, runs->v[i].uid + (runs->v[i].count - 1));
}

int store_changes(struct store *st, uint32_t account, uint32_t mailbox, uint64_t since, struct buf *changed,
                  struct store_set *vanished, bool *ret_all)
{
	struct store_mailbox *m;
	struct rec_runs runs = { 0 };
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r == OK && since >= m->rec.highest_modseq) {
		*ret_all = false;
		return OK;
	}
	if (r == OK)
		r = store_view_load(st, m);
	if (r == OK)
		r = changed_entries(m->view, since, changed);
	if (r == OK)
		r = logged(st, m, since, &runs);
	if (r == OK) {
		if (runs.n)
			qsort(runs.v, runs.n, sizeof runs.v[0], by_uid);
		set_add_runs(vanished, &runs);
		*ret_all = since < m->rec.log_floor;
	}
	rec_runs_done(&runs);
	return r;
}

/* ---- summaries ---- */

enum { FRAME = 10 };    /* a varint at most */

static int put_summary(struct buf *out, struct str summary, size_t max)
{
	if (out->n && (FRAME + summary.n > max || out->n > max - FRAME - summary.n))
		return E_TOOBIG;
	int r = buf_reserve(out, FRAME + summary.n);
	if (r != OK)
		return r;
	struct bufw w = { .b = out };
	write_str(&w, summary);
	return w.err;
}

enum { NEAR = 16 };     /* so many keys are stepped over rather than sought */

/* Moves the scan to the key, which lies ahead. */
static int advance(struct kv_iter *it, struct str key)
{
	for (unsigned i = 0; i < NEAR && it->valid; i++) {
		if (str_cmp(it->key, key) >= 0)
			return OK;
		int r = kv_iter_next(it);
		if (r != OK)
			return r;
	}
	return it->valid && str_cmp(it->key, key) < 0 ? kv_iter_seek(it, key) : OK;
}

static int one_summary(struct store *st, struct kv_iter *it, uint32_t account, uint64_t email, bool ahead, size_t max,
                       struct buf *out)
{
	struct store_key k = store_key_summary(account, email);
	if (ahead) {
		int r = advance(it, store_key_str(&k));
		if (r != OK)
			return r;
		bool there = it->valid && str_eq(it->key, store_key_str(&k));
		return put_summary(out, there ? it->value : STR(""), max);
	}
	int r = store_read(st, ENGINE_SUMMARY, &k, &st->scratch);
	if (r != OK && r != E_NOTFOUND)
		return r;
	return put_summary(out, r == OK ? buf_str(&st->scratch) : STR(""), max);
}

int store_summaries(struct store *st, uint32_t account, const uint64_t *email, size_t n, size_t max_bytes,
		    struct buf *out, size_t *ret_done)
{
	struct store_account *a;
	struct kv_iter it;
	int r = store_account_open(st, account, &a);
	if (r != OK || n == 0) {
		*ret_done = r == OK ? 0 : *ret_done;
		return r;
	}
	struct store_key from = store_key_summary(account, email[0]), end = store_key_account_end(account);
	r = kv_iter_open(st->kv, ENGINE_SUMMARY, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	size_t done = 0;
	for (uint64_t reached = email[0]; done < n; done++) {
		bool ahead = email[done] >= reached;
		reached = ahead ? email[done] : reached;
		r = one_summary(st, &it, account, email[done], ahead, max_bytes, out);
		if (r != OK)
			break;
	}
	kv_iter_close(&it);
	if (r == E_TOOBIG && done)
		r = OK;         /* the rest in the next call */
	if (r == OK)
		*ret_done = done;
	return r;
}

/* ---- status and keywords ---- */

int store_account_status(struct store *st, uint32_t account, struct store_status *ret)
{
	struct store_account *a;
	int r = store_account_open(st, account, &a);
	if (r == OK)
		*ret = (struct store_status){ .modseq = a->meta.modseq, .bytes = a->meta.bytes, .quota = a->quota,
			                      .messages = a->meta.messages };
	return r;
}

int store_keywords(struct store *st, uint32_t account, struct arena *arena, struct str **ret, size_t *ret_n)
{
	struct store_account *a;
	int r = store_account_open(st, account, &a);
	if (r != OK)
		return r;
	*ret = arena_new_array(arena, struct str, a->keywords);
	for (size_t i = 0; i < a->keywords; i++)
		(*ret)[i] = a->keyword[i];
	*ret_n = a->keywords;
	return OK;
}
