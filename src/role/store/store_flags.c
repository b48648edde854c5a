/* STORE (RFC 9051 section 6.4.6) with its condition (RFC 7162 section 3.1.3). */
#include "role/store/store_internal.h"

static uint64_t changed_flags(uint64_t old, const struct store_flag_change *c)
{
	switch (c->op) {
	case STORE_FLAGS_ADD:
		return old | c->flags;
	case STORE_FLAGS_REMOVE:
		return old & ~c->flags;
	case STORE_FLAGS_REPLACE:
		break;
	}
	return c->flags;
}

static void recount(struct rec_mailbox *r, uint64_t old, uint64_t new)
{
	r->unseen += (new & STORE_SEEN ? 0u : 1u) - (old & STORE_SEEN ? 0u : 1u);
	r->deleted += (new & STORE_DELETED ? 1u : 0u) - (old & STORE_DELETED ? 1u : 0u);
}

static void flag_entry(struct store_rewrite *w, size_t i, const struct store_flag_change *c, struct store_flagged *out)
{
	unsigned char *e = store_view_at(w->m->view, i);
	uint32_t uid = get_le32(e);
	uint64_t modseq = get_le64(e + 16), old = get_le64(e + 24), new = changed_flags(old, c);
	if (modseq > c->unchanged_since) {
		store_set_add(&out->failed, uid);
		return;
	}
	if (new == old)
		return;
	if (!out->modseq)
		out->modseq = store_modseq(w->st, w->m->account, w->m);
	put_le64(e + 16, out->modseq);
	put_le64(e + 24, new);
	recount(&w->m->rec, old, new);
	store_set_add(&out->changed, uid);
	store_rewrite_entry(w, i);
}

static int flag(struct store *st, uint32_t account, uint32_t mailbox, const struct store_set *uids,
                const struct store_flag_change *c, struct store_flagged *out)
{
	struct store_mailbox *m;
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r == OK)
		r = store_view_load(st, m);
	if (r != OK)
		return r;
	struct store_rewrite w = { .st = st, .m = m };
	for (size_t k = 0; k < uids->n; k++)
		for (size_t i = store_view_find(m->view, uids->v[k].from); i < m->view->n; i++) {
			if (get_le32(store_view_at(m->view, i)) > uids->v[k].to)
				break;
			flag_entry(&w, i, c, out);
		}
	store_rewrite_end(&w);
	return OK;
}

int store_flags(struct store *st, uint32_t account, uint32_t mailbox, const struct store_set *uids,
                const struct store_flag_change *c, struct store_flagged *ret)
{
	struct store_flagged out = { 0 };
	int r = store_op_begin(st);
	if (r == OK)
		r = store_op_end(st, flag(st, account, mailbox, uids, c, &out));
	if (r == OK)
		*ret = out;
	else
		store_flagged_done(&out);
	return r;
}

void store_flagged_done(struct store_flagged *f)
{
	store_set_done(&f->changed);
	store_set_done(&f->failed);
}
