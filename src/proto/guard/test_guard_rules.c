/* The text form of rules: what loads, what each wrong line is told, and that writing and loading come to the same. */
#include "proto/guard/test_guard_story.h"

#define HEAD "rule a\n\tevents connect\n\tkey client\n\tmeasure count\n"
#define TAIL "\tlimit 3 in 1m\n\taction ban for 1h\n"

static const struct { struct str text; int want; unsigned line; const char *what; } rows[] = {
	{ STR_INIT(""), OK, 0, NULL },
	{ STR_INIT("# nothing\n\n"), OK, 0, NULL },
	{ STR_INIT(HEAD TAIL), OK, 0, NULL },
	{ STR_INIT(HEAD "limit 3 in 1m\r\n   action ban for 1h # why\r\n"), OK, 0, NULL },
	{ STR_INIT(HEAD "\tlimit 3 in 1m\n\taction ban alert for 1h escalate 2 most 1d decay 7d"), OK, 0, NULL },
	{ STR_INIT("events connect\n"), E_SYNTAX, 1, "a rule begins with: rule NAME" },
	{ STR_INIT("rule \n"), E_SYNTAX, 1, "a name is of a-z, 0-9 and -, at most 32" },
	{ STR_INIT("rule A\n"), E_SYNTAX, 1, "a name is of a-z, 0-9 and -, at most 32" },
	{ STR_INIT("rule a b\n"), E_SYNTAX, 1, "a name is of a-z, 0-9 and -, at most 32" },
	{ STR_INIT("rule aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"), E_SYNTAX, 1, "a name is of a-z, 0-9 and -, at most 32" },
	{ STR_INIT("rule a\nevents connect\n"), E_SYNTAX, 2, "this rule lacks events, key, measure, limit or action" },
	{ STR_INIT("rule a\nrule b\n"), E_SYNTAX, 2, "this rule lacks events, key, measure, limit or action" },
	{ STR_INIT(HEAD TAIL "\n" HEAD TAIL), E_SYNTAX, 8, "this name is taken" },
	{ STR_INIT(HEAD TAIL "shared\nshared\n"), E_SYNTAX, 8, "this line is there twice" },
	{ STR_INIT(HEAD TAIL "sharing\n"), E_SYNTAX, 7, "no such word in a rule" },
	{ STR_INIT("rule a\n events connect nothing\n"), E_SYNTAX, 2, "no such event" },
	{ STR_INIT("rule a\n events connect connect*2\n"), E_SYNTAX, 2, "this event stands here twice" },
	{ STR_INIT("rule a\n events connect*101\n"), E_SYNTAX, 2, "a weight is a number from 1 to 100" },
	{ STR_INIT("rule a\n events connect*0\n"), E_SYNTAX, 2, "a weight is a number from 1 to 100" },
	{ STR_INIT("rule a\n events connect*\n"), E_SYNTAX, 2, "a weight is a number from 1 to 100" },
	{ STR_INIT("rule a\n key\n"), E_SYNTAX, 2, "no such key" },
	{ STR_INIT("rule a\n key client account\n"), E_SYNTAX, 2, "no such key" },
	{ STR_INIT("rule a\n measure\n"), E_SYNTAX, 2, "no such measure" },
	{ STR_INIT("rule a\n measure counter\n"), E_SYNTAX, 2, "no such measure" },
	{ STR_INIT("rule a\n measure count all\n"), E_SYNTAX, 2, "something is left over" },
	{ STR_INIT("rule a\n measure distinct password\n"), E_SYNTAX, 2, "distinct: account, address, helo, domain or value" },
	{ STR_INIT("rule a\n measure ratio connect\n"), E_SYNTAX, 2, "a number from 1 up to its limit is wanted" },
	{ STR_INIT("rule a\n measure ratio 5\n"), E_SYNTAX, 2, "events are missing" },
	{ STR_INIT("rule a\n measure sequence vrfy vrfy\n"), E_SYNTAX, 2, "this event stands here twice" },
	{ STR_INIT("rule a\n limit 0 in 1m\n"), E_SYNTAX, 2, "a number from 1 up to its limit is wanted" },
	{ STR_INIT("rule a\n limit 30001 in 1m\n"), E_SYNTAX, 2, "a number from 1 up to its limit is wanted" },
	{ STR_INIT("rule a\n limit 5 per 1m\n"), E_SYNTAX, 2, "limit N in TIME" },
	{ STR_INIT("rule a\n limit 5 in 1\n"), E_SYNTAX, 2, "a time is a number and s, m, h or d" },
	{ STR_INIT("rule a\n limit 5 in 0s\n"), E_SYNTAX, 2, "a time is a number and s, m, h or d" },
	{ STR_INIT("rule a\n limit 5 in 1w\n"), E_SYNTAX, 2, "a time is a number and s, m, h or d" },
	{ STR_INIT("rule a\n limit 5 in 31d\n"), E_SYNTAX, 2, "this time is too long" },
	{ STR_INIT("rule a\n limit 5 in 1d more\n"), E_SYNTAX, 2, "something is left over" },
	{ STR_INIT("rule a\n action ban\n"), E_SYNTAX, 2, "action ... for TIME" },
	{ STR_INIT("rule a\n action ban ban for 1h\n"), E_SYNTAX, 2, "no such action, or twice" },
	{ STR_INIT("rule a\n action shoot for 1h\n"), E_SYNTAX, 2, "no such action, or twice" },
	{ STR_INIT("rule a\n action ban for 1h escalate 2\n"), E_SYNTAX, 2, "escalate N most TIME decay TIME" },
	{ STR_INIT("rule a\n action ban for 1h escalate 1 most 1d decay 1d\n"), E_SYNTAX, 2, "escalation must make it longer" },
	{ STR_INIT("rule a\n action ban for 1h escalate 2 most 1m decay 1d\n"), E_SYNTAX, 2, "escalation must make it longer" },
	{ STR_INIT("rule a\n except others\n"), E_SYNTAX, 2, "except own" },
	{ STR_INIT(HEAD "limit 3% in 1m\naction ban for 1h\n"), E_SYNTAX, 6, "a ratio, and only a ratio, has its limit in per cent" },
	{ STR_INIT("rule a\nevents\nkey client\nmeasure count\n" TAIL), E_SYNTAX, 6, "events are missing" },
	{ STR_INIT("rule a\nevents connect\nkey account\nmeasure count\n" TAIL), E_SYNTAX, 6, "a ban needs an address alone as key" },
	{ STR_INIT("rule a\nevents connect\nkey account+client\nmeasure count\n" TAIL), E_SYNTAX, 6, "a ban needs an address alone as key" },
	{ STR_INIT(HEAD "limit 3 in 1m\naction lock for 1h\n"), E_SYNTAX, 6, "this action needs an account in the key" },
	{ STR_INIT("rule a\nevents vrfy\nkey helo\nmeasure count\nlimit 1 in 1s\naction alert for 1h\nshared\n"), E_SYNTAX, 7, "shared needs an address in the key" },
	{ STR_INIT("rule a\nevents vrfy\nkey client\nmeasure distinct value\nlimit 129 in 1s\naction alert for 1h\n"), E_SYNTAX, 6,
	  "distinct values are counted up to 128" },
	{ STR_INIT("rule a\n\tevents\tconnect\n"), E_SYNTAX, 2, "only ASCII without control characters between words" },
	{ STR_INIT("rule \xc3\xa4\n"), E_SYNTAX, 1, "only ASCII without control characters between words" },
	{ STR_INIT("rule a\n events conn\0ect\n"), E_SYNTAX, 2, "only ASCII without control characters between words" },
};

