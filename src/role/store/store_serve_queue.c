/* The queue, for relay. */
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/log.h"
#include "role/store/store_guard.h"

#include <limits.h>

enum { LEASES_MAX = 200, ENTRIES_BYTES = 1 << 20, QUEUE_MEMORY = 16 << 20 };

static int64_t in_ms(int64_t seconds) { return seconds > INT64_MAX / 1000 ? 0 : seconds * 1000; }

void store_due_tell(void *ctx, int64_t due)
{
	struct channel *c = channel_to(ROLE_RELAY, UINT_MAX);
	(void)ctx;
	if (c && ipc_note_queue_due(c, &(struct ipc_queue_due_note){ .at_ms = in_ms(due) }) != OK)
		channel_close(c);       /* it would sleep on: let it come again */
}

static void write_entry(struct bufw *w, const struct store_queue_entry *e)
{
	struct queue_entry out = { .id = e->id,
				   .message = e->blob,
				   .sender = e->sender,
				   .recipient = e->recipient,
				   .envid = e->envid,
				   .orcpt = e->orcpt,
				   .notify = e->notify,
				   .flags = e->flags,
				   .attempts = e->attempts,
				   .size = e->size,
				   .created = e->created,
				   .expires = e->expires,
				   .delay_reported = e->delay_told };
	queue_entry_put(w, &out);
}

void store_on_queue_lease(const struct ipc_request *rq, const struct ipc_queue_lease_req *q)
{
	struct arena a;
	struct buf out;
	struct store_queue_entry *v;
	struct ipc_queue_lease_rep rep = { 0 };
	size_t n = 0, max = q->max < LEASES_MAX ? q->max : LEASES_MAX;
	int64_t now = clock_real();
	arena_init(&a, QUEUE_MEMORY, NULL, NULL);
	buf_init(&out, ENTRIES_BYTES);
	struct bufw w = { .b = &out };
	int r = store_queue_lease(store_served(), now, (q->lease_ms + 999) / 1000, max, &a, &v, &n);
	for (size_t i = 0; r == OK && i < n; i++)
		write_entry(&w, &v[i]);
	if (r == OK)
		rep = (struct ipc_queue_lease_rep){ .entries = buf_str(&out),
						    .next = in_ms(store_queue_next(store_served(), now)) };
	ipc_reply_queue_lease(rq, r == OK ? w.err : r, &rep);
	buf_done(&out);
	arena_done(&a);
}

/* ---- message ---- */

static int read_queued(void *ctx, uint64_t offset, size_t n, struct buf *out)
{
	return store_queue_read(store_served(), *(const uint64_t *)ctx, offset, n, out);
}

void store_on_queue_message(const struct ipc_request *rq, const struct ipc_queue_message_req *q)
{
	struct arena a;
	struct buf out;
	struct store_queue_entry e;
	uint64_t id = q->id;
	auto_fd body = -1;
	arena_init(&a, 64 << 10, NULL, NULL);
	buf_init(&out, IPC_INLINE);
	int r = store_queue_show(store_served(), id, clock_real(), &a, &e);
	uint64_t seen = store_call_seen(store_served());
	if (r == OK)
		r = store_message_load(read_queued, &id, e.size, &out, &body);
	store_call_see(store_served(), seen);
	ipc_reply_queue_message(rq, r, &(struct ipc_queue_message_rep){ .bytes = buf_str(&out), .body = body });
	buf_done(&out);
	arena_done(&a);
}

/* ---- result ---- */

static const enum store_queue_outcome outcomes[] = {
	[QUEUE_DELIVERED] = STORE_QUEUE_DELIVERED, [QUEUE_RELAYED] = STORE_QUEUE_DELIVERED,
	[QUEUE_FAILED] = STORE_QUEUE_FAILED,       [QUEUE_DEFERRED] = STORE_QUEUE_DEFERRED,
	[QUEUE_RELEASED] = STORE_QUEUE_RELEASED,
};

/* The report goes to the sender from the null reverse-path (B32), wherever that address leads. An address that leads
 * nowhere any more gets none: there is nobody to tell. */
