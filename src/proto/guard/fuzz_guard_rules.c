/* Rules: what loads is within its limits, is written, and loads again to the same; what does not names a line that is there. */
#include "proto/guard/guard_rules.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
	if (!good)
		abort();
}

static void check_rule(const struct guard_rule *rule)
{
	const struct guard_key_form *key = &guard_keys[rule->key];
	bool address = key->v4 || key->v6;
	require(rule->name[0] && strlen(rule->name) <= GUARD_NAME_MAX);
	require(rule->limit > 0 && rule->limit <= GUARD_LIMIT_MAX && rule->window_s > 0 && rule->window_s <= 30 * 86400);
	require(rule->actions && rule->actions < 1u << GUARD_ACTION_COUNT && rule->duration_s > 0 && rule->most_s >= rule->duration_s);
	require(rule->factor == 1 || (rule->factor > 1 && rule->decay_s > 0));
	require(!(rule->actions & GUARD_BAN) || (address && !key->account));
	require(rule->measure != GUARD_RATIO || rule->at_least > 0);
	require(rule->measure != GUARD_DISTINCT || rule->limit <= GUARD_DISTINCT_MAX);
}

static unsigned lines_of(struct str text)
{
	unsigned n = 1;
	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct guard_rules rules, again;
	struct str text = { (const char *)data, size };
	struct guard_rules_error e = { 0, NULL };
	int r = guard_rules_load(text, &rules, &e);
	require(r == OK || ((r == E_SYNTAX || r == E_TOOBIG) && e.what && e.line <= lines_of(text)));
	if (r != OK)
		return 0;
	struct buf out;
	buf_init(&out, (size_t)1 << 20);
	require(rules.count <= GUARD_RULES_MAX);
	for (size_t i = 0; i < rules.count; i++)
		check_rule(&rules.rule[i]);
	require(guard_rules_write(&rules, &out) == OK);
	if (out.n <= GUARD_RULES_TEXT_MAX) {
		require(guard_rules_load(buf_str(&out), &again, &e) == OK && again.count == rules.count);
		for (size_t i = 0; i < rules.count; i++)
			require(rules.rule[i].id == again.rule[i].id && strcmp(rules.rule[i].name, again.rule[i].name) == 0);
	}
	buf_done(&out);
	return 0;
}
