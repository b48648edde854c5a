/* The process that owns the data: opens it inside the walls, answers, holds each answer back until what it rests on is
 * durable. The only file that knows it is a process.
 *
 * One turn of the loop: requests are read and answered from the newest state; before the loop waits, what they wrote
 * goes to the committer as one batch; when that is durable the committer rings, and the answers leave. */
#include "io/loop.h"
#include "ipc/guard_report.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/log.h"
#include "role/store/store_guard.h"

#include <unistd.h>
#include <uv.h>

enum { TICK_MS = 100, TICKS_A_PROBE = 10, PURGE_A_TICK = 200 };

static struct {
	struct store *store;
	uv_async_t bell;
	struct loop_hook hook;
	unsigned ticks;
	uint64_t recounts;
	bool refusing;
} role;

struct store *store_served(void) { return role.store; }
void store_serve_flush(void) { store_flush(role.store); }

/* ---- answers ---- */

struct answer { struct kv_waiter waiter; struct ipc_request rq; struct buf bytes; int fd; };

static void answer_leave(struct kv_waiter *w, int err)
{
	struct answer *a = (struct answer *)(void *)w;
	if (err == OK) {
		channel_send_framed(&a->rq, &a->bytes, a->fd);
	} else {
		channel_send_error(&a->rq, err);
		buf_done(&a->bytes);
		if (a->fd >= 0)
			close(a->fd);
	}
	mem_free(a);
}

/* Every reply passes here. What the next call sees is counted from anew. */
static void answer_hold(const struct ipc_request *rq, struct buf bytes, int fd)
{
	struct answer *a = mem_new(struct answer);
	*a = (struct answer){ .waiter.fn = answer_leave, .rq = *rq, .bytes = bytes, .fd = fd };
	uint64_t seen = role.store ? store_call_seen(role.store) : 0;
	if (!role.store) {
		answer_leave(&a->waiter, OK);
		return;
	}
	store_call_begin(role.store);
	store_release(role.store, &a->waiter, seen);
}

/* ---- the committer ---- */

static void on_bell(uv_async_t *bell)
{
	(void)bell;
	store_poll(role.store);
}

static void ring(void *ctx)
{
	(void)ctx;
	uv_async_send(&role.bell);
}

static void before_wait(void *ctx)
{
	(void)ctx;
	if (role.store)
		store_flush(role.store);
}

/* ---- what happens beside ---- */

static void watch_refusal(void)
{
	bool refusing = store_refusing(role.store);
	if (refusing && !role.refusing)
		log_event(LOG_ERROR, "store.refuses", LOG_C("cause", store_why(role.store)), LOG_END);
	if (!refusing && role.refusing)
		log_event(LOG_INFO, "store.recovered", LOG_END);
	role.refusing = refusing;
}

static void watch_recounts(void)
{
	uint64_t n = store_recounts(role.store);
	if (n != role.recounts)
		log_event(LOG_ERROR, "store.recounted", LOG_U("mailboxes", n - role.recounts), LOG_END);
	role.recounts = n;
}

static void on_tick(void *ctx)
{
	(void)ctx;
	watch_refusal();
	watch_recounts();
	if (store_refusing(role.store) && ++role.ticks % TICKS_A_PROBE == 0 && store_probe(role.store) == OK)
		watch_refusal();
	if (!store_refusing(role.store) && store_purge(role.store, PURGE_A_TICK))
		store_flush(role.store);
	store_call_begin(role.store);
}

static void channel_gone(struct channel *c, void *ctx)
{
	(void)ctx;
	store_grants_of_worker_close(channel_peer(c), channel_peer_index(c));
	if (channel_peer(c) == ROLE_RELAY && role.store)
		store_queue_forget_leases(role.store);
}

static void peer(struct channel *c)
{
	channel_on_close(c, channel_gone, NULL);
	if (channel_peer(c) == ROLE_RELAY && role.store)
		store_due_tell(NULL, 0);
}

/* ---- life ---- */

static void refuse(const char *what, struct buf *why, int err)
{
	log_event(LOG_ERROR, "store.cannot-open", LOG_C("what", what), LOG_S("why", buf_str(why)), LOG_E(err), LOG_END);
	buf_done(why);
}

static int64_t steady(void *ctx)
{
	(void)ctx;
	return clock_mono_ms() / 1000;
}

