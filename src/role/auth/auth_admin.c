#include "role/auth/auth_op.h"
#include "role/auth/auth_token.h"

#include "io/fiber.h"
#include "os/fd.h"
#include "os/log.h"

enum { MEMORY = 4 << 20, JSON_MOST = 2 << 20, REASON_MOST = 1024 };

/* What the audit log learns of an operation: it commits its entry with its change; or it changes nothing; or its entry is written before it
 * begins, so that it cannot be left out. */
enum entry { ENTRY_BEFORE, ENTRY_WITH_CHANGE, ENTRY_NONE };

static const struct row { struct str op; auth_op_fn *run; enum entry entry; } rows[] = {
	{ STR_INIT("user.add"), auth_op_user_add, ENTRY_WITH_CHANGE },
	{ STR_INIT("user.passwd"), auth_op_user_passwd, ENTRY_WITH_CHANGE },
	{ STR_INIT("client.add"), auth_op_client_add, ENTRY_BEFORE },
	{ STR_INIT("client.list"), auth_op_client_list, ENTRY_NONE },
	{ STR_INIT("client.remove"), auth_op_client_remove, ENTRY_BEFORE },
	{ STR_INIT("tokens.list"), auth_op_tokens_list, ENTRY_NONE },
	{ STR_INIT("tokens.revoke"), auth_op_tokens_revoke, ENTRY_BEFORE },
	{ STR_INIT("user.expire"), auth_op_user_expire, ENTRY_WITH_CHANGE },
	{ STR_INIT("user.reset"), auth_op_user_reset, ENTRY_WITH_CHANGE },
	{ STR_INIT("policy.show"), auth_op_policy_show, ENTRY_NONE },
	{ STR_INIT("policy.set"), auth_op_policy_set, ENTRY_WITH_CHANGE },
	{ STR_INIT("policy.remove"), auth_op_policy_remove, ENTRY_WITH_CHANGE },
	{ STR_INIT("policy.test"), auth_op_policy_test, ENTRY_NONE },
	{ STR_INIT("policy.breached"), auth_op_policy_breached, ENTRY_WITH_CHANGE },
	{ STR_INIT("log.audit"), auth_op_log_audit, ENTRY_NONE },
	{ STR_INIT("log.verify"), auth_op_log_verify, ENTRY_NONE },
	{ STR_INIT("params.measure"), auth_op_params_measure, ENTRY_WITH_CHANGE },
	{ STR_INIT("totp.enroll"), auth_op_totp_enroll, ENTRY_BEFORE },
	{ STR_INIT("totp.confirm"), auth_op_totp_confirm, ENTRY_BEFORE },
	{ STR_INIT("totp.remove"), auth_op_totp_remove, ENTRY_BEFORE },
	{ STR_INIT("recovery.new"), auth_op_recovery_new, ENTRY_BEFORE },
	{ STR_INIT("app.add"), auth_op_app_add, ENTRY_BEFORE },
	{ STR_INIT("app.list"), auth_op_app_list, ENTRY_NONE },
	{ STR_INIT("app.revoke"), auth_op_app_revoke, ENTRY_BEFORE },
	{ STR_INIT("sessions.list"), auth_op_sessions_list, ENTRY_NONE },
	{ STR_INIT("sessions.end"), auth_op_sessions_end, ENTRY_BEFORE },
	{ STR_INIT("factor.show"), auth_op_factor_show, ENTRY_NONE },
	{ STR_INIT("factor.policy"), auth_op_factor_policy, ENTRY_BEFORE },
	{ STR_INIT("factor.rule"), auth_op_factor_rule, ENTRY_BEFORE },
	{ STR_INIT("account.lock"), auth_op_directory, ENTRY_WITH_CHANGE },
	{ STR_INIT("account.unlock"), auth_op_directory, ENTRY_WITH_CHANGE },
	{ STR_INIT("account.delete"), auth_op_account_delete, ENTRY_WITH_CHANGE },
	{ STR_INIT("account.quota"), auth_op_directory, ENTRY_WITH_CHANGE },
	{ STR_INIT("domain.add"), auth_op_directory, ENTRY_WITH_CHANGE },
	{ STR_INIT("domain.delete"), auth_op_domain_delete, ENTRY_WITH_CHANGE },
	{ STR_INIT("domain.catchall"), auth_op_directory, ENTRY_WITH_CHANGE },
	{ STR_INIT("bimi.show"), auth_op_bimi_show, ENTRY_NONE },
	{ STR_INIT("bimi.set"), auth_op_bimi_set, ENTRY_WITH_CHANGE },
	{ STR_INIT("bimi.remove"), auth_op_bimi_remove, ENTRY_WITH_CHANGE },
	{ STR_INIT("alias.add"), auth_op_directory, ENTRY_WITH_CHANGE },
	{ STR_INIT("alias.delete"), auth_op_directory, ENTRY_WITH_CHANGE },
};

