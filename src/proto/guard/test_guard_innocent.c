/* False-positive stories: people, phones, probes and front ends that must never be banned; and what must not harm anybody. */
#include "proto/guard/test_guard_story.h"

#include <stdio.h>

static void nobody_is_hurt(const struct story *s)
{
	if (s->actions & (GUARD_BAN | GUARD_REJECT | GUARD_LOCK | GUARD_TARPIT))
		fail_msg("%s", s->last.rule->name);
}

/* A phone with an old password, every minute for a day: one failure. From one place, and on the road. */
static void test_phone(void **state)
{
	(void)state;
	struct story s = begin();
	for (int minute = 0; minute < 1440; minute++, seconds(&s, 60))
		signs_in(&s, GUARD_AUTH_FAILED, "192.0.2.1", hash_of("anna"), hash_of("old"));
	assert_int_equal(s.decisions, 0);
	for (unsigned minute = 0; minute < 1440; minute++, seconds(&s, 60)) {
		char text[IP_TEXT_MAX];
		snprintf(text, sizeof text, "10.%u.0.%u", minute / 180, minute % 250);
		signs_in(&s, GUARD_AUTH_FAILED, text, hash_of("anna"), hash_of("old"));
	}
	assert_int_equal(s.decisions, 0);
	end(&s);
}

/* A desktop, a phone and a tablet, each with a stale password of its own and five connections at once, behind one address. */
static void test_stale_clients(void **state)
{
	(void)state;
	struct story s = begin();
	for (int minute = 0; minute < 600; minute++, seconds(&s, 60)) {
		for (uint64_t device = 1; device <= 3; device++)
			for (int connection = 0; connection < 5; connection++) {
				happens(&s, GUARD_CONNECT, "2001:db8::7");
				signs_in(&s, GUARD_AUTH_FAILED, "2001:db8::7", hash_of("anna"), device);
			}
	}
	assert_int_equal(s.decisions, 0);
	end(&s);
}

/* A monitoring probe: each minute it connects, looks at the certificate or not, says QUIT or nothing. */
static void test_probe(void **state)
{
	(void)state;
	struct story s = begin();
	for (int minute = 0; minute < 3 * 1440; minute++, seconds(&s, 60)) {
		for (int port = 0; port < 6; port++)
			happens(&s, GUARD_CONNECT, "192.0.2.50");
		happens(&s, GUARD_TLS_FAILED, "192.0.2.50");
		happens(&s, GUARD_TLS_FAILED, "192.0.2.50");
		happens(&s, GUARD_JUNK, "192.0.2.50");
		happens(&s, GUARD_SLOW, "192.0.2.50");
	}
	assert_int_equal(s.decisions, 0);
	end(&s);
}

static void comes_to_work(struct story *s, uint64_t person, int mistakes)
{
	for (int connection = 0; connection < 8; connection++)
		happens(s, GUARD_CONNECT, "192.0.2.9");
	for (int i = 0; i < mistakes; i++)
		signs_in(s, GUARD_AUTH_FAILED, "192.0.2.9", 1000 + person, person * 10 + (uint64_t)i + 1);
	signs_in(s, GUARD_AUTH_OK, "192.0.2.9", 1000 + person, 0);
	seconds(s, 10);
}

/* Fifty people behind one address start their day within ten minutes; every fifth mistypes twice. */
static void test_morning(void **state)
{
	(void)state;
	struct story s = begin();
	for (int day = 0; day < 5; day++) {
		for (uint64_t person = 0; person < 50; person++)
			comes_to_work(&s, person, person % 5 == 0 ? 2 : 0);
		seconds(&s, 86400 - 500);
	}
	nobody_is_hurt(&s);
	/* their passwords expire on the same night: 50 old ones, each from three devices that try again every minute */
	for (int minute = 0; minute < 120; minute++, seconds(&s, 60))
		for (uint64_t person = 0; person < 50; person++)
			for (int device = 0; device < 3; device++)
				signs_in(&s, GUARD_AUTH_FAILED, "192.0.2.9", 1000 + person, person * 10 + 1);
	assert_false(s.actions & (GUARD_BAN | GUARD_REJECT | GUARD_LOCK));
	end(&s);
}

/* One clumsy client there, with a new wrong password each second: this pair is refused, the address is not. */
static void test_clumsy(void **state)
{
	(void)state;
	struct story s = begin();
	for (uint64_t person = 0; person < 50; person++)
		comes_to_work(&s, person, 0);
	unsigned n = 0;
	while (!s.decisions && n < 100) {
		signs_in(&s, GUARD_AUTH_FAILED, "192.0.2.9", 1007, 5000 + n++);
		seconds(&s, 1);
	}
	assert_true(n == 10 && decided(&s, "account-guess") && s.last.account == 1007);
	for (int i = 0; i < 300; i++, seconds(&s, 10))
		signs_in(&s, GUARD_AUTH_FAILED, "192.0.2.9", 1007, 5000 + n++);
	assert_int_equal(s.bans, 0);
	end(&s);
}

