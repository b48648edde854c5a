#include "role/store/store_internal.h"

#include <sodium.h>

enum { CACHE_MAX = 64 << 20, RECORD_MAX = 16 << 20 };

/* ---- calls: what was seen, and when it may be told ---- */

void store_call_begin(struct store *st)
{
	st->seen = 0;
	store_cache_trim(st);
}

uint64_t store_call_seen(const struct store *st) { return st->seen; }
void store_release(struct store *st, struct kv_waiter *w, uint64_t seen) { kv_release(st->kv, w, seen); }
void store_release_cancel(struct store *st, struct kv_waiter *w) { kv_cancel(st->kv, w); }
void store_flush(struct store *st) { kv_flush(st->kv); }
void store_poll(struct store *st) { kv_poll(st->kv); }
int store_settle(struct store *st) { return kv_settle(st->kv); }
uint64_t store_recounts(const struct store *st) { return st->recounts; }
bool store_refusing(const struct store *st) { return kv_refusing(st->kv); }
const char *store_why(const struct store *st) { return engine_why(st->o.engine); }
int store_probe(struct store *st) { return kv_probe(st->kv); }
int store_checkpoint(struct store *st, const char *dir) { return engine_checkpoint(st->o.engine, dir); }

void store_call_see(struct store *st, uint64_t commit)
{
	if (commit > st->seen)
		st->seen = commit;
}

void store_directory_look(struct store *st) { store_call_see(st, st->directory_seen); }
void store_queue_look(struct store *st) { store_call_see(st, st->queue_seen); }
void store_directory_touch(struct store *st) { st->directory_touched = true; }
void store_queue_touch(struct store *st) { st->queue_touched = true; }

/* ---- events: told once their batch is durable ---- */

static void event_push(struct store *st, struct store_event e)
{
	struct store_events *q = &st->events;
	for (size_t i = q->n; i > 0 && i + 8 > q->n; i--) {
		struct store_event *old = &q->v[i - 1];
		if (old->commit == e.commit && old->account == e.account && old->mailbox == e.mailbox) {
			old->modseq = e.modseq > old->modseq ? e.modseq : old->modseq;
			old->due = e.due < old->due ? e.due : old->due;
			return;
		}
	}
	if (q->n == q->cap) {
		q->cap = q->cap ? q->cap * 2 : 64;
		q->v = mem_resize_array(q->v, q->cap, sizeof q->v[0]);
	}
	q->v[q->n++] = e;
}

void store_event_add(struct store *st, uint32_t account, uint32_t mailbox, uint64_t modseq)
{
	event_push(st, (struct store_event){ kv_current(st->kv), modseq, account, mailbox, 0 });
}

void store_event_due(struct store *st, int64_t due)
{
	event_push(st, (struct store_event){ kv_current(st->kv), 0, 0, 0, due });
	if (due < st->due_from)
		st->due_from = due;
}

static void event_tell(struct store *st, const struct store_event *e)
{
	if (e->account && st->o.changed)
		st->o.changed(st->o.ctx, e->account, e->mailbox, e->modseq);
	if (!e->account && st->o.queued)
		st->o.queued(st->o.ctx, e->due);
}

static void notify(void *ctx)
{
	const struct store *st = ctx;
	st->o.notify(st->o.ctx);
}

static void durable(void *ctx, uint64_t commit)
{
	struct store *st = ctx;
	struct store_events *q = &st->events;
	size_t told = 0;
	while (told < q->n && q->v[told].commit <= commit)
		told++;
	for (size_t i = 0; i < told; i++)
		event_tell(st, &q->v[i]);
	if (told)
		memmove(q->v, q->v + told, (q->n - told) * sizeof q->v[0]);
	q->n -= told;
	store_lease_settled(st, commit);
}

/* ---- records ---- */

struct bufw *store_encode(struct store *st)
{
	buf_clear(&st->scratch);
	st->writer = (struct bufw){ .b = &st->scratch };
	return &st->writer;
}

void store_put_encoded(struct store *st, enum engine_space space, const struct store_key *k)
{
	if (st->writer.err != OK)
		st->op_err = st->writer.err;
	store_put(st, space, k, buf_str(&st->scratch));
}

int store_read(struct store *st, enum engine_space space, const struct store_key *k, struct buf *out)
{
	buf_clear(out);
	return kv_get(st->kv, space, store_key_str(k), out);
}

static struct store_key system_key(void) { return store_key_name(STORE_DIR_SYSTEM, STR("")); }

static int system_load(struct store *st)
{
	struct store_key k = system_key();
	int r = store_read(st, ENGINE_DIRECTORY, &k, &st->scratch);
	return r == OK ? rec_system_read(buf_str(&st->scratch), &st->sys) : r;
}

