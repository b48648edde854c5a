/* What else there is to a mailbox: subscription and special use (RFC 6154). */
#include "role/store/store_internal.h"

static int edit(struct store *st, uint32_t account, uint32_t mailbox, const bool *subscribed,
		const enum store_role *role)
{
	struct store_mailbox *m;
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r == OK && role && m->id == STORE_INBOX && *role != STORE_ROLE_INBOX)
		r = E_DENIED;
	if (r != OK)
		return r;
	if (subscribed)
		m->rec.subscribed = *subscribed;
	if (role)
		m->rec.role = *role;
	store_mailbox_touch(st, m);
	store_modseq(st, m->account, NULL);
	return OK;
}

int store_mailbox_subscribe(struct store *st, uint32_t account, uint32_t mailbox, bool subscribed)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, edit(st, account, mailbox, &subscribed, NULL)) : r;
}

static int unsubscribe_gone(struct store *st, uint32_t account, struct str name)
{
	struct store_account *a;
	char room[STORE_NAME_MAX];
	bool was;
	int r = store_account_open(st, account, &a);
	if (r == OK)
		r = store_note_take_subscribed(st, a, store_name_canonical(name, room), &was);
	if (r == OK)
		store_account_touch(st, a);
	return r;
}

int store_mailbox_unsubscribe_gone(struct store *st, uint32_t account, struct str name)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, unsubscribe_gone(st, account, name)) : r;
}

int store_mailbox_role(struct store *st, uint32_t account, uint32_t mailbox, enum store_role role)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, edit(st, account, mailbox, NULL, &role)) : r;
}
