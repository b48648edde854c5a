/* The index of a mailbox: entries, changes, flags, copies, expunges. */
#include "os/clock.h"
#include "role/store/store_serve.h"

enum {
	READERS = GRANT_IMAP | GRANT_POP | GRANT_JMAP,
	WRITERS = GRANT_IMAP | GRANT_POP | GRANT_JMAP,
	ENTRIES_BYTES = 2 << 20,                        /* the limits of messages.def */
	ENTRIES_MAX = ENTRIES_BYTES / STORE_ENTRY,
	UIDS_BYTES = 1 << 20,
	UIDS_MAX = UIDS_BYTES / 4
};

static int mailbox_of(const struct ipc_request *rq, uint64_t grant, uint32_t scopes, uint32_t mailbox,
		      uint32_t *account, struct store_mailbox_info *ret)
{
	int r = store_grant_account(rq, grant, scopes, account);
	return r == OK ? store_mailbox_get(store_served(), *account, mailbox, ret) : r;
}

static uint32_t last_uid(const struct buf *entries)
{
	return entries->n ? get_le32(entries->p + entries->n - STORE_ENTRY) : 0;
}

void store_on_entries(const struct ipc_request *rq, const struct ipc_entries_req *q)
{
	struct buf out, next;
	struct store_mailbox_info m;
	struct ipc_entries_rep a = { 0 };
	uint32_t account, limit = q->limit < ENTRIES_MAX ? q->limit : ENTRIES_MAX;
	buf_init(&out, ENTRIES_BYTES);
	buf_init(&next, STORE_ENTRY);
	int r = mailbox_of(rq, q->grant, READERS, q->mailbox, &account, &m);
	if (r == OK)
		r = store_entries(store_served(), account, q->mailbox, q->from_uid, limit, &out);
	if (r == OK && out.n == (size_t)limit * STORE_ENTRY && last_uid(&out) != UINT32_MAX)
		r = store_entries(store_served(), account, q->mailbox, last_uid(&out) + 1, 1, &next);
	if (r == OK)
		a = (struct ipc_entries_rep){ .modseq = m.highest_modseq,
					      .more = next.n != 0,
					      .entries = buf_str(&out) };
	ipc_reply_entries(rq, r, &a);
	buf_done(&next);
	buf_done(&out);
}

/* Changes that do not fit into an answer are told as a log that does not reach back: the caller reads all anew. */
void store_on_changes(const struct ipc_request *rq, const struct ipc_changes_req *q)
{
	struct buf entries, uids;
	struct store_set vanished = { 0 };
	struct store_mailbox_info m;
	struct ipc_changes_rep a = { 0 };
	uint32_t account;
	bool all = false;
	buf_init(&entries, ENTRIES_BYTES);
	buf_init(&uids, UIDS_BYTES);
	int r = mailbox_of(rq, q->grant, READERS, q->mailbox, &account, &m);
	if (r == OK) {
		r = store_changes(store_served(), account, q->mailbox, q->since, &entries, &vanished, &all);
		if (r == OK)
			r = store_set_pack(&vanished, &uids);
		if (r == E_TOOBIG || (r == OK && all)) {
			a = (struct ipc_changes_rep){ .modseq = m.highest_modseq, .complete = 0 };
			r = OK;
		} else if (r == OK) {
			a = (struct ipc_changes_rep){ m.highest_modseq, 1, buf_str(&entries), buf_str(&uids), {} };
		}
	}
	ipc_reply_changes(rq, r, &a);
	store_set_done(&vanished);
	buf_done(&uids);
	buf_done(&entries);
}

void store_on_watch(const struct ipc_request *rq, const struct ipc_watch_req *q)
{
	uint32_t account;
	int r = store_grant_account(rq, q->grant, READERS, &account);
	if (r == OK)
		r = store_watch(q->grant, q->mailbox, q->on != 0);
	ipc_reply_watch(rq, r, &(struct ipc_watch_rep){});
}

/* ---- flags ---- */

static const enum store_flag_op flag_ops[] = { STORE_FLAGS_REPLACE, STORE_FLAGS_ADD, STORE_FLAGS_REMOVE };

/* Before anything is changed: would the answer fit? */
static int answer_fits(uint32_t account, uint32_t mailbox, const struct store_set *uids, size_t max)
{
	struct buf b;
	buf_init(&b, max * STORE_ENTRY);
	int r = store_entries_of(store_served(), account, mailbox, uids, &b);
	buf_done(&b);
	return r;
}

