/* user.add, user.passwd: {"address": …, "admin": true, "generate": true, "must_change": true, "hash": …}; the password is the secret of the
 * call unless it is generated, in which case it stands in the answer, once. */
#include "role/auth/auth_password.h"

static int need_password(struct auth_call *c, struct auth_new_password *n)
{
	int r = auth_need(c, "address", &n->address);
	if (r != OK)
		return r;
	n->must_change = auth_arg_is(c, "must_change");
	if (auth_arg_is(c, "generate"))
		return OK;
	n->password = c->secret;
	return c->secret.n ? OK : auth_refuse(c, "a password is needed");
}

static void finish(struct auth_call *c, struct auth_new_password *n, int r)
{
	if (r == OK && *n->generated) {
		c->json = c->json ? c->json : json_object();
		json_object_set_new(c->json, "password", json_string(n->generated));
	}
	secret_wipe(n->generated, sizeof n->generated);
}

int auth_op_user_add(struct auth_call *c)
{
	struct auth_new_password n = { .address = auth_arg(c, "address") };
	struct str flags = auth_arg_is(c, "admin") ? STR("admin") : STR(""), hash = auth_arg(c, "hash");
	if (hash.n && n.address.n)
		return auth_password_import(c, n.address, hash, flags);
	int r = need_password(c, &n);
	if (r == OK)
		r = auth_password_create(c, &n, flags);
	finish(c, &n, r);
	return r;
}

int auth_op_user_passwd(struct auth_call *c)
{
	struct auth_new_password n = { .act = "account.passwd" };
	int r = need_password(c, &n);
	n.detail = n.must_change ? STR("to be changed at the next sign-in") : STR("");
	if (r == OK)
		r = auth_password_set(c, &n);
	finish(c, &n, r);
	return r;
}
