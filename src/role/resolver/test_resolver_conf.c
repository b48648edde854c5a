/* The text for libunbound, from the configuration and /etc/resolv.conf. */
#include "role/resolver/resolver_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct buf out, why;

static int config(char **forward, unsigned forwards, char **stub, unsigned stubs, char **anchor, unsigned anchors, const char *resolv_conf)
{
	struct conf c = { .resolver = { .forward = forward, .forward_count = forwards, .stub = stub, .stub_count = stubs,
		.trust_anchor = anchor, .trust_anchor_count = anchors } };
	buf_clear(&out);
	buf_clear(&why);
	return resolver_config_write(&c, str_c(resolv_conf), STR(""), RESOLVER_ALL_ANCHORS, &out, &why);
}

static bool says(const char *line) { return str_search(buf_str(&out), str_c(line)) != STR_NPOS; }

static void test_system_servers(void **state)
{
	(void)state;
	assert_int_equal(config(NULL, 0, NULL, 0, NULL, 0, "# x\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 \nnameservers 192.0.2.9\nnameserver fe80::1%eth0\n"), OK);
	assert_true(says("forward-addr: 192.0.2.1@53\n"));
	assert_true(says("forward-addr: 2001:db8::1@53\n"));
	assert_false(says("192.0.2.9"));
	assert_false(says("fe80"));
	assert_false(says("do-not-query-localhost"));
	assert_true(says("trust-anchor: \". IN DS 20326 8 2 "));
	assert_true(says("trust-anchor: \". IN DS 38696 8 2 "));
	assert_true(says("local-zone: \"test.\" nodefault\n"));
	assert_true(says("domain-insecure: \"test.\"\n"));
	char anchor[] = "test. IN DS 1 8 2 AB";
	assert_int_equal(config(NULL, 0, NULL, 0, (char *[]){ anchor }, 1, ""), OK);
	assert_false(says("domain-insecure"));
	struct conf c = { .resolver = { .trust_anchor = (char *[]){ anchor }, .trust_anchor_count = 1 } };
	buf_clear(&out);
	assert_int_equal(resolver_config_write(&c, STR(""), STR(""), RESOLVER_OWN_ANCHORS, &out, &why), OK);
	assert_true(says("trust-anchor: \"test. IN DS 1 8 2 AB\"\n"));
	assert_false(says("trust-anchor: \". IN DS"));
}

static void test_own_servers(void **state)
{
	(void)state;
	char a[] = "127.0.0.1@5353", b[] = "192.0.2.2";
	assert_int_equal(config((char *[]){ a, b }, 2, NULL, 0, NULL, 0, "nameserver 192.0.2.1\n"), OK);
	assert_true(says("forward-addr: 127.0.0.1@5353\n"));
	assert_true(says("forward-addr: 192.0.2.2@53\n"));
	assert_false(says("192.0.2.1@"));
	assert_true(says("do-not-query-localhost: no\n"));
}

static void test_recursion(void **state)
{
	(void)state;
	char root[] = "root";
	assert_int_equal(config((char *[]){ root }, 1, NULL, 0, NULL, 0, "nameserver 192.0.2.1\n"), OK);
	assert_false(says("forward-zone"));
	assert_int_equal(config(NULL, 0, NULL, 0, NULL, 0, ""), OK);
	assert_false(says("forward-zone"));
}

/* A zone of our own is unsigned unless we hold an anchor for it. */
static void test_stub(void **state)
{
	(void)state;
	char plain[] = "corp.test=127.0.0.1@5300", sealed[] = "signed.test.=192.0.2.7", anchor[] = "signed.test. IN DS 1 8 2 AB";
	assert_int_equal(config(NULL, 0, (char *[]){ plain, sealed }, 2, (char *[]){ anchor }, 1, ""), OK);
	assert_true(says("\tname: \"corp.test.\"\n\tstub-addr: 127.0.0.1@5300\n"));
	assert_true(says("\tname: \"signed.test.\"\n\tstub-addr: 192.0.2.7@53\n"));
	assert_true(says("domain-insecure: \"corp.test.\"\n"));
	assert_false(says("domain-insecure: \"signed.test.\"\n"));
	assert_true(says("trust-anchor: \"signed.test. IN DS 1 8 2 AB\"\n"));
	assert_true(says("do-not-query-localhost: no\n"));
}

static void test_refused(void **state)
{
	(void)state;
	char name[] = "ns.example.test", port[] = "192.0.2.1@0", no_server[] = "corp.test", quote[] = "x\" y", line[] = "a\nb", zone[] = "a b=192.0.2.1";
	assert_int_equal(config((char *[]){ name }, 1, NULL, 0, NULL, 0, ""), E_SYNTAX);
	assert_int_equal(config((char *[]){ port }, 1, NULL, 0, NULL, 0, ""), E_SYNTAX);
	assert_int_equal(config(NULL, 0, (char *[]){ no_server }, 1, NULL, 0, ""), E_SYNTAX);
	assert_true(str_eq(buf_str(&why), STR("resolver.stub: cannot read \"corp.test\"")));
	assert_int_equal(config(NULL, 0, (char *[]){ zone }, 1, NULL, 0, ""), E_SYNTAX);
	assert_int_equal(config(NULL, 0, NULL, 0, (char *[]){ quote }, 1, ""), E_SYNTAX);
	assert_int_equal(config(NULL, 0, NULL, 0, (char *[]){ line }, 1, ""), E_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_system_servers), cmocka_unit_test(test_own_servers), cmocka_unit_test(test_recursion),
		cmocka_unit_test(test_stub), cmocka_unit_test(test_refused),
	};
	buf_init(&out, RESOLVER_CONFIG_MAX);
	buf_init(&why, 512);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	buf_done(&out);
	buf_done(&why);
	return r;
}
