/* The model against a plain one: random operations, with commits that fail, reads that fail, and power that goes at any
 * moment. After each disturbance the store must be whole and equal to the plain model as it was at a batch border, and
 * never older than what was released as durable (B18, B23, B25, B38, B57).
 *
 * CERALACCA_SEED and CERALACCA_STEPS change the run; the seed is printed when it fails. */
#include "role/store/store_internal.h"
#include "role/store/store_test_help.h"

enum { ACCOUNTS = 2, BOXES = 3, ENTRIES = 700, QUEUED = 60, SNAPS = 600 };

struct plain_entry { uint32_t uid, size; uint64_t flags, stamp; };
struct plain_box { uint32_t uidnext, n; struct plain_entry v[ENTRIES]; };
struct plain { struct plain_box box[ACCOUNTS][BOXES]; uint64_t queued[QUEUED]; size_t queue_n; };

struct snap { uint64_t commit; struct plain state; };

struct run {
	struct engine *engine;
	struct store *st;
	uint32_t account[ACCOUNTS];
	struct plain now;
	struct snap
	    *snap; /* the plain model at the end of each batch that may not be durable, and of the last that is */
	size_t snaps;
	struct engine_memory_faults faults;
	uint64_t dice, stamp;
	int64_t clock;
};

static uint64_t dice(struct run *r, uint64_t sides)
{
	r->dice ^= r->dice << 13;
	r->dice ^= r->dice >> 7;
	r->dice ^= r->dice << 17;
	return (r->dice >> 11) % sides;
}

static uint32_t box_id(uint64_t i) { return STORE_INBOX + (uint32_t)i; }

/* ---- comparing ---- */

static bool same_box(struct run *r, uint32_t account, uint32_t id, const struct plain_box *b)
{
	struct buf out;
	struct store_mailbox_info info;
	buf_init(&out, 16 << 20);
	bool same = store_mailbox_get(r->st, account, id, &info) == OK &&
		    store_entries(r->st, account, id, 1, SIZE_MAX, &out) == OK && out.n == b->n * STORE_ENTRY &&
		    info.uidnext == b->uidnext;
	for (size_t i = 0; same && i < b->n; i++) {
		struct store_entry e = store_entry_get(out.p + i * STORE_ENTRY);
		same = e.uid == b->v[i].uid && e.size == b->v[i].size && e.flags == b->v[i].flags;
	}
	buf_done(&out);
	return same;
}

static bool same_queue(struct run *r, const struct plain *p)
{
	struct arena a;
	struct store_queue_entry *v;
	size_t n;
	uint64_t after;
	arena_init(&a, 1 << 20, NULL, NULL);
	bool same = store_queue_list(r->st, STR(""), 0, 1000, r->clock, &a, &v, &n, &after) == OK && n == p->queue_n;
	for (size_t i = 0; same && i < n; i++)
		same = v[i].id == p->queued[i];
	arena_done(&a);
	return same;
}

static bool same(struct run *r, const struct plain *p)
{
	for (size_t a = 0; a < ACCOUNTS; a++)
		for (size_t b = 0; b < BOXES; b++)
			if (!same_box(r, r->account[a], box_id(b), &p->box[a][b]))
				return false;
	return same_queue(r, p);
}

/* ---- batches ---- */

/* Before anything that may hand the current batch over: what it will hold. The last one of a number counts. */
static void snapshot(struct run *r)
{
	assert_true(r->snaps < SNAPS);
	r->snap[r->snaps].commit = kv_current(r->st->kv);
	r->snap[r->snaps++].state = r->now;
}

static void border(struct run *r)
{
	snapshot(r);
	store_flush(r->st);
}

/* What is durable needs no older snapshots. */
static void landed(struct run *r)
{
	uint64_t durable = kv_durable(r->st->kv);
	size_t drop = 0;
	while (drop + 1 < r->snaps && r->snap[drop + 1].commit <= durable)
		drop++;
	memmove(r->snap, r->snap + drop, (r->snaps - drop) * sizeof r->snap[0]);
	r->snaps -= drop;
}

/* After a loss: the state must be one of the snapshots, and none that is older than what was released. */
static void find_back(struct run *r, uint64_t least)
{
	for (size_t i = r->snaps; i-- > 0;)
		if (r->snap[i].commit >= least && same(r, &r->snap[i].state)) {
			r->now = r->snap[i].state;
			r->snap[0] = (struct snap){ kv_durable(r->st->kv), r->now };
			r->snaps = 1;
			return;
		}
	fail_msg("the state after a loss is none that was");
}