static int open_store(const struct conf *c)
{
	struct engine *engine;
	struct buf why;
	buf_init(&why, 1024);
	struct engine_rocksdb_options o = { .dir = "db", .cache = c->store.cache / 4, .reserve = c->store.reserve };
	int r = engine_rocksdb_open(&o, &engine, &why);
	if (r != OK) {
		refuse("database", &why, r);
		return r;
	}
	struct store_options s = { .engine = engine,
				   .cache_max = c->store.cache,
				   .notify = ring,
				   .changed = store_watch_tell,
				   .steady = steady,
				   .queued = store_due_tell };
	if (uv_async_init(loop_uv(), &role.bell, on_bell) != 0)
		return E_IO;
	r = store_open(&s, &role.store, &why);
	if (r != OK)
		refuse("data", &why, r);
	else
		buf_done(&why);
	return r;
}

static void setup(void) { channel_reply_filter(answer_hold); }

static void started(const struct conf *c)
{
	(void)c;
	role.hook = (struct loop_hook){ .fn = before_wait };
	loop_before_wait(&role.hook);
	if (loop_timer(TICK_MS, TICK_MS, on_tick, NULL) != OK)
		role_failed("timer", E_IO);
}

static void stopping(int64_t within_ms)
{
	(void)within_ms;
	int r = store_settle(role.store);
	if (r != OK)
		log_event(LOG_ERROR, "store.lost-at-stop", LOG_E(r), LOG_END);
	struct store *st = role.store;
	channel_flush_all();
	role.store = NULL;
	store_close(st);
	role_finished();
}

static const struct ipc_service services[] = {
	IPC_SERVE(credential, store_on_credential),
	IPC_SERVE(credential_set, store_on_credential_set),
	IPC_SERVE(grant_open, store_on_grant_open),
	IPC_SERVE(grant_close, store_on_grant_close),
	IPC_SERVE(sessions, store_on_sessions),
	IPC_SERVE(session_end, store_on_session_end),
	IPC_SERVE(guard_account, store_guard_on_account),
	IPC_SERVE(guard_key, guard_report_on_key),
	IPC_SERVE(sessions_end, store_on_sessions_end),
	IPC_SERVE(identity, store_on_identity),
	IPC_SERVE(recipient, store_on_recipient),
	IPC_SERVE(deliver, store_on_deliver),
	IPC_SERVE(mailboxes, store_on_mailboxes),
	IPC_SERVE(mailbox, store_on_mailbox),
	IPC_SERVE(mailbox_create, store_on_mailbox_create),
	IPC_SERVE(mailbox_delete, store_on_mailbox_delete),
	IPC_SERVE(mailbox_rename, store_on_mailbox_rename),
	IPC_SERVE(mailbox_subscribe, store_on_mailbox_subscribe),
	IPC_SERVE(entries, store_on_entries),
	IPC_SERVE(changes, store_on_changes),
	IPC_SERVE(keywords, store_on_keywords),
	IPC_SERVE(keyword_bit, store_on_keyword_bit),
	IPC_SERVE(quota, store_on_quota),
	IPC_SERVE(notes, store_on_notes),
	IPC_SERVE(note_set, store_on_note_set),
	IPC_SERVE(recent, store_on_recent),
	IPC_SERVE(watch, store_on_watch),
	IPC_SERVE(summaries, store_on_summaries),
	IPC_SERVE_FIBER(message, store_on_message),
	IPC_SERVE(append, store_on_append),
	IPC_SERVE(append_many, store_on_append_many),
	IPC_SERVE(flags, store_on_flags),
	IPC_SERVE(copy, store_on_copy),
	IPC_SERVE(expunge, store_on_expunge),
	IPC_SERVE(queue_lease, store_on_queue_lease),
	IPC_SERVE_FIBER(queue_message, store_on_queue_message),
	IPC_SERVE(queue_result, store_on_queue_result),
	IPC_SERVE(report_send, store_on_report_send),
	IPC_SERVE(record_get, store_on_record_get),
	IPC_SERVE(record_put, store_on_record_put),
	IPC_SERVE(record_list, store_on_record_list),
	IPC_SERVE_FIBER(admin, store_on_admin),
};

const struct role_spec store_role = {
	.role = ROLE_STORE,
	.policy = { .own_folder = true, .threads = true },
	.services = services,
	.service_count = COUNT_OF(services),
	.setup = setup,
	.open = open_store,
	.started = started,
	.peer = peer,
	.stopping = stopping,
};