/* With these ends what the account had let in, programs and browsers (A69). */
static const struct str ending[] = { STR_INIT("user.passwd"), STR_INIT("user.expire"), STR_INIT("account.lock"), STR_INIT("account.delete") };

int auth_refuse(struct auth_call *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_clear(c->reason);
	if (buf_vprintf(c->reason, fmt, ap) != OK)
		buf_clear(c->reason);
	va_end(ap);
	return E_DENIED;
}

struct str auth_arg(const struct auth_call *c, const char *name)
{
	json_t *v = json_object_get(c->arguments, name);
	return (struct str){ json_string_value(v), json_string_length(v) };
}

bool auth_arg_is(const struct auth_call *c, const char *name)
{
	return json_is_true(json_object_get(c->arguments, name));
}

int auth_need(struct auth_call *c, const char *name, struct str *ret)
{
	struct str v = auth_arg(c, name);
	if (!v.n)
		return auth_refuse(c, STR_FMT " needs %s", STR_ARG(c->op), name);
	*ret = v;
	return OK;
}

json_t *auth_string(struct str s)
{
	json_t *j = json_stringn(s.p ? s.p : "", s.n);
	return j ? j : json_string("");
}

static bool ends(struct str op)
{
	for (size_t i = 0; i < COUNT_OF(ending); i++)
		if (str_eq(ending[i], op))
			return true;
	return false;
}

static int write_entry(struct auth_call *c)
{
	struct auth_change ch;
	struct str address = auth_arg(c, "address"), id = auth_arg(c, "id");
	auth_change_begin(&ch, c->by, c->from, arena_dup(c->a, c->op).p, address.n ? address : id);
	ch.detail = address.n ? id : STR("");
	return auth_change_finish(c, &ch);
}

/* The account is found before, since a deleted one can't be found after; its tokens end after, so that nothing slips in between. */
static int run_row(struct auth_call *c, const struct row *row)
{
	uint32_t account = 0;
	int r = ends(c->op) ? auth_account_of(c, &account) : OK;
	if (r == OK && row->entry == ENTRY_BEFORE)
		r = write_entry(c);
	if (r != OK)
		return r;
	r = row->run(c);
	if (r != OK || !account)
		return r;
	r = auth_tokens_revoke(account);
	return r == OK ? OK : auth_refuse(c, "it is done, but the tokens of the account could not be revoked: %s; use `user revoke`", err_name(r));
}

static int run(struct auth_call *c)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (str_eq(rows[i].op, c->op))
			return run_row(c, &rows[i]);
	return auth_refuse(c, "this server does not know the operation " STR_FMT, STR_ARG(c->op));
}

/* A failure that its operation has not put into words. */
static void explain(struct auth_call *c, int err)
{
	if (c->reason->n)
		return;
	if (err == E_BUSY)
		auth_refuse(c, "too many sign-ins are under way; try again");
	else
		auth_refuse(c, "this cannot be done now: %s", err_name(err));
}

static int dump(const char *p, size_t n, void *out) { return buf_put(out, p, n); }

static void answer(const struct ipc_request *rq, struct auth_call *c, int r)
{
	struct buf json;
	buf_init(&json, JSON_MOST);
	if (r == OK && c->json && json_dump_callback(c->json, dump, &json, JSON_COMPACT) != 0)
		r = auth_refuse(c, "the answer is longer than %d bytes", JSON_MOST);
	if (r != OK)
		explain(c, r);
	struct ipc_auth_admin_rep a = { .json = r == OK ? buf_str(&json) : STR(""), .reason = r == OK ? STR("") : buf_str(c->reason) };
	ipc_reply_auth_admin(rq, OK, &a);
	secret_wipe(json.p, json.n);            /* a new password may stand in it */
	buf_done(&json);
}

void auth_on_admin(const struct ipc_request *rq, const struct ipc_auth_admin_req *q)
{
	struct arena a;
	struct buf reason;
	int file = q->file;
	struct auth_call c = { .op = q->op, .secret = q->secret, .by = q->by, .from = q->from, .file = file, .a = &a, .reason = &reason };
	arena_init(&a, MEMORY, NULL, NULL);
	buf_init(&reason, REASON_MOST);
	c.arguments = json_loadb(q->arguments.p ? q->arguments.p : "", q->arguments.n, 0, NULL);
	int r = c.arguments ? run(&c) : auth_refuse(&c, "the arguments are not JSON");
	log_event(LOG_DEBUG, "auth.admin", LOG_S("op", q->op), LOG_S("by", q->by), LOG_S("from", q->from), LOG_E(r), LOG_END);
	answer(rq, &c, r);
	secret_wipe((char *)q->secret.p, q->secret.n);          /* the one copy that is ours */
	json_decref(c.json);
	json_decref(c.arguments);
	fd_close(&file);
	buf_done(&reason);
	arena_done(&a);
}