/* Signing in well with an account of one's own buys little: guessing at others from there is still seen. */
static void test_own_account_is_no_pass(void **state)
{
	(void)state;
	struct story s = begin();
	unsigned n = 0;
	for (; !s.bans && n < 100; n++, seconds(&s, 5)) {
		signs_in(&s, GUARD_AUTH_OK, "192.0.2.1", 1, 0);
		signs_in(&s, GUARD_AUTH_FAILED, "192.0.2.1", 2000 + n, n + 1);
	}
	assert_true(n <= 22);
	end(&s);
}

/* A mailing list that still has some addresses of ours that are gone; a bulk sender with bare line feeds now and then. */
static void test_bulk_sender(void **state)
{
	(void)state;
	struct story s = begin();
	for (uint64_t i = 1; i < 2000; i++, seconds(&s, 2)) {
		struct guard_event e = { .kind = i % 60 ? GUARD_RCPT_OK : GUARD_RCPT_UNKNOWN, .source = address("198.51.100.4"), .value = i };
		feed(&s, &e);
		if (i % 50 == 0)
			happens(&s, GUARD_BARE_NEWLINE, "198.51.100.4");
	}
	nobody_is_hurt(&s);
	end(&s);
}

static bool attack(struct story *s, const char *from)
{
	static uint64_t n = 1;
	unsigned before = s->bans;
	for (int i = 0; i < 100; i++, n++) {
		signs_in(s, GUARD_AUTH_UNKNOWN, from, 90000 + n, n);
		happens(s, GUARD_HTTP, from);
	}
	return s->bans > before;
}

/* A90: the safe list wins, loopback is never banned, nor is a network that holds one of ours. */
static void test_A90_spared(void **state)
{
	(void)state;
	struct story s = begin();
	struct guard_net safe[] = { { address("192.0.2.77"), 24 }, { address("2001:db8:5::"), 48 }, { address("203.0.113.200"), 32 }, { address("198.18.0.1"), 32 } };
	assert_int_equal(guard_set_safe(s.g, safe, COUNT_OF(safe)), OK);
	static const struct { const char *from; enum guard_spared why; } rows[] = {
		{ "127.0.0.1", GUARD_SPARED_LOOPBACK }, { "127.9.9.9", GUARD_SPARED_LOOPBACK }, { "::1", GUARD_SPARED_LOOPBACK },
		{ "::ffff:127.0.0.1", GUARD_SPARED_LOOPBACK },
		{ "192.0.2.1", GUARD_SPARED_SAFE }, { "2001:db8:5:6::1", GUARD_SPARED_SAFE }, { "198.18.0.1", GUARD_SPARED_SAFE },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_false(attack(&s, rows[i].from));
		assert_int_equal(s.last.spared, rows[i].why);
		assert_true(s.last.actions & GUARD_ALERT && !(s.last.actions & (GUARD_BAN | GUARD_REJECT | GUARD_TARPIT)));
	}
	assert_true(attack(&s, "192.0.3.1"));
	assert_true(attack(&s, "2001:db8:6::1"));
	s.bans = 0;
	/* neighbours of a safe address: each may be banned, their whole network may not */
	for (unsigned i = 1; i < 120; i++, seconds(&s, 5)) {
		char text[IP_TEXT_MAX];
		snprintf(text, sizeof text, "203.0.113.%u", i);
		signs_in(&s, GUARD_AUTH_FAILED, text, 3000 + i, i);
	}
	assert_int_equal(s.bans, 0);
	assert_true(s.last.spared == GUARD_SPARED_SAFE && s.last.net.bits == 24);
	end(&s);
}

/* A90: a hundred failures of one client through our own front end: only that client is out. */
static void test_A90_through_proxy(void **state)
{
	(void)state;
	struct story s = begin();
	struct guard_net front_end = { address("10.0.0.2"), 32 };
	assert_int_equal(guard_set_safe(s.g, &front_end, 1), OK);
	for (uint64_t i = 0; i < 100; i++, seconds(&s, 1)) {
		happens(&s, GUARD_CONNECT, "10.0.0.2");
		signs_in(&s, GUARD_AUTH_FAILED, "198.51.100.99", 100 + i, i + 1);
		signs_in(&s, GUARD_AUTH_OK, "198.51.100.98", 7, 0);
	}
	assert_true(s.bans == 1);
	assert_true(s.last.net.bits == 32 && ip_matches(s.last.net.address, address("198.51.100.99"), 32));
	end(&s);
}

