#include "role/store/store_admin.h"

enum { ALL = 1000000 };

static int find(struct admin_call *c, struct str name, struct store_domain_info *ret)
{
	int r = store_domain_get(c->st, name, c->a, ret);
	return r == E_NOTFOUND ? admin_refuse(c, "no such domain: " STR_FMT, STR_ARG(name)) : r;
}

int admin_domain_add(struct admin_call *c)
{
	struct store_domain_info info;
	struct str name = c->arg[0];
	if (!name.n || name.n > STORE_DOMAIN_MAX || str_has_control(name))
		return admin_refuse(c, "not a domain: " STR_FMT, STR_ARG(name));
	int r = store_domain_get(c->st, name, c->a, &info);
	if (r == OK)
		return admin_refuse(c, "there is a domain already: " STR_FMT, STR_ARG(name));
	return r == E_NOTFOUND ? store_domain_put(c->st, &(struct store_domain_info){ .name = name, .created = c->now })
			       : r;
}

int admin_domain_delete(struct admin_call *c)
{
	int r = store_domain_delete(c->st, c->arg[0]);
	if (r == E_NOTFOUND)
		return admin_refuse(c, "no such domain: " STR_FMT, STR_ARG(c->arg[0]));
	return r == E_BUSY ? admin_refuse(c, "accounts or aliases still live in it: " STR_FMT, STR_ARG(c->arg[0])) : r;
}

static json_int_t accounts_in(const struct store_account_info *v, size_t n, struct str domain)
{
	json_int_t count = 0;
	for (size_t i = 0; i < n; i++) {
		size_t at = str_rfind(v[i].address, '@');
		count += at != STR_NPOS && str_eq(str_skip(v[i].address, at + 1), domain);
	}
	return count;
}

int admin_domain_list(struct admin_call *c)
{
	struct store_domain_info *v;
	struct store_account_info *accounts;
	size_t n, account_n;
	int r = store_domain_list(c->st, STR(""), ALL, c->a, &v, &n);
	if (r == OK)
		r = store_account_list(c->st, 0, ALL, c->a, &accounts, &account_n);
	if (r != OK)
		return r;
	c->json = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(c->json, json_pack("{s:o, s:o, s:I}", "name", admin_string(v[i].name), "catchall",
							 admin_string(v[i].catch_all), "accounts",
							 accounts_in(accounts, account_n, v[i].name)));
	return OK;
}

int admin_domain_catchall(struct admin_call *c)
{
	struct store_domain_info info;
	int r = find(c, c->arg[0], &info);
	if (r != OK)
		return r;
	if (c->arg[1].n && admin_address_ok(c, c->arg[1]) != OK)
		return E_DENIED;
	info.catch_all = c->arg[1];
	return store_domain_put(c->st, &info);
}

/* ---- aliases ---- */

int admin_alias_add(struct admin_call *c)
{
	for (size_t i = 0; i < c->args; i++)
		if (admin_address_ok(c, c->arg[i]) != OK)
			return E_DENIED;
	struct str *targets = arena_new_array(c->a, struct str, c->args);
	memcpy(targets, c->arg + 1, (c->args - 1) * sizeof *targets);
	int r = store_alias_put(c->st, &(struct store_alias_info){ c->arg[0], targets, c->args - 1 });
	if (r == E_EXISTS)
		return admin_refuse(c, "there is an account of that address: " STR_FMT, STR_ARG(c->arg[0]));
	return r == E_NOTFOUND ? admin_refuse(c, "its domain is not one of this server: " STR_FMT, STR_ARG(c->arg[0]))
			       : r;
}

int admin_alias_delete(struct admin_call *c)
{
	int r = store_alias_delete(c->st, c->arg[0]);
	return r == E_NOTFOUND ? admin_refuse(c, "no such alias: " STR_FMT, STR_ARG(c->arg[0])) : r;
}

int admin_alias_list(struct admin_call *c)
{
	struct store_alias_info *v;
	size_t n;
	int r = store_alias_list(c->st, STR(""), ALL, c->a, &v, &n);
	if (r != OK)
		return r;
	c->json = json_array();
	for (size_t i = 0; i < n; i++) {
		json_t *targets = json_array();
		for (size_t k = 0; k < v[i].targets; k++)
			json_array_append_new(targets, admin_string(v[i].target[k]));
		json_array_append_new(c->json,
				      json_pack("{s:o, s:o}", "alias", admin_string(v[i].address), "targets", targets));
	}
	return OK;
}
