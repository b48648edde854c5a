#include "proto/guard/guard.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const spared_names[] = { "", "loopback", "safe", "administrator" };
static const char *const spared_texts[] = {
	"", "it is this machine", "it is on the safe list", "an administrator signed in from there lately",
};

struct str guard_net_text(const struct guard_net *net, char text[IP_TEXT_MAX + 4])
{
	struct str s = ip_format(net->address, text);
	if (net->bits == (net->address.v6 ? 128 : 32))
		return s;
	snprintf(text + s.n, 5, "/%u", net->bits);
	return str_c(text);
}

int guard_net_parse(struct str text, struct guard_net *ret)
{
	struct str address = str_until(&text, '/');
	bool whole = text.p == address.p + address.n;
	struct ip_address a;
	uint64_t bits;
	int r = ip_parse(address, &a);
	if (r != OK)
		return r;
	if (whole)
		bits = a.v6 ? 128 : 32;
	else if (str_u64(text, a.v6 ? 128 : 32, &bits) != OK)
		return E_SYNTAX;
	*ret = guard_net_of(a, (unsigned)bits);
	return OK;
}

static const char *unit_of(const struct guard_rule *rule)
{
	switch (rule->measure) {
	case GUARD_SUM_NUMBER: return " recipients";
	case GUARD_SUM_FRESH: return " new recipients";
	case GUARD_DISTINCT: return " different ones";
	case GUARD_COUNT:
	case GUARD_RATIO:
	case GUARD_SEQUENCE: break;
	}
	return "";
}

static void kinds(struct bufw *w, const struct guard_rule *rule, bool other)
{
	const char *between = "";
	for (unsigned i = 0; i < GUARD_KINDS; i++) {
		if (other ? !rule->other[i] : !rule->weight[i])
			continue;
		bufw_printf(w, "%s%s", between, guard_kind_name((enum guard_kind)i));
		between = ", ";
	}
}

static void how_much(struct bufw *w, const struct guard_decision *d)
{
	const struct guard_rule *rule = d->rule;
	char window[16];
	guard_time_text(rule->window_s, window);
	bufw_printf(w, "%u%s", d->measured, unit_of(rule));
	if (rule->measure == GUARD_RATIO)
		bufw_printf(w, " of %u", d->of);
	bufw_c(w, " (");
	kinds(w, rule, false);
	if (rule->measure == GUARD_SEQUENCE) {
		bufw_c(w, " after ");
		kinds(w, rule, true);
	}
	bufw_printf(w, ") in %s, limit %u%s", window, d->limit, rule->measure == GUARD_RATIO ? "%" : "");
}

static void target(struct bufw *w, const struct guard_decision *d, struct str who)
{
	char text[IP_TEXT_MAX + 4];
	if (d->account && who.n)
		bufw_printf(w, " account " STR_FMT, STR_ARG(who));
	else if (d->account)
		bufw_printf(w, " account #%016" PRIx64, d->account);
	if (d->net.bits) {
		bufw_c(w, " from ");
		bufw_str(w, guard_net_text(&d->net, text));
	}
	if (d->asn)
		bufw_printf(w, " from AS%u", d->asn);
	if (d->helo)
		bufw_printf(w, " with HELO #%016" PRIx64, d->helo);
	if (d->domain)
		bufw_printf(w, " to domain #%016" PRIx64, d->domain);
}

int guard_decision_text(const struct guard_decision *d, struct str who, struct buf *out)
{
	struct bufw w = { .b = out };
	char lasting[16];
	const char *between = "";
	for (unsigned i = 0; i < GUARD_ACTION_COUNT; i++) {
		if (!(d->actions >> i & 1))
			continue;
		bufw_printf(&w, "%s%s", between, guard_action_name((enum guard_action_bit)i));
		between = "+";
	}
	target(&w, d, who);
	guard_time_text(d->seconds, lasting);
	bufw_printf(&w, " for %s", lasting);
	if (d->offence > 1)
		bufw_printf(&w, " (offence %u)", d->offence);
	bufw_printf(&w, ": %s: ", d->rule->name);
	how_much(&w, d);
	if (d->spared)
		bufw_printf(&w, "; not banned, %s", spared_texts[d->spared]);
	return w.err;
}

static void json_actions(struct bufw *w, const struct guard_decision *d)
{
	const char *between = "";
	bufw_c(w, ",\"actions\":[");
	for (unsigned i = 0; i < GUARD_ACTION_COUNT; i++) {
		if (!(d->actions >> i & 1))
			continue;
		bufw_printf(w, "%s\"%s\"", between, guard_action_name((enum guard_action_bit)i));
		between = ",";
	}
	bufw_c(w, "]");
}

static void json_hash(struct bufw *w, const char *name, uint64_t hash)
{
	if (hash)
		bufw_printf(w, ",\"%s\":\"%016" PRIx64 "\"", name, hash);
}

/* Names of rules, kinds and actions are made of a-z, 0-9 and "-": nothing here needs escaping. */
int guard_decision_json(const struct guard_decision *d, struct buf *out)
{
	struct bufw w = { .b = out };
	char text[IP_TEXT_MAX + 4];
	bufw_printf(&w, "{\"time\":%" PRId64 ".%03u", d->now_ms / 1000, (unsigned)(d->now_ms >= 0 ? d->now_ms % 1000 : 0));
	bufw_printf(&w, ",\"rule\":\"%s\"", d->rule->name);
	json_actions(&w, d);
	if (d->net.bits) {
		bufw_c(&w, ",\"network\":\"");
		bufw_str(&w, guard_net_text(&d->net, text));
		bufw_c(&w, "\"");
	}
	json_hash(&w, "account", d->account);
	json_hash(&w, "helo", d->helo);
	json_hash(&w, "domain", d->domain);
	if (d->asn)
		bufw_printf(&w, ",\"asn\":%u", d->asn);
	bufw_printf(&w, ",\"seconds\":%u,\"offence\":%u,\"event\":\"%s\"", d->seconds, d->offence, guard_kind_name(d->kind));
	bufw_printf(&w, ",\"measured\":%u,\"of\":%u,\"limit\":%u,\"window\":%u", d->measured, d->of, d->limit, d->rule->window_s);
	if (d->spared)
		bufw_printf(&w, ",\"spared\":\"%s\"", spared_names[d->spared]);
	bufw_c(&w, "}");
	return w.err;
}

static int simulate_line(struct guard *g, struct str line, const uint8_t key[16], bool json, struct buf *out)
{
	struct guard_decision d[GUARD_DECISIONS_MAX];
	struct guard_event e;
	int64_t ms;
	int r = guard_event_parse(line, key, &ms, &e);
	unsigned n = r == OK ? guard_feed(g, ms, &e, d) : 0;
	for (unsigned i = 0; r == OK && i < n; i++) {
		if (json)
			r = guard_decision_json(&d[i], out);
		else if ((r = buf_printf(out, "%" PRId64 ".%03u ", ms / 1000, (unsigned)(ms % 1000))) == OK)
			r = guard_decision_text(&d[i], STR(""), out);
		if (r == OK)
			r = buf_put_char(out, '\n');
	}
	return r;
}

int guard_simulate(struct guard *g, struct str events, const uint8_t key[16], bool json, struct buf *out, unsigned *reterr_line)
{
	unsigned number = 0;
	while (events.n) {
		struct str whole = str_until(&events, '\n');
		struct str line = str_trim(str_until(&whole, '#'));
		number++;
		int r = line.n ? simulate_line(g, line, key, json, out) : OK;
		if (r != OK) {
			*reterr_line = number;
			return r;
		}
	}
	return OK;
}
