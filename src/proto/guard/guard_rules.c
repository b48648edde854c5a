#include "proto/guard/guard_rules.h"

#include <stdio.h>

const struct guard_key_form guard_keys[GUARD_KEY_COUNT] = {
#define GUARD_ROW(id, text, bits4, bits6, has_account) [GUARD_KEY_##id] = { text, bits4, bits6, has_account },
	GUARD_KEYS(GUARD_ROW)
#undef GUARD_ROW
};

static const char *const actions[GUARD_ACTION_COUNT] = {
#define GUARD_ROW(id, text) [GUARD_BIT_##id] = text,
	GUARD_ACTIONS(GUARD_ROW)
#undef GUARD_ROW
};

static const char *const measures[] = { "count", "sum number", "sum fresh", "distinct", "ratio", "sequence" };
static const char *const fields[GUARD_FIELD_COUNT] = { "account", "address", "helo", "domain", "value" };
static const struct { char letter; uint32_t seconds; } units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };
enum { TIME_MOST = 365 * 86400, WINDOW_MOST = 30 * 86400, WEIGHT_MOST = 100, FACTOR_MOST = 100, RULE_TEXT_MAX = 4096 };

const char *guard_action_name(enum guard_action_bit bit) { return actions[bit]; }

void guard_time_text(uint32_t seconds, char text[16])
{
	size_t i = 0;
	while (i + 1 < COUNT_OF(units) && (seconds < units[i].seconds || seconds % units[i].seconds))
		i++;
	snprintf(text, 16, "%u%c", seconds / units[i].seconds, units[i].letter);
}

/* What a line is read into; `given` has a bit for each word of the rule that was there. */
struct load {
	struct guard_rules *rules;
	struct guard_rule *rule;
	unsigned given;
	bool per_cent;
	const char *what;
};

static int bad(struct load *l, const char *what)
{
	l->what = what;
	return E_SYNTAX;
}

static int take_time(struct load *l, struct str word, uint32_t most, uint32_t *ret)
{
	uint64_t n;
	if (str_take_u64(&word, most, &n) != OK || n == 0 || word.n != 1)
		return bad(l, "a time is a number and s, m, h or d");
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (units[i].letter != word.p[0])
			continue;
		if (n > most / units[i].seconds)
			return bad(l, "this time is too long");
		*ret = (uint32_t)n * units[i].seconds;
		return OK;
	}
	return bad(l, "a time is a number and s, m, h or d");
}

static int take_number(struct load *l, struct str word, uint32_t most, uint32_t *ret)
{
	uint64_t n;
	if (str_u64(word, most, &n) != OK || n == 0)
		return bad(l, "a number from 1 up to its limit is wanted");
	*ret = (uint32_t)n;
	return OK;
}

static int line_events(struct load *l, struct str rest)
{
	enum guard_kind kind;
	for (struct str word = str_word(&rest); word.n; word = str_word(&rest)) {
		uint32_t weight = 1;
		struct str name = str_until(&word, '*');
		bool weighted = word.p && word.p > name.p + name.n;
		if (guard_kind_parse(name, &kind) != OK)
			return bad(l, "no such event");
		if (weighted && take_number(l, word, WEIGHT_MOST, &weight) != OK)
			return bad(l, "a weight is a number from 1 to 100");
		if (l->rule->weight[kind])
			return bad(l, "this event stands here twice");
		l->rule->weight[kind] = (uint8_t)weight;
	}
	return OK;
}

static int line_key(struct load *l, struct str rest)
{
	for (unsigned i = 0; i < GUARD_KEY_COUNT; i++) {
		if (str_eq(rest, str_c(guard_keys[i].name))) {
			l->rule->key = (enum guard_key)i;
			return OK;
		}
	}
	return bad(l, "no such key");
}

static int other_events(struct load *l, struct str rest)
{
	enum guard_kind kind;
	size_t n = 0;
	for (struct str word = str_word(&rest); word.n; word = str_word(&rest), n++) {
		if (guard_kind_parse(word, &kind) != OK)
			return bad(l, "no such event");
		if (l->rule->other[kind])
			return bad(l, "this event stands here twice");
		l->rule->other[kind] = true;
	}
	return n ? OK : bad(l, "events are missing");
}