static void test_administrator(void **state)
{
	(void)state;
	struct story s = begin();
	feed(&s, &(struct guard_event){ .kind = GUARD_AUTH_OK, .flags = GUARD_ADMIN, .source = address("192.0.2.5"), .account = 1 });
	feed(&s, &(struct guard_event){ .kind = GUARD_AUTH_OK, .flags = GUARD_ADMIN, .source = address("2001:db8::5"), .account = 1 });
	assert_false(attack(&s, "192.0.2.5"));
	assert_int_equal(s.last.spared, GUARD_SPARED_ADMIN);
	assert_false(attack(&s, "2001:db8::6"));                /* the same /64 */
	seconds(&s, 86400 - 10);
	assert_false(attack(&s, "192.0.2.5"));
	seconds(&s, 7200);
	assert_true(attack(&s, "192.0.2.5"));
	end(&s);
}

/* B52: back two hours, forward a year, the nights of summer time; far ends of the number. */
static void test_B52_clock(void **state)
{
	(void)state;
	static const int64_t steps[] = { -7200, 3600, -3600, 365 * 86400, -365 * 86400, -10000000000, 10000000000, 1 };
	struct story s = begin();
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		for (int minute = 0; minute < 120; minute++, seconds(&s, 60)) {
			signs_in(&s, GUARD_AUTH_FAILED, "192.0.2.1", 7, 7);
			if (minute % 20 == 0)
				signs_in(&s, GUARD_AUTH_FAILED, "192.0.2.2", 8, (uint64_t)minute + 1000 * i + 1);
			happens(&s, GUARD_TLS_FAILED, "192.0.2.3");
		}
		nobody_is_hurt(&s);
		seconds(&s, steps[i]);
		assert_true(attack(&s, "198.51.100.1"));
		guard_forget(s.g, address("198.51.100.1"));
		s.actions = 0;
		/* right across the step, too */
		for (uint64_t n = 0; n < 5; n++)
			signs_in(&s, GUARD_AUTH_FAILED, "198.51.100.2", 9, 100 * i + n + 1);
		seconds(&s, -7200);
		unsigned before = s.bans;
		for (uint64_t n = 5; n < 10; n++)
			signs_in(&s, GUARD_AUTH_FAILED, "198.51.100.2", 9, 100 * i + n + 1);
		assert_int_equal(s.bans, before + 1);
		guard_forget(s.g, address("198.51.100.2"));
		guard_forget_account(s.g, 9);
		s.actions = 0;
	}
	s.ms = INT64_MAX;
	happens(&s, GUARD_CONNECT, "192.0.2.3");
	s.ms = INT64_MIN;
	happens(&s, GUARD_CONNECT, "192.0.2.3");
	assert_int_equal(s.actions, 0);
	end(&s);
}

static uint64_t noise(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Who never misbehaves is never hurt, whatever goes on around; the tables are far too small for this crowd. */
static void test_property(void **state)
{
	(void)state;
	struct story s = begin();
	uint64_t x = 88172645463325252u;
	size_t memory = guard_memory(s.g);
	unsigned hurt = 0;
	for (unsigned i = 0; i < 600000; i++, s.ms += 3) {
		uint64_t r = noise(&x);
		struct guard_event e = { .kind = (enum guard_kind)(r % GUARD_KINDS), .account = 1 + (r >> 8) % 100000, .secret = noise(&x), .value = noise(&x) };
		put_le32(e.source.bytes, (uint32_t)noise(&x));
		e.source.bytes[0] = 60;
		feed(&s, &e);
		if (i % 50)
			continue;
		struct guard_event good = { .kind = i % 100 ? GUARD_CONNECT : GUARD_AUTH_OK, .account = 777777, .source = address("192.0.2.1") };
		unsigned before = s.decisions;
		hurt += feed(&s, &good);
		assert_int_equal(s.decisions, before);
	}
	assert_int_equal(hurt, 0);
	assert_int_equal(guard_memory(s.g), memory);
	end(&s);
}

/* The rules are replaced while counters stand: a rule that is the same goes on, one that is gone says nothing. */
static void test_new_rules(void **state)
{
	(void)state;
	struct story s = begin();
	struct guard_rules *rules = default_rules();
	for (uint64_t i = 0; i < 9; i++)
		signs_in(&s, GUARD_AUTH_FAILED, "192.0.2.1", 0, i + 1);
	guard_set_rules(s.g, rules);
	assert_int_equal(s.decisions, 0);
	signs_in(&s, GUARD_AUTH_FAILED, "192.0.2.1", 0, 10);
	assert_true(decided(&s, "brute-force"));
	rules->count = 0;
	guard_set_rules(s.g, rules);
	assert_false(attack(&s, "198.51.100.1"));
	mem_free(rules);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phone), cmocka_unit_test(test_stale_clients), cmocka_unit_test(test_probe), cmocka_unit_test(test_morning),
		cmocka_unit_test(test_clumsy), cmocka_unit_test(test_own_account_is_no_pass), cmocka_unit_test(test_bulk_sender),
		cmocka_unit_test(test_A90_spared), cmocka_unit_test(test_A90_through_proxy), cmocka_unit_test(test_administrator),
		cmocka_unit_test(test_B52_clock), cmocka_unit_test(test_property), cmocka_unit_test(test_new_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
