/* RENAME (RFC 9051 section 6.3.6). */
#include "role/store/store_internal.h"

/* The mailbox and everything below it, in a heap array. */
static struct store_mailbox **tree(const struct store_account *a, const struct store_mailbox *m, size_t *ret_n)
{
	struct store_mailbox **v = mem_new_array(struct store_mailbox *, a->mailboxes);
	size_t n = 0;
	for (size_t i = 0; i < a->mailboxes; i++)
		if (a->mailbox[i] == m || store_name_is_child(a->mailbox[i]->rec.name, m->rec.name))
			v[n++] = a->mailbox[i];
	*ret_n = n;
	return v;
}

static int rename_one(struct store *st, struct store_mailbox *m, size_t old_n, struct str name)
{
	char full[2 * STORE_NAME_MAX];
	struct str rest = str_skip(m->rec.name, old_n);
	memcpy(full, name.p, name.n);
	memcpy(full + name.n, rest.p, rest.n);
	struct str fresh = { full, name.n + rest.n };
	if (fresh.n > STORE_NAME_MAX)
		return E_TOOBIG;
	if (!store_mailbox_name_valid(fresh))
		return E_SYNTAX;
	store_mailbox_rename_one(st, m, fresh);
	return OK;
}

static int rename_tree(struct store *st, struct store_mailbox *m, struct str name)
{
	size_t n, old_n = m->rec.name.n;
	struct store_mailbox **v = tree(m->account, m, &n);
	int r = OK;
	for (size_t i = 0; i < n && r == OK; i++)
		r = rename_one(st, v[i], old_n, name);
	mem_free(v);
	store_modseq(st, m->account, NULL);
	return r;
}

/* INBOX itself stays: its messages move into the new mailbox. */
static int rename_inbox(struct store *st, struct store_mailbox *m, struct str name, int64_t now)
{
	if (m->account->mailboxes >= STORE_MAILBOXES_MAX)
		return E_FULL;
	return store_move_all(st, m, store_mailbox_new(st, m->account, name, STORE_ROLE_NONE), now);
}

static int rename_within(struct store *st, uint32_t account, uint32_t mailbox, struct str name, int64_t now)
{
	char room[STORE_NAME_MAX];
	struct store_mailbox *m;
	name = store_name_canonical(name, room);
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r == OK)
		r = store_name_free(m->account, name);
	if (r == OK && m->id != STORE_INBOX && store_name_is_child(name, m->rec.name))
		r = E_DENIED;
	if (r == OK)
		r = store_mailbox_parents(st, m->account, name);
	if (r != OK)
		return r;
	return m->id == STORE_INBOX ? rename_inbox(st, m, name, now) : rename_tree(st, m, name);
}

int store_mailbox_rename(struct store *st, uint32_t account, uint32_t mailbox, struct str name, int64_t now)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, rename_within(st, account, mailbox, name, now)) : r;
}
