/* The queue's records and indexes, and the leases on them. */
#include "role/store/store_internal.h"

static struct store_key entry_key(uint64_t id) { return store_key_id64(STORE_Q_ENTRY, id); }

/* ---- writing entries ---- */

static void entry_put(struct store *st, const struct store_queue_entry *e)
{
	struct store_key k = entry_key(e->id);
	struct bufw *w = store_encode(st);
	rec_queue_write(w, e);
	store_put_encoded(st, ENGINE_QUEUE, &k);
	store_queue_touch(st);
	if (e->state != STORE_QUEUE_SCHEDULED)
		return;
	k = store_key_due(e->next, e->id);
	store_put(st, ENGINE_QUEUE, &k, STR(""));
	store_event_due(st, e->next);
}

int store_queue_remove(struct store *st, const struct store_queue_entry *e)
{
	struct store_key k = entry_key(e->id);
	store_remove(st, ENGINE_QUEUE, &k);
	k = store_key_due(e->next, e->id);
	store_remove(st, ENGINE_QUEUE, &k);
	k = store_key_destination(e->destination, e->id);
	store_remove(st, ENGINE_QUEUE, &k);
	store_queue_touch(st);
	return store_blob_release(st, e->blob, e->size);
}

void store_queue_move(struct store *st, const struct store_queue_entry *e, enum store_queue_state state, int64_t next,
                      struct str text)
{
	struct store_queue_entry moved = *e;
	struct store_key old = store_key_due(e->next, e->id);
	store_remove(st, ENGINE_QUEUE, &old);
	moved.state = state;
	moved.next = next;
	moved.text = text;
	entry_put(st, &moved);
}

static bool fits(const struct store_queue_entry *e)
{
	return e->sender.n <= STORE_PATH_MAX && e->recipient.n && e->recipient.n <= STORE_PATH_MAX &&
	       e->destination.n <= STORE_DOMAIN_MAX && e->orcpt.n <= STORE_QUEUE_TEXT_MAX &&
	       e->envid.n <= STORE_QUEUE_TEXT_MAX && e->text.n <= STORE_QUEUE_TEXT_MAX;
}

int store_queue_add(struct store *st, struct store_queue_entry *e, uint64_t blob, uint32_t size)
{
	if (!fits(e))
		return E_TOOBIG;
	e->id = st->sys.next_queue++;
	st->sys_dirty = true;
	e->blob = blob;
	e->size = size;
	struct store_key k = store_key_destination(e->destination, e->id);
	store_put(st, ENGINE_QUEUE, &k, STR(""));
	entry_put(st, e);
	return OK;
}

/* ---- leases ---- */

void store_lease_settled(struct store *st, uint64_t durable)
{
	struct store_lease *l;
	if (!st->leases_ending)
		return;
	for (size_t i = 0; (l = map_next(&st->leases, &i));)
		if (l->done && l->done <= durable) {
			map_remove(&st->leases, l->id);
			st->leases_ending--;
			mem_free(l);
		}
}

/* What ended the leases is lost: they go on. */
void store_lease_dropped(struct store *st)
{
	struct store_lease *l;
	for (size_t i = 0; (l = map_next(&st->leases, &i));)
		l->done = 0;
	st->leases_ending = 0;
}

void store_queue_forget_leases(struct store *st)
{
	struct store_lease *l;
	for (size_t i = 0; (l = map_next(&st->leases, &i));)
		mem_free(l);
	map_done(&st->leases);
	map_init(&st->leases, 0);
	st->leases_ending = 0;
}

static void lease_forget(struct store *st, struct store_lease *l)
{
	map_remove(&st->leases, l->id);
	st->leases_ending -= l->done != 0;
	mem_free(l);
}

static int64_t lease_clock(const struct store *st, int64_t now)
{
	return st->o.steady ? st->o.steady(st->o.ctx) : now;
}

/* Nobody else may have the entry now. A lease whose end is not durable yet still holds it. */
static bool lease_holds(struct store *st, uint64_t id, int64_t now)
{
	struct store_lease *l = map_get(&st->leases, id);
	if (l && !l->done && l->until <= lease_clock(st, now)) {
		lease_forget(st, l);
		l = NULL;
	}
	return l;
}

static bool lease_live(struct store *st, uint64_t id, int64_t now)
{
	const struct store_lease *l = map_get(&st->leases, id);
	return l && !l->done && l->until > lease_clock(st, now);
}