static void power_loss(struct run *r)
{
	uint64_t least = r->snap[0].commit;
	border(r);
	struct engine *copy = engine_memory_cut(r->engine);
	store_close(r->st);
	r->engine = copy;
	r->st = test_open(copy);
	find_back(r, least);
	test_whole(r->st);
}

static void no_faults(struct run *r)
{
	r->faults = (struct engine_memory_faults){ 0 };
	engine_memory_fail(r->engine, &r->faults);
}

static void commit_fails(struct run *r)
{
	r->faults = (struct engine_memory_faults){ .fail_with = dice(r, 2) ? E_FULL : E_IO, .fail_in_doubt = dice(r, 2),
		                                   .fail_sticky = dice(r, 2), .fail_commit = 1 + (unsigned)dice(r, 2) };
	engine_memory_fail(r->engine, &r->faults);
}

/* The failure came: nothing more is taken until a probe succeeds, and then the store is whole. */
static void recover(struct run *r)
{
	uint64_t least = r->snap[0].commit;
	assert_true(store_refusing(r->st));
	if (r->faults.fail_sticky)
		assert_int_equal(store_probe(r->st), r->faults.fail_with);
	no_faults(r);
	assert_int_equal(store_probe(r->st), OK);
	assert_false(store_refusing(r->st));
	find_back(r, least);
	test_whole(r->st);
}

static void poll(struct run *r)
{
	snapshot(r);
	store_poll(r->st);
	if (store_refusing(r->st))
		recover(r);
	else
		landed(r);
}

/* ---- operations ---- */

static struct store_set random_set(struct run *r, const struct plain_box *b)
{
	struct store_set s = { 0 };
	uint32_t top = b->uidnext;
	for (uint32_t uid = 1; uid <= top; uid++)
		if (dice(r, 3) == 0)
			store_set_add(&s, uid);
	return s;
}

static void add(struct plain_box *b, struct plain_entry e)
{
	e.uid = b->uidnext++;
	b->v[b->n++] = e;
}

static void remove_at(struct plain_box *b, size_t i)
{
	b->n--;
	memmove(b->v + i, b->v + i + 1, (b->n - i) * sizeof b->v[0]);
}

static struct str body(struct run *r, struct buf *b, struct plain_entry *e)
{
	e->stamp = ++r->stamp;
	e->flags = dice(r, 32);
	assert_int_equal(buf_printf(b, "message %llu", (unsigned long long)e->stamp), OK);
	for (uint64_t n = dice(r, 200); n > 0; n--)
		assert_int_equal(buf_put_char(b, 'x'), OK);
	e->size = (uint32_t)b->n;
	return buf_str(b);
}

/* E_IO: a read was made to fail; nothing may have changed. */
static bool went(int err)
{
	if (err != OK && err != E_IO)
		fail_msg("an operation gave %s", err_name(err));
	return err == OK;
}

static void op_append(struct run *r)
{
	struct buf text;
	struct plain_entry e;
	size_t a = dice(r, ACCOUNTS), b = dice(r, BOXES);
	struct plain_box *box = &r->now.box[a][b];
	struct str ids[2] = { { (const char *)&r->stamp, 1 }, STR("<root>") };
	buf_init(&text, 4096);
	struct str piece = body(r, &text, &e);
	struct store_message m = { .piece = &piece,
				   .pieces = 1,
				   .summary = STR("s"),
				   .message_id = ids,
				   .message_ids = dice(r, 3),
				   .flags = e.flags };
	struct store_appended out;
	if (box->n < ENTRIES - 2 && went(store_append(r->st, r->account[a], box_id(b), &m, r->clock, &out))) {
		add(box, e);
		assert_int_equal(out.uid, box->v[box->n - 1].uid);
	}
	buf_done(&text);
}

