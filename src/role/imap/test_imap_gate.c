#include "role/imap/imap_gate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct net_address address(const char *text)
{
	struct net_address a;
	assert_int_equal(net_parse(str_c(text), 1, &a), OK);
	return a;
}

/* A16: past a limit nobody comes in, and whoever leaves makes room again; other sources never notice. */
static void a16_limits(void **state)
{
	(void)state;
	struct conf conf;
	struct imap_gate gate;
	conf_defaults(&conf);
	conf.limits.connections = 5;
	conf.limits.connections_per_source = 2;
	imap_gate_init(&gate, 1);
	struct net_address a = address("192.0.2.1"), b = address("192.0.2.2"), home = address("127.0.0.1");
	assert_true(imap_gate_enter(&gate, &conf, &a));
	assert_true(imap_gate_enter(&gate, &conf, &a));
	for (int i = 0; i < 20; i++)
		assert_false(imap_gate_enter(&gate, &conf, &a));
	assert_true(imap_gate_enter(&gate, &conf, &b));
	imap_gate_leave(&gate, &a);
	assert_true(imap_gate_enter(&gate, &conf, &a));
	assert_true(imap_gate_enter(&gate, &conf, &home));
	assert_true(imap_gate_enter(&gate, &conf, &home));      /* 5 in all */
	assert_false(imap_gate_enter(&gate, &conf, &b));
	imap_gate_leave(&gate, &home);
	assert_true(imap_gate_enter(&gate, &conf, &b));
	assert_int_equal(gate.count, 5);
	imap_gate_done(&gate);
	conf_done(&conf);
}

/* An IPv6 site is one source: its lower 64 bits are free to choose. */
static void a_network_is_a_source(void **state)
{
	(void)state;
	struct conf conf;
	struct imap_gate gate;
	conf_defaults(&conf);
	conf.limits.connections_per_source = 1;
	imap_gate_init(&gate, 1);
	struct net_address a = address("2001:db8:1:2::1"), same = address("2001:db8:1:2::2"), other = address("2001:db8:1:3::1");
	assert_true(imap_gate_enter(&gate, &conf, &a));
	assert_false(imap_gate_enter(&gate, &conf, &same));
	assert_true(imap_gate_enter(&gate, &conf, &other));
	imap_gate_done(&gate);
	conf_done(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a16_limits), cmocka_unit_test(a_network_is_a_source) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
