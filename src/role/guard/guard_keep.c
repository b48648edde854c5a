/* Sentences and rules in the store's role records. Writing never holds up a decision: what has changed is noted, and one fiber writes it,
 * many targets at once, and again until the store has it. */
#include "io/fiber.h"
#include "ipc/records.h"
#include "ipc/role_run.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "role/guard/guard_keep.h"
#include "role/guard/guard_record.h"
#include "role/guard/guard_ruling.h"

enum { AGAIN_MS = 1000, BATCH_BYTES = 192 << 10 };

struct unsaved { struct unsaved *next; char key[STANDING_KEY]; };

static struct {
	struct map by_key;
	struct unsaved *first, **last;
	struct waiters work;
	bool reading;
} keep;

static void begin(void)
{
	if (keep.last)
		return;
	map_init(&keep.by_key, random_u64());
	keep.last = &keep.first;
	waiters_init(&keep.work);
}

void keep_changed(const struct standing *t)
{
	begin();
	if (keep.reading || map_str_get(&keep.by_key, (struct str){ t->key, STANDING_KEY }))
		return;
	struct unsaved *u = mem_new(struct unsaved);
	memcpy(u->key, t->key, STANDING_KEY);
	map_str_put(&keep.by_key, (struct str){ u->key, STANDING_KEY }, u);
	*keep.last = u;
	keep.last = &u->next;
	waiters_wake_one(&keep.work);
}

uint64_t keep_unsaved(void) { return keep.by_key.count; }

static struct unsaved *take(void)
{
	struct unsaved *u = keep.first;
	if (!u)
		return NULL;
	keep.first = u->next;
	if (!keep.first)
		keep.last = &keep.first;
	map_str_remove(&keep.by_key, (struct str){ u->key, STANDING_KEY });
	return u;
}

static void add(struct records_batch *b, const char key[STANDING_KEY])
{
	struct standing *t = sentence_by_key(key);
	struct buf value;
	char name[RECORD_KEY];
	record_key(key, name);
	buf_init(&value, RECORD_VALUE_MAX);
	if (t && record_write(t, clock_real(), clock_mono_ms(), &value) == OK)
		records_set(b, (struct str){ name, RECORD_KEY }, RECORDS_ANY, buf_str(&value));
	else
		records_remove(b, (struct str){ name, RECORD_KEY }, RECORDS_ANY);
	buf_done(&value);
}

/* Writes the state of this moment of some. When it fails they are noted again: whatever they are then is written. */
static int write_some(void)
{
	static char keys[RECORDS_WRITES_MAX][STANDING_KEY];
	struct records_batch b;
	struct unsaved *u;
	size_t n = 0;
	records_begin(&b);
	while (n < RECORDS_WRITES_MAX && b.writes.n < BATCH_BYTES && (u = take())) {
		memcpy(keys[n], u->key, STANDING_KEY);
		add(&b, keys[n++]);
		mem_free(u);
	}
	int r = records_commit(&b);
	for (size_t i = 0; r != OK && i < n; i++) {
		struct standing gone = { .first = NULL };
		memcpy(gone.key, keys[i], STANDING_KEY);
		keep_changed(&gone);
	}
	return r;
}

/* Bans of this server outlive it; one that cannot be read is passed over. */
static int take_record(void *ctx, const struct records_item *item)
{
	static struct sentence s[RECORD_SENTENCES_MAX];
	struct guard_target target;
	size_t n = 0, *count = ctx;
	int r = record_target(item->key, &target);
	if (r == OK)
		r = record_read(item->value, clock_real(), clock_mono_ms(), s, &n);
	if (r != OK)
		log_event(LOG_ERROR, "guard.record", LOG_E(r), LOG_END);
	for (size_t i = 0; r == OK && i < n; i++) {
		uint32_t left = (uint32_t)((s[i].until_ms - clock_mono_ms() + 999) / 1000);
		keep.reading = true;
		sentence_pass(&target, &s[i]);
		keep.reading = false;
		guard_restore(guard_engine, clock_mono_ms(), s[i].key, &target.net, target.account, left, s[i].offence);
	}
	if (r == OK && !n) {
		struct standing ended = { .target = target };
		sentence_key(&target, ended.key);
		keep_changed(&ended);
	}
	*count += n;
	return OK;
}

/* Signed by a key that the configuration does not name any more, or broken: passed over, and said. */
static void take_rules(struct str value)
{
	struct guard_rules *rules = mem_new(struct guard_rules);
	struct reader in = reader_of(value);
	struct str text = read_str(&in, RULING_TEXT_MAX), signature = read_str(&in, RULING_SIGNATURE);
	struct buf why;
	buf_init(&why, 512);
	if (reader_end(&in) != OK)
		log_event(LOG_ERROR, "guard.rules", LOG_C("why", "the record does not read"), LOG_END);
	else if (ruling_check(role_conf(), text, signature, rules, &why) != OK)
		log_event(LOG_ERROR, "guard.rules", LOG_S("why", buf_str(&why)), LOG_END);
	else
		guard_set_rules(guard_engine, rules);
	buf_done(&why);
	mem_free(rules);
}

int keep_read_rules(void)
{
	struct arena a;
	struct str value;
	uint64_t version;
	arena_init(&a, 256 << 10, NULL, NULL);
	int r = records_get(&a, STR("rules"), &value, &version);
	if (r == OK)
		take_rules(value);
	arena_done(&a);
	return r == E_NOTFOUND ? OK : r;
}

int keep_rules(struct str text, struct str signature)
{
	struct buf value;
	buf_init(&value, RECORDS_VALUE_MAX);
	struct bufw w = { .b = &value };
	write_str(&w, text);
	write_str(&w, signature);
	int r = w.err == OK ? records_put(STR("rules"), RECORDS_ANY, buf_str(&value)) : w.err;
	buf_done(&value);
	return r;
}

int keep_no_rules(void)
{
	struct records_batch b;
	records_begin(&b);
	records_remove(&b, STR("rules"), RECORDS_ANY);
	return records_commit(&b);
}

static int read_all(size_t *ret_count)
{
	*ret_count = 0;
	int r = records_each(STR("t"), take_record, ret_count);
	return r == OK ? keep_read_rules() : r;
}

static void keeper(void *arg)
{
	size_t count;
	int r;
	(void)arg;
	while ((r = read_all(&count)) != OK) {
		log_event(LOG_WARNING, "guard.read", LOG_E(r), LOG_END);
		if (fiber_sleep(AGAIN_MS) != OK)
			return;
	}
	guard_tell_complete();
	log_event(LOG_INFO, "guard.ready", LOG_U("sentences", count), LOG_U("rules", guard_current_rules(guard_engine)->count), LOG_END);
	for (;;) {
		while (!keep.first)
			if (waiters_wait(&keep.work, FIBER_FOREVER) != OK)
				return;
		if (write_some() != OK && fiber_sleep(AGAIN_MS) != OK)
			return;
	}
}

void keep_start(void)
{
	begin();
	fiber_start(keeper, NULL);
}
