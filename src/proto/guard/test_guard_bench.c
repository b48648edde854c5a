/* How many events a second on one core, with a million addresses, and that memory stays what it was at birth. Under sanitizers the
 * figures mean little and fewer events are run. */
#include "proto/guard/test_guard_story.h"

#include <stdio.h>
#include <time.h>

#ifdef __SANITIZE_ADDRESS__
enum { EVENTS = 300000, WANTED = 0 };
#else
enum { EVENTS = 4000000, WANTED = 100000 };
#endif
enum { ADDRESSES = 1000000 };

static uint64_t noise(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static struct guard *a_guard(void)
{
	struct guard_setup setup = { .counters = 1 << 20, .memories = 1 << 20, .admin_s = 86400 };
	struct guard_rules *rules = default_rules();
	memcpy(setup.key, story_key, sizeof setup.key);
	struct guard *g = guard_new(&setup, rules);
	mem_free(rules);
	return g;
}

/* What a busy server sees (in hundredths), or sign-ins that fail and nothing else: the dearest event. */
static enum guard_kind mixed(uint64_t r)
{
	static const struct { unsigned below; enum guard_kind kind; } mix[] = {
		{ 40, GUARD_CONNECT }, { 55, GUARD_AUTH_OK }, { 70, GUARD_AUTH_FAILED }, { 75, GUARD_AUTH_UNKNOWN }, { 85, GUARD_RCPT_OK },
		{ 90, GUARD_RCPT_UNKNOWN }, { 95, GUARD_MESSAGE_OUT }, { 97, GUARD_JUNK }, { 98, GUARD_TLS_FAILED }, { 99, GUARD_SLOW }, { 100, GUARD_HTTP },
	};
	size_t i = 0;
	while (r % 100 >= mix[i].below)
		i++;
	return mix[i].kind;
}

static void run(const char *what, bool only_failed, bool v6)
{
	struct guard *g = a_guard();
	struct guard_decision d[GUARD_DECISIONS_MAX];
	size_t memory = guard_memory(g);
	uint64_t x = 88172645463325252u, decisions = 0;
	clock_t start = clock();
	for (int64_t i = 0; i < EVENTS; i++) {
		uint64_t r = noise(&x);
		uint32_t host = (uint32_t)(r >> 8) % ADDRESSES;
		struct guard_event e = {
			.kind = only_failed ? GUARD_AUTH_FAILED : mixed(r >> 40), .account = 1 + (x >> 20) % 50000, .secret = r | 1, .value = x >> 9,
			.helo = 1 + r % 1000, .number = 1, .source = { .bytes = { 0x20, 1 }, .v6 = v6 },
		};
		put_le32(e.source.bytes + (v6 ? 4 : 0), host * 2654435761u);
		decisions += guard_feed(g, i / 100, &e, d);
	}
	double took = (double)(clock() - start) / CLOCKS_PER_SEC;
	print_message("%s: %.0f events/s (%d in %.2f s of one core), %d addresses, %zu MB, %llu decisions\n", what, EVENTS / took, EVENTS, took,
		      ADDRESSES, memory >> 20, (unsigned long long)decisions);
	assert_true(EVENTS / took >= WANTED);
	assert_int_equal(guard_memory(g), memory);
	guard_free(g);
}

static void test_speed(void **state)
{
	(void)state;
	run("mixed events", false, false);
	run("mixed events, IPv6", false, true);
	run("failed sign-ins only", true, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_speed) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
