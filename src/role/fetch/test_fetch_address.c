#include "role/fetch/fetch_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* The registries of special-purpose addresses (RFC 6890 section 2.2), at both ends of each network. */
static void test_allowed(void **state)
{
	(void)state;
	static const struct { const char *address; bool allowed; } rows[] = {
		{ "9.255.255.255", true }, { "10.0.0.0", false }, { "10.255.255.255", false }, { "11.0.0.0", true },
		{ "0.0.0.0", false }, { "0.1.2.3", false }, { "1.0.0.0", true }, { "100.63.255.255", true }, { "100.64.0.0", false },
		{ "100.127.255.255", false }, { "100.128.0.0", true }, { "127.0.0.1", false }, { "127.8.9.10", false }, { "128.0.0.0", true },
		{ "169.253.255.255", true }, { "169.254.169.254", false }, { "169.255.0.0", true }, { "172.15.255.255", true },
		{ "172.16.0.0", false }, { "172.31.255.255", false }, { "172.32.0.0", true }, { "192.0.0.1", false }, { "192.0.2.1", false },
		{ "192.167.255.255", true }, { "192.168.0.0", false }, { "192.168.255.255", false }, { "192.169.0.0", true },
		{ "198.17.255.255", true }, { "198.18.0.0", false }, { "198.19.255.255", false }, { "198.20.0.0", true },
		{ "198.51.100.1", false }, { "203.0.113.1", false }, { "223.255.255.255", true }, { "224.0.0.1", false },
		{ "255.255.255.255", false },
		{ "::", false }, { "::1", false }, { "::ffff:10.0.0.1", false }, { "64:ff9b::a00:1", false }, { "100::1", false },
		{ "1fff::1", false }, { "2001::1", false }, { "2001:200::1", true }, { "2001:db8::1", false }, { "2002:a00:1::1", false },
		{ "2003::1", true }, { "2a00::1", true }, { "3fff::1", false }, { "4000::1", false }, { "fc00::1", false }, { "fd12::1", false },
		{ "fe80::1", false }, { "ff02::1", false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct net_address a;
		assert_int_equal(net_parse(str_c(rows[i].address), 443, &a), OK);
		if (fetch_address_allowed(&a, false) != rows[i].allowed)
			fail_msg("%s", rows[i].address);
		assert_int_equal(fetch_address_allowed(&a, true), rows[i].allowed || net_is_loopback(&a));
	}
}

static void test_read(void **state)
{
	(void)state;
	static const char v4[] = "\4\12\0\0\1" "\4\1\2\3\4" "\3\1\1\1" "\4\5\6\7\10";
	static const char v6[] = "\20\0\0\0\0\0\0\0\0\0\0\377\377\12\0\0\1" "\20\52\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1";
	struct net_address a[FETCH_ADDRESSES_MAX];
	char text[NET_ADDRESS_TEXT];
	size_t n = fetch_addresses_read((struct str){ v6, sizeof v6 - 1 }, (struct str){ v4, sizeof v4 - 1 }, 443, false, a);
	static const char *const want[] = { "2a00::1", "1.2.3.4", "5.6.7.8" };
	assert_int_equal(n, COUNT_OF(want));
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(net_format(&a[i], text), want[i]);
		assert_int_equal(a[i].port, 443);
	}
	assert_int_equal(fetch_addresses_read(STR("\20"), STR(""), 443, true, a), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_allowed), cmocka_unit_test(test_read) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