static void lease_take(struct store *st, uint64_t id, int64_t until)
{
	struct store_lease *l = mem_new(struct store_lease);
	*l = (struct store_lease){ .id = id, .until = until };
	map_put(&st->leases, id, l);
}

/* An attempt ends the lease when its result is durable; without one it ends now. */
static void lease_end(struct store *st, uint64_t id, enum store_queue_outcome outcome)
{
	struct store_lease *l = map_get(&st->leases, id);
	if (!l || l->done)
		return;
	if (outcome == STORE_QUEUE_RELEASED) {
		lease_forget(st, l);
		return;
	}
	l->done = kv_current(st->kv);
	st->leases_ending++;
}

/* ---- reading entries ---- */

static void dup_strings(struct arena *a, struct store_queue_entry *e)
{
	struct str *s[] = { &e->sender, &e->recipient, &e->destination, &e->orcpt, &e->envid, &e->text };
	for (size_t i = 0; i < COUNT_OF(s); i++)
		*s[i] = arena_dup(a, *s[i]);
}

static int entry_get(struct store *st, uint64_t id, int64_t now, struct arena *a, struct store_queue_entry *ret)
{
	struct store_key k = entry_key(id);
	struct store_queue_entry e;
	store_queue_look(st);
	int r = store_read(st, ENGINE_QUEUE, &k, &st->scratch);
	if (r == OK)
		r = rec_queue_read(buf_str(&st->scratch), &e);
	if (r != OK)
		return r;
	e.id = id;
	e.leased = lease_live(st, id, now);
	dup_strings(a, &e);
	*ret = e;
	return OK;
}

int store_queue_show(struct store *st, uint64_t id, int64_t now, struct arena *a, struct store_queue_entry *ret)
{
	return entry_get(st, id, now, a, ret);
}

int store_queue_read(struct store *st, uint64_t id, uint64_t offset, size_t n, struct buf *out)
{
	struct store_key k = entry_key(id);
	struct store_queue_entry e;
	store_queue_look(st);
	int r = store_read(st, ENGINE_QUEUE, &k, &st->scratch);
	if (r == OK)
		r = rec_queue_read(buf_str(&st->scratch), &e);
	return r == OK ? store_blob_range(st, e.blob, e.size, offset, n, out) : r;
}

/* ---- lease ---- */

/* A record that does not read is kept aside as it is, so that the next ones are reached (B20). */
static int set_aside(struct store *st, uint64_t id)
{
	struct store_key k = entry_key(id), aside = store_key_id64(STORE_Q_ASIDE, id);
	struct buf raw;
	buf_init(&raw, 1 << 20);
	int r = store_read(st, ENGINE_QUEUE, &k, &raw);
	if (r == OK) {
		store_put(st, ENGINE_QUEUE, &aside, buf_str(&raw));
		store_remove(st, ENGINE_QUEUE, &k);
	}
	buf_done(&raw);
	return r;
}

struct due { int64_t at; uint64_t id; };
struct dues { struct due *v; size_t n, cap; };

static int64_t due_of(struct str key)
{
	struct reader r = reader_of(str_skip(key, 1));
	return (int64_t)read_be64(&r);
}

/* The due entries that nobody holds, by time. Remembers where the index begins, so that the next scan does not wade
 * through what was removed. */
