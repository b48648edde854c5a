/* Attack stories: each is detected within the stated number of events. A row is one kind of event again and again. */
#include "proto/guard/test_guard_story.h"

#include <stdio.h>

enum { WHO_NOBODY, WHO_SAME, WHO_EACH_OTHER };

struct row {
	const char *rule;
	enum guard_kind kind;
	unsigned action, within;        /* decided by this many events, and not by less than `not_before` */
	unsigned not_before;
	int64_t every_ms;
	unsigned account, value;        /* WHO_ */
	uint32_t number, fresh;
	bool v6;
};

static const struct row rows[] = {
	{ "brute-force", GUARD_AUTH_FAILED, GUARD_BAN, 10, 10, 2000, WHO_NOBODY, 0, 0, 0, false },
	{ "brute-force", GUARD_AUTH_FAILED, GUARD_BAN, 10, 10, 2000, WHO_NOBODY, 0, 0, 0, true },
	{ "brute-force-slow", GUARD_AUTH_FAILED, GUARD_BAN, 42, 40, 120000, WHO_NOBODY, 0, 0, 0, false },
	{ "account-guess", GUARD_AUTH_FAILED, GUARD_REJECT, 10, 10, 2000, WHO_SAME, 0, 0, 0, false },
	{ "spray", GUARD_AUTH_FAILED, GUARD_BAN, 10, 7, 120000, WHO_EACH_OTHER, 0, 0, 0, false },
	{ "enumerate-sign-in", GUARD_AUTH_UNKNOWN, GUARD_BAN, 7, 5, 5000, WHO_EACH_OTHER, 0, 0, 0, false },
	{ "enumerate-vrfy", GUARD_VRFY, GUARD_BAN, 20, 20, 5000, 0, 0, 0, 0, false },
	{ "enumerate-rcpt", GUARD_RCPT_UNKNOWN, GUARD_TARPIT, 12, 9, 1000, 0, WHO_EACH_OTHER, 0, 0, false },
	{ "harvest", GUARD_RCPT_UNKNOWN, GUARD_BAN, 20, 20, 1000, 0, WHO_SAME, 0, 0, false },
	{ "protocol-abuse", GUARD_HTTP, GUARD_BAN, 2, 2, 1000, 0, 0, 0, 0, false },
	{ "protocol-abuse", GUARD_SMUGGLING, GUARD_BAN, 2, 2, 1000, 0, 0, 0, 0, false },
	{ "protocol-abuse", GUARD_EARLY_TALK, GUARD_BAN, 5, 5, 1000, 0, 0, 0, 0, false },
	{ "protocol-abuse", GUARD_JUNK, GUARD_BAN, 20, 20, 1000, 0, 0, 0, 0, true },
	{ "protocol-abuse", GUARD_BARE_NEWLINE, GUARD_BAN, 20, 20, 1000, 0, 0, 0, 0, false },
	{ "bad-tls", GUARD_TLS_FAILED, GUARD_BAN, 30, 30, 1000, 0, 0, 0, 0, false },
	{ "connect-fast", GUARD_CONNECT, GUARD_REJECT, 300, 300, 10, 0, 0, 0, 0, false },
	{ "slow-loris", GUARD_SLOW, GUARD_BAN, 20, 20, 1000, 0, 0, 0, 0, false },
	{ "relay-attempts", GUARD_RELAY_DENIED, GUARD_BAN, 6, 5, 1000, 0, WHO_EACH_OTHER, 0, 0, false },
	{ "outbound-burst", GUARD_MESSAGE_OUT, GUARD_HOLD, 10, 10, 1000, WHO_SAME, 0, 50, 0, false },
	{ "new-recipients", GUARD_MESSAGE_OUT, GUARD_HOLD, 20, 20, 1000, WHO_SAME, 0, 10, 10, false },
	{ "travel", GUARD_TRAVEL, GUARD_SECOND_FACTOR, 1, 1, 1000, WHO_SAME, 0, 0, 0, false },
	{ "crash", GUARD_ROLE_CRASH, GUARD_BAN, 3, 3, 60000, 0, WHO_EACH_OTHER, 0, 0, false },
};

