#include "ipc/connection_gate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct net_address address(const char *text)
{
	struct net_address a;
	assert_int_equal(net_parse(str_c(text), 0, &a), OK);
	return a;
}

/* A16: at a limit one is turned away, and nothing else changes. */
static void limits(void **state)
{
	(void)state;
	struct conf conf;
	struct connection_gate g;
	conf_defaults(&conf);
	conf.limits.connections = 5;
	conf.limits.connections_per_source = 2;
	connection_gate_init(&g, 1);
	const struct net_address a = address("192.0.2.1"), b = address("192.0.2.2"), loop = address("127.0.0.1");
	assert_true(connection_gate_enter(&g, &conf, &a) && connection_gate_enter(&g, &conf, &a));
	assert_false(connection_gate_enter(&g, &conf, &a));
	assert_true(connection_gate_enter(&g, &conf, &b));
	connection_gate_leave(&g, &a);
	assert_true(connection_gate_enter(&g, &conf, &a));
	assert_false(connection_gate_enter(&g, &conf, &a));
	assert_true(connection_gate_enter(&g, &conf, &loop) && connection_gate_enter(&g, &conf, &loop));
	assert_false(connection_gate_enter(&g, &conf, &b));           /* five in all */
	connection_gate_leave(&g, &loop);
	conf.limits.count_loopback = true;
	conf.limits.connections_per_source = 1;
	assert_false(connection_gate_enter(&g, &conf, &loop));
	const struct net_address *left[] = { &a, &a, &b, &loop };
	for (size_t i = 0; i < COUNT_OF(left); i++)
		connection_gate_leave(&g, left[i]);
	assert_int_equal(g.count, 0);
	assert_int_equal(g.sources.count, 0);
	connection_gate_done(&g);
	conf_done(&conf);
}

/* A89: through a front end each client has the limit of its own, and the front end none. */
static void change(void **state)
{
	(void)state;
	struct conf conf;
	struct connection_gate g;
	conf_defaults(&conf);
	conf.limits.connections_per_source = 2;
	connection_gate_init(&g, 1);
	const struct net_address nobody = { .v6 = false }, a = address("192.0.2.1"), b = address("2001:db8::1");
	for (int i = 0; i < 5; i++)
		assert_true(connection_gate_enter(&g, &conf, &nobody));
	assert_true(connection_gate_change(&g, &conf, &nobody, &a) && connection_gate_change(&g, &conf, &nobody, &a));
	assert_false(connection_gate_change(&g, &conf, &nobody, &a));
	assert_true(connection_gate_change(&g, &conf, &nobody, &b));
	connection_gate_leave(&g, &a);
	assert_true(connection_gate_change(&g, &conf, &nobody, &a));
	const struct net_address *left[] = { &a, &a, &b, &nobody };
	for (size_t i = 0; i < COUNT_OF(left); i++)
		connection_gate_leave(&g, left[i]);
	assert_int_equal(g.count, 0);
	assert_int_equal(g.sources.count, 0);
	connection_gate_done(&g);
	conf_done(&conf);
}

/* An IPv6 source is its /64; IPv4 and IPv6 do not meet. */
static void sources(void **state)
{
	(void)state;
	struct conf conf;
	struct connection_gate g;
	conf_defaults(&conf);
	conf.limits.connections_per_source = 1;
	connection_gate_init(&g, 1);
	const struct net_address one = address("2001:db8:0:1::1"), same = address("2001:db8:0:1::2"),
				 other = address("2001:db8:0:2::1"), v4 = address("32.1.13.184");
	assert_true(connection_gate_enter(&g, &conf, &one));
	assert_false(connection_gate_enter(&g, &conf, &same));
	assert_true(connection_gate_enter(&g, &conf, &other) && connection_gate_enter(&g, &conf, &v4));
	connection_gate_done(&g);
	conf_done(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(limits), cmocka_unit_test(change), cmocka_unit_test(sources) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
