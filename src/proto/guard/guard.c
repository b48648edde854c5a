#include "proto/guard/guard_internal.h"

#include <math.h>

enum {
	GOODWILL_WINDOW_S = 86400, GOODWILL_SCORE = 100, ALLOWANCE_MOST = 8, DISTINCT_LIMIT_MOST = 400, SUSPICION_MOST = 200, BATCH = 16,
	OWN_S = 30 * 86400, REPEAT_S = 7 * 86400,
};

struct guard *guard_new(const struct guard_setup *setup, const struct guard_rules *rules)
{
	struct guard *g = mem_new(struct guard);
	memcpy(g->key, setup->key, sizeof g->key);
	g->secret = guard_hash(g->key, STR("values"));
	g->admin_s = setup->admin_s;
	g->ban_loopback = setup->ban_loopback;
	guard_table_init(&g->table, setup->counters);
	guard_memory_init(&g->memory, setup->memories);
	/* linear counting: n values leave a share of exp(-n/bits) of the bits clear */
	for (unsigned i = 0; i <= GUARD_BITS; i++)
		g->estimate[i] = i < GUARD_BITS ? (uint16_t)(GUARD_BITS * log(GUARD_BITS / (double)(GUARD_BITS - i))) : 1000;
	guard_set_rules(g, rules);
	return g;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	guard_table_done(&g->table);
	guard_memory_done(&g->memory);
	secret_wipe(g->key, sizeof g->key);
	mem_free(g);
}

void guard_set_rules(struct guard *g, const struct guard_rules *rules)
{
	g->rules = *rules;
	memset(g->of_kind_count, 0, sizeof g->of_kind_count);
	for (size_t i = 0; i < rules->count; i++)
		for (unsigned k = 0; k < GUARD_KINDS; k++)
			if (rules->rule[i].weight[k] || rules->rule[i].other[k])
				g->of_kind[k][g->of_kind_count[k]++] = (uint8_t)i;
}

const struct guard_rules *guard_current_rules(const struct guard *g) { return &g->rules; }

int guard_set_safe(struct guard *g, const struct guard_net *nets, size_t n)
{
	if (n > GUARD_SAFE_MAX)
		return E_TOOBIG;
	for (size_t i = 0; i < n; i++)
		g->safe[i] = guard_net_of(nets[i].address, nets[i].bits);
	g->safe_count = n;
	return OK;
}

size_t guard_memory(const struct guard *g) { return sizeof *g + guard_table_memory(&g->table) + guard_memory_bytes(&g->memory); }

struct guard_net guard_net_of(struct ip_address a, unsigned bits)
{
	unsigned whole = a.v6 ? 16 : 4;
	struct guard_net net = { { .v6 = a.v6 }, (uint8_t)(bits < whole * 8 ? bits : whole * 8) };
	for (unsigned i = 0; i < whole && i * 8 < net.bits; i++) {
		unsigned left = net.bits - i * 8u;
		net.address.bytes[i] = (uint8_t)(a.bytes[i] & (left >= 8 ? 0xffu : 0xff00u >> left));
	}
	return net;
}

/* Key hashes are secret already; a good mixer makes one for each rule of them. */
uint64_t guard_mix(uint64_t key_hash, uint64_t id)
{
	uint64_t x = (key_hash ^ id) * 0xff51afd7ed558ccdu;
	x = (x ^ x >> 32) * 0xc4ceb9fe1a85ec53u;
	return x ^ x >> 29;
}

static bool has_source(const struct guard_event *e)
{
	static const uint8_t none[16];
	return memcmp(e->source.bytes, none, e->source.v6 ? 16 : 4) != 0;
}

static uint64_t plain_key(const struct guard_event *e, enum guard_key key)
{
	return key == GUARD_KEY_ASN ? e->asn : key == GUARD_KEY_HELO ? e->helo : key == GUARD_KEY_DOMAIN ? e->domain : 0;
}

