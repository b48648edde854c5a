/* DELETE (RFC 9051 section 6.3.5). */
#include "role/store/store_internal.h"

static bool has_children(const struct store_account *a, struct str parent)
{
	for (size_t i = 0; i < a->mailboxes; i++)
		if (store_name_is_child(a->mailbox[i]->rec.name, parent))
			return true;
	return false;
}

static void remove_range(struct store *st, const struct store_mailbox *m, enum store_kind kind, int *r)
{
	struct store_key from = store_key_32(m->account->id, kind, m->id), end = store_key_after(&from);
	struct kv_iter it;
	struct buf keys;
	if (*r == OK)
		*r = kv_iter_open(st->kv, ENGINE_INDEX, store_key_str(&from), store_key_str(&end), &it);
	if (*r != OK)
		return;
	buf_init(&keys, SIZE_MAX);
	struct bufw w = { .b = &keys };
	while (*r == OK && it.valid) {
		write_str(&w, it.key);
		*r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	struct reader in = reader_of(buf_str(&keys));
	while (*r == OK && in.rest.n)
		kv_remove(st->kv, ENGINE_INDEX, read_str(&in, ENGINE_KEY_MAX));
	buf_done(&keys);
}

static int delete(struct store *st, uint32_t account, uint32_t mailbox)
{
	struct store_mailbox *m;
	struct rec_runs runs = { 0 };
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r == OK && m->id == STORE_INBOX)
		r = E_DENIED;
	if (r == OK && has_children(m->account, m->rec.name))
		r = E_BUSY;
	if (r == OK)
		r = store_view_load(st, m);
	if (r != OK)
		return r;
	for (size_t i = 0; i < m->view->n; i++) {
		struct store_entry e = store_entry_get(store_view_at(m->view, i));
		rec_runs_add(&runs, e.uid, e.email);
		store_count(m, &e, -1);
	}
	uint64_t modseq = store_modseq(st, m->account, NULL);
	if (runs.n)
		store_garbage_add(st, m, modseq, &runs);
	rec_runs_done(&runs);
	remove_range(st, m, STORE_KIND_PAGE, &r);
	remove_range(st, m, STORE_KIND_TAIL, &r);
	remove_range(st, m, STORE_KIND_LOG, &r);
	remove_range(st, m, STORE_KIND_NOTE, &r);
	if (r == OK && m->rec.subscribed)
		store_note_keep_subscribed(st, m->account, m->rec.name);
	if (r == OK)
		store_mailbox_forget(st, m);
	return r;
}

int store_mailbox_delete(struct store *st, uint32_t account, uint32_t mailbox)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, delete(st, account, mailbox)) : r;
}