static void op_flags(struct run *r)
{
	size_t a = dice(r, ACCOUNTS), b = dice(r, BOXES);
	struct plain_box *box = &r->now.box[a][b];
	struct store_set s = random_set(r, box);
	struct store_flag_change c = { (enum store_flag_op)dice(r, 3), dice(r, 32), UINT64_MAX };
	struct store_flagged out;
	if (went(store_flags(r->st, r->account[a], box_id(b), &s, &c, &out))) {
		size_t changed = 0;
		for (size_t i = 0; i < box->n; i++) {
			struct plain_entry *e = &box->v[i];
			uint64_t flags = c.op == STORE_FLAGS_ADD      ? e->flags | c.flags
					 : c.op == STORE_FLAGS_REMOVE ? e->flags & ~c.flags
								      : c.flags;
			if (!store_set_has(&s, e->uid) || flags == e->flags)
				continue;
			e->flags = flags;
			changed++;
			assert_true(store_set_has(&out.changed, e->uid));
		}
		assert_int_equal(store_set_count(&out.changed), changed);
		store_flagged_done(&out);
	}
	store_set_done(&s);
}

static void op_expunge(struct run *r)
{
	size_t a = dice(r, ACCOUNTS), b = dice(r, BOXES);
	struct plain_box *box = &r->now.box[a][b];
	struct store_set s = random_set(r, box), gone;
	bool only = dice(r, 4) != 0;
	uint64_t modseq;
	if (went(store_expunge(r->st, r->account[a], box_id(b), &s, only, &gone, &modseq))) {
		for (size_t i = box->n; i-- > 0;)
			if (store_set_has(&s, box->v[i].uid) && (!only || (box->v[i].flags & STORE_DELETED))) {
				assert_true(store_set_has(&gone, box->v[i].uid));
				remove_at(box, i);
			}
		store_set_done(&gone);
	}
	store_set_done(&s);
}

static void op_transfer(struct run *r)
{
	size_t a = dice(r, ACCOUNTS), b = dice(r, BOXES), c = dice(r, 4) ? a : dice(r, ACCOUNTS), d = dice(r, BOXES);
	bool move = dice(r, 2);
	struct plain_box *from = &r->now.box[a][b], *to = &r->now.box[c][d];
	struct store_set s = random_set(r, from);
	struct store_place source = { r->account[a], box_id(b) }, target = { r->account[c], box_id(d) };
	struct store_copied out;
	size_t n = from->n;
	if (to->n + n >= ENTRIES)
		goto done;
	if (!went((move ? store_move : store_copy)(r->st, source, &s, target, r->clock, &out)))
		goto done;
	uint32_t next = to->uidnext;
	for (size_t i = 0; i < n; i++)
		if (store_set_has(&s, from->v[i].uid))
			add(to, from->v[i]);
	assert_true(out.first == 0 || out.first == next);
	assert_int_equal(store_set_count(&out.from), to->uidnext - next);
	for (size_t i = n; move && i-- > 0;)
		if (store_set_has(&s, from->v[i].uid))
			remove_at(from, i);
	store_copied_done(&out);
done:
	store_set_done(&s);
}

static void op_deliver(struct run *r)
{
	struct buf text;
	struct plain_entry e;
	buf_init(&text, 4096);
	struct str piece = body(r, &text, &e);
	struct store_local to[ACCOUNTS] = { 0 };
	struct store_queue_entry out[2] = { 0 };
	struct store_delivery d = { .message = { .piece = &piece, .pieces = 1, .flags = e.flags },
				    .local = to,
				    .remote = out,
				    .locals = 1 + dice(r, ACCOUNTS),
				    .remotes = dice(r, 3) };
	for (size_t i = 0; i < d.locals; i++)
		to[i].account = r->account[i];
	for (size_t i = 0; i < d.remotes; i++)
		out[i] = (struct store_queue_entry){ .recipient = STR("x@remote.test"),
						     .destination = STR("remote.test"),
						     .next = r->clock };
	bool room = r->now.queue_n + d.remotes <= QUEUED;
	for (size_t i = 0; i < ACCOUNTS; i++)
		room = room && r->now.box[i][0].n < ENTRIES - 2;
	if (room && went(store_deliver(r->st, &d, r->clock))) {
		for (size_t i = 0; i < d.locals; i++)
			add(&r->now.box[i][0], e);
		for (size_t i = 0; i < d.remotes; i++)
			r->now.queued[r->now.queue_n++] = out[i].id;
	}
	buf_done(&text);
}

static void queue_take_out(struct plain *p, uint64_t id)
{
	for (size_t i = 0; i < p->queue_n; i++)
		if (p->queued[i] == id) {
			p->queue_n--;
			memmove(p->queued + i, p->queued + i + 1, (p->queue_n - i) * sizeof p->queued[0]);
			return;
		}
	fail_msg("a lease on what is not queued");
}

