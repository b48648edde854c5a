/* What follows when a limit is reached: for how long, and who is spared. */
#include "proto/guard/guard_internal.h"

static bool overlap(const struct guard_net *a, const struct guard_net *b)
{
	return ip_matches(a->address, b->address, a->bits < b->bits ? a->bits : b->bits);
}

static bool is_admin(const struct guard *g, const struct guard_net *net, uint32_t now_s)
{
	for (size_t i = 0; i < GUARD_ADMINS_MAX; i++)
		if (g->admin[i].until_s > now_s && overlap(&g->admin[i].net, net))
			return true;
	return false;
}

static enum guard_spared spared(const struct guard *g, const struct guard_net *net, uint32_t now_s)
{
	static const struct guard_net loopback[] = {
		{ { .bytes = { 127 } }, 8 }, { { .bytes = { [15] = 1 }, .v6 = true }, 128 },
	};
	for (size_t i = 0; i < COUNT_OF(loopback) && !g->ban_loopback; i++)
		if (overlap(&loopback[i], net))
			return GUARD_SPARED_LOOPBACK;
	for (size_t i = 0; i < g->safe_count; i++)
		if (overlap(&g->safe[i], net))
			return GUARD_SPARED_SAFE;
	return is_admin(g, net, now_s) ? GUARD_SPARED_ADMIN : GUARD_NOT_SPARED;
}

enum guard_spared guard_spares(struct guard *g, int64_t now_ms, const struct guard_net *net)
{
	guard_tick(g, now_ms);
	return spared(g, net, (uint32_t)(g->clock_ms / 1000));
}

static void whom(struct guard_run *u, const struct guard_rule *rule, struct guard_decision *d)
{
	const struct guard_key_form *form = &guard_keys[rule->key];
	unsigned bits = u->e->source.v6 ? form->v6 : form->v4;
	if (bits)
		d->net = guard_net_of(u->e->source, bits);
	d->source = u->e->source;
	d->account = form->account ? u->e->account : 0;
	d->helo = rule->key == GUARD_KEY_HELO ? u->e->helo : 0;
	d->domain = rule->key == GUARD_KEY_DOMAIN ? u->e->domain : 0;
	d->asn = rule->key == GUARD_KEY_ASN ? u->e->asn : 0;
}

static uint32_t escalated(const struct guard_rule *rule, uint32_t level)
{
	uint64_t s = rule->duration_s;
	for (uint32_t i = 0; i < level && s < rule->most_s; i++)
		s *= rule->factor;
	return (uint32_t)(s < rule->most_s ? s : rule->most_s);
}

/* Offences of one target are counted together, whatever rule saw them; one is forgiven each decay after the last has ended.
 * Returns false while one is being paid for: what is still in flight is not told again. */
static bool offend(struct guard_run *u, const struct guard_rule *rule, struct guard_decision *d)
{
	uint64_t h;
	d->seconds = rule->duration_s;
	if (rule->factor == 1 && !(d->actions & GUARD_BAN))
		return true;
	if (!guard_key_hash(u, rule->key, &h))
		return true;
	struct guard_cell *c = guard_table_cell(&u->g->table, guard_mix(h, GUARD_OFFENCE), u->now_s);
	guard_table_score(&u->g->table, c, GUARD_SCORE_MOST);
	if (c->offence.until_s > u->now_s)
		return false;
	uint32_t forgiven = rule->decay_s && u->now_s > c->offence.since_s ? (u->now_s - c->offence.since_s) / rule->decay_s : 0;
	uint32_t level = c->offence.level > forgiven ? c->offence.level - forgiven : 0;
	d->seconds = escalated(rule, level);
	d->offence = level + 1;
	c->offence.level = d->offence;
	c->offence.until_s = c->offence.since_s = u->now_s + d->seconds;
	return true;
}

void guard_restore(struct guard *g, int64_t now_ms, enum guard_key key, const struct guard_net *net, uint64_t account, uint32_t seconds, uint32_t offence)
{
	const struct guard_event e = { .source = net->address, .account = account };
	struct guard_run u = { .g = g, .e = &e };
	uint64_t h;
	guard_tick(g, now_ms);
	u.now_s = (uint32_t)(g->clock_ms / 1000);
	if (!guard_key_hash(&u, key, &h))
		return;
	struct guard_cell *c = guard_table_cell(&g->table, guard_mix(h, GUARD_OFFENCE), u.now_s);
	guard_table_score(&g->table, c, GUARD_SCORE_MOST);
	c->offence.level = offence;
	c->offence.until_s = c->offence.since_s = u.now_s + seconds;
}

/* The rule begins anew for this target, when the decision has ended. The cell is looked up again: the offence may have taken its place. */
static void rest(struct guard_run *u, const struct guard_rule *rule, uint32_t seconds)
{
	uint64_t h;
	struct guard_cell *c = guard_key_hash(u, rule->key, &h) ? guard_table_find(&u->g->table, guard_mix(h, rule->id)) : NULL;
	if (!c)
		return;
	memset(c->bits, 0, sizeof c->bits);
	c->quiet_s = u->now_s + seconds;
}

void guard_decide(struct guard_run *u, const struct guard_rule *rule, const struct guard_decision *measured)
{
	enum { BY_ADDRESS = GUARD_BAN | GUARD_REJECT | GUARD_TARPIT };
	struct guard_decision d = *measured;
	d.now_ms = u->g->last_ms;
	d.rule = rule;
	d.kind = u->e->kind;
	d.actions = rule->actions;
	d.offence = 1;
	whom(u, rule, &d);
	if (d.net.bits && d.actions & BY_ADDRESS)
		d.spared = spared(u->g, &d.net, u->now_s);
	if (d.spared)
		d.actions = (d.actions & ~(unsigned)BY_ADDRESS) | GUARD_ALERT;
	bool told = d.spared || offend(u, rule, &d);
	if (d.spared)
		d.seconds = rule->duration_s;
	rest(u, rule, d.seconds);
	if (!told)
		return;
	if (u->count < GUARD_DECISIONS_MAX)
		u->ret[u->count++] = d;
}
