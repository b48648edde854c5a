/* What the guard has decided about accounts, as sign-in finds it. */
#include "os/net.h"
#include "role/auth/auth_guard.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void tell(uint32_t account, const char *network, unsigned bits, unsigned actions, unsigned seconds)
{
	struct net_address a = { 0 };
	if (network)
		assert_int_equal(net_parse(str_c(network), 0, &a), OK);
	struct ipc_guard_account_note m = { .account = account, .network = { (const char *)a.bytes, network ? a.v6 ? 16 : 4 : 0 }, .bits = bits,
		.actions = actions, .seconds = seconds };
	auth_guard_on_account(NULL, &m);
}

static unsigned acts(uint32_t account, const char *peer) { return auth_guard_acts(account, str_c(peer)); }

static void test_acts(void **state)
{
	(void)state;
	assert_int_equal(acts(7, "192.0.2.1"), 0);
	tell(7, "192.0.2.0", 24, ACCOUNT_REFUSE, 60);
	tell(7, "2001:db8::", 48, ACCOUNT_SLOW, 60);
	tell(7, NULL, 0, ACCOUNT_SECOND_FACTOR, 60);
	assert_int_equal(acts(7, "192.0.2.1"), ACCOUNT_REFUSE | ACCOUNT_SECOND_FACTOR);
	assert_int_equal(acts(7, "192.0.3.1"), ACCOUNT_SECOND_FACTOR);
	assert_int_equal(acts(7, "2001:db8:0:1::1"), ACCOUNT_SLOW | ACCOUNT_SECOND_FACTOR);
	assert_int_equal(acts(7, ""), ACCOUNT_SECOND_FACTOR);
	assert_int_equal(acts(8, "192.0.2.1"), 0);
	assert_int_equal(acts(0, "192.0.2.1"), 0);
	tell(7, "192.0.2.0", 24, ACCOUNT_REFUSE, 0);
	assert_int_equal(acts(7, "192.0.2.1"), ACCOUNT_SECOND_FACTOR);
	tell(7, NULL, 0, ACCOUNT_SECOND_FACTOR, 0);
	tell(7, NULL, 0, ACCOUNT_REFUSE, 0);
	assert_int_equal(acts(7, "192.0.2.1"), 0);
	/* everything forgotten: a list that is complete follows */
	tell(9, NULL, 0, ACCOUNT_REFUSE, 60);
	tell(10, NULL, 0, ACCOUNT_REFUSE, 60);
	tell(0, NULL, 0, 0, 0);
	assert_int_equal(acts(7, "2001:db8::1") | acts(9, "192.0.2.1") | acts(10, "192.0.2.1"), 0);
}

static void test_bad_and_bounded(void **state)
{
	(void)state;
	struct ipc_guard_account_note bad[] = {
		{ .account = 7, .network = STR("abc"), .bits = 8, .actions = 2, .seconds = 9 }, { .account = 7, .network = STR("abcd"), .bits = 33, .actions = 2, .seconds = 9 },
	};
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		auth_guard_on_account(NULL, &bad[i]);
	assert_int_equal(acts(7, "97.98.99.100"), 0);
	for (uint32_t i = 1; i <= AUTH_GUARD_MAX + 5; i++)
		tell(i, NULL, 0, ACCOUNT_REFUSE, 60);
	assert_int_equal(acts(AUTH_GUARD_MAX, ""), ACCOUNT_REFUSE);
	assert_int_equal(acts(AUTH_GUARD_MAX + 5, ""), 0);
	tell(0, NULL, 0, 0, 0);
	assert_int_equal(acts(1, ""), 0);
}

int main(void)
{
	auth_guard_start();
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_acts), cmocka_unit_test(test_bad_and_bounded) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