static uint64_t pick(unsigned who, unsigned i) { return who == WHO_NOBODY ? 0 : who == WHO_SAME ? 7 : hash_of("x") + i * 977u; }

static unsigned play(struct story *s, const struct row *row)
{
	for (unsigned i = 1; i <= row->within; i++, s->ms += row->every_ms) {
		char text[IP_TEXT_MAX];
		/* an IPv6 attacker takes another address of the same /64 each time */
		snprintf(text, sizeof text, row->v6 ? "2001:db8:0:1::%u" : "192.0.2.1", i);
		struct guard_event e = {
			.kind = row->kind, .source = address(text), .account = pick(row->account, i), .value = pick(row->value, i),
			.number = row->number, .fresh = row->fresh, .secret = i,
		};
		feed(s, &e);
		if (decided(s, row->rule))
			return i;
	}
	return 0;
}

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct story s = begin();
		unsigned after = play(&s, &rows[i]);
		if (after == 0 || after < rows[i].not_before || !(s.last.actions & rows[i].action))
			fail_msg("row %zu, %s: after %u events, not within %u to %u", i, rows[i].rule, after, rows[i].not_before, rows[i].within);
		assert_int_equal(s.last.net.bits, rows[i].action == GUARD_HOLD || rows[i].action == GUARD_SECOND_FACTOR ? 0 :
				 rows[i].v6 ? 64 : rows[i].action == GUARD_REJECT && rows[i].account ? 24 : 32);
		assert_int_equal(s.last.seconds, s.last.rule->duration_s);
		end(&s);
	}
}

static void test_connect_flood(void **state)
{
	(void)state;
	struct story s = begin();
	unsigned n = 0;
	while (!s.bans && n < 1500) {
		n++;
		happens(&s, GUARD_CONNECT, "192.0.2.1");
		s.ms += 5;
	}
	assert_int_equal(n, 1500);
	assert_true(decided(&s, "connect-flood"));
	end(&s);
}

/* One password for many accounts, an address of the network for every few. */
static void test_spray_network(void **state)
{
	(void)state;
	struct story s = begin();
	unsigned n = 0;
	for (; n < 40 && !s.bans; n++, seconds(&s, 60)) {
		char text[IP_TEXT_MAX];
		snprintf(text, sizeof text, "192.0.2.%u", n);
		signs_in(&s, GUARD_AUTH_FAILED, text, 1000 + n, 1000 + n);
	}
	assert_true(s.bans == 1 && n <= 36);
	assert_true(decided(&s, "spray-network") || decided(&s, "stuffing"));
	assert_int_equal(s.last.net.bits, 24);
	end(&s);
}

static void test_stuffing(void **state)
{
	(void)state;
	struct story s = begin();
	unsigned n = 0;
	for (; n < 30 && !decided(&s, "stuffing"); n++, seconds(&s, 3)) {
		char text[IP_TEXT_MAX];
		snprintf(text, sizeof text, "2001:db8:1:%x::1", n);             /* a /48 of theirs, one /64 for each try */
		signs_in(&s, GUARD_AUTH_FAILED, text, 1000 + n, 1000 + n);
	}
	assert_true(n <= 20 && s.last.net.bits == 48 && s.last.actions & GUARD_BAN);
	end(&s);
}

/* The same tool name, the same provider, all over the world. */
static void test_stuffing_tool(void **state)
{
	(void)state;
	struct story s = begin();
	bool tool = false, provider = false;
	for (unsigned n = 0; n < 125; n++, seconds(&s, 10)) {
		struct guard_event e = {
			.kind = GUARD_AUTH_FAILED, .source = { .bytes = { 100, (uint8_t)n, 7, 1 } }, .account = hash_of("a") + n * 31u, .secret = n + 1,
			.helo = hash_of("ylmf-pc"), .asn = 64500,
		};
		feed(&s, &e);
		tool |= decided(&s, "stuffing-tool") && n < 50 && s.last.helo == e.helo && s.last.actions == GUARD_ALERT;
		provider |= decided(&s, "stuffing-provider") && s.last.asn == 64500;
	}
	assert_true(tool && provider && s.bans == 0);
	end(&s);
}