static void test_rows(void **state)
{
	(void)state;
	struct guard_rules *rules = mem_new(struct guard_rules);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct guard_rules_error e = { 0, "" };
		int r = guard_rules_load(rows[i].text, rules, &e);
		if (r != rows[i].want || (r != OK && (e.line != rows[i].line || strcmp(e.what, rows[i].what) != 0)))
			fail_msg("row %zu: %s, line %u: %s", i, err_name(r), e.line, e.what);
	}
	mem_free(rules);
}

static void test_limits(void **state)
{
	(void)state;
	struct guard_rules *rules = mem_new(struct guard_rules);
	struct guard_rules_error e;
	struct buf text;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < GUARD_RULES_MAX; i++)
		assert_int_equal(buf_printf(&text, "rule r%d\nevents vrfy\nkey client\nmeasure count\n" TAIL, i), OK);
	assert_int_equal(guard_rules_load(buf_str(&text), rules, &e), OK);
	assert_int_equal(rules->count, GUARD_RULES_MAX);
	assert_int_equal(buf_put_str(&text, STR("rule more\n")), OK);
	assert_int_equal(guard_rules_load(buf_str(&text), rules, &e), E_TOOBIG);
	assert_int_equal(e.line, GUARD_RULES_MAX * 6 + 1);
	while (text.n <= GUARD_RULES_TEXT_MAX)
		assert_int_equal(buf_put_char(&text, '\n'), OK);
	assert_int_equal(guard_rules_load(buf_str(&text), rules, &e), E_TOOBIG);
	assert_int_equal(e.line, 0);
	assert_int_equal(rules->count, GUARD_RULES_MAX);                /* what was there stays */
	buf_done(&text);
	mem_free(rules);
}

