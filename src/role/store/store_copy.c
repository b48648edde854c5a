/* COPY and MOVE (RFC 9051 sections 6.4.7 and 6.4.8). */
#include "role/store/store_internal.h"

/* The entries of the source that are meant, as they are now. */
struct selection { struct store_entry *v; size_t n; uint64_t bytes; };

static void select_entries(const struct store_view *v, const struct store_set *uids, struct selection *ret)
{
	ret->v = mem_new_array(struct store_entry, v->n + 1);
	for (size_t k = 0; k < uids->n; k++)
		for (size_t i = store_view_find(v, uids->v[k].from); i < v->n; i++) {
			struct store_entry e = store_entry_get(store_view_at(v, i));
			if (e.uid > uids->v[k].to)
				break;
			ret->v[ret->n++] = e;
			ret->bytes += e.size;
		}
}

/* Flags as bits mean the same only within an account: across, only the system flags go along. */
static uint64_t flags_for(const struct store_mailbox *to, const struct store_mailbox *from, uint64_t flags)
{
	return to->account == from->account ? flags : flags & ((1u << STORE_SYSTEM_FLAGS) - 1);
}

static int place_entry(struct store *st, struct store_mailbox *from, struct store_mailbox *to,
		       const struct store_entry *old, uint64_t email, int64_t now, struct store_copied *out)
{
	struct store_entry e = *old;
	e.email = email;
	e.modseq = store_modseq(st, to->account, to);
	e.flags = flags_for(to, from, old->flags);
	e.saved = now;
	int r = store_entry_add(st, to, &e);
	if (r != OK)
		return r;
	if (!out->first)
		out->first = e.uid;
	store_set_add(&out->from, old->uid);
	return OK;
}

static int copy_summary(struct store *st, uint32_t from, uint64_t old, uint32_t to, uint64_t new)
{
	struct store_key k = store_key_summary(from, old);
	int r = store_read(st, ENGINE_SUMMARY, &k, &st->scratch);
	if (r != OK)
		return r == E_NOTFOUND ? E_CORRUPT : r;
	k = store_key_summary(to, new);
	store_put(st, ENGINE_SUMMARY, &k, buf_str(&st->scratch));
	return OK;
}

static int copy_one(struct store *st, struct store_mailbox *from, struct store_mailbox *to,
		    const struct store_entry *old, int64_t now, struct store_copied *out)
{
	struct rec_email e;
	uint64_t email = to->account->meta.next_email;
	int r = store_email_read(st, from->account->id, old->email, &e);
	if (r != OK)
		return r == E_NOTFOUND ? E_CORRUPT : r;
	store_account_touch(st, to->account);
	to->account->meta.next_email++;
	e.members = 1;
	e.member[0] = to->id;
	r = store_thread_join(st, to->account->id, email, &e);
	if (r == OK)
		r = store_blob_retain(st, e.blob);
	if (r == OK)
		r = copy_summary(st, from->account->id, old->email, to->account->id, email);
	if (r != OK)
		return r;
	store_email_write(st, to->account->id, email, &e);
	return place_entry(st, from, to, old, email, now, out);
}

/* The e-mail stays; its place changes. */
static int move_one(struct store *st, struct store_mailbox *from, struct store_mailbox *to,
		    const struct store_entry *old, int64_t now, struct store_copied *out)
{
	struct rec_email e;
	int r = store_email_read(st, from->account->id, old->email, &e);
	if (r != OK)
		return r == E_NOTFOUND ? E_CORRUPT : r;
	for (size_t i = 0; i < e.members; i++)
		if (e.member[i] == from->id)
			e.member[i] = to->id;
	store_email_write(st, from->account->id, old->email, &e);
	return place_entry(st, from, to, old, old->email, now, out);
}

/* Takes what was moved away out of the source. garbage: across accounts nothing else leads to the old e-mails. */
static int leave(struct store *st, struct store_mailbox *from, const struct selection *s, bool garbage)
{
	struct rec_runs runs = { 0 };
	unsigned char *gone = mem_alloc(from->view->n + 1);
	for (size_t i = 0; i < s->n; i++) {
		gone[store_view_find(from->view, s->v[i].uid)] = 1;
		rec_runs_add(&runs, s->v[i].uid, s->v[i].email);
	}
	uint64_t modseq = store_modseq(st, from->account, from);
	int r = store_log_add(st, from, modseq, &runs);
	if (r == OK && garbage)
		store_garbage_add(st, from, modseq, &runs);
	if (r == OK)
		store_view_remove(st, from, gone);
	rec_runs_done(&runs);
	mem_free(gone);
	return r;
}

static int open_both(struct store *st, struct store_place from, struct store_place to, struct store_mailbox **ret_from,
                     struct store_mailbox **ret_to)
{
	int r = store_mailbox_open(st, from.account, from.mailbox, ret_from);
	if (r == OK)
		r = store_mailbox_open(st, to.account, to.mailbox, ret_to);
	return r == OK ? store_view_load(st, *ret_from) : r;
}

static int transfer_selected(struct store *st, struct store_mailbox *from, struct store_mailbox *to,
                             const struct selection *s, bool move, int64_t now, struct store_copied *out)
{
	bool stays = move && from->account == to->account;      /* the e-mail itself */
	int r = stays || store_fits(to->account, s->bytes) ? OK : E_FULL;
	for (size_t i = 0; r == OK && i < s->n; i++)
		r = stays ? move_one(st, from, to, &s->v[i], now, out) : copy_one(st, from, to, &s->v[i], now, out);
	return r == OK && move && s->n ? leave(st, from, s, !stays) : r;
}

static int transfer(struct store *st, struct store_place source, const struct store_set *uids,
		    struct store_place target, bool move, int64_t now, struct store_copied *out)
{
	struct store_mailbox *from, *to;
	struct selection s = { 0 };
	int r = open_both(st, source, target, &from, &to);
	if (r != OK)
		return r;
	select_entries(from->view, uids, &s);
	r = transfer_selected(st, from, to, &s, move, now, out);
	mem_free(s.v);
	out->uidvalidity = to->rec.uidvalidity;
	out->modseq = to->rec.highest_modseq;
	return r;
}

static int transfer_op(struct store *st, struct store_place from, const struct store_set *uids, struct store_place to,
                       bool move, int64_t now, struct store_copied *ret)
{
	struct store_copied out = { 0 };
	int r = store_op_begin(st);
	if (r == OK)
		r = store_op_end(st, transfer(st, from, uids, to, move, now, &out));
	if (r == OK)
		*ret = out;
	else
		store_copied_done(&out);
	return r;
}

int store_copy(struct store *st, struct store_place from, const struct store_set *uids, struct store_place to,
	       int64_t now, struct store_copied *ret)
{
	return transfer_op(st, from, uids, to, false, now, ret);
}

int store_move(struct store *st, struct store_place from, const struct store_set *uids, struct store_place to,
	       int64_t now, struct store_copied *ret)
{
	return transfer_op(st, from, uids, to, true, now, ret);
}

int store_move_all(struct store *st, struct store_mailbox *from, struct store_mailbox *to, int64_t now)
{
	struct store_range all = { 1, UINT32_MAX };
	struct store_copied out = { 0 };
	struct selection s = { 0 };
	int r = store_view_load(st, from);
	if (r != OK)
		return r;
	select_entries(from->view, &(struct store_set){ .v = &all, .n = 1 }, &s);
	r = transfer_selected(st, from, to, &s, true, now, &out);
	mem_free(s.v);
	store_copied_done(&out);
	return r;
}

void store_copied_done(struct store_copied *c) { store_set_done(&c->from); }