/* One account from everywhere: it is not locked, which would serve the attacker, but must show a second factor. */
static void test_siege(void **state)
{
	(void)state;
	struct story s = begin();
	unsigned n = 0;
	for (; n < 20 && !decided(&s, "account-siege"); n++, seconds(&s, 60)) {
		char text[IP_TEXT_MAX];
		snprintf(text, sizeof text, "100.%u.0.1", n);
		signs_in(&s, GUARD_AUTH_FAILED, text, 7, n + 1);
	}
	assert_true(n >= 13 && n <= 18 && s.last.account == 7 && s.last.actions & GUARD_SECOND_FACTOR && !(s.actions & GUARD_LOCK));
	end(&s);
}

static void test_bounces(void **state)
{
	(void)state;
	struct story s = begin();
	for (unsigned n = 0; n < 25; n++, seconds(&s, 10)) {
		feed(&s, &(struct guard_event){ .kind = GUARD_MESSAGE_OUT, .account = 7, .number = 1 });
		if (n % 3 == 0)
			feed(&s, &(struct guard_event){ .kind = GUARD_BOUNCE, .account = 7 });
	}
	assert_true(decided(&s, "bounces") && s.last.account == 7 && s.last.measured * 100 >= s.last.of * 30);
	end(&s);
}

/* A new country, then much mail: neither alone does it. */
static void test_takeover(void **state)
{
	(void)state;
	struct story s = begin();
	for (unsigned n = 0; n < 40; n++, seconds(&s, 5))
		feed(&s, &(struct guard_event){ .kind = GUARD_MESSAGE_OUT, .account = 7, .number = 1 });
	feed(&s, &(struct guard_event){ .kind = GUARD_NEW_COUNTRY, .account = 7, .source = address("192.0.2.1") });
	assert_int_equal(s.decisions, 0);
	for (unsigned n = 0; n < 24; n++, seconds(&s, 5))
		feed(&s, &(struct guard_event){ .kind = GUARD_MESSAGE_OUT, .account = 7, .number = 1 });
	assert_int_equal(s.decisions, 0);
	feed(&s, &(struct guard_event){ .kind = GUARD_MESSAGE_OUT, .account = 7, .number = 1 });
	assert_true(decided(&s, "takeover") && s.last.actions & GUARD_HOLD);
	for (unsigned n = 0; n < 60; n++, seconds(&s, 5))
		feed(&s, &(struct guard_event){ .kind = GUARD_MESSAGE_OUT, .account = 8, .number = 1 });
	assert_int_equal(s.decisions, 1);
	end(&s);
}

static unsigned until_banned(struct story *s, unsigned most)
{
	unsigned before = s->bans, n = 0;
	static uint64_t secret = 1;
	while (s->bans == before && n < most) {
		n++;
		signs_in(s, GUARD_AUTH_FAILED, "192.0.2.1", 0, secret++);
		seconds(s, 1);
	}
	return n;
}

/* 15 minutes, an hour, four hours, 16 hours; forgiven one by one, a day each. */
static void test_escalation(void **state)
{
	(void)state;
	static const uint32_t lasting[] = { 900, 3600, 14400, 57600, 230400, 604800, 604800 };
	struct story s = begin();
	for (uint32_t i = 0; i < COUNT_OF(lasting); i++) {
		assert_true(until_banned(&s, 10) <= 10);
		assert_int_equal(s.last.seconds, lasting[i]);
		assert_int_equal(s.last.offence, i + 1);
		assert_int_equal(until_banned(&s, 100), 100);           /* what still comes in is not told again */
		seconds(&s, lasting[i]);
	}
	seconds(&s, 6 * 86400);
	until_banned(&s, 10);
	assert_int_equal(s.last.offence, 2);
	seconds(&s, 365 * 86400);
	until_banned(&s, 10);
	assert_int_equal(s.last.seconds, 900);
	guard_forget(s.g, address("192.0.2.1"));
	assert_int_equal(until_banned(&s, 10), 10);
	assert_true(s.last.offence == 1);
	end(&s);
}

