#include "ipc/ban_list.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct net_address address(const char *text)
{
	struct net_address a;
	assert_int_equal(net_parse(str_c(text), 0, &a), OK);
	return a;
}

static struct ipc_ban_note note(const struct net_address *a, unsigned bits, enum ban_act act, unsigned seconds)
{
	return (struct ipc_ban_note){ .network = { (const char *)a->bytes, a->v6 ? 16 : 4 }, .bits = bits, .act = act, .seconds = seconds };
}

static int take(struct ban_list *l, const char *network, unsigned bits, enum ban_act act, unsigned seconds, int64_t now)
{
	struct net_address a = address(network);
	struct ipc_ban_note m = note(&a, bits, act, seconds);
	return ban_list_take(l, &m, now);
}

static enum ban_act find(const struct ban_list *l, const char *text, int64_t now)
{
	struct net_address a = address(text);
	return ban_list_find(l, &a, now);
}

static void test_networks(void **state)
{
	(void)state;
	struct ban_list l;
	ban_list_init(&l, 7);
	assert_int_equal(find(&l, "192.0.2.1", 0), BAN_NONE);
	assert_int_equal(take(&l, "192.0.2.1", 32, BAN_OUT, 10, 0), OK);
	assert_int_equal(take(&l, "198.51.100.0", 24, BAN_REFUSE, 10, 0), OK);
	assert_int_equal(take(&l, "198.51.100.128", 25, BAN_OUT, 5, 0), OK);
	assert_int_equal(take(&l, "2001:db8:0:1::", 64, BAN_SLOW, 10, 0), OK);
	assert_int_equal(take(&l, "10.0.0.0", 13, BAN_OUT, 10, 0), OK);
	static const struct { const char *from; int64_t now; enum ban_act act; } rows[] = {
		{ "192.0.2.1", 0, BAN_OUT },          { "192.0.2.1", 9999, BAN_OUT },         { "192.0.2.1", 10000, BAN_NONE },
		{ "192.0.2.2", 0, BAN_NONE },         { "198.51.100.1", 0, BAN_REFUSE },      { "198.51.100.200", 0, BAN_OUT },
		{ "198.51.100.200", 6000, BAN_REFUSE }, { "2001:db8:0:1:2:3:4:5", 0, BAN_SLOW }, { "2001:db8:0:2::1", 0, BAN_NONE },
		{ "10.7.255.255", 0, BAN_OUT },       { "10.8.0.0", 0, BAN_NONE },            { "::ffff:192.0.2.1", 0, BAN_OUT },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(find(&l, rows[i].from, rows[i].now), rows[i].act);
	ban_list_done(&l);
}

/* Several acts on one network end each in its time; lifting one leaves the others. */
static void test_lifted(void **state)
{
	(void)state;
	struct ban_list l;
	ban_list_init(&l, 7);
	assert_int_equal(take(&l, "192.0.2.1", 32, BAN_SLOW, 100, 0), OK);
	assert_int_equal(take(&l, "192.0.2.1", 32, BAN_OUT, 10, 0), OK);
	assert_int_equal(find(&l, "192.0.2.1", 20000), BAN_SLOW);
	assert_int_equal(take(&l, "192.0.2.1", 32, BAN_OUT, 0, 1), OK);
	assert_int_equal(find(&l, "192.0.2.1", 1), BAN_SLOW);
	assert_int_equal(take(&l, "192.0.2.1", 32, BAN_SLOW, 0, 2), OK);
	assert_int_equal(take(&l, "192.0.2.9", 32, BAN_SLOW, 0, 2), OK);
	assert_int_equal(l.bans.count, 0);
	assert_int_equal(take(&l, "192.0.2.1", 32, BAN_OUT, 10, 0), OK);
	assert_int_equal(ban_list_take(&l, &(struct ipc_ban_note){ .bits = 0 }, 0), OK);
	assert_int_equal(l.bans.count, 0);
	assert_int_equal(find(&l, "192.0.2.1", 1), BAN_NONE);
	ban_list_done(&l);
}

static void test_bad_notes(void **state)
{
	(void)state;
	struct ban_list l;
	struct net_address a = address("192.0.2.1");
	ban_list_init(&l, 7);
	static const struct { size_t n; unsigned bits, act; } rows[] = {
		{ 4, 33, BAN_OUT }, { 4, 31, BAN_OUT }, { 4, 0, BAN_OUT }, { 3, 8, BAN_OUT }, { 16, 129, BAN_OUT }, { 4, 32, BAN_NONE }, { 4, 32, BAN_ACTS },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ipc_ban_note m = { .network = { (const char *)a.bytes, rows[i].n }, .bits = rows[i].bits, .act = rows[i].act, .seconds = 9 };
		assert_int_equal(ban_list_take(&l, &m, 0), E_SYNTAX);
	}
	assert_int_equal(l.bans.count, 0);
	ban_list_done(&l);
}

static void test_bounded(void **state)
{
	(void)state;
	struct ban_list l;
	struct net_address a = { .bytes = { 60 } };
	ban_list_init(&l, 7);
	for (uint32_t i = 0; i < BAN_LIST_MAX + 10; i++) {
		put_le32(a.bytes, i);
		struct ipc_ban_note m = note(&a, 32, BAN_OUT, 10);
		assert_int_equal(ban_list_take(&l, &m, 0), i < BAN_LIST_MAX ? OK : E_FULL);
	}
	assert_int_equal(l.refused, 10);
	struct ipc_ban_note m = note(&a, 32, BAN_OUT, 10);
	assert_int_equal(ban_list_take(&l, &m, 10000), OK);
	assert_int_equal(l.bans.count, 1);
	ban_list_done(&l);
}

static void test_covers(void **state)
{
	(void)state;
	struct net_address net = address("2001:db8:0:1::"), in = address("2001:db8:0:1::9"), out = address("2001:db8:0:2::9"), v4 = address("192.0.2.1");
	struct ipc_ban_note m = note(&net, 64, BAN_OUT, 10);
	assert_true(ban_covers(&m, &in));
	assert_false(ban_covers(&m, &out));
	assert_false(ban_covers(&m, &v4));
	m.bits = 12;
	assert_false(ban_covers(&m, &in));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks), cmocka_unit_test(test_lifted), cmocka_unit_test(test_bad_notes), cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_covers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
