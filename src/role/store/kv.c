#include "role/store/kv_internal.h"

enum { BATCH_MAX = 128 << 20 };

struct kv *kv_new(const struct kv_options *o)
{
	struct kv *kv = mem_new(struct kv);
	kv->o = *o;
	if (!kv->o.batch_max)
		kv->o.batch_max = BATCH_MAX;
	kv_sorted_init(&kv->half[0]);
	kv_sorted_init(&kv->half[1]);
	kv->current = &kv->half[0];
	kv->flight = &kv->half[1];
	kv->number = 1;
	kv->waiters_end = &kv->waiters;
	kv->committer = kv_committer_new(o->engine, o->notify, o->ctx);
	if (!kv->committer) {
		mem_free(kv);
		return NULL;
	}
	return kv;
}

void kv_free(struct kv *kv)
{
	if (!kv)
		return;
	kv_committer_free(kv->committer);
	kv_sorted_done(&kv->half[0]);
	kv_sorted_done(&kv->half[1]);
	mem_free(kv->undo);
	mem_free(kv);
}

uint64_t kv_durable(const struct kv *kv) { return kv->durable; }
uint64_t kv_current(const struct kv *kv) { return kv->number; }
bool kv_refusing(const struct kv *kv) { return kv->refusing; }

uint64_t kv_newest(const struct kv *kv)
{
	return kv->current->nodes ? kv->number : kv->number - 1;
}

/* ---- reads and writes ---- */

static const struct kv_node *pending(const struct kv *kv, enum engine_space space, struct str key)
{
	const struct kv_node *n = kv->current->nodes ? kv_sorted_find(kv->current, space, key) : NULL;
	if (n && n->state != KV_ABSENT)
		return n;
	n = kv->flight->nodes ? kv_sorted_find(kv->flight, space, key) : NULL;
	return n && n->state != KV_ABSENT ? n : NULL;
}

int kv_get(struct kv *kv, enum engine_space space, struct str key, struct buf *out)
{
	const struct kv_node *n = pending(kv, space, key);
	if (!n)
		return engine_get(kv->o.engine, space, key, out);
	return n->state == KV_VALUE ? buf_put_str(out, n->value) : E_NOTFOUND;
}

int kv_has(struct kv *kv, enum engine_space space, struct str key)
{
	struct buf value;
	buf_init(&value, ENGINE_VALUE_MAX);
	int r = kv_get(kv, space, key, &value);
	buf_done(&value);
	return r;
}

int kv_op_begin(struct kv *kv)
{
	if (kv->refusing)
		return E_FULL;
	if (kv->current->bytes > kv->o.batch_max)
		return E_BUSY;
	kv->undos = 0;
	kv->in_op = true;
	return OK;
}

static void set(struct kv *kv, enum engine_space space, struct str key, enum kv_state state, struct str value)
{
	struct kv_node *n = kv_sorted_node(kv->current, space, key);
	if (kv->undos == kv->undo_cap) {
		kv->undo_cap = kv->undo_cap ? kv->undo_cap * 2 : 64;
		kv->undo = mem_resize_array(kv->undo, kv->undo_cap, sizeof kv->undo[0]);
	}
	kv->undo[kv->undos++] = (struct kv_undo){ n, n->value, n->state };
	n->state = state;
	n->value = kv_sorted_copy(kv->current, value);
}

void kv_put(struct kv *kv, enum engine_space space, struct str key, struct str value)
{
	set(kv, space, key, KV_VALUE, value);
}

void kv_remove(struct kv *kv, enum engine_space space, struct str key)
{
	set(kv, space, key, KV_REMOVED, STR(""));
}

int kv_op_end(struct kv *kv, int r)
{
	while (r != OK && kv->undos > 0) {
		const struct kv_undo *u = &kv->undo[--kv->undos];
		u->node->value = u->value;
		u->node->state = u->state;
	}
	kv->undos = 0;
	kv->in_op = false;
	return r;
}

