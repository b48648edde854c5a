/* What auth asks the store to change in the directory. */
#include "role/auth/auth_admin.h"

enum { STORE_MS = 60000, ARGUMENTS_BYTES = 64 << 10 };

static int take_answer(struct auth_call *c, int r, const struct ipc_admin_rep *a)
{
	if (r != OK)
		return auth_refuse(c, "the store does not answer: %s", err_name(r));
	if (a->reason.n)
		return auth_refuse(c, STR_FMT, STR_ARG(a->reason));
	json_decref(c->json);
	c->json = a->json.n ? json_loadb(a->json.p, a->json.n, 0, NULL) : NULL;
	return OK;
}

int auth_directory(struct auth_call *c, const char *op, const struct str *arguments, size_t count)
{
	struct buf b;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_admin_rep a = { 0 };
	buf_init(&b, ARGUMENTS_BYTES);
	struct bufw w = { .b = &b };
	for (size_t i = 0; i < count; i++)
		write_str(&w, arguments[i]);
	struct ipc_admin_req q = { .op = str_c(op), .arguments = buf_str(&b) };
	int r = w.err == OK ? ipc_call_admin(NULL, &q, &a, &hold, STORE_MS) : w.err;
	r = take_answer(c, r, &a);
	ipc_release(&hold);
	buf_done(&b);
	return r;
}
