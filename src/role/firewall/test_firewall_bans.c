/* What is told, what stands, what is asked of the kernel. */
#include "role/firewall/firewall_bans.h"
#include "role/firewall/firewall_setup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct net_prefix net(const char *text)
{
	struct net_prefix p;
	assert_int_equal(net_prefix_parse(str_c(text), &p), OK);
	return p;
}

static int set(struct firewall_bans *b, const char *text, uint32_t seconds, int64_t now)
{
	struct net_prefix p = net(text);
	return firewall_bans_set(b, &p, seconds, now);
}

/* The seconds that are left of a ban; 0 when there is none. */
static uint32_t left(struct firewall_bans *b, const char *text, int64_t now)
{
	struct arena a;
	struct firewall_ban *list;
	struct net_prefix p = net(text);
	size_t n;
	uint32_t found = 0;
	arena_init(&a, 1 << 20, NULL, NULL);
	firewall_bans_list(b, now, &a, &list, &n);
	for (size_t i = 0; i < n; i++)
		if (list[i].net.bits == p.bits && net_same_host(&list[i].net.address, &p.address))
			found = list[i].seconds;
	arena_done(&a);
	return found;
}

static void test_stand_and_end(void **state)
{
	(void)state;
	struct firewall_bans b;
	firewall_bans_init(&b, 1);
	assert_int_equal(set(&b, "192.0.2.1", 60, 1000), OK);
	assert_int_equal(set(&b, "192.0.2.0/24", 10, 1000), OK);
	assert_int_equal(set(&b, "2001:db8::/64", 60, 1000), OK);
	assert_int_equal(set(&b, "192.0.2.1", 0, 1000), OK);
	assert_int_equal(set(&b, "198.51.100.1", 0, 1000), OK);         /* was none */
	assert_int_equal(firewall_bans_count(&b), 2);
	assert_int_equal(set(&b, "2001:db8:0:0:1::/64", 120, 2000), OK);   /* the same network */
	assert_int_equal(firewall_bans_count(&b), 2);
	assert_int_equal(left(&b, "2001:db8::/64", 2000), 120);
	assert_int_equal(left(&b, "192.0.2.0/24", 2001), 9);
	assert_int_equal(left(&b, "192.0.2.0/24", 10999), 1);
	assert_int_equal(left(&b, "192.0.2.0/24", 11000), 0);
	assert_int_equal(firewall_bans_count(&b), 1);                   /* the listing has forgotten it */
	firewall_bans_clear(&b);
	assert_int_equal(firewall_bans_count(&b), 0);
	firewall_bans_done(&b);
}

/* A guard that was broken into fills it, and no more: what has ended makes room. */
static void test_bound(void **state)
{
	(void)state;
	struct firewall_bans b;
	firewall_bans_init(&b, 1);
	for (uint32_t i = 0; i < FIREWALL_BANS_MAX; i++) {
		struct net_prefix p = { .address.bytes = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i }, .bits = 32 };
		assert_int_equal(firewall_bans_set(&b, &p, i % 2 ? 1 : 100, 0), OK);
	}
	assert_int_equal(set(&b, "192.0.2.1", 60, 500), E_FULL);
	assert_int_equal(set(&b, "10.0.0.0", 60, 500), OK);             /* one that stands */
	assert_int_equal(set(&b, "192.0.2.1", 60, 1000), OK);
	assert_int_equal(firewall_bans_count(&b), FIREWALL_BANS_MAX / 2 + 1);
	firewall_bans_done(&b);
}

static struct conf conf_of(const char *listen, const char *front_end, uint64_t base)
{
	struct conf c;
	conf_defaults(&c);
	c.server.port_base = base;
	if (listen) {
		c.server.listen = mem_new_array(char *, 1);
		c.server.listen[c.server.listen_count++] = mem_alloc(64);
		assert_int_equal(str_to_c(str_c(listen), c.server.listen[0], 64), OK);
	}
	if (front_end) {
		c.server.proxy_from = mem_new_array(char *, 1);
		c.server.proxy_from[c.server.proxy_from_count++] = mem_alloc(64);
		assert_int_equal(str_to_c(str_c(front_end), c.server.proxy_from[0], 64), OK);
	}
	return c;
}

/* A90: the safe list stands before the bans. */
static void test_safe(void **state)
{
	(void)state;
	struct conf c = conf_of(NULL, "198.51.100.7", 0);
	struct arena a;
	struct firewall_setup s;
	arena_init(&a, 1 << 16, NULL, NULL);
	c.guard.safe = mem_new_array(char *, 1);
	c.guard.safe[c.guard.safe_count++] = mem_alloc(64);
	assert_int_equal(str_to_c(STR("2001:db8::/32"), c.guard.safe[0], 64), OK);
	firewall_setup_of(&c, &c, &a, &s);
	assert_int_equal(s.allow_count, 2);
	assert_true(s.allow[0].address.v6 && s.allow[0].bits == 32 && s.allow[1].bits == 32 && !s.allow[1].address.v6);
	arena_done(&a);
	conf_done(&c);
}

static void test_setup(void **state)
{
	(void)state;
	struct conf c = conf_of("192.0.2.1", "198.51.100.0/24", 10000), all = conf_of("0.0.0.0", NULL, 0), none = conf_of(NULL, NULL, 0);
	struct arena a;
	struct firewall_setup s;
	char one[FIREWALL_INSTANCE_MAX], two[FIREWALL_INSTANCE_MAX];
	arena_init(&a, 1 << 16, NULL, NULL);
	firewall_setup_of(&c, &c, &a, &s);
	static const uint16_t ports[] = { 10025, 10587, 10465, 10143, 10993 };
	for (size_t i = 0; i < COUNT_OF(ports); i++) {
		bool found = false;
		for (size_t k = 0; k < s.port_count; k++)
			found = found || s.ports[k] == ports[i];
		assert_true(found);
	}
	assert_int_equal(s.own_count, 1);
	assert_int_equal(s.own[0].bits, 32);
	assert_int_equal(s.allow_count, 1);                             /* A90: a front end is never banned as such */
	assert_int_equal(s.allow[0].bits, 24);
	assert_true(s.rate > 0 && s.burst >= s.rate);
	firewall_setup_of(&all, &all, &a, &s);
	assert_int_equal(s.own_count, 0);
	firewall_setup_of(&none, &none, &a, &s);
	assert_int_equal(s.own_count, 0);
	firewall_setup_of(&none, &c, &a, &s);                           /* a reload has listen and port_base changed: the listeners stay */
	assert_true(s.own_count == 0 && s.ports[0] < 1024 && s.allow_count == 1);
	assert_string_equal(firewall_instance(&none, one).p, "0");
	assert_true(str_starts(firewall_instance(&c, one), STR("10000_")));
	assert_false(str_eq(firewall_instance(&all, one), firewall_instance(&none, two)));
	arena_done(&a);
	conf_done(&c);
	conf_done(&all);
	conf_done(&none);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_stand_and_end), cmocka_unit_test(test_bound), cmocka_unit_test(test_setup), cmocka_unit_test(test_safe) };
	return cmocka_run_group_tests_name("role/firewall", tests, NULL, NULL);
}