/* ---- commits ---- */

void kv_flush(struct kv *kv)
{
	if (kv->flying || kv->refusing || kv->in_op || !kv->current->nodes)
		return;
	struct kv_sorted *empty = kv->flight;
	kv->flight = kv->current;
	kv->current = empty;
	kv->number++;
	kv->flying = true;
	kv_committer_start(kv->committer, kv->flight);
}

/* Calls those who wait for a commit up to this one. They may wait again from within. */
static void call_waiters(struct kv *kv, uint64_t upto, int err)
{
	struct kv_waiter *due = NULL, **tail = &due;
	for (struct kv_waiter **link = &kv->waiters; *link;) {
		struct kv_waiter *w = *link;
		if (w->commit > upto) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		w->next = NULL;
		*tail = w;
		tail = &w->next;
	}
	for (kv->waiters_end = &kv->waiters; *kv->waiters_end;)
		kv->waiters_end = &(*kv->waiters_end)->next;
	while (due) {
		struct kv_waiter *w = due;
		due = w->next;
		w->fn(w, err);
	}
}

static void succeed(struct kv *kv)
{
	kv_sorted_clear(kv->flight);
	kv->durable = kv->number - 1;
	if (kv->o.durable)
		kv->o.durable(kv->o.ctx, kv->durable);
	call_waiters(kv, kv->durable, OK);
}

/* The current batch was computed from what has just been lost: it goes too. */
static void fail(struct kv *kv, int err)
{
	kv_sorted_clear(kv->flight);
	kv_sorted_clear(kv->current);
	kv->refusing = true;
	kv->failed_from = kv->durable;
	kv->failed_to = kv->number;
	kv->failed_with = err;
	kv->durable = kv->failed_to + 1;        /* what is on disk now: whoever reads from here on depends on nothing that failed */
	kv->number = kv->durable + 1;
	if (kv->o.dropped)
		kv->o.dropped(kv->o.ctx);
	call_waiters(kv, kv->failed_to, err);
}

static void landed(struct kv *kv, int result)
{
	kv->flying = false;
	if (result == OK)
		succeed(kv);
	else
		fail(kv, result);
}

void kv_poll(struct kv *kv)
{
	int result;
	if (!kv->flying || !kv_committer_take(kv->committer, false, &result))
		return;
	landed(kv, result);
	kv_flush(kv);
}

int kv_settle(struct kv *kv)
{
	int first = OK, result;
	for (kv_flush(kv); kv->flying; kv_flush(kv)) {
		kv_committer_take(kv->committer, true, &result);
		landed(kv, result);
		first = first == OK ? result : first;
	}
	return first;
}

int kv_probe(struct kv *kv)
{
	if (!kv->refusing)
		return OK;
	char number[8];
	put_le64(number, ++kv->probes);
	int r = engine_recover(kv->o.engine);
	if (r == OK)
		r = engine_commit(kv->o.engine,
				  &(struct engine_write){ ENGINE_DIRECTORY, false, STR("probe"), { number, 8 } }, 1);
	if (kv->o.dropped)
		kv->o.dropped(kv->o.ctx);       /* a write that was in doubt may show now */
	kv->refusing = r != OK;
	return r;
}

void kv_release(struct kv *kv, struct kv_waiter *w, uint64_t commit)
{
	w->next = NULL;
	w->commit = commit;
	if (commit > kv->failed_from && commit <= kv->failed_to) {
		w->fn(w, kv->failed_with);
		return;
	}
	if (commit <= kv->durable) {
		w->fn(w, OK);
		return;
	}
	*kv->waiters_end = w;
	kv->waiters_end = &w->next;
}

void kv_cancel(struct kv *kv, struct kv_waiter *w)
{
	for (struct kv_waiter **link = &kv->waiters; *link; link = &(*link)->next)
		if (*link == w) {
			*link = w->next;
			if (!*link)
				kv->waiters_end = link;
			w->next = NULL;
			return;
		}
}