static int distinct(struct load *l, struct str rest)
{
	for (unsigned i = 0; i < GUARD_FIELD_COUNT; i++) {
		if (str_eq(rest, str_c(fields[i]))) {
			l->rule->field = (enum guard_field)i;
			return OK;
		}
	}
	return bad(l, "distinct: account, address, helo, domain or value");
}

static int ratio(struct load *l, struct str rest)
{
	int r = take_number(l, str_word(&rest), GUARD_LIMIT_MAX, &l->rule->at_least);
	return r == OK ? other_events(l, rest) : r;
}

static int line_measure(struct load *l, struct str rest)
{
	static int (*const more[])(struct load *, struct str) = {
		[GUARD_DISTINCT] = distinct, [GUARD_RATIO] = ratio, [GUARD_SEQUENCE] = other_events,
	};
	for (unsigned i = 0; i < COUNT_OF(measures); i++) {
		struct str tail = rest;
		if (!str_take(&tail, str_c(measures[i])) || (tail.n && !str_take_char(&tail, ' ')))
			continue;
		l->rule->measure = (enum guard_measure)i;
		if (more[i])
			return more[i](l, tail);
		return tail.n ? bad(l, "something is left over") : OK;
	}
	return bad(l, "no such measure");
}

static int line_limit(struct load *l, struct str rest)
{
	struct str number = str_word(&rest);
	if (str_ends(number, STR("%"))) {
		number.n--;
		l->per_cent = true;
	}
	int r = take_number(l, number, GUARD_LIMIT_MAX, &l->rule->limit);
	if (r == OK && !str_eq(str_word(&rest), STR("in")))
		r = bad(l, "limit N in TIME");
	if (r == OK)
		r = take_time(l, str_word(&rest), WINDOW_MOST, &l->rule->window_s);
	return r == OK && rest.n ? bad(l, "something is left over") : r;
}

static int action_bits(struct load *l, struct str *rest)
{
	for (struct str word = str_word(rest); word.n; word = str_word(rest)) {
		unsigned bit = 0;
		if (str_eq(word, STR("for")))
			return OK;
		while (bit < GUARD_ACTION_COUNT && !str_eq(word, str_c(actions[bit])))
			bit++;
		if (bit == GUARD_ACTION_COUNT || l->rule->actions >> bit & 1)
			return bad(l, "no such action, or twice");
		l->rule->actions |= 1u << bit;
	}
	return bad(l, "action ... for TIME");
}

static int line_action(struct load *l, struct str rest)
{
	struct guard_rule *rule = l->rule;
	int r = action_bits(l, &rest);
	if (r == OK)
		r = take_time(l, str_word(&rest), TIME_MOST, &rule->duration_s);
	rule->factor = 1;
	rule->most_s = rule->duration_s;
	if (r != OK || !rest.n)
		return r;
	if (!str_eq(str_word(&rest), STR("escalate")) || take_number(l, str_word(&rest), FACTOR_MOST, &rule->factor) != OK ||
	    !str_eq(str_word(&rest), STR("most")) || take_time(l, str_word(&rest), TIME_MOST, &rule->most_s) != OK ||
	    !str_eq(str_word(&rest), STR("decay")) || take_time(l, str_word(&rest), TIME_MOST, &rule->decay_s) != OK || rest.n)
		return bad(l, "escalate N most TIME decay TIME");
	return rule->factor > 1 && rule->most_s >= rule->duration_s ? OK : bad(l, "escalation must make it longer");
}

static int flag(struct load *l, struct str rest, unsigned flags)
{
	l->rule->flags |= flags;
	return rest.n ? bad(l, "something is left over") : OK;
}

static int line_except(struct load *l, struct str rest)
{
	return str_eq(rest, STR("own")) ? flag(l, str_skip(rest, rest.n), GUARD_EXCEPT_OWN) : bad(l, "except own");
}