static void system_save(struct store *st)
{
	struct store_key k = system_key();
	struct bufw *w = store_encode(st);
	rec_system_write(w, &st->sys);
	store_put_encoded(st, ENGINE_DIRECTORY, &k);
	st->sys_dirty = false;
}

/* When even this read fails the counters stay: they can only be too high, which wastes numbers and repeats none. */
static void system_reload(struct store *st)
{
	struct rec_system old = st->sys;
	st->sys_dirty = false;
	if (system_load(st) != OK)
		st->sys = old;
}

/* What was derived from batches that are lost is forgotten. */
static void dropped(void *ctx)
{
	struct store *st = ctx;
	store_cache_drop(st);
	st->directory_seen = st->queue_seen = 0;
	st->events.n = 0;
	st->due_from = INT64_MIN;
	st->purge_pending = true;
	store_lease_dropped(st);
	system_reload(st);
}

/* ---- operations ---- */

int store_op_begin(struct store *st)
{
	if (st->joined)
		return st->join_err;
	st->op_events = st->events.n;
	st->op_err = OK;
	return kv_op_begin(st->kv);
}

static void op_save(struct store *st)
{
	uint64_t commit = kv_current(st->kv);
	for (struct store_account *a = st->touched; a; a = a->next_touched) {
		store_account_save(st, a);
		a->seen = commit;
		a->touched = false;
		store_call_see(st, commit);
	}
	if (st->directory_touched)
		st->directory_seen = commit;
	if (st->queue_touched)
		st->queue_seen = commit;
	if (st->records_touched)
		st->records_seen = commit;
	if (st->directory_touched || st->queue_touched || st->records_touched)
		store_call_see(st, commit);
	if (st->sys_dirty)
		system_save(st);
}

static void op_undo(struct store *st)
{
	while (st->touched) {
		struct store_account *a = st->touched;
		st->touched = a->next_touched;
		store_account_forget(st, a);
	}
	st->events.n = st->op_events;
	if (st->sys_dirty)
		system_reload(st);
}

int store_op_end(struct store *st, int r)
{
	if (st->joined) {
		st->join_err = st->join_err == OK ? r : st->join_err;
		return r;
	}
	if (r == OK)
		op_save(st);
	r = r == OK ? st->op_err : r;
	kv_op_end(st->kv, r);
	if (r != OK)
		op_undo(st);
	st->touched = NULL;
	st->directory_touched = st->queue_touched = st->records_touched = false;
	return r;
}

int store_join_begin(struct store *st)
{
	int r = store_op_begin(st);
	st->joined = r == OK;
	st->join_err = OK;
	return r;
}

int store_join_end(struct store *st, int r)
{
	st->joined = false;
	return store_op_end(st, st->join_err != OK ? st->join_err : r);
}

/* ---- opening ---- */

static int system_create(struct store *st)
{
	int r = store_op_begin(st);
	if (r != OK)
		return r;
	st->sys = (struct rec_system){ .format = STORE_FORMAT, .next_account = 1, .next_blob = 1, .next_queue = 1 };
	randombytes_buf(st->sys.thread_key, sizeof st->sys.thread_key);
	st->sys_dirty = true;
	r = store_op_end(st, OK);
	return r == OK ? store_settle(st) : r;
}

static void say(struct buf *reterr, struct store *st, int err)
{
	const char *why = err == E_UNSUPPORTED
			      ? "the data was written by a newer version of Ceralacca; nothing was changed"
			  : err == E_CORRUPT ? "this is not the data of Ceralacca, or its first record is damaged"
					     : engine_why(st->o.engine);
	if (reterr && buf_put_str(reterr, str_c(why)) != OK)
		buf_clear(reterr);
}

int store_open(const struct store_options *o, struct store **ret, struct buf *reterr)
{
	struct store *st = mem_new(struct store);
	st->o = *o;
	if (!st->o.cache_max)
		st->o.cache_max = CACHE_MAX;
	map_init(&st->accounts, 0);
	map_init(&st->leases, 0);
	buf_init(&st->scratch, RECORD_MAX);
	st->due_from = INT64_MIN;
	st->purge_pending = true;
	st->kv = kv_new(&(struct kv_options){ .engine = o->engine, .notify = o->notify ? notify : NULL,
	                                      .durable = durable, .dropped = dropped, .ctx = st });
	int r = st->kv && sodium_init() >= 0 ? system_load(st) : E_IO;
	if (r == E_NOTFOUND)
		r = system_create(st);
	if (r != OK) {
		say(reterr, st, r);
		store_close(st);
		return r;
	}
	*ret = st;
	return OK;
}

void store_close(struct store *st)
{
	if (!st)
		return;
	if (st->kv)
		store_settle(st);
	store_cache_drop(st);
	kv_free(st->kv);
	engine_close(st->o.engine);
	store_queue_forget_leases(st);
	map_done(&st->accounts);
	mem_free(st->events.v);
	buf_done(&st->scratch);
	mem_free(st);
}
