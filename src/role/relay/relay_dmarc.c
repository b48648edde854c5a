#include "role/relay/relay_dmarc.h"

#include "ipc/records.h"
#include "os/log.h"
#include "proto/dmarc/dmarc_seen.h"

enum { WRITE_MS = 60000, TRIES = 3 /* periods */, DOMAIN_MAX = 253, ROOM = 64 << 20, BATCH = 50 /* rows of up to 4 KiB in one call */, PERIOD_DIGITS = 10 };

/* ---- what was seen since the last writing ---- */

struct seen { struct buf key; uint64_t count; };         /* key: domain, NUL, row */
static struct map counts;
static bool started;

static void forget(struct seen *s)
{
	buf_done(&s->key);
	mem_free(s);
}

static void count_row(struct str domain, struct str row, uint64_t n)
{
	struct seen *s = mem_new(struct seen), *old;
	buf_init(&s->key, DOMAIN_MAX + 1 + DMARC_SEEN_MAX);
	struct bufw w = { .b = &s->key };
	bufw_str(&w, domain);
	bufw_char(&w, '\0');
	bufw_str(&w, row);
	old = map_str_get(&counts, buf_str(&s->key));
	if (old)
		old->count += n;
	if (old || w.err != OK || counts.count >= RELAY_SEEN_MAX) {
		forget(s);
		return;
	}
	s->count = n;
	map_str_put(&counts, buf_str(&s->key), s);
}

static bool domain_valid(struct str d)
{
	for (size_t i = 0; i < d.n; i++)
		if (!ascii_is_alnum(d.p[i]) && d.p[i] != '.' && d.p[i] != '-' && d.p[i] != '_')
			return false;
	return d.n > 0 && d.n <= DOMAIN_MAX - 40;       /* the key has other parts, too */
}

void relay_on_dmarc_seen(struct channel *from, const struct ipc_dmarc_seen_note *m)
{
	struct arena a;
	struct dmarc_report_record row;
	(void)from;
	arena_init(&a, 64 << 10, NULL, NULL);
	if (started && domain_valid(m->domain) && dmarc_seen_read(&a, m->row, 1, &row) == OK)
		count_row(m->domain, m->row, 1);
	arena_done(&a);
}

/* ---- into the store ---- */

static uint64_t period_of(const struct relay *r, int64_t now) { return (uint64_t)now / r->conf->relay.dmarc_report_every; }

/* What was counted in this period before is added to. */
static int put_count(struct relay *r, struct records_batch *b, const struct seen *s)
{
	struct arena a;
	struct buf value;
	struct str row = buf_str(&s->key), domain = str_until(&row, '\0'), old = STR("");
	uint64_t version;
	arena_init(&a, 64 << 10, NULL, NULL);
	struct str key = arena_printf(&a, "out/%0*llx/%.*s/%016llx", PERIOD_DIGITS, (unsigned long long)period_of(r, r->env->now(r->ctx)), (int)domain.n,
		domain.p, (unsigned long long)str_hash(row));
	int e = records_get(&a, key, &old, &version);
	struct reader before = reader_of(old);
	buf_init(&value, DMARC_SEEN_MAX + 16);
	struct bufw w = { .b = &value };
	write_u64(&w, s->count + (e == OK ? read_u64(&before) : 0));
	bufw_str(&w, row);
	if (e == OK || e == E_NOTFOUND)
		records_set(b, key, RECORDS_ANY, buf_str(&value));
	buf_done(&value);
	arena_done(&a);
	return e == E_NOTFOUND ? OK : e;
}

static int write_some(struct relay *r, struct seen **v, size_t n)
{
	struct records_batch b;
	int e = OK;
	records_begin(&b);
	for (size_t i = 0; i < n && e == OK; i++)
		e = put_count(r, &b, v[i]);
	if (e == OK)
		return records_commit(&b);
	buf_done(&b.writes);
	return e;
}

/* The table is emptied first: what comes while the store writes is counted anew. What could not be written goes back. */
static int write_counts(struct relay *r)
{
	size_t n = 0, at = 0;
	struct seen **all = mem_new_array(struct seen *, counts.count + 1), *s;
	for (size_t i = 0; (s = map_next(&counts, &i));)
		all[n++] = s;
	map_done(&counts);
	map_init(&counts, 0);
	int e = OK;
	for (; at < n && e == OK; at += e == OK ? (n - at < BATCH ? n - at : BATCH) : 0)
		e = write_some(r, all + at, n - at < BATCH ? n - at : BATCH);
	for (size_t i = 0; i < n; i++) {
		struct str row = buf_str(&all[i]->key), domain = str_until(&row, '\0');
		if (i >= at)
			count_row(domain, row, all[i]->count);
		forget(all[i]);
	}
	mem_free(all);
	return e;
}