static void test_default(void **state)
{
	(void)state;
	struct guard_rules *rules = default_rules(), *again = mem_new(struct guard_rules);
	struct guard_rules_error e;
	struct buf text, twice;
	buf_init(&text, GUARD_RULES_TEXT_MAX);
	buf_init(&twice, GUARD_RULES_TEXT_MAX);
	assert_int_equal(guard_rules_write(rules, &text), OK);
	assert_int_equal(guard_rules_load(buf_str(&text), again, &e), OK);
	assert_int_equal(guard_rules_write(again, &twice), OK);
	assert_true(str_eq(buf_str(&text), buf_str(&twice)));
	assert_true(again->count == rules->count && rules->count > 20);
	for (size_t i = 0; i < rules->count; i++)
		assert_true(rules->rule[i].id == again->rule[i].id);
	buf_done(&text);
	buf_done(&twice);
	mem_free(rules);
	mem_free(again);
}

/* Keys as their table says: an address, its /64, its /24; nothing where the family or the word is missing. */
static void test_keys(void **state)
{
	(void)state;
	static const struct { const char *key, *from; uint8_t bits; bool account; } keys[] = {
		{ "address", "192.0.2.9", 32, false }, { "address", "2001:db8::9", 128, false }, { "client", "2001:db8::9", 64, false },
		{ "subnet", "192.0.2.9", 24, false }, { "network", "2001:db8::9", 48, false }, { "v4/24", "192.0.2.9", 24, false },
		{ "v4/24", "2001:db8::9", 0, false }, { "v6/64", "2001:db8::9", 64, false }, { "v6/64", "192.0.2.9", 0, false },
		{ "v6/48", "2001:db8::9", 48, false }, { "account+client", "192.0.2.9", 32, true }, { "account+network", "192.0.2.9", 24, true },
	};
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct story s = begin();
		struct guard_rules *rules = mem_new(struct guard_rules);
		struct guard_rules_error e;
		struct buf text;
		buf_init(&text, 1024);
		assert_int_equal(buf_printf(&text, "rule a\nevents vrfy\nkey %s\nmeasure count\nlimit 1 in 1h\naction alert for 1s\n", keys[i].key), OK);
		assert_int_equal(guard_rules_load(buf_str(&text), rules, &e), OK);
		guard_set_rules(s.g, rules);
		happens(&s, GUARD_VRFY, keys[i].from);
		assert_int_equal(s.decisions, keys[i].bits && !keys[i].account);
		seconds(&s, 7200);
		signs_in(&s, GUARD_VRFY, keys[i].from, 7, 0);
		assert_int_equal(s.decisions > 0, keys[i].bits > 0);
		assert_int_equal(s.decisions ? s.last.net.bits : 0, keys[i].bits);
		assert_int_equal(s.last.account, keys[i].account ? 7 : 0);
		buf_done(&text);
		mem_free(rules);
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_limits), cmocka_unit_test(test_default), cmocka_unit_test(test_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