static void test_why(void **state)
{
	(void)state;
	struct story s = begin();
	struct buf out;
	buf_init(&out, 4096);
	until_banned(&s, 10);
	assert_int_equal(guard_decision_text(&s.last, STR(""), &out), OK);
	assert_true(str_eq(buf_str(&out), STR("ban from 192.0.2.1 for 15m: brute-force: 10 (auth-failed, auth-unknown) in 10m, limit 10")));
	buf_clear(&out);
	assert_int_equal(guard_decision_json(&s.last, &out), OK);
	assert_true(str_eq(buf_str(&out), STR("{\"time\":1009.000,\"rule\":\"brute-force\",\"actions\":[\"ban\"],\"network\":\"192.0.2.1\",\"seconds\":900,"
		"\"offence\":1,\"event\":\"auth-failed\",\"measured\":10,\"of\":0,\"limit\":10,\"window\":600}")));
	buf_clear(&out);
	for (uint64_t i = 0; i < 10; i++)
		signs_in(&s, GUARD_AUTH_FAILED, "2001:db8::1", 7, 100 + i);
	assert_int_equal(guard_decision_text(&s.last, STR("anna@example.org"), &out), OK);
	assert_true(str_eq(buf_str(&out), STR("reject account anna@example.org from 2001:db8::/48 for 15m: account-guess: 10 (auth-failed) in 15m, limit 10")));
	buf_done(&out);
	end(&s);
}

static void test_simulate(void **state)
{
	(void)state;
	static const char events[] =
		"# a scanner\n"
		"10.000 connect from=192.0.2.1\n"
		"10.5 http-verb from=192.0.2.1   # GET / HTTP/1.1\n"
		"\n"
		"11 http-verb from=::ffff:192.0.2.1\r\n"
		"12 impossible-travel account=anna\n";
	struct story s = begin();
	struct buf out;
	unsigned line = 0;
	buf_init(&out, 4096);
	assert_int_equal(guard_simulate(s.g, str_c(events), story_key, false, &out, &line), OK);
	assert_true(str_starts(buf_str(&out), STR("11.000 ban from 192.0.2.1 for 15m: protocol-abuse: 20 (")));
	assert_true(str_search(buf_str(&out), STR("12.000 second-factor+alert account #")) != STR_NPOS);
	assert_int_equal(guard_simulate(s.g, STR("1 connect from=1.2.3.4\n2 nothing\n"), story_key, true, &out, &line), E_SYNTAX);
	assert_int_equal(line, 2);
	buf_done(&out);
	end(&s);
}

static void test_event_lines(void **state)
{
	(void)state;
	static const struct str bad[] = {
		STR_INIT(""), STR_INIT("1"), STR_INIT("x connect"), STR_INIT("1. connect"), STR_INIT("1.2345 connect"), STR_INIT("-1 connect"), STR_INIT("1 Connect"),
		STR_INIT("1 connect from"), STR_INIT("1 connect from="), STR_INIT("1 connect from=x"), STR_INIT("1 connect from=1.2.3.4 from=1.2.3.4"),
		STR_INIT("1 connect admin admin"), STR_INIT("1 connect number=-1"), STR_INIT("1 connect number=4294967296"), STR_INIT("1 connect nothing=1"),
		STR_INIT("9999999999999 connect"),
	};
	struct guard_event e;
	int64_t ms;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_true(guard_event_parse(bad[i], story_key, &ms, &e) < 0);
	assert_int_equal(guard_event_parse(STR("1700000000.25 auth-ok account=anna from=2001:db8::1 admin number=3 fresh=2 asn=64500 helo=h domain=d value=v secret=s"),
					   story_key, &ms, &e), OK);
	assert_true(ms == 1700000000250 && e.kind == GUARD_AUTH_OK && e.flags == GUARD_ADMIN && e.source.v6 && e.account == hash_of("anna"));
	assert_true(e.number == 3 && e.fresh == 2 && e.asn == 64500 && e.helo == hash_of("h") && e.domain == hash_of("d") && e.value == hash_of("v"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules), cmocka_unit_test(test_connect_flood), cmocka_unit_test(test_spray_network), cmocka_unit_test(test_stuffing),
		cmocka_unit_test(test_stuffing_tool), cmocka_unit_test(test_siege), cmocka_unit_test(test_bounces), cmocka_unit_test(test_takeover),
		cmocka_unit_test(test_escalation), cmocka_unit_test(test_why), cmocka_unit_test(test_simulate), cmocka_unit_test(test_event_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