/* The bytes of a key: which one, the masked address, the account or other number. */
static bool key_bytes(const struct guard_event *e, enum guard_key key, uint8_t out[26])
{
	const struct guard_key_form *form = &guard_keys[key];
	unsigned bits = e->source.v6 ? form->v6 : form->v4;
	uint64_t number = form->account ? e->account : plain_key(e, key);
	bool by_address = form->v4 || form->v6;
	if (by_address ? !bits || !has_source(e) : !number)
		return false;
	if (form->account && !number)
		return false;
	struct guard_net net = guard_net_of(e->source, bits);
	out[0] = (uint8_t)key;
	out[1] = by_address && e->source.v6;
	memcpy(out + 2, net.address.bytes, sizeof net.address.bytes);
	put_le64(out + 18, number);
	return true;
}

bool guard_key_hash(struct guard_run *u, enum guard_key key, uint64_t *ret)
{
	uint8_t bytes[26];
	if (!(u->known >> key & 1)) {
		u->known |= 1u << key;
		if (key_bytes(u->e, key, bytes)) {
			u->applies |= 1u << key;
			u->key_hash[key] = guard_hash(u->g->key, (struct str){ (const char *)bytes, sizeof bytes });
		}
	}
	if (!(u->applies >> key & 1))
		return false;
	*ret = u->key_hash[key];
	return true;
}

/* Our own clock: a step back counts as no time at all (B52). */
void guard_tick(struct guard *g, int64_t now_ms)
{
	if (!g->started)
		g->clock_ms = 1000;
	else if (now_ms > g->last_ms)
		g->clock_ms += (uint64_t)now_ms - (uint64_t)g->last_ms;
	g->last_ms = now_ms;
	g->started = true;
}

/* Goodwill: which accounts signed in from a client or network within a day. */
static const enum guard_key goodwill_keys[] = { GUARD_KEY_CLIENT, GUARD_KEY_NETWORK };

static void add_goodwill(struct guard_run *u)
{
	struct guard_moment m = guard_moment_of(GOODWILL_WINDOW_S, true, u->g->clock_ms);
	for (size_t i = 0; i < COUNT_OF(goodwill_keys); i++) {
		uint64_t h;
		if (!guard_key_hash(u, goodwill_keys[i], &h))
			continue;
		struct guard_cell *c = guard_table_cell(&u->g->table, guard_mix(h, GUARD_GOODWILL), u->now_s);
		guard_cell_slide(c, true, &m);
		guard_cell_mark(c, guard_mix(u->e->account ^ u->g->secret, c->tag));
		guard_table_score(&u->g->table, c, GOODWILL_SCORE);
	}
}

uint32_t guard_people(struct guard_run *u, enum guard_key key)
{
	bool wide = guard_keys[key].v4 && guard_keys[key].v4 < 32;
	uint64_t h;
	if (!guard_key_hash(u, wide || guard_keys[key].v6 == 48 ? GUARD_KEY_NETWORK : GUARD_KEY_CLIENT, &h))
		return 0;
	struct guard_cell *c = guard_table_find(&u->g->table, guard_mix(h, GUARD_GOODWILL));
	struct guard_moment m = guard_moment_of(GOODWILL_WINDOW_S, true, u->g->clock_ms);
	if (!c)
		return 0;
	guard_cell_slide(c, true, &m);
	return u->g->estimate[guard_cell_marks(c)];
}

static void remember_admin(struct guard_run *u)
{
	struct guard *g = u->g;
	struct guard_net net = guard_net_of(u->e->source, u->e->source.v6 ? 64 : 32);
	struct guard_admin *place = &g->admin[0];
	for (size_t i = 0; i < GUARD_ADMINS_MAX; i++) {
		if (g->admin[i].net.bits == net.bits && ip_matches(net.address, g->admin[i].net.address, net.bits)) {
			place = &g->admin[i];
			break;
		}
		if (g->admin[i].until_s < place->until_s)
			place = &g->admin[i];
	}
	*place = (struct guard_admin){ net, u->now_s + g->admin_s };
}

