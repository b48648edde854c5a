/* A person changes the own password: with the present one, or with a one-time token. The same work, waits and answer whoever asks. */
#include "role/auth/auth_change.h"

#include "role/auth/auth_password.h"
#include "role/auth/auth_reset.h"

enum { MEMORY = 4 << 20, REASON_MOST = 1024 };

static int by_token(struct auth_call *c, const struct ipc_password_change_req *q, struct auth_new_password *n, char key[AUTH_RESET_KEY])
{
	int r = auth_reset_find(c->a, q->token, &n->address, key);
	n->spent = str_c(key);
	n->detail = STR("with a one-time token");
	return auth_settle(q->peer, STR("reset token"), r);
}

static int by_password(struct auth_call *c, const struct ipc_password_change_req *q, struct auth_new_password *n)
{
	n->by_owner = true;
	n->current = q->password;
	return auth_prove(c->a, q->user, q->password, q->peer, &n->address);
}

static int change(struct auth_call *c, const struct ipc_password_change_req *q)
{
	struct auth_new_password n = { .password = q->fresh, .act = "password.change" };
	char key[AUTH_RESET_KEY] = "";
	int r = q->token.n ? by_token(c, q, &n, key) : by_password(c, q, &n);
	if (r == E_DENIED)
		return auth_refuse(c, "%s", q->token.n ? "this link is not valid, or no longer" : "user or password is wrong");
	if (r != OK)
		return r;
	if (!n.password.n)
		return auth_refuse(c, "a new password is needed");
	c->by = n.address;
	return auth_password_set(c, &n);
}

void auth_on_password_change(const struct ipc_request *rq, const struct ipc_password_change_req *q)
{
	struct arena a;
	struct buf reason;
	struct auth_call c = { .op = STR("password.change"), .from = q->peer, .a = &a, .reason = &reason, .file = -1 };
	arena_init(&a, MEMORY, NULL, NULL);
	buf_init(&reason, REASON_MOST);
	int r = change(&c, q);
	struct ipc_password_change_rep rep = { .reason = buf_str(&reason) };
	ipc_reply_password_change(rq, r == E_DENIED && reason.n ? OK : r, &rep);
	secret_wipe((char *)q->password.p, q->password.n);
	secret_wipe((char *)q->fresh.p, q->fresh.n);
	json_decref(c.json);
	buf_done(&reason);
	arena_done(&a);
}