static int line_shared(struct load *l, struct str rest) { return flag(l, rest, GUARD_SHARED); }
static int line_repeats(struct load *l, struct str rest) { return flag(l, rest, GUARD_REPEATS); }

static const struct { const char *word; int (*read)(struct load *, struct str); bool needed; } lines[] = {
	{ "events", line_events, true }, { "key", line_key, true },         { "measure", line_measure, true },
	{ "limit", line_limit, true },   { "action", line_action, true },   { "except", line_except, false },
	{ "shared", line_shared, false }, { "repeats", line_repeats, false },
};

static void write_events(struct bufw *w, const struct guard_rule *rule)
{
	bufw_c(w, "\tevents");
	for (unsigned i = 0; i < GUARD_KINDS; i++) {
		if (rule->weight[i])
			bufw_printf(w, " %s", guard_kind_name((enum guard_kind)i));
		if (rule->weight[i] > 1)
			bufw_printf(w, "*%u", rule->weight[i]);
	}
}

static void write_measure(struct bufw *w, const struct guard_rule *rule)
{
	char window[16];
	bufw_printf(w, "\n\tkey %s\n\tmeasure %s", guard_keys[rule->key].name, measures[rule->measure]);
	if (rule->measure == GUARD_DISTINCT)
		bufw_printf(w, " %s", fields[rule->field]);
	if (rule->measure == GUARD_RATIO)
		bufw_printf(w, " %u", rule->at_least);
	for (unsigned i = 0; i < GUARD_KINDS; i++)
		if (rule->other[i])
			bufw_printf(w, " %s", guard_kind_name((enum guard_kind)i));
	guard_time_text(rule->window_s, window);
	bufw_printf(w, "\n\tlimit %u%s in %s\n", rule->limit, rule->measure == GUARD_RATIO ? "%" : "", window);
}

static void write_action(struct bufw *w, const struct guard_rule *rule)
{
	char duration[16], most[16], decay[16];
	bufw_c(w, "\taction");
	for (unsigned i = 0; i < GUARD_ACTION_COUNT; i++)
		if (rule->actions >> i & 1)
			bufw_printf(w, " %s", actions[i]);
	guard_time_text(rule->duration_s, duration);
	guard_time_text(rule->most_s, most);
	bufw_printf(w, " for %s", duration);
	if (rule->factor > 1) {
		guard_time_text(rule->decay_s, decay);
		bufw_printf(w, " escalate %u most %s decay %s", rule->factor, most, decay);
	}
	bufw_printf(w, "\n%s%s%s", rule->flags & GUARD_EXCEPT_OWN ? "\texcept own\n" : "", rule->flags & GUARD_SHARED ? "\tshared\n" : "",
		    rule->flags & GUARD_REPEATS ? "\trepeats\n" : "");
}

static void write_rule(struct bufw *w, const struct guard_rule *rule)
{
	bufw_printf(w, "rule %s\n", rule->name);
	write_events(w, rule);
	write_measure(w, rule);
	write_action(w, rule);
}

int guard_rules_write(const struct guard_rules *rules, struct buf *out)
{
	struct bufw w = { .b = out };
	for (size_t i = 0; i < rules->count; i++)
		write_rule(&w, &rules->rule[i]);
	return w.err;
}

static int rule_id(const struct guard_rule *rule, uint64_t *ret)
{
	struct buf text;
	struct bufw w = { .b = &text };
	buf_init(&text, RULE_TEXT_MAX);
	write_rule(&w, rule);
	if (w.err == OK)
		*ret = str_hash(buf_str(&text));
	buf_done(&text);
	return w.err;
}

static const char *check_measure(const struct guard_rule *rule, bool per_cent)
{
	bool counts = false;
	for (unsigned i = 0; i < GUARD_KINDS; i++)
		counts |= rule->weight[i] != 0;
	if (!counts)
		return "events are missing";
	if (per_cent != (rule->measure == GUARD_RATIO))
		return "a ratio, and only a ratio, has its limit in per cent";
	if (rule->measure == GUARD_RATIO && rule->limit > 1000)
		return "a ratio over 1000%";
	if (rule->measure == GUARD_DISTINCT && rule->limit > GUARD_DISTINCT_MAX)
		return "distinct values are counted up to 128";
	return NULL;
}

