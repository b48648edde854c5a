#include "ipc/wire_types.h"

enum { ENTRY_MAX = 4096 };

const char *firewall_state_name(unsigned state)
{
	static const char *const names[FIREWALL_STATES] = { "unknown", "kernel", "off", "denied", "unsupported", "failed" };
	return state < FIREWALL_STATES ? names[state] : "?";
}

const char *resolver_trust_name(unsigned trust)
{
	static const char *const names[RESOLVER_TRUSTS] = { "unproven", "validates", "stripped" };
	return trust < RESOLVER_TRUSTS ? names[trust] : "?";
}

void queue_entry_put(struct bufw *w, const struct queue_entry *e)
{
	struct buf b;
	buf_init(&b, ENTRY_MAX);
	struct bufw in = { .b = &b };
	write_u64(&in, e->id);
	write_u64(&in, e->message);
	write_str(&in, e->sender);
	write_str(&in, e->recipient);
	write_str(&in, e->envid);
	write_str(&in, e->orcpt);
	write_u32(&in, e->notify);
	write_u32(&in, e->flags);
	write_u32(&in, e->attempts);
	write_u32(&in, e->size);
	write_u64(&in, (uint64_t)e->created);
	write_u64(&in, (uint64_t)e->expires);
	write_u32(&in, e->delay_reported);
	if (w->err == OK)
		w->err = in.err;
	write_str(w, buf_str(&b));
	buf_done(&b);
}

int queue_entry_get(struct reader *r, struct queue_entry *ret)
{
	struct reader in = reader_of(read_str(r, ENTRY_MAX));
	if (r->err != OK)
		return r->err;
	struct queue_entry e = { .id = read_u64(&in) };
	e.message = read_u64(&in);
	e.sender = read_str(&in, 320);
	e.recipient = read_str(&in, 320);
	e.envid = read_str(&in, 128);
	e.orcpt = read_str(&in, 512);
	e.notify = read_u32(&in);
	e.flags = read_u32(&in);
	e.attempts = read_u32(&in);
	e.size = read_u32(&in);
	e.created = (int64_t)read_u64(&in);
	e.expires = (int64_t)read_u64(&in);
	e.delay_reported = read_u32(&in);
	int err = reader_end(&in);
	if (err == OK)
		*ret = e;
	return err;
}
