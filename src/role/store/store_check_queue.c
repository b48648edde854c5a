#include "role/store/store_check_internal.h"

static unsigned long long ull(uint64_t v) { return v; }

static int expect_key(struct check *c, uint64_t id, const struct store_key *k, const char *what)
{
	int r = kv_has(c->st->kv, ENGINE_QUEUE, store_key_str(k));
	if (r == E_NOTFOUND)
		check_finding(c, "queue entry %llu: is missing in the index of %s", ull(id), what);
	return r == E_NOTFOUND ? OK : r;
}

static int on_entry(struct check *c, void *ctx, struct str key, struct str value)
{
	struct store_queue_entry e;
	uint64_t id = store_key_tail64(key);
	uint64_t *scheduled = ctx;
	c->n.queued++;
	if (rec_queue_read(value, &e) != OK) {
		check_finding(c, "queue entry %llu: does not read", ull(id));
		return OK;
	}
	if (id >= c->st->sys.next_queue)
		check_finding(c, "queue entry %llu: the counter of entries lies below", ull(id));
	check_blob_owner(c, e.blob, e.size);
	struct store_key k = store_key_destination(e.destination, id);
	int r = expect_key(c, id, &k, "destinations");
	if (r != OK || e.state != STORE_QUEUE_SCHEDULED)
		return r;
	++*scheduled;
	k = store_key_due(e.next, id);
	return expect_key(c, id, &k, "due times");
}

/* Every index key must have its entry; that each entry has its keys was seen, so equal numbers mean equal sets. */
static int on_index(struct check *c, void *ctx, struct str key, struct str value)
{
	(void)c;
	(void)key;
	(void)value;
	++*(uint64_t *)ctx;
	return OK;
}

static int on_aside(struct check *c, void *ctx, struct str key, struct str value)
{
	(void)ctx;
	(void)value;
	check_finding(c, "queue entry %llu: was set aside because it does not read", ull(store_key_tail64(key)));
	return OK;
}

static int each_kind(struct check *c, char kind, check_fn *fn, void *ctx)
{
	struct store_key from = store_key_name(kind, STR(""));
	return check_each(c, ENGINE_QUEUE, from, store_key_after(&from), fn, ctx);
}

int check_queue(struct check *c)
{
	uint64_t scheduled = 0, due = 0, destinations = 0;
	int r = each_kind(c, STORE_Q_ENTRY, on_entry, &scheduled);
	if (r == OK)
		r = each_kind(c, STORE_Q_DUE, on_index, &due);
	if (r == OK)
		r = each_kind(c, STORE_Q_DESTINATION, on_index, &destinations);
	if (r == OK)
		r = each_kind(c, STORE_Q_ASIDE, on_aside, NULL);
	if (due != scheduled)
		check_finding(c, "queue: %llu entries are scheduled, the index of due times has %llu", ull(scheduled),
			      ull(due));
	if (destinations != c->n.queued)
		check_finding(c, "queue: %llu entries, the index of destinations has %llu", ull(c->n.queued),
			      ull(destinations));
	return r;
}
