/* Where an address leads. Aliases are followed breadth first; what was met before is not followed again, so that loops
 * end and each target is named once. */
#include "proto/policy/dns_wanted.h"
#include "role/store/store_internal.h"

struct step { struct str address; unsigned depth; };

struct walk {
	struct store *st;
	struct arena *a;
	struct step *step;
	size_t steps, step_cap;
	struct store_resolved out;
	size_t out_cap;
	bool exact;                     /* no catch-all */
};

static void visit(struct walk *w, struct str address, unsigned depth)
{
	for (size_t i = 0; i < w->steps; i++)
		if (str_eq(w->step[i].address, address))
			return;
	struct step *s = arena_push(w->a, &w->step, &w->steps, &w->step_cap, sizeof *s);
	*s = (struct step){ arena_dup(w->a, address), depth };
}

static int target(struct walk *w, struct store_target t)
{
	for (size_t i = 0; i < w->out.n; i++) {
		const struct store_target *o = &w->out.v[i];
		if (o->route == t.route &&
		    (t.route == STORE_ROUTE_LOCAL ? o->account == t.account : str_eq(o->address, t.address)))
			return OK;
	}
	if (w->out.n == STORE_RESOLVE_MAX)
		return E_TOOBIG;
	*(struct store_target *)arena_push(w->a, &w->out.v, &w->out.n, &w->out_cap, sizeof t) = t;
	return OK;
}

static int as_account(struct walk *w, struct str address, struct str tag)
{
	uint32_t id;
	int r = store_dir_read(w->st, STORE_DIR_ADDRESS, address, &w->st->scratch);
	if (r == OK)
		r = rec_u32_read(buf_str(&w->st->scratch), &id);
	return r != OK ? r
		       : target(w, (struct store_target){ STORE_ROUTE_LOCAL, id, arena_dup(w->a, address),
							  arena_dup(w->a, tag) });
}

static int as_alias(struct walk *w, struct str address, unsigned depth)
{
	struct store_alias_info info;
	int r = store_dir_read(w->st, STORE_DIR_ALIAS, address, &w->st->scratch);
	if (r == OK && depth >= STORE_RESOLVE_DEPTH)
		r = E_TOOBIG;
	if (r == OK)
		r = rec_alias_read(buf_str(&w->st->scratch), w->a, &info);
	for (size_t i = 0; r == OK && i < info.targets; i++)
		visit(w, info.target[i], depth + 1);
	return r;
}

static int as_is(struct walk *w, struct str address, struct str tag, unsigned depth)
{
	int r = as_account(w, address, tag);
	return r == E_NOTFOUND ? as_alias(w, address, depth) : r;
}

/* user+tag@domain as user@domain. */
static int without_tag(struct walk *w, struct str address, unsigned depth)
{
	struct str domain = store_address_domain(address), local = str_first(address, address.n - domain.n - 1);
	size_t plus = str_find(local, '+');
	if (plus == STR_NPOS || plus == 0 || local.p[0] == '"')
		return E_NOTFOUND;
	struct str plain = arena_printf(w->a, "%.*s@%.*s", (int)plus, local.p, (int)domain.n, domain.p);
	return as_is(w, plain, str_skip(local, plus + 1), depth);
}

static int as_catch_all(struct walk *w, struct str domain, unsigned depth)
{
	struct store_domain_info info;
	int r = store_domain_get(w->st, domain, w->a, &info);
	if (r == OK && !info.catch_all.n)
		r = E_NOTFOUND;
	if (r == OK)
		visit(w, info.catch_all, depth + 1);
	return r;
}

/* Where domains ask for reports, unless somebody has that very address. */
static int as_report(struct walk *w, struct str address)
{
	static const struct str locals[] = { STR_INIT(DNS_WANTED_DMARC_LOCAL "@"), STR_INIT(DNS_WANTED_TLSRPT_LOCAL "@") };
	for (size_t i = 0; i < COUNT_OF(locals); i++)
		if (str_istarts(address, locals[i]))
			return target(w, (struct store_target){ STORE_ROUTE_REPORT, 0, arena_dup(w->a, address), STR("") });
	return E_NOTFOUND;
}

enum { ADMINS_LOOKED_AT = 1000 };

static int as_postmaster(struct walk *w, struct str address)
{
	struct store_account_info *v;
	size_t n;
	if (!str_istarts(address, STR("postmaster@")))
		return E_NOTFOUND;
	int r = store_account_list(w->st, 0, ADMINS_LOOKED_AT, w->a, &v, &n);
	for (size_t i = 0; r == OK && i < n; i++)
		if (v[i].flags & STORE_ACCOUNT_ADMIN)
			return target(w, (struct store_target){ STORE_ROUTE_LOCAL, v[i].id, v[i].address, STR("") });
	return r == OK ? E_NOTFOUND : r;
}

static int local(struct walk *w, struct str address, unsigned depth)
{
	int r = as_is(w, address, STR(""), depth);
	if (r == E_NOTFOUND)
		r = without_tag(w, address, depth);
	if (r == E_NOTFOUND)
		r = as_postmaster(w, address);
	if (r == E_NOTFOUND)
		r = as_report(w, address);
	if (r == E_NOTFOUND && !w->exact)
		r = as_catch_all(w, store_address_domain(address), depth);
	return r;
}

static int one(struct walk *w, size_t i)
{
	struct step s = w->step[i];
	int r = store_domain_known(w->st, store_address_domain(s.address));
	if (r == OK)
		return local(w, s.address, s.depth);
	if (r != E_NOTFOUND)
		return r;
	if (i == 0)
		return E_UNSUPPORTED;
	return target(w, (struct store_target){ STORE_ROUTE_REMOTE, 0, s.address, STR("") });
}

static int resolve(struct walk *w, struct str address)
{
	if (!address.n || address.n > STORE_ADDRESS_MAX)
		return E_NOTFOUND;
	visit(w, address, 0);
	for (size_t i = 0; i < w->steps; i++) {
		int r = one(w, i);
		if (r == E_NOTFOUND && i > 0)
			continue;       /* an alias names somebody who has gone: the others still get it */
		if (r != OK)
			return r;
		if (w->steps > 2 * STORE_RESOLVE_MAX)
			return E_TOOBIG;
	}
	return w->out.n ? OK : E_NOTFOUND;
}

int store_resolve(struct store *st, struct str address, struct arena *a, struct store_resolved *ret)
{
	struct walk w = { .st = st, .a = a };
	int r = resolve(&w, address);
	if (r == OK)
		*ret = w.out;
	return r;
}

int store_may_send_as(struct store *st, uint32_t account, struct str address)
{
	struct arena a;
	struct walk w = { .st = st, .a = &a, .exact = true };
	arena_init(&a, 4 << 20, NULL, NULL);
	int r = resolve(&w, address);
	bool own = r == OK && w.out.n == 1 && w.out.v[0].route == STORE_ROUTE_LOCAL && w.out.v[0].account == account;
	arena_done(&a);
	if (own)
		return OK;
	return r == OK || r == E_NOTFOUND || r == E_UNSUPPORTED || r == E_TOOBIG ? E_DENIED : r;
}
