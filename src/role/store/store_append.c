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
