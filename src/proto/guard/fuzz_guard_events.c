/* A file of events through a small guard with the rules that ship: whatever comes, decisions are well formed, nobody of the spared is
 * banned, memory stays. A second guard fed with the same says the same. */
#include "proto/guard/guard.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[16] = "fuzz_guard_event";
static const struct guard_net safe = { { .bytes = { 192, 0, 2 } }, 24 };

static void require(bool good)
{
	if (!good)
		abort();
}

static struct guard *a_guard(void)
{
	static struct guard_rules rules;
	struct guard_setup setup = { .counters = 64, .memories = 16, .admin_s = 3600 };
	struct guard_rules_error e;
	if (!rules.count)
		require(guard_rules_load(guard_rules_default(), &rules, &e) == OK);
	memcpy(setup.key, key, sizeof key);
	struct guard *g = guard_new(&setup, &rules);
	require(guard_set_safe(g, &safe, 1) == OK);
	return g;
}

static bool must_be_spared(const struct guard_net *net)
{
	const struct guard_net loopback = { { .bytes = { 127 } }, 8 };
	return ip_matches(net->address, safe.address, net->bits < 24 ? net->bits : 24) || ip_matches(net->address, loopback.address, 8);
}

static void check_decision(const struct guard_decision *d, const struct guard_event *e)
{
	struct buf out;
	buf_init(&out, 4096);
	require(d->actions && d->seconds > 0 && d->seconds <= d->rule->most_s && d->offence > 0 && d->rule->weight[e->kind]);
	require(!(d->actions & GUARD_BAN) || (d->net.bits && !d->account && !d->spared && !must_be_spared(&d->net)));
	require(!d->spared || d->actions & GUARD_ALERT);
	require(!d->net.bits || ip_matches(e->source, d->net.address, d->net.bits));
	require(d->rule->measure == GUARD_RATIO || d->measured >= d->limit);
	require(guard_decision_text(d, STR(""), &out) == OK && !str_has_control(buf_str(&out)));
	buf_clear(&out);
	require(guard_decision_json(d, &out) == OK && out.p[0] == '{' && out.p[out.n - 1] == '}');
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct guard *g = a_guard(), *twin = a_guard();
	size_t memory = guard_memory(g);
	struct buf out;
	unsigned line = 0;
	buf_init(&out, (size_t)1 << 20);
	while (text.n) {
		struct guard_decision d[GUARD_DECISIONS_MAX], same[GUARD_DECISIONS_MAX];
		struct guard_event e;
		int64_t ms;
		struct str one = str_until(&text, '\n');
		/* "-" in front: as if the clock had stepped far back */
		bool back = str_take_char(&one, '-');
		if (guard_event_parse(one, key, &ms, &e) != OK)
			continue;
		unsigned n = guard_feed(g, back ? -ms : ms, &e, d);
		require(n <= GUARD_DECISIONS_MAX && n == guard_feed(twin, back ? -ms : ms, &e, same));
		for (unsigned i = 0; i < n; i++)
			check_decision(&d[i], &e);
	}
	require(guard_memory(g) == memory);
	int r = guard_simulate(twin, (struct str){ (const char *)data, size }, key, size & 1, &out, &line);
	require(r == OK || (line > 0 && line <= size));
	guard_free(g);
	guard_free(twin);
	buf_done(&out);
	return 0;
}
