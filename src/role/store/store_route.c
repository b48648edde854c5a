#include "role/store/store_route.h"

enum { ADDRESS_MAX = 320, ORCPT_MAX = 512, RECORD_MAX = 2048 };

int store_recipients_read(struct str bytes, struct arena *a, struct store_routed *ret)
{
	struct reader r = reader_of(bytes);
	while (r.err == OK && r.rest.n) {
		struct reader in = reader_of(read_str(&r, RECORD_MAX));
		struct store_recipient one = { .address = read_str(&in, ADDRESS_MAX) };
		one.notify = read_u32(&in);
		one.orcpt = read_str(&in, ORCPT_MAX);
		if (r.err == OK && (reader_end(&in) != OK || one.notify > UINT8_MAX))
			return E_PROTO;
		if (ret->recipients == STORE_QUEUE_RCPTS_MAX)
			return E_TOOBIG;
		*(struct store_recipient *)arena_push(a, &ret->recipient, &ret->recipients, &ret->recipient_cap,
						      sizeof one) = one;
	}
	return r.err;
}

/* Once an account, whatever leads there. */
static void add_local(struct arena *a, struct store_routed *r, size_t of, struct store_local to)
{
	for (size_t i = 0; i < r->locals; i++)
		if (r->local[i].account == to.account)
			return;
	struct store_local *l = arena_push(a, &r->local, &r->locals, &r->local_cap, sizeof *l);
	*l = to;
	*(size_t *)arena_push(a, &r->local_of, &r->local_ofs, &r->local_of_cap, sizeof of) = of;
}

static struct str domain_of(struct str address)
{
	size_t at = str_rfind(address, '@');
	return at == STR_NPOS ? STR("") : str_skip(address, at + 1);
}

static int add_remote(const struct store_route_options *o, struct arena *a, struct store_routed *r,
		      const struct store_recipient *to, struct str address, bool report)
{
	if (r->remotes == STORE_QUEUE_RCPTS_MAX)
		return E_TOOBIG;
	struct store_queue_entry *e = arena_push(a, &r->remote, &r->remotes, &r->remote_cap, sizeof *e);
	*e = (struct store_queue_entry){ .sender = o->sender,
					 .recipient = address,
					 .destination = domain_of(address),
					 .orcpt = to->orcpt,
					 .envid = o->envid,
					 .notify = report ? NOTIFY_NEVER : (uint8_t)to->notify,
					 .flags = report ? DELIVERY_REPORT : o->flags & ~(uint32_t)DELIVERY_REPORT,
					 .state = STORE_QUEUE_SCHEDULED,
					 .created = o->now,
					 .expires = o->expires,
					 .next = o->first > o->now ? o->first : o->now };
	return OK;
}

static int add_targets(struct store *st, const struct store_route_options *o, uint64_t size, struct arena *a,
		       struct store_routed *r, size_t of, const struct store_resolved *to)
{
	int e = OK;
	if (to->n == 1 && to->v[0].route == STORE_ROUTE_LOCAL)
		e = store_deliver_check(st, to->v[0].account, size);
	for (size_t i = 0; e == OK && i < to->n; i++)
		if (to->v[i].route == STORE_ROUTE_LOCAL)
			add_local(a, r, of, (struct store_local){ .account = to->v[i].account, .role = o->mailbox, .over_quota = to->n > 1 });
		else
			e = add_remote(o, a, r, &r->recipient[of], to->v[i].address, to->v[i].route == STORE_ROUTE_REPORT);
	return e;
}

static bool own_matter(int e) { return e == E_NOTFOUND || e == E_QUOTA || e == E_FULL || e == E_DENIED || e == E_TOOBIG; }

int store_route(struct store *st, const struct store_route_options *o, uint64_t size, struct arena *a,
		struct store_routed *r)
{
	for (size_t i = 0; i < r->recipients; i++) {
		struct store_recipient *to = &r->recipient[i];
		struct store_resolved found;
		int e = store_resolve(st, to->address, a, &found);
		if (e == OK)
			e = add_targets(st, o, size, a, r, i, &found);
		else if (e == E_UNSUPPORTED)
			e = o->relay ? add_remote(o, a, r, to, to->address, false) : E_DENIED;
		to->status = e;
		if (e != OK && !own_matter(e))
			return e;
	}
	return OK;
}

int store_routed_worst(const struct store_routed *r)
{
	for (size_t i = 0; i < r->recipients; i++)
		if (r->recipient[i].status != OK)
			return r->recipient[i].status;
	return OK;
}
