#include "role/store/store_admin.h"

#include "os/clock.h"

#include <stdlib.h>

enum {
	ARGUMENTS_MAX = STORE_ALIAS_TARGETS + 1,
	ARGUMENT_MAX = 4096,
	MEMORY = 256 << 20,
	JSON_MAX = 2 << 20,
	REASON_MAX = 1024
};

/* by_auth: changes who may do what. Auth checks and records it, so that nobody else may ask for it. */
static const struct row { struct str op; bool by_auth; size_t least, most; admin_fn *run; } rows[] = {
	{ STR_INIT("account.add"), true, 2, 3, admin_account_add },        /* address, hash, "admin" or "" */
	{ STR_INIT("account.list"), false, 0, 0, admin_account_list },
	{ STR_INIT("account.passwd"), true, 2, 2, admin_account_passwd },  /* address, hash */
	{ STR_INIT("account.lock"), true, 1, 1, admin_account_lock },
	{ STR_INIT("account.unlock"), true, 1, 1, admin_account_unlock },
	{ STR_INIT("account.delete"), true, 1, 1, admin_account_delete },
	{ STR_INIT("account.quota"), true, 2, 2, admin_account_quota },    /* address, bytes */
	{ STR_INIT("account.end"), true, 1, 1, admin_account_end },       /* its sessions */
	{ STR_INIT("domain.add"), true, 1, 1, admin_domain_add },
	{ STR_INIT("domain.delete"), true, 1, 1, admin_domain_delete },
	{ STR_INIT("domain.list"), false, 0, 0, admin_domain_list },
	{ STR_INIT("domain.catchall"), true, 2, 2, admin_domain_catchall },        /* domain, address or "" */
	{ STR_INIT("alias.add"), true, 2, ARGUMENTS_MAX, admin_alias_add },        /* alias, target, target... */
	{ STR_INIT("alias.delete"), true, 1, 1, admin_alias_delete },
	{ STR_INIT("alias.list"), false, 0, 0, admin_alias_list },
	{ STR_INIT("queue.list"), false, 0, 0, admin_queue_list },
	{ STR_INIT("queue.show"), false, 1, 1, admin_queue_show },
	{ STR_INIT("queue.hold"), false, 1, 1, admin_queue_hold },          /* id or "all" */
	{ STR_INIT("queue.release"), false, 1, 1, admin_queue_release },
	{ STR_INIT("queue.retry"), false, 1, 1, admin_queue_retry },
	{ STR_INIT("queue.cancel"), false, 1, 1, admin_queue_cancel },
	{ STR_INIT("check"), false, 0, 0, admin_check },
	{ STR_INIT("stats"), false, 0, 0, admin_stats },
};

int admin_refuse(struct admin_call *c, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	buf_clear(c->reason);
	if (buf_vprintf(c->reason, fmt, ap) != OK)
		buf_clear(c->reason);
	va_end(ap);
	return E_DENIED;
}

json_t *admin_string(struct str s)
{
	struct buf b;
	if (utf8_valid(s))
		return json_stringn(s.p ? s.p : "", s.n);
	buf_init(&b, s.n);
	for (struct str rest = s; rest.n;) {
		struct str before = rest;
		uint32_t c = utf8_take(&rest);
		struct str one = c == UTF8_BAD ? STR("?") : str_first(before, before.n - rest.n);
		if (buf_put_str(&b, one) != OK)
			break;
	}
	json_t *j = json_stringn(b.p ? b.p : "", b.n);
	buf_done(&b);
	return j;
}

int admin_address_ok(struct admin_call *c, struct str address)
{
	size_t at = str_rfind(address, '@');
	bool ok = at != STR_NPOS && at > 0 && at + 1 < address.n && address.n <= STORE_ADDRESS_MAX &&
		  utf8_valid(address) && !str_has_control(address) && str_find(str_skip(address, at), ' ') == STR_NPOS;
	for (size_t i = 0; ok && i < address.n; i++)
		ok = address.p[i] == ascii_lower(address.p[i]);
	return ok ? OK : admin_refuse(c, "not an address in normal form: " STR_FMT, STR_ARG(address));
}

static const struct row *find(struct str op)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (str_eq(rows[i].op, op))
			return &rows[i];
	return NULL;
}

static int run(struct admin_call *c, enum role by, struct str op, struct str arguments)
{
	static const struct str none[1];
	struct str *v = NULL;
	size_t n = 0, cap = 0;
	struct reader r = reader_of(arguments);
	const struct row *row = find(op);
	while (r.err == OK && r.rest.n && n <= ARGUMENTS_MAX)
		*(struct str *)arena_push(c->a, &v, &n, &cap, sizeof *v) = read_str(&r, ARGUMENT_MAX);
	if (!row)
		return admin_refuse(c, "this server does not know the operation " STR_FMT, STR_ARG(op));
	if (row->by_auth != (by == ROLE_AUTH))
		return admin_refuse(c, STR_FMT " is not the command line's to ask for here", STR_ARG(op));
	if (r.err != OK || n < row->least || n > row->most)
		return admin_refuse(c, STR_FMT ": wrong arguments", STR_ARG(op));
	c->arg = n ? v : none;
	c->args = n;
	return row->run(c);
}

/* A failure that its operation has not put into words. */
static void explain(struct admin_call *c, int err)
{
	if (c->reason->n)
		return;
	if (err == E_FULL || err == E_IO || err == E_BUSY)
		admin_refuse(c, "the store cannot do this now (%s): %s", err_name(err), store_why(c->st));
	else
		admin_refuse(c, "refused: %s", err_name(err));
}

static int dump(const char *p, size_t n, void *out) { return buf_put(out, p, n); }

static void answer(struct admin_call *c, const struct ipc_request *rq, int r)
{
	struct buf json;
	buf_init(&json, JSON_MAX);
	if (r == OK && c->json && json_dump_callback(c->json, dump, &json, JSON_COMPACT) != 0)
		r = admin_refuse(c, "the answer is longer than %d bytes", JSON_MAX);
	if (r != OK)
		explain(c, r);
	struct ipc_admin_rep rep = { .json = r == OK ? buf_str(&json) : STR(""), .reason = r == OK ? STR("") : buf_str(c->reason) };
	ipc_reply_admin(rq, OK, &rep);
	buf_done(&json);
}

/* The operation and auth's records: both or neither. Nothing waits in between, so that no other operation joins. */
static int run_with_writes(struct admin_call *c, const struct ipc_request *rq, const struct ipc_admin_req *q)
{
	if (!q->writes.n)
		return run(c, rq->peer, q->op, q->arguments);
	int r = store_join_begin(c->st);
	if (r != OK)
		return r;
	r = run(c, rq->peer, q->op, q->arguments);
	if (r == OK)
		r = store_serve_writes(rq, q->writes);
	return store_join_end(c->st, r);
}

void store_on_admin(const struct ipc_request *rq, const struct ipc_admin_req *q)
{
	struct arena a;
	struct buf reason;
	struct admin_call c = { .st = store_served(), .a = &a, .reason = &reason, .now = clock_real() };
	arena_init(&a, MEMORY, NULL, NULL);
	buf_init(&reason, REASON_MAX);
	int r = run_with_writes(&c, rq, q);
	if (r == E_STALE)
		ipc_reply_admin(rq, r, NULL);
	else
		answer(&c, rq, r);
	json_decref(c.json);
	buf_done(&reason);
	arena_done(&a);
	store_serve_flush();
}
