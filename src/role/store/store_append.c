#include "role/store/store_internal.h"

static int append(struct store *st, uint32_t account, uint32_t mailbox, const struct store_message *msg, int64_t now,
                  struct store_appended *ret)
{
	struct store_mailbox *m;
	uint64_t size = store_message_size(msg);
	if (size > STORE_MESSAGE_MAX || msg->summary.n > STORE_SUMMARY_MAX)
		return E_TOOBIG;
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r != OK)
		return r;
	if (!store_fits(m->account, size))
		return E_FULL;
	uint64_t blob = store_blob_write(st, msg->piece, msg->pieces);
	return store_email_place(st, m, blob, msg, now, ret);
}

int store_append(struct store *st, uint32_t account, uint32_t mailbox, const struct store_message *m, int64_t now,
                 struct store_appended *ret)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, append(st, account, mailbox, m, now, ret)) : r;
}

static int replace(struct store *st, uint32_t account, const struct store_replaced *replaced, uint64_t *ret_modseq)
{
	struct store_range one = { replaced->uid, replaced->uid };
	struct store_set uids = { .v = &one, .n = 1 }, gone = { 0 };
	int r = store_expunge_within(st, account, replaced->mailbox, &uids, false, &gone, ret_modseq);
	if (r == OK && gone.n == 0)
		r = E_NOTFOUND;
	store_set_done(&gone);
	return r;
}

static int append_many(struct store *st, uint32_t account, uint32_t mailbox, const struct store_message *m, size_t n,
                       const struct store_replaced *replaced, int64_t now, struct bufw *uids, uint64_t *ret_modseq)
{
	int r = OK;
	for (size_t i = 0; i < n && r == OK; i++) {
		struct store_appended done;
		r = append(st, account, mailbox, &m[i], now, &done);
		if (r == OK)
			write_u32(uids, done.uid);
		if (r == OK)
			r = uids->err;
	}
	return r == OK && replaced->uid ? replace(st, account, replaced, ret_modseq) : r;
}

int store_append_many(struct store *st, uint32_t account, uint32_t mailbox, const struct store_message *m, size_t n,
                      const struct store_replaced *replaced, int64_t now, struct buf *uids, uint64_t *ret_modseq)
{
	struct bufw w = { .b = uids };
	uint64_t modseq = 0;
	int r = store_op_begin(st);
	if (r == OK)
		r = store_op_end(st, append_many(st, account, mailbox, m, n, replaced, now, &w, &modseq));
	if (r == OK)
		*ret_modseq = modseq;
	return r;
}
