/* What an administrator does to the queue: list, hold, release, retry, cancel. */
#include "role/store/store_internal.h"

enum { LIST_READS = 10000 };

static int list_scan(struct store *st, struct str destination, uint64_t after, struct kv_iter *ret)
{
	struct store_key from, end;
	if (destination.n) {
		from = store_key_destination(destination, after + 1);
		end = store_key_destination(destination, UINT64_MAX);
	} else {
		from = store_key_id64(STORE_Q_ENTRY, after + 1);
		end = store_key_id64(STORE_Q_ENTRY, UINT64_MAX);
	}
	return kv_iter_open(st->kv, ENGINE_QUEUE, store_key_str(&from), store_key_str(&end), ret);
}

int store_queue_list(struct store *st, struct str destination, uint64_t after, size_t max, int64_t now, struct arena *a,
                     struct store_queue_entry **ret, size_t *ret_n, uint64_t *ret_after)
{
	struct kv_iter it;
	struct store_queue_entry *v = NULL, e;
	size_t n = 0, cap = 0, reads = 0;
	store_queue_look(st);
	int r = list_scan(st, destination, after, &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid && n < max && reads++ < LIST_READS) {
		after = store_key_tail64(it.key);
		r = store_queue_show(st, after, now, a, &e);
		if (r == OK)
			*(struct store_queue_entry *)arena_push(a, &v, &n, &cap, sizeof e) = e;
		if (r == OK || r == E_CORRUPT || r == E_NOTFOUND)
			r = kv_iter_next(&it);
	}
	bool more = it.valid;
	kv_iter_close(&it);
	if (r != OK)
		return r;
	*ret = v;
	*ret_n = n;
	*ret_after = more ? after : 0;
	return OK;
}

enum act { HOLD, RELEASE, RETRY, CANCEL };

static int act_on(struct store *st, struct store_queue_entry *e, enum act act, struct str reason, int64_t now)
{
	switch (act) {
	case CANCEL:
		return e->leased ? E_BUSY : store_queue_remove(st, e);
	case HOLD:
		if (e->leased)
			return E_BUSY;
		store_queue_move(st, e, STORE_QUEUE_HELD, e->next, str_first(reason, STORE_QUEUE_TEXT_MAX));
		return OK;
	case RELEASE:
		if (e->state != STORE_QUEUE_HELD)
			return E_NOTFOUND;
		break;
	case RETRY:
		if (e->state != STORE_QUEUE_SCHEDULED)
			return E_NOTFOUND;
		break;
	}
	if (!e->leased)
		store_queue_move(st, e, STORE_QUEUE_SCHEDULED, now, e->text);
	return OK;
}

static int act_within(struct store *st, uint64_t id, enum act act, struct str reason, int64_t now)
{
	struct arena a;
	struct store_queue_entry e;
	arena_init(&a, 64 << 10, NULL, NULL);
	int r = store_queue_show(st, id, now, &a, &e);
	if (r == OK)
		r = act_on(st, &e, act, reason, now);
	arena_done(&a);
	return r;
}

static int act_op(struct store *st, uint64_t id, enum act act, struct str reason, int64_t now)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, act_within(st, id, act, reason, now)) : r;
}

int store_queue_hold(struct store *st, uint64_t id, struct str reason, int64_t now)
{
	return act_op(st, id, HOLD, reason, now);
}
int store_queue_release(struct store *st, uint64_t id, int64_t now) { return act_op(st, id, RELEASE, STR(""), now); }
int store_queue_retry(struct store *st, uint64_t id, int64_t now) { return act_op(st, id, RETRY, STR(""), now); }
int store_queue_cancel(struct store *st, uint64_t id, int64_t now) { return act_op(st, id, CANCEL, STR(""), now); }

int store_queue_aside(struct store *st, size_t max, struct arena *a, uint64_t **ret, size_t *ret_n)
{
	struct store_key from = store_key_name(STORE_Q_ASIDE, STR("")), end = store_key_after(&from);
	struct kv_iter it;
	uint64_t *v = NULL;
	size_t n = 0, cap = 0;
	store_queue_look(st);
	int r = kv_iter_open(st->kv, ENGINE_QUEUE, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid && n < max) {
		*(uint64_t *)arena_push(a, &v, &n, &cap, sizeof *v) = store_key_tail64(it.key);
		r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	if (r == OK) {
		*ret = v;
		*ret_n = n;
	}
	return r;
}

static int count_kind(struct store *st, char kind, uint64_t *ret)
{
	struct store_key from = store_key_name(kind, STR("")), end = store_key_after(&from);
	struct kv_iter it;
	int r = kv_iter_open(st->kv, ENGINE_QUEUE, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	for (; r == OK && it.valid; ++*ret)
		r = kv_iter_next(&it);
	kv_iter_close(&it);
	return r;
}

int store_queue_count(struct store *st, int64_t now, struct store_queue_counts *ret)
{
	struct store_queue_counts c = { 0 };
	const struct store_lease *l;
	store_queue_look(st);
	int r = count_kind(st, STORE_Q_ENTRY, &c.entries);
	if (r == OK)
		r = count_kind(st, STORE_Q_ASIDE, &c.aside);
	for (size_t i = 0; (l = map_next(&st->leases, &i));)
		c.leased += !l->done && l->until > now;
	if (r == OK)
		*ret = c;
	return r;
}
