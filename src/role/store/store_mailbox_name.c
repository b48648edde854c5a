/* Names of mailboxes and what changes them (RFC 9051 sections 6.3.4 to 6.3.8). */
#include "role/store/store_internal.h"

static bool is_inbox(struct str name) { return str_ieq(name, STR("INBOX")); }

/* The part of INBOX in a path is INBOX in any case: "inbox/x" and "INBOX/x" are one (RFC 9051 section 5.1). */
struct str store_name_canonical(struct str name, char *room)
{
	if (name.n > STORE_NAME_MAX || !str_istarts(name, STR("INBOX")) || (name.n > 5 && name.p[5] != '/'))
		return name;
	memcpy(room, name.p, name.n);
	memcpy(room, "INBOX", 5);
	return (struct str){ room, name.n };
}

bool store_mailbox_name_valid(struct str name)
{
	size_t depth = 0;
	if (!name.n || name.n > STORE_NAME_MAX || str_has_control(name) || !utf8_valid(name) ||
	    name.p[name.n - 1] == '/')
		return false;
	for (struct str rest = name; rest.n;) {
		struct str level = str_until(&rest, '/');
		if (!level.n || str_eq(level, STR(".")) || str_eq(level, STR("..")))
			return false;
		depth++;
	}
	return depth <= STORE_DEPTH_MAX;
}

struct store_mailbox *store_mailbox_named(const struct store_account *a, struct str name)
{
	if (is_inbox(name))
		return store_mailbox_in(a, STORE_INBOX);
	for (size_t i = 0; i < a->mailboxes; i++)
		if (str_eq(a->mailbox[i]->rec.name, name))
			return a->mailbox[i];
	return NULL;
}

bool store_name_is_child(struct str name, struct str parent)
{
	return name.n > parent.n && name.p[parent.n] == '/' && str_starts(name, parent);
}

static void show(const struct store_mailbox *m, struct store_mailbox_info *ret)
{
	const struct rec_mailbox *r = &m->rec;
	*ret = (struct store_mailbox_info){ .id = m->id,
					    .name = r->name,
					    .role = r->role,
					    .uidvalidity = r->uidvalidity,
					    .uidnext = r->uidnext,
					    .messages = r->messages,
					    .unseen = r->unseen,
					    .deleted = r->deleted,
					    .size = r->size,
					    .highest_modseq = r->highest_modseq,
					    .subscribed = r->subscribed };
}

int store_mailbox_list(struct store *st, uint32_t account, struct arena *arena, struct store_mailbox_info **ret,
		       size_t *ret_n)
{
	struct store_account *a;
	int r = store_account_open(st, account, &a);
	if (r != OK)
		return r;
	struct store_mailbox_info *v = arena_new_array(arena, struct store_mailbox_info, a->mailboxes);
	for (size_t i = 0; i < a->mailboxes; i++)
		show(a->mailbox[i], &v[i]);
	*ret = v;
	*ret_n = a->mailboxes;
	return OK;
}

int store_mailbox_get(struct store *st, uint32_t account, uint32_t mailbox, struct store_mailbox_info *ret)
{
	struct store_mailbox *m;
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r == OK)
		show(m, ret);
	return r;
}

int store_mailbox_find(struct store *st, uint32_t account, struct str name, struct store_mailbox_info *ret)
{
	char room[STORE_NAME_MAX];
	struct store_account *a;
	int r = store_account_open(st, account, &a);
	if (r != OK)
		return r;
	struct store_mailbox *m = store_mailbox_named(a, store_name_canonical(name, room));
	if (!m)
		return E_NOTFOUND;
	show(m, ret);
	return OK;
}
