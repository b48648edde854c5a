#include "ipc/role_run.h"
#include "role/store/store_admin.h"

enum { ALL = 1000000 };

static int find(struct admin_call *c, struct str address, struct store_account_info *ret)
{
	int r = store_account_find(c->st, address, c->a, ret);
	return r == E_NOTFOUND ? admin_refuse(c, "no such account: " STR_FMT, STR_ARG(address)) : r;
}

int admin_account_add(struct admin_call *c)
{
	uint32_t id;
	struct str address = c->arg[0];
	int r = admin_address_ok(c, address);
	if (r != OK)
		return r;
	struct store_account_info info = {
		.address = address, .credential = c->arg[1], .quota = role_conf()->store.quota, .created = c->now
	};
	if (c->args > 2 && str_eq(c->arg[2], STR("admin")))
		info.flags |= STORE_ACCOUNT_ADMIN;
	r = store_account_create(c->st, &info, &id);
	if (r == E_EXISTS)
		return admin_refuse(c, "there is an account or alias already: " STR_FMT, STR_ARG(address));
	if (r == E_NOTFOUND)
		return admin_refuse(c, "no such domain: " STR_FMT,
				    STR_ARG(str_skip(address, str_rfind(address, '@') + 1)));
	if (r == OK)
		c->json = json_pack("{s:o, s:I}", "address", admin_string(address), "id", (json_int_t)id);
	return r;
}

static int show(struct admin_call *c, const struct store_account_info *info, json_t *list)
{
	struct store_status s;
	struct store_mailbox_info *boxes;
	size_t n;
	int r = store_account_status(c->st, info->id, &s);
	if (r == OK)
		r = store_mailbox_list(c->st, info->id, c->a, &boxes, &n);
	if (r != OK)
		return r;
	json_t *j = json_pack("{s:o, s:I, s:b, s:b, s:I, s:I, s:I, s:I}", "address", admin_string(info->address), "id",
			      (json_int_t)info->id, "admin", (info->flags & STORE_ACCOUNT_ADMIN) != 0, "locked",
			      (info->flags & STORE_ACCOUNT_LOCKED) != 0, "used", (json_int_t)s.bytes, "quota",
			      (json_int_t)info->quota, "messages", (json_int_t)s.messages, "mailboxes", (json_int_t)n);
	json_array_append_new(list, j);
	return OK;
}

int admin_account_list(struct admin_call *c)
{
	struct store_account_info *v;
	size_t n;
	c->json = json_array();
	int r = store_account_list(c->st, 0, ALL, c->a, &v, &n);
	for (size_t i = 0; r == OK && i < n; i++)
		r = show(c, &v[i], c->json);
	return r;
}

int admin_account_passwd(struct admin_call *c)
{
	struct store_account_info info;
	int r = find(c, c->arg[0], &info);
	if (r != OK)
		return r;
	store_grants_of_account_close(info.id);         /* who signed in with the old one signs in again */
	return store_account_credential(c->st, info.id, c->arg[1]);
}

static int set_lock(struct admin_call *c, bool locked)
{
	struct store_account_info info;
	int r = find(c, c->arg[0], &info);
	if (r != OK)
		return r;
	uint32_t flags = locked ? info.flags | STORE_ACCOUNT_LOCKED : info.flags & ~(uint32_t)STORE_ACCOUNT_LOCKED;
	if (locked)
		store_grants_of_account_close(info.id);         /* what is signed in now ends too */
	return store_account_flags(c->st, info.id, flags);
}

int admin_account_lock(struct admin_call *c) { return set_lock(c, true); }
int admin_account_unlock(struct admin_call *c) { return set_lock(c, false); }

int admin_account_delete(struct admin_call *c)
{
	struct store_account_info info;
	int r = find(c, c->arg[0], &info);
	if (r != OK)
		return r;
	store_grants_of_account_close(info.id);
	return store_account_delete(c->st, info.id);
}

int admin_account_end(struct admin_call *c)
{
	struct store_account_info info;
	int r = find(c, c->arg[0], &info);
	if (r == OK)
		store_grants_of_account_close(info.id);
	return r;
}

int admin_account_quota(struct admin_call *c)
{
	struct store_account_info info;
	uint64_t bytes;
	if (str_u64(c->arg[1], INT64_MAX, &bytes) != OK)
		return admin_refuse(c, "not a number of bytes: " STR_FMT, STR_ARG(c->arg[1]));
	int r = find(c, c->arg[0], &info);
	return r == OK ? store_account_quota(c->st, info.id, bytes) : r;
}