static const char *check_actions(const struct guard_rule *rule)
{
	const struct guard_key_form *key = &guard_keys[rule->key];
	bool address = key->v4 || key->v6;
	if (rule->actions & (GUARD_LOCK | GUARD_REVOKE | GUARD_SECOND_FACTOR | GUARD_HOLD) && !key->account)
		return "this action needs an account in the key";
	if (rule->actions & GUARD_BAN && (!address || key->account))
		return "a ban needs an address alone as key";
	if (rule->actions & (GUARD_TARPIT | GUARD_REJECT) && !address && !key->account)
		return "this action needs an address or an account in the key";
	if (rule->flags & GUARD_SHARED && !address)
		return "shared needs an address in the key";
	return NULL;
}

static int finish(struct load *l)
{
	if (!l->rule)
		return OK;
	for (size_t i = 0; i < COUNT_OF(lines); i++)
		if (lines[i].needed && !(l->given >> i & 1))
			return bad(l, "this rule lacks events, key, measure, limit or action");
	l->what = check_measure(l->rule, l->per_cent);
	if (!l->what)
		l->what = check_actions(l->rule);
	if (l->what)
		return E_SYNTAX;
	return rule_id(l->rule, &l->rule->id);
}

static bool good_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_digit(name.p[i]) && name.p[i] != '-' && (name.p[i] < 'a' || name.p[i] > 'z'))
			return false;
	return name.n > 0 && name.n <= GUARD_NAME_MAX;
}

static int rule_line(struct load *l, struct str name)
{
	struct guard_rules *rules = l->rules;
	int r = finish(l);
	if (r != OK)
		return r;
	if (!good_name(name))
		return bad(l, "a name is of a-z, 0-9 and -, at most 32");
	for (size_t i = 0; i < rules->count; i++)
		if (str_eq(name, str_c(rules->rule[i].name)))
			return bad(l, "this name is taken");
	if (rules->count == GUARD_RULES_MAX) {
		l->what = "at most 64 rules";
		return E_TOOBIG;
	}
	l->rule = &rules->rule[rules->count++];
	l->given = 0;
	l->per_cent = false;
	memcpy(l->rule->name, name.p, name.n);
	return OK;
}

static int read_line(struct load *l, struct str line)
{
	struct str word = str_word(&line), rest = str_trim(line);
	if (str_eq(word, STR("rule")))
		return rule_line(l, rest);
	if (!l->rule)
		return bad(l, "a rule begins with: rule NAME");
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		if (!str_eq(word, str_c(lines[i].word)))
			continue;
		if (l->given >> i & 1)
			return bad(l, "this line is there twice");
		l->given |= 1u << i;
		return lines[i].read(l, rest);
	}
	return bad(l, "no such word in a rule");
}

static int load(struct load *l, struct str text, unsigned *line)
{
	int r = OK;
	while (r == OK && text.n) {
		struct str whole = str_until(&text, '\n');
		struct str one = str_trim(str_until(&whole, '#'));
		++*line;
		if (!str_is_ascii(one) || str_has_control(one))
			r = bad(l, "only ASCII without control characters between words");
		else if (one.n)
			r = read_line(l, one);
	}
	return r == OK ? finish(l) : r;
}

int guard_rules_load(struct str text, struct guard_rules *ret, struct guard_rules_error *reterr)
{
	unsigned line = 0;
	if (text.n > GUARD_RULES_TEXT_MAX) {
		*reterr = (struct guard_rules_error){ 0, "at most 64 KiB" };
		return E_TOOBIG;
	}
	struct guard_rules *rules = mem_new(struct guard_rules);        /* too large for a stack */
	struct load l = { .rules = rules };
	int r = load(&l, text, &line);
	if (r == OK)
		*ret = *rules;
	else
		*reterr = (struct guard_rules_error){ line, l.what };
	mem_free(rules);
	return r;
}