/* ---- reports of periods that are over ---- */

struct group {
	struct relay *r;
	struct arena a;
	struct str prefix;              /* "out/PERIOD/DOMAIN/" */
	uint64_t now_period, period;
	struct dmarc_report report;
	struct str *keys;
	size_t key_count, key_cap;
};

static int remove_records(const struct group *g)
{
	int e = OK;
	for (size_t i = 0; i < g->key_count && e == OK;) {
		struct records_batch b;
		records_begin(&b);
		for (size_t n = 0; n < RECORDS_WRITES_MAX && i < g->key_count; n++, i++)
			records_remove(&b, g->keys[i], RECORDS_ANY);
		e = records_commit(&b);
	}
	return e;
}

static int finish_group(struct group *g)
{
	uint64_t every = g->r->conf->relay.dmarc_report_every;
	if (!g->prefix.n)
		return OK;
	g->report.begin = g->period * every;
	g->report.end = (g->period + 1) * every - 1;
	int e = relay_dmarc_send(g->r, &g->a, &g->report);
	if (e == OK || g->now_period - g->period > TRIES)
		e = remove_records(g);
	arena_reset(&g->a);
	g->prefix = STR("");
	return e;
}

/* "out/PERIOD/DOMAIN/..." */
static int begin_group(struct group *g, struct str key)
{
	struct str rest = str_skip(key, 4), period = str_until(&rest, '/'), domain = str_until(&rest, '/');
	g->period = 0;
	for (size_t i = 0; i < period.n; i++)
		g->period = g->period << 4 | (unsigned)(ascii_is_digit(period.p[i]) ? period.p[i] - '0' : (period.p[i] - 'a' + 10) & 15);
	if (g->period >= g->now_period)
		return E_NOTFOUND;      /* in order of time: nothing that follows is over */
	g->prefix = arena_dup(&g->a, str_first(key, key.n - rest.n));
	g->report = (struct dmarc_report){ .domain = arena_dup(&g->a, domain) };
	g->keys = NULL;
	g->key_count = g->key_cap = 0;
	return OK;
}

static void add_row(struct group *g, struct str row, uint64_t count)
{
	struct dmarc_report *p = &g->report;
	struct dmarc_report_record one;
	if (dmarc_seen_read(&g->a, arena_dup(&g->a, row), count, &one) == OK)
		*(struct dmarc_report_record *)arena_push(&g->a, &p->records, &p->record_count, &p->record_cap, sizeof one) = one;
}

static int each(void *ctx, const struct records_item *item)
{
	struct group *g = ctx;
	struct reader in = reader_of(item->value);
	int e = OK;
	if (g->prefix.n && (!str_starts(item->key, g->prefix) || g->key_count == RELAY_ROWS_MAX))
		e = finish_group(g);
	if (e == OK && !g->prefix.n)
		e = begin_group(g, item->key);
	if (e != OK)
		return e;
	uint64_t count = read_u64(&in);
	add_row(g, in.rest, count);
	*(struct str *)arena_push(&g->a, &g->keys, &g->key_count, &g->key_cap, sizeof item->key) = arena_dup(&g->a, item->key);
	return OK;
}

static int send_reports(struct relay *r)
{
	struct group *g = mem_new(struct group);
	g->r = r;
	g->now_period = period_of(r, r->env->now(r->ctx));
	arena_init(&g->a, ROOM, NULL, NULL);
	int e = records_each(STR("out/"), each, g);
	if (e == E_NOTFOUND)
		e = OK;
	if (e == OK)
		e = finish_group(g);
	arena_done(&g->a);
	mem_free(g);
	return e;
}

void relay_dmarc_reports(void *relay)
{
	struct relay *r = relay;
	uint64_t sent = 0;
	map_init(&counts, 0);
	started = r->conf->relay.dmarc_reports;
	while (started && !r->stopping) {
		int64_t every = (int64_t)r->conf->relay.dmarc_report_every * 1000;
		if (fiber_sleep(every < WRITE_MS ? every : WRITE_MS) != OK || r->stopping)
			break;
		int e = counts.count ? write_counts(r) : OK;
		uint64_t period = period_of(r, r->env->now(r->ctx));
		if (e == OK && period != sent)
			e = send_reports(r);
		if (e == OK)
			sent = period;
		else
			log_event(LOG_WARNING, "relay.dmarc-report", LOG_C("what", "tried again"), LOG_E(e), LOG_END);
	}
}
