/* Delivery: the bytes once, an e-mail for each local recipient, a queue entry for each remote one, all in one batch. */
#include "role/store/store_internal.h"

static uint32_t mailbox_of_role(const struct store_account *a, uint32_t role)
{
	for (size_t i = 0; role != STORE_ROLE_NONE && i < a->mailboxes; i++)
		if (a->mailbox[i]->rec.role == role)
			return a->mailbox[i]->id;
	return STORE_INBOX;
}

static int would_fit(struct store *st, const struct store_local *l, uint64_t size, struct store_mailbox **ret)
{
	struct store_account *a;
	struct store_mailbox *m;
	int r = store_account_open(st, l->account, &a);
	if (r == OK)
		r = store_mailbox_open(st, l->account, l->mailbox ? l->mailbox : mailbox_of_role(a, l->role), &m);
	if (r == E_NOTFOUND && l->mailbox)      /* the mailbox went meanwhile: the message must not */
		r = store_mailbox_open(st, l->account, STORE_INBOX, &m);
	if (r != OK)
		return r;
	*ret = m;
	return l->over_quota || store_fits(m->account, size) ? OK : E_QUOTA;
}

int store_deliver_check(struct store *st, uint32_t account, uint64_t size)
{
	struct store_mailbox *ignored;
	return would_fit(st, &(struct store_local){ .account = account }, size, &ignored);
}

/* What keeps one recipient from having it is that recipient's matter; anything else is everybody's. */
static bool own_matter(int r) { return r == E_QUOTA || r == E_FULL || r == E_NOTFOUND; }

static int deliver_local(struct store *st, const struct store_message *message, struct store_local *l, uint64_t blob,
                         uint64_t size, int64_t now)
{
	struct store_mailbox *m;
	struct store_message msg = *message;
	int r = would_fit(st, l, size, &m);
	msg.flags |= l->flags;
	if (r == OK)
		r = store_email_place(st, m, blob, &msg, now, &l->appended);
	l->status = r;
	return own_matter(r) ? OK : r;
}

int store_deliver_within(struct store *st, struct store_delivery *d, int64_t now)
{
	uint64_t size = store_message_size(&d->message);
	uint32_t owners = 0;
	if (size > STORE_MESSAGE_MAX || d->message.summary.n > STORE_SUMMARY_MAX ||
	    d->locals > STORE_QUEUE_RCPTS_MAX || d->remotes > STORE_QUEUE_RCPTS_MAX)
		return E_TOOBIG;
	if (!d->locals && !d->remotes)
		return E_NOTFOUND;
	uint64_t blob = store_blob_write(st, d->message.piece, d->message.pieces);
	d->blob = blob;
	for (size_t i = 0; i < d->locals; i++) {
		int r = deliver_local(st, &d->message, &d->local[i], blob, size, now);
		if (r != OK)
			return r;
		owners += d->local[i].status == OK;
	}
	for (size_t i = 0; i < d->remotes; i++, owners++) {
		int r = store_queue_add(st, &d->remote[i], blob, (uint32_t)size);
		if (r != OK)
			return r;
	}
	if (!owners)
		return d->local[0].status;
	for (size_t i = 0; i < d->meetings; i++) {
		int r = store_sender_note(st, &d->meeting[i]);
		if (r != OK)
			return r;
	}
	if (owners > 1)
		store_blob_share(st, blob, owners);
	return OK;
}

int store_deliver(struct store *st, struct store_delivery *d, int64_t now)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, store_deliver_within(st, d, now)) : r;
}