static int route_report(struct store *st, struct str sender, uint64_t id, struct arena *a,
                        struct store_routed *ret, int64_t now)
{
	struct store_recipient *to = arena_push(a, &ret->recipient, &ret->recipients, &ret->recipient_cap, sizeof *to);
	struct store_route_options o = { .flags = DELIVERY_OURS,
					 .relay = true,
					 .now = now,
					 .expires = now + (int64_t)role_conf()->relay.expire_after };
	*to = (struct store_recipient){ .address = sender, .notify = NOTIFY_NEVER };
	int r = store_route(st, &o, 0, a, ret);
	if (r == OK && !ret->locals && !ret->remotes)
		log_event(LOG_WARNING, "queue.report-nowhere", LOG_U("id", id), LOG_S("to", sender), LOG_END);
	return r;
}

static int result(const struct ipc_queue_result_req *q, struct arena *a, int64_t now)
{
	struct store *st = store_served();
	struct store_queue_entry e;
	struct store_routed routed = { 0 };
	struct str ids[STORE_REFS_MAX];
	int r = store_queue_show(st, q->id, now, a, &e);
	if (r == E_NOTFOUND)
		r = E_STALE;
	if (r == OK && q->dsn.n && e.sender.n)
		r = route_report(st, e.sender, q->id, a, &routed, now);
	if (r != OK)
		return r;
	for (size_t i = 0; i < routed.locals; i++)
		routed.local[i].over_quota = true;      /* a report is not lost to a full mailbox */
	struct store_delivery dsn = { .message = { .piece = &q->dsn,
						   .pieces = 1,
						   .summary = q->dsn_summary,
						   .message_id = ids,
						   .message_ids = store_summary_ids(q->dsn_summary, ids, COUNT_OF(ids)),
						   .internal = now },
				      .local = routed.local,
				      .locals = routed.locals,
				      .remote = routed.remote,
				      .remotes = routed.remotes };
	struct store_queue_result v = { .id = q->id, .outcome = outcomes[q->outcome], .next = q->next_attempt,
		                        .delay_told = q->dsn.n && q->outcome == QUEUE_DEFERRED };
	v.text = str_first(arena_printf(a, STR_FMT ": " STR_FMT " " STR_FMT, STR_ARG(q->remote), STR_ARG(q->status),
					STR_ARG(q->diagnostic)),
			   STORE_QUEUE_TEXT_MAX);
	r = store_queue_done(st, &v, 1, routed.locals || routed.remotes ? &dsn : NULL, now);
	if (r == OK && q->outcome == QUEUE_FAILED)
		store_guard_bounced(st, e.sender);
	return r;
}

void store_on_queue_result(const struct ipc_request *rq, const struct ipc_queue_result_req *q)
{
	struct arena a;
	arena_init(&a, QUEUE_MEMORY, NULL, NULL);
	int r = q->outcome && q->outcome < COUNT_OF(outcomes) ? result(q, &a, clock_real()) : E_UNSUPPORTED;
	ipc_reply_queue_result(rq, r, &(struct ipc_queue_result_rep){});
	arena_done(&a);
}

/* ---- reports to other domains ---- */

static int send_report(const struct ipc_report_send_req *q, struct arena *a, int64_t now)
{
	struct store_routed routed = { 0 };
	struct str ids[STORE_REFS_MAX];
	int r = route_report(store_served(), q->to, 0, a, &routed, now);
	if (r != OK || (!routed.locals && !routed.remotes))
		return r;
	struct store_delivery d = { .message = { .piece = &q->bytes,
						 .pieces = 1,
						 .summary = q->summary,
						 .message_id = ids,
						 .message_ids = store_summary_ids(q->summary, ids, COUNT_OF(ids)),
						 .internal = now },
				    .local = routed.local,
				    .locals = routed.locals,
				    .remote = routed.remote,
				    .remotes = routed.remotes };
	return store_deliver(store_served(), &d, now);
}

void store_on_report_send(const struct ipc_request *rq, const struct ipc_report_send_req *q)
{
	struct arena a;
	arena_init(&a, QUEUE_MEMORY, NULL, NULL);
	int r = send_report(q, &a, clock_real());
	ipc_reply_report_send(rq, r, &(struct ipc_report_send_rep){});
	arena_done(&a);
}