static int flags(const struct ipc_request *rq, const struct ipc_flags_req *q, struct buf *entries, struct buf *failed,
		 uint64_t *modseq)
{
	struct store_set uids = { 0 };
	struct store_flagged done = { 0 };
	uint32_t account;
	int r = store_grant_account(rq, q->grant, WRITERS, &account);
	if (r == OK && q->op >= COUNT_OF(flag_ops))
		r = E_UNSUPPORTED;
	if (r == OK)
		r = store_set_unpack(q->uids, &uids);
	if (r == OK)
		r = answer_fits(account, q->mailbox, &uids, ENTRIES_MAX);
	if (r == OK)
		r = store_flags(store_served(), account, q->mailbox, &uids,
				&(struct store_flag_change){ flag_ops[q->op], q->flags, q->unchanged_since }, &done);
	if (r == OK)
		r = store_entries_of(store_served(), account, q->mailbox, &done.changed, entries);
	if (r == OK)
		r = store_set_pack(&done.failed, failed);
	*modseq = done.modseq;
	store_flagged_done(&done);
	store_set_done(&uids);
	return r;
}

void store_on_flags(const struct ipc_request *rq, const struct ipc_flags_req *q)
{
	struct buf entries, failed;
	uint64_t modseq = 0;
	buf_init(&entries, ENTRIES_BYTES);
	buf_init(&failed, UIDS_BYTES);
	int r = flags(rq, q, &entries, &failed, &modseq);
	struct ipc_flags_rep a = { .modseq = modseq, .entries = buf_str(&entries), .failed = buf_str(&failed) };
	ipc_reply_flags(rq, r, &a);
	buf_done(&failed);
	buf_done(&entries);
}

/* ---- copy and move ---- */

static int pack_pairs(const struct store_copied *c, struct buf *out)
{
	struct bufw w = { .b = out };
	uint32_t to = c->first;
	for (size_t i = 0; i < c->from.n; i++)
		for (uint64_t uid = c->from.v[i].from; uid <= c->from.v[i].to; uid++) {
			write_u32(&w, (uint32_t)uid);
			write_u32(&w, to++);
		}
	return w.err;
}

static int copy(const struct ipc_request *rq, const struct ipc_copy_req *q, struct buf *pairs, uint32_t *uidvalidity)
{
	struct store_set uids = { 0 };
	struct store_copied done = { 0 };
	uint32_t account;
	int r = store_grant_account(rq, q->grant, WRITERS, &account);
	if (r == OK)
		r = store_set_unpack(q->uids, &uids);
	if (r == OK)
		r = answer_fits(account, q->from, &uids, UIDS_MAX);
	struct store_place from = { account, q->from }, to = { account, q->to };
	if (r == OK)
		r = (q->move ? store_move : store_copy)(store_served(), from, &uids, to, clock_real(), &done);
	if (r == OK)
		r = pack_pairs(&done, pairs);
	*uidvalidity = done.uidvalidity;
	store_copied_done(&done);
	store_set_done(&uids);
	return r;
}

void store_on_copy(const struct ipc_request *rq, const struct ipc_copy_req *q)
{
	struct buf pairs;
	struct ipc_copy_rep a = { 0 };
	buf_init(&pairs, 2 * UIDS_BYTES);
	int r = copy(rq, q, &pairs, &a.uidvalidity);
	a.pairs = buf_str(&pairs);
	ipc_reply_copy(rq, r, &a);
	buf_done(&pairs);
}

/* ---- expunge ---- */

static int expunge(const struct ipc_request *rq, const struct ipc_expunge_req *q, struct buf *vanished,
		   uint64_t *modseq)
{
	struct store_set uids = { 0 }, gone = { 0 };
	struct store_mailbox_info m;
	uint32_t account;
	int r = mailbox_of(rq, q->grant, WRITERS, q->mailbox, &account, &m);
	if (r == OK && m.deleted > UIDS_MAX)
		r = E_TOOBIG;
	if (r == OK)
		r = store_set_unpack(q->uids, &uids);
	if (r == OK)
		r = store_expunge(store_served(), account, q->mailbox, q->all ? NULL : &uids, true, &gone, modseq);
	if (r == OK)
		r = store_set_pack(&gone, vanished);
	store_set_done(&gone);
	store_set_done(&uids);
	return r;
}

void store_on_expunge(const struct ipc_request *rq, const struct ipc_expunge_req *q)
{
	struct buf vanished;
	struct ipc_expunge_rep a = { 0 };
	buf_init(&vanished, UIDS_BYTES);
	int r = expunge(rq, q, &vanished, &a.modseq);
	a.vanished = buf_str(&vanished);
	ipc_reply_expunge(rq, r, &a);
	buf_done(&vanished);
}