static void op_relay(struct run *r)
{
	struct arena a;
	struct store_queue_entry *v;
	size_t n = 0;
	arena_init(&a, 1 << 20, NULL, NULL);
	if (went(store_queue_lease(r->st, r->clock, 5, 1 + dice(r, 5), &a, &v, &n)))
		for (size_t i = 0; i < n; i++) {
			struct store_queue_result res = { .id = v[i].id,
							  .outcome = (enum store_queue_outcome)dice(r, 4),
							  .next = r->clock + (int64_t)dice(r, 9) };
			if (dice(r, 4) == 0)
				continue;       /* a worker that dies: the lease runs out (B27) */
			if (went(store_queue_done(r->st, &res, 1, NULL, r->clock)) &&
			    res.outcome < STORE_QUEUE_DEFERRED)
				queue_take_out(&r->now, v[i].id);
		}
	arena_done(&a);
}

static void op_purge(struct run *r) { store_purge(r->st, 1 + dice(r, 20)); }
static void op_border(struct run *r) { border(r); }
static void op_poll(struct run *r) { poll(r); }

static void op_fail_read(struct run *r)
{
	engine_memory_fail(r->engine, &(struct engine_memory_faults){ .fail_get = 1 + (unsigned)dice(r, 10) });
}


static void settle(struct run *r)
{
	border(r);
	store_settle(r->st);
	poll(r);
}

static void op_check(struct run *r)
{
	no_faults(r);
	settle(r);
	test_whole(r->st);
	assert_true(same(r, &r->now));
}

static void op_fail(struct run *r)
{
	commit_fails(r);
	op_append(r);
	settle(r);
	op_append(r);
	settle(r);
	no_faults(r);
}

static void op_power(struct run *r)
{
	no_faults(r);
	power_loss(r);
}

static const struct { void (*op)(struct run *r); unsigned weight;
} ops[] = {
	{ op_append, 60 }, { op_deliver, 25 }, { op_flags, 12 },    { op_expunge, 8 }, { op_transfer, 6 },
	{ op_relay, 12 },  { op_purge, 10 },   { op_border, 20 },   { op_poll, 20 },   { op_check, 2 },
	{ op_fail, 1 },    { op_power, 1 },    { op_fail_read, 2 },
};

static void step(struct run *r)
{
	unsigned all = 0;
	for (size_t i = 0; i < COUNT_OF(ops); i++)
		all += ops[i].weight;
	uint64_t at = dice(r, all);
	store_call_begin(r->st);
	for (size_t i = 0; i < COUNT_OF(ops); i++) {
		if (at < ops[i].weight) {
			ops[i].op(r);
			break;
		}
		at -= ops[i].weight;
	}
	if (r->snaps > SNAPS / 2)
		settle(r);
	r->clock += (int64_t)dice(r, 2);
}

static uint64_t from_env(const char *name, uint64_t standard)
{
	uint64_t v;
	const char *text = getenv(name);
	return text && str_u64(str_c(text), UINT64_MAX, &v) == OK ? v : standard;
}

static void begin(struct run *r, uint64_t seed)
{
	r->dice = seed * 0x9e3779b97f4a7c15u + 1;
	r->clock = T0;
	r->engine = engine_memory_new();
	r->st = test_open(r->engine);
	r->snap = mem_new_array(struct snap, SNAPS);
	test_domain(r->st, "example.test");
	static const char *const names[ACCOUNTS] = { "ann@example.test", "bob@example.test" };
	for (size_t i = 0; i < ACCOUNTS; i++)
		r->account[i] = test_account(r->st, names[i]);
	for (size_t a = 0; a < ACCOUNTS; a++)
		for (size_t b = 0; b < BOXES; b++)
			r->now.box[a][b].uidnext = 1;
	assert_int_equal(store_settle(r->st), OK);
	r->snap[0] = (struct snap){ kv_durable(r->st->kv), r->now };
	r->snaps = 1;
}

static void test_random(void **state)
{
	(void)state;
	uint64_t seed = from_env("CERALACCA_SEED", 1), steps = from_env("CERALACCA_STEPS", 6000);
	fprintf(stderr, "CERALACCA_SEED=%llu\n", (unsigned long long)seed);
	struct run *r = mem_new(struct run);
	begin(r, seed);
	for (uint64_t i = 0; i < steps; i++)
		step(r);
	op_check(r);
	while (store_purge(r->st, 100))
		;
	op_check(r);
	store_close(r->st);
	mem_free(r->snap);
	mem_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
