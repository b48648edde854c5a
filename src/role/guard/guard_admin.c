#include "role/guard/guard_admin.h"

#include "os/log.h"

enum { JSON_MOST = 2 << 20, REASON_MOST = 1024 };

static const struct row { struct str op; guard_op_fn *run; } rows[] = {
	{ STR_INIT("ban.list"), guard_op_ban_list }, { STR_INIT("ban.add"), guard_op_ban_add }, { STR_INIT("ban.remove"), guard_op_ban_remove },
	{ STR_INIT("ban.why"), guard_op_ban_why },   { STR_INIT("rules"), guard_op_rules },     { STR_INIT("events"), guard_op_events },
	{ STR_INIT("rules.load"), guard_op_rules_load }, { STR_INIT("rules.reset"), guard_op_rules_reset },
};

int guard_refuse(struct guard_call *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_clear(c->reason);
	if (buf_vprintf(c->reason, fmt, ap) != OK)
		buf_clear(c->reason);
	va_end(ap);
	return E_DENIED;
}

struct str guard_arg(const struct guard_call *c, const char *name)
{
	json_t *v = json_object_get(c->arguments, name);
	return (struct str){ json_string_value(v), json_string_length(v) };
}

int64_t guard_arg_number(const struct guard_call *c, const char *name) { return json_integer_value(json_object_get(c->arguments, name)); }

int guard_arg_net(struct guard_call *c, struct guard_net *ret)
{
	struct str text = guard_arg(c, "network");
	if (guard_net_parse(text, ret) == OK)
		return OK;
	return guard_refuse(c, "\"" STR_FMT "\" is no address and no network", STR_ARG(text));
}

json_t *guard_string(struct str s)
{
	json_t *j = json_stringn(s.p ? s.p : "", s.n);
	return j ? j : json_string("");
}

static int run(struct guard_call *c)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (str_eq(rows[i].op, c->op))
			return rows[i].run(c);
	return guard_refuse(c, "this server does not know the operation " STR_FMT, STR_ARG(c->op));
}

static int dump(const char *p, size_t n, void *out) { return buf_put(out, p, n); }

static void answer(const struct ipc_request *rq, struct guard_call *c, int r)
{
	struct buf json;
	buf_init(&json, JSON_MOST);
	if (r == OK && c->json && json_dump_callback(c->json, dump, &json, JSON_COMPACT) != 0)
		r = guard_refuse(c, "the answer is longer than %d bytes", JSON_MOST);
	if (r != OK && !c->reason->n)
		guard_refuse(c, "this cannot be done now: %s", err_name(r));
	struct ipc_guard_admin_rep a = { .json = r == OK ? buf_str(&json) : STR(""), .reason = r == OK ? STR("") : buf_str(c->reason) };
	ipc_reply_guard_admin(rq, OK, &a);
	buf_done(&json);
}

/* Who looks after the server from an address must be able to go on: it is safe like one that an administrator signed in from. */
static void administrator_is_at(struct str from)
{
	struct guard_event e = { .kind = GUARD_AUTH_OK, .flags = GUARD_ADMIN, .account = (uint64_t)1 << 63 };
	if (ip_parse(from, &e.source) == OK)
		guard_take(&e, ROLE_CLI, UINT32_MAX);
}

void guard_on_admin(const struct ipc_request *rq, const struct ipc_guard_admin_req *q)
{
	struct buf reason;
	struct guard_call c = { .op = q->op, .by = q->by, .from = q->from, .reason = &reason };
	buf_init(&reason, REASON_MOST);
	c.arguments = json_loadb(q->arguments.p ? q->arguments.p : "", q->arguments.n, 0, NULL);
	administrator_is_at(q->from);
	int r = json_is_object(c.arguments) ? run(&c) : guard_refuse(&c, "the arguments are no JSON object");
	log_event(LOG_INFO, "guard.admin", LOG_S("op", q->op), LOG_S("by", q->by), LOG_S("from", q->from), LOG_E(r), LOG_END);
	answer(rq, &c, r);
	json_decref(c.json);
	json_decref(c.arguments);
	buf_done(&reason);
}
