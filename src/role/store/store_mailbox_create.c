/* CREATE (RFC 9051 section 6.3.4). */
#include "role/store/store_internal.h"

int store_mailbox_parents(struct store *st, struct store_account *a, struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] != '/' || store_mailbox_named(a, str_first(name, i)))
			continue;
		if (a->mailboxes >= STORE_MAILBOXES_MAX)
			return E_FULL;
		store_mailbox_new(st, a, str_first(name, i), STORE_ROLE_NONE);
	}
	return OK;
}

int store_name_free(const struct store_account *a, struct str name)
{
	if (name.n > STORE_NAME_MAX)
		return E_TOOBIG;
	if (!store_mailbox_name_valid(name))
		return E_SYNTAX;
	return store_mailbox_named(a, name) ? E_EXISTS : OK;
}

static int create(struct store *st, uint32_t account, struct str name, enum store_role role, uint32_t *ret_id)
{
	char room[STORE_NAME_MAX];
	struct store_account *a;
	name = store_name_canonical(name, room);
	int r = store_account_open(st, account, &a);
	if (r == OK)
		r = store_name_free(a, name);
	if (r == OK)
		r = store_mailbox_parents(st, a, name);
	if (r == OK && a->mailboxes >= STORE_MAILBOXES_MAX)
		r = E_FULL;
	bool subscribed = false;
	if (r == OK)
		r = store_note_take_subscribed(st, a, name, &subscribed);
	if (r != OK)
		return r;
	struct store_mailbox *m = store_mailbox_new(st, a, name, role);
	m->rec.subscribed = subscribed;
	*ret_id = m->id;
	return OK;
}

int store_mailbox_create(struct store *st, uint32_t account, struct str name, enum store_role role, uint32_t *ret_id)
{
	uint32_t id;
	int r = store_op_begin(st);
	if (r == OK)
		r = store_op_end(st, create(st, account, name, role, &id));
	if (r == OK)
		*ret_id = id;
	return r;
}
