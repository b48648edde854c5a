#include "os/clock.h"
#include "ipc/role_run.h"
#include "role/store/store_guard.h"

enum { DELIVERY_MEMORY = 16 << 20 };

static int may(const struct ipc_request *rq, const struct ipc_deliver_req *q, uint32_t *ret_account)
{
	return q->grant ? store_grant_account(rq, q->grant, GRANT_SUBMIT, ret_account) : OK;
}

/* Who was written to is a correspondent; who wrote has been seen, when he was verified (then there is a prefix) and it was no junk. */
static void keep_meetings(const struct ipc_deliver_req *q, uint32_t account, struct arena *a, const struct store_routed *routed, struct store_delivery *d)
{
	size_t most = q->grant ? routed->recipients : routed->locals;
	struct store_meeting *m = arena_new_array(a, struct store_meeting, most + 1);
	d->meeting = m;
	if (!q->grant && (q->sender.n == 0 || q->prefix.n == 0 || q->mailbox == MAILBOX_JUNK))
		return;
	for (size_t i = 0; i < most; i++)
		m[d->meetings++] = q->grant ? (struct store_meeting){ account, routed->recipient[i].address, STORE_SENDER_CORRESPONDENT }
					    : (struct store_meeting){ routed->local[i].account, q->sender, STORE_SENDER_SEEN };
}

static int deliver(const struct ipc_deliver_req *q, uint32_t account, struct str body, struct arena *a, struct store_routed *routed,
		   uint64_t *ret_id)
{
	int64_t now = clock_real();
	struct str ids[STORE_REFS_MAX], pieces[] = { q->prefix, body };
	size_t none = q->prefix.n ? 0 : 1;      /* leave out an empty prefix */
	struct store_route_options o = { .sender = q->sender,
					 .envid = q->envid,
					 .flags = (q->flags & ~(uint32_t)DELIVERY_OURS) | (q->grant ? DELIVERY_OURS : 0u),
					 .mailbox = q->mailbox,
					 .relay = q->grant != 0,
					 .now = now,
					 .first = store_guard_first_attempt(account, now),
					 .expires = now + (int64_t)role_conf()->relay.expire_after };
	int r = store_route(store_served(), &o, q->prefix.n + body.n, a, routed);
	int worst = store_routed_worst(routed);
	if (r == OK && worst != OK && ((q->flags & DELIVERY_ALL_OR_NOTHING) || (!routed->locals && !routed->remotes)))
		return q->flags & DELIVERY_ALL_OR_NOTHING ? worst : OK;
	if (r != OK)
		return r;
	struct store_delivery d = { .message = { .piece = pieces + none,
						 .pieces = COUNT_OF(pieces) - none,
						 .summary = q->summary,
						 .message_id = ids,
						 .message_ids = store_summary_ids(q->summary, ids, COUNT_OF(ids)),
						 .internal = now },
				    .local = routed->local,
				    .locals = routed->locals,
				    .remote = routed->remote,
				    .remotes = routed->remotes };
	keep_meetings(q, account, a, routed, &d);
	r = store_deliver(store_served(), &d, now);
	for (size_t i = 0; r == OK && i < routed->locals; i++)
		if (routed->local[i].status != OK && !routed->local[i].over_quota)
			routed->recipient[routed->local_of[i]].status = routed->local[i].status;
	if (r == OK)
		store_guard_sent(store_served(), account, routed, a);
	*ret_id = d.blob;
	return r;
}

static struct str results(struct arena *a, const struct store_routed *r)
{
	char *p = arena_alloc(a, r->recipients + 1);
	for (size_t i = 0; i < r->recipients; i++)
		p[i] = (char)-r->recipient[i].status;
	return (struct str){ p, r->recipients };
}

void store_on_deliver(const struct ipc_request *rq, const struct ipc_deliver_req *q)
{
	struct arena a;
	struct store_routed routed = { 0 };
	struct str message;
	struct ipc_deliver_rep out = { 0 };
	uint32_t account = 0;
	arena_init(&a, DELIVERY_MEMORY, NULL, NULL);
	int r = store_body_open(q->bytes, q->body, &message), mapped = r == OK ? q->body : -1;
	if (r == OK)
		r = may(rq, q, &account);
	if (r == OK)
		r = store_recipients_read(q->recipients, &a, &routed);
	if (r == OK)
		r = deliver(q, account, message, &a, &routed, &out.id);
	out.results = results(&a, &routed);
	ipc_reply_deliver(rq, r, &out);
	store_body_close(mapped, message);
	arena_done(&a);
}