static int find_due(struct store *st, int64_t now, size_t max, struct arena *a, struct dues *ret)
{
	struct store_key from = store_key_due(st->due_from, 0), end = store_key_due(now + 1, 0);
	struct kv_iter it;
	store_queue_look(st);
	int r = kv_iter_open(st->kv, ENGINE_QUEUE, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	st->due_from = it.valid ? due_of(it.key) : now + 1;
	while (r == OK && it.valid && ret->n < max) {
		struct due d = { due_of(it.key), store_key_tail64(it.key) };
		if (!lease_holds(st, d.id, now))
			*(struct due *)arena_push(a, &ret->v, &ret->n, &ret->cap, sizeof d) = d;
		r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	return r;
}

/* A key of the due index that leads to no entry of that time goes. */
static int drop_due(struct store *st, const struct due *d, int why)
{
	struct store_key index = store_key_due(d->at, d->id);
	store_remove(st, ENGINE_QUEUE, &index);
	store_queue_touch(st);
	return why == E_CORRUPT ? set_aside(st, d->id) : OK;
}

static int lease_one(struct store *st, const struct due *d, int64_t now, int64_t until, struct arena *a,
                     struct store_queue_entry *v, size_t *n)
{
	int r = entry_get(st, d->id, now, a, &v[*n]);
	if (r == E_CORRUPT || r == E_NOTFOUND)
		return drop_due(st, d, r);
	if (r != OK)
		return r;
	if (v[*n].next != d->at || v[*n].state != STORE_QUEUE_SCHEDULED)
		return drop_due(st, d, E_NOTFOUND);
	lease_take(st, d->id, until);
	v[*n].leased = true;
	++*n;
	return OK;
}

int store_queue_lease(struct store *st, int64_t now, int64_t seconds, size_t max, struct arena *a,
                      struct store_queue_entry **ret, size_t *ret_n)
{
	struct dues dues = { 0 };
	size_t n = 0;
	int r = find_due(st, now, max, a, &dues);
	if (r == OK && !dues.n) {
		*ret_n = 0;
		return OK;
	}
	if (r == OK)
		r = store_op_begin(st);
	if (r != OK)
		return r;
	struct store_queue_entry *v = arena_new_array(a, struct store_queue_entry, dues.n);
	for (size_t i = 0; r == OK && i < dues.n; i++)
		r = lease_one(st, &dues.v[i], now, lease_clock(st, now) + seconds, a, v, &n);
	r = store_op_end(st, r);
	if (r != OK)
		return r;
	*ret = v;
	*ret_n = n;
	return OK;
}

/* When an entry that is due at `at` can be had, as the clock stands now. */
static int64_t due_or_lease_end(const struct store *st, uint64_t id, int64_t at, int64_t now)
{
	const struct store_lease *l = map_get(&st->leases, id);
	if (l && l->done)
		return INT64_MAX;       /* its end brings a new due time, or none */
	int64_t end = l ? now + (l->until - lease_clock(st, now)) : at;
	return end > at ? end : at;
}

int64_t store_queue_next(struct store *st, int64_t now)
{
	struct store_key from = store_key_due(st->due_from, 0), all = store_key_name(STORE_Q_DUE, STR("")),
			 end = store_key_after(&all);
	struct kv_iter it;
	int64_t next = INT64_MAX;
	int r = kv_iter_open(st->kv, ENGINE_QUEUE, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return now;
	while (r == OK && it.valid && due_of(it.key) < next) {
		int64_t at = due_or_lease_end(st, store_key_tail64(it.key), due_of(it.key), now);
		next = at < next ? at : next;
		r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	return next;
}

/* ---- results ---- */

static int apply_result(struct store *st, const struct store_queue_result *v, int64_t now, struct arena *a)
{
	struct store_queue_entry e;
	if (!lease_live(st, v->id, now))
		return E_STALE;
	int r = entry_get(st, v->id, now, a, &e);
	if (r != OK)
		return r == E_NOTFOUND ? E_STALE : r;
	if (v->outcome == STORE_QUEUE_RELEASED)
		return OK;
	if (v->outcome != STORE_QUEUE_DEFERRED)
		return store_queue_remove(st, &e);
	e.attempts++;
	e.delay_told = e.delay_told || v->delay_told;
	store_queue_move(st, &e, STORE_QUEUE_SCHEDULED, v->next, str_first(v->text, STORE_QUEUE_TEXT_MAX));
	return OK;
}

static int done_within(struct store *st, const struct store_queue_result *v, size_t n, struct store_delivery *dsn,
		       int64_t now)
{
	struct arena a;
	int r = OK;
	arena_init(&a, 64 << 10, NULL, NULL);
	for (size_t i = 0; r == OK && i < n; i++) {
		arena_reset(&a);
		r = apply_result(st, &v[i], now, &a);
	}
	arena_done(&a);
	return r == OK && dsn ? store_deliver_within(st, dsn, now) : r;
}

int store_queue_done(struct store *st, const struct store_queue_result *v, size_t n, struct store_delivery *dsn,
		     int64_t now)
{
	int r = store_op_begin(st);
	if (r == OK)
		r = store_op_end(st, done_within(st, v, n, dsn, now));
	for (size_t i = 0; r == OK && i < n; i++)
		lease_end(st, v[i].id, v[i].outcome);
	return r;
}
