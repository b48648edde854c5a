/* user.expire {"address": …}: the present password opens nothing any more but the way to a new one. */
#include "role/auth/auth_age.h"
#include "role/auth/auth_audit.h"
#include "role/auth/auth_keep.h"
#include "role/auth/auth_op.h"

#include "os/clock.h"

enum { STORE_MS = 10000 };

int auth_known_account(struct auth_call *c, struct str *address)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_credential_req q = { .address = *address };
	struct ipc_credential_rep a;
	int r = ipc_call_credential(NULL, &q, &a, &hold, STORE_MS);
	if (r == OK)
		*address = arena_dup(c->a, a.canonical);
	else if (r == E_NOTFOUND)
		r = auth_refuse(c, "no such account: " STR_FMT, STR_ARG(*address));
	ipc_release(&hold);
	return r;
}

int auth_op_user_expire(struct auth_call *c)
{
	struct str address;
	struct password_state state = { .changed_at = clock_real() };
	struct auth_change ch;
	uint64_t version;
	int r = auth_need(c, "address", &address);
	if (r == OK)
		r = auth_known_account(c, &address);
	if (r == OK)
		r = auth_state_get(c->a, address, &state, &version);
	if (r != OK && r != E_NOTFOUND)
		return r;
	state.flags |= PASSWORD_MUST_CHANGE;
	auth_change_begin(&ch, c->by, c->from, "account.expire", address);
	ch.op = "account.end";          /* who is signed in with it signs in anew */
	ch.arguments = &address;
	ch.count = 1;
	r = auth_state_set(&ch.batch, address, &state, version);
	if (r == OK)
		return auth_change_finish(c, &ch);
	auth_change_drop(&ch);
	return r;
}