/* What is remembered of sign-ins: where an account signed in before, and which wrong password was tried before from there. */
static void look_back(struct guard_run *u)
{
	const struct guard_event *e = u->e;
	struct guard_memory *m = &u->g->memory;
	uint64_t place;
	if (!guard_key_hash(u, GUARD_KEY_ACCOUNT_NETWORK, &place))
		return;
	if (e->kind == GUARD_AUTH_OK) {
		guard_memory_put(m, place, u->now_s, true);
		add_goodwill(u);
		if (e->flags & GUARD_ADMIN)
			remember_admin(u);
	} else if (e->kind == GUARD_AUTH_FAILED || e->kind == GUARD_AUTH_UNKNOWN) {
		u->own = guard_memory_has(m, place, u->now_s, OWN_S);
		if (e->secret) {
			uint64_t tried = guard_mix(place, e->secret);
			u->repeat = guard_memory_has(m, tried, u->now_s, REPEAT_S);
			guard_memory_put(m, tried, u->now_s, false);
		}
	}
}

static uint32_t amount(const struct guard_rule *rule, const struct guard_event *e)
{
	uint64_t n = rule->measure == GUARD_SUM_NUMBER ? e->number : rule->measure == GUARD_SUM_FRESH ? e->fresh : 1;
	n *= rule->weight[e->kind];
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static uint64_t field_value(struct guard_run *u, enum guard_field field)
{
	const struct guard_event *e = u->e;
	uint64_t h = 0;
	switch (field) {
	case GUARD_FIELD_ACCOUNT: return e->account;
	case GUARD_FIELD_HELO: return e->helo;
	case GUARD_FIELD_DOMAIN: return e->domain;
	case GUARD_FIELD_VALUE: return e->value;
	case GUARD_FIELD_ADDRESS:
	case GUARD_FIELD_COUNT: break;
	}
	return guard_key_hash(u, GUARD_KEY_CLIENT, &h) ? h : 0;
}

/* Puts the event into the cell. False: nothing to judge. */
static bool take_distinct(struct guard_run *u, const struct guard_rule *rule, struct guard_cell *c, struct guard_decision *m)
{
	uint64_t value = field_value(u, rule->field);
	if (!value || !rule->weight[u->e->kind])
		return false;
	guard_cell_mark(c, guard_mix(value ^ u->g->secret, c->tag));
	m->measured = u->g->estimate[guard_cell_marks(c)];
	return true;
}

static bool take_count(struct guard_run *u, const struct guard_rule *rule, struct guard_cell *c,
		       const struct guard_moment *now, struct guard_decision *m)
{
	uint32_t n = amount(rule, u->e);
	uint32_t before = guard_cell_count(c, 1, now);
	if (rule->other[u->e->kind])
		guard_cell_add(c, 1, 1);
	if (!n || (rule->measure == GUARD_SEQUENCE && !before))
		return false;
	guard_cell_add(c, 0, n);
	m->measured = guard_cell_count(c, 0, now);
	m->of = guard_cell_count(c, 1, now);
	return true;
}

/* Whether the limit is reached. The allowance is looked up only where it could matter. */
static bool crossed(struct guard_run *u, const struct guard_rule *rule, struct guard_decision *m)
{
	bool ratio = rule->measure == GUARD_RATIO;
	uint32_t least = ratio ? rule->at_least : rule->limit, reached = ratio ? m->of : m->measured;
	m->limit = rule->limit;
	if (reached < least || (ratio && (uint64_t)m->measured * 100 < (uint64_t)rule->limit * m->of))
		return false;
	if (!(rule->flags & GUARD_SHARED))
		return true;
	uint32_t people = guard_people(u, rule->key);
	least *= people < ALLOWANCE_MOST ? people + 1 : ALLOWANCE_MOST;
	if (rule->measure == GUARD_DISTINCT && least > DISTINCT_LIMIT_MOST)
		least = DISTINCT_LIMIT_MOST;
	if (!ratio)
		m->limit = least;
	return reached >= least;
}

static bool passed_over(const struct guard_run *u, const struct guard_rule *rule)
{
	return (u->own && rule->flags & GUARD_EXCEPT_OWN) || (u->repeat && !(rule->flags & GUARD_REPEATS));
}

/* What still comes from a client that is out already is its own affair: it must not add up to a ban of its whole network. */
static bool is_out(struct guard_run *u, enum guard_key key)
{
	const struct guard_key_form *form = &guard_keys[key];
	uint64_t h;
	if (form->account || (form->v4 != 24 && form->v6 != 48) || !guard_key_hash(u, GUARD_KEY_CLIENT, &h))
		return false;
	if (!u->out_known) {
		const struct guard_cell *c = guard_table_find(&u->g->table, guard_mix(h, GUARD_OFFENCE));
		u->out = c && c->offence.until_s > u->now_s;
		u->out_known = true;
	}
	return u->out;
}

static uint32_t suspicion(const struct guard_rule *rule, uint32_t measured)
{
	uint64_t per_cent = (uint64_t)measured * 100 / rule->limit;
	return per_cent < SUSPICION_MOST ? (uint32_t)per_cent : SUSPICION_MOST;
}

static void apply(struct guard_run *u, const struct guard_rule *rule, uint64_t hash)
{
	bool bits = rule->measure == GUARD_DISTINCT;
	struct guard_moment now = guard_moment_of(rule->window_s, bits, u->g->clock_ms);
	struct guard_cell *c = guard_table_cell(&u->g->table, hash, u->now_s);
	struct guard_decision m = { .of = 0 };
	guard_cell_slide(c, bits, &now);
	if (c->quiet_s > u->now_s)
		return;
	if (bits ? !take_distinct(u, rule, c, &m) : !take_count(u, rule, c, &now, &m))
		return;
	guard_table_score(&u->g->table, c, suspicion(rule, m.measured));
	if (crossed(u, rule, &m))
		guard_decide(u, rule, &m);
}

/* Rules [from, to) of the event's kind. First all rows are asked for, then all cells, then they are used: memory answers while we work. */
static void apply_some(struct guard_run *u, size_t from, size_t to)
{
	const struct guard *g = u->g;
	const struct guard_rule *rule[BATCH];
	uint64_t hash[BATCH], key_hash;
	size_t n = 0;
	for (size_t i = from; i < to; i++) {
		rule[n] = &g->rules.rule[g->of_kind[u->e->kind][i]];
		if (passed_over(u, rule[n]) || is_out(u, rule[n]->key) || !guard_key_hash(u, rule[n]->key, &key_hash))
			continue;
		hash[n] = guard_mix(key_hash, rule[n]->id);
		guard_table_prefetch_row(&g->table, hash[n++]);
	}
	for (size_t i = 0; i < n; i++)
		guard_table_prefetch_cell(&g->table, hash[i], u->now_s);
	for (size_t i = 0; i < n; i++)
		apply(u, rule[i], hash[i]);
}

unsigned guard_feed(struct guard *g, int64_t now_ms, const struct guard_event *e, struct guard_decision ret[GUARD_DECISIONS_MAX])
{
	struct guard_run u = { .g = g, .e = e, .ret = ret };
	if (e->kind >= GUARD_KINDS)
		return 0;
	guard_tick(g, now_ms);
	u.now_s = (uint32_t)(g->clock_ms / 1000);
	look_back(&u);
	size_t n = g->of_kind_count[e->kind];
	for (size_t i = 0; i < n; i += BATCH)
		apply_some(&u, i, i + BATCH < n ? i + BATCH : n);
	return u.count;
}

static void forget(struct guard *g, const struct guard_event *e, bool account)
{
	struct guard_run u = { .g = g, .e = e };
	for (size_t i = 0; i < g->rules.count; i++) {
		const struct guard_rule *rule = &g->rules.rule[i];
		uint64_t h;
		if (guard_keys[rule->key].account != account || !guard_key_hash(&u, rule->key, &h))
			continue;
		guard_table_drop(&g->table, guard_mix(h, rule->id));
		guard_table_drop(&g->table, guard_mix(h, GUARD_OFFENCE));
	}
}

void guard_forget(struct guard *g, struct ip_address address) { forget(g, &(struct guard_event){ .source = address }, false); }

void guard_forget_account(struct guard *g, uint64_t account) { forget(g, &(struct guard_event){ .account = account }, true); }
