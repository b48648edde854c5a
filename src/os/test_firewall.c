/* The table in a network namespace of the test's own: as root, or as an ordinary user where the kernel gives namespaces. Packets are tried
 * in test/attack, where there are two namespaces. */
#include "os/firewall.h"

#include "os/clock.h"
#include "os/fd.h"
#include "os/firewall_internal.h"
#include "os/sandbox.h"

#include <linux/capability.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static bool have_namespace;

static struct net_prefix net(const char *text, uint8_t bits)
{
	struct net_prefix n = { .bits = bits };
	assert_int_equal(net_parse(str_c(text), 0, &n.address), OK);
	return n;
}

static struct firewall *fresh(const char *instance)
{
	struct firewall *f;
	static const uint16_t ports[] = { 25, 993 };
	struct firewall_setup setup = { .ports = ports, .port_count = COUNT_OF(ports), .rate = 50, .burst = 200 };
	if (!have_namespace)
		skip();
	assert_int_equal(firewall_open(str_c(instance), &f), OK);
	assert_int_equal(firewall_build(f, &setup), OK);
	return f;
}

/* "192.0.2.1/32 2001:db8::/64", sorted as the sets are. */
static const char *listed(struct firewall *f, char text[512])
{
	struct arena a;
	struct firewall_ban *bans;
	size_t n, used = 0;
	char one[NET_ADDRESS_TEXT];
	arena_init(&a, 64 << 20, NULL, NULL);
	assert_int_equal(firewall_list(f, &a, &bans, &n), OK);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, 512 - used, "%s%s/%u", i ? " " : "", net_format(&bans[i].net.address, one), bans[i].net.bits);
	arena_done(&a);
	return text;
}

static uint32_t seconds_left(struct firewall *f)
{
	struct arena a;
	struct firewall_ban *bans;
	size_t n;
	arena_init(&a, 1 << 20, NULL, NULL);
	assert_int_equal(firewall_list(f, &a, &bans, &n), OK);
	assert_int_equal(n, 1);
	uint32_t s = bans[0].seconds;
	arena_done(&a);
	return s;
}

/* What `nft` would say to a command; by a context of its own. */
static bool nft_holds(const char *command, const char *words)
{
	struct nft_ctx *n = nft_ctx_new(NFT_CTX_DEFAULT);
	nft_ctx_buffer_output(n);
	nft_ctx_buffer_error(n);
	bool ok = nft_run_cmd_from_buffer(n, command) == 0 && strstr(nft_ctx_get_output_buffer(n), words) != NULL;
	nft_ctx_free(n);
	return ok;
}

static void test_instances(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "A", "a b", "a;b", "a}", "a\n", "0123456789012345678901234567890123" };
	struct firewall *f;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(firewall_open(str_c(bad[i]), &f), E_SYNTAX);
}

static const struct { const char *address; uint8_t bits; int want; uint8_t length; uint32_t count; const char *first; } splits[] = {
	{ "192.0.2.9", 32, OK, 32, 1, "192.0.2.9" }, { "192.0.2.9", 24, OK, 24, 1, "192.0.2.0" }, { "192.0.2.9", 23, OK, 24, 2, "192.0.2.0" },
	{ "192.0.3.9", 23, OK, 24, 2, "192.0.2.0" }, { "10.1.2.3", 31, OK, 32, 2, "10.1.2.2" }, { "10.1.2.3", 8, OK, 8, 1, "10.0.0.0" },
	{ "10.1.2.3", 7, OK, 8, 2, "10.0.0.0" }, { "10.1.2.3", 0, OK, 8, 256, "0.0.0.0" }, { "10.1.2.3", 33, E_SYNTAX, 0, 0, NULL },
	{ "2001:db8::1", 128, OK, 128, 1, "2001:db8::1" }, { "2001:db8::1", 64, OK, 64, 1, "2001:db8::" }, { "2001:db8::1", 65, E_TOOBIG, 0, 0, NULL },
	{ "2001:db8:ffff::", 48, OK, 48, 1, "2001:db8:ffff::" }, { "2001:db8:ffff::", 20, OK, 32, 4096, "2001::" },
	{ "2001:db8:ffff::", 19, E_TOOBIG, 0, 0, NULL }, { "2001:db8::", 129, E_SYNTAX, 0, 0, NULL }, { "2001:db8::1", 116, OK, 128, 4096, "2001:db8::" },
};

static void test_splits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(splits); i++) {
		struct net_prefix n = net(splits[i].address, splits[i].bits);
		struct firewall_split s;
		char text[NET_ADDRESS_TEXT];
		int r = firewall_split_of(&n, &s);
		if (r != splits[i].want)
			fail_msg("row %zu: %s", i, err_name(r));
		if (r != OK)
			continue;
		assert_int_equal(s.length->bits, splits[i].length);
		assert_int_equal(s.count, splits[i].count);
		assert_string_equal(net_format(&s.first, text), splits[i].first);
	}
}

static void test_bans(void **state)
{
	(void)state;
	struct firewall *f = fresh("unit");
	char text[512];
	assert_string_equal(listed(f, text), "");
	struct firewall_ban bans[] = {
		{ net("192.0.2.1", 32), 60 }, { net("192.0.2.0", 24), 60 }, { net("2001:db8::7", 64), 0 }, { net("198.51.100.0", 23), 60 },
		{ net("192.0.2.1", 32), 60 },           /* again in the same transaction */
	};
	assert_int_equal(firewall_ban(f, bans, COUNT_OF(bans)), OK);
	assert_string_equal(listed(f, text), "192.0.2.1/32 192.0.2.0/24 198.51.100.0/24 198.51.101.0/24 2001:db8::/64");
	struct net_prefix lifted[] = { net("192.0.2.1", 32), net("203.0.113.1", 32), net("198.51.100.0", 23) };
	assert_int_equal(firewall_unban(f, lifted, COUNT_OF(lifted)), OK);
	assert_string_equal(listed(f, text), "192.0.2.0/24 2001:db8::/64");
	assert_int_equal(firewall_remove(f), OK);
	assert_int_equal(firewall_remove(f), OK);
	assert_int_equal(firewall_ban(f, bans, 1), E_NOTFOUND);
	assert_true(firewall_why(f).n > 0);
	firewall_close(f);
}

static void test_time(void **state)
{
	(void)state;
	struct firewall *f = fresh("unit");
	struct firewall_ban b = { net("192.0.2.1", 32), 3600 };
	assert_int_equal(firewall_ban(f, &b, 1), OK);
	assert_in_range(seconds_left(f), 3590, 3601);
	b.seconds = 60;                                 /* shorter, then longer, then for good */
	assert_int_equal(firewall_ban(f, &b, 1), OK);
	assert_in_range(seconds_left(f), 50, 61);
	b.seconds = 86400;
	assert_int_equal(firewall_ban(f, &b, 1), OK);
	assert_in_range(seconds_left(f), 86390, 86401);
	b.seconds = 0;
	assert_int_equal(firewall_ban(f, &b, 1), OK);
	assert_int_equal(seconds_left(f), 0);
	b.seconds = 1;
	assert_int_equal(firewall_ban(f, &b, 1), OK);
	char text[512];
	int64_t until = clock_mono_ms() + 5000;
	while (*listed(f, text) && clock_mono_ms() < until)
		usleep(100000);
	assert_string_equal(text, "");                  /* the kernel lifts it by itself */
	assert_int_equal(firewall_remove(f), OK);
	firewall_close(f);
}

/* One that is wrong spoils all: nothing of the transaction happens. */
static void test_all_or_nothing(void **state)
{
	(void)state;
	struct firewall *f = fresh("unit");
	char text[512];
	struct firewall_ban bans[] = { { net("192.0.2.1", 32), 60 }, { net("2001:db8::", 65), 60 } };
	assert_int_equal(firewall_ban(f, bans, 2), E_TOOBIG);
	assert_string_equal(listed(f, text), "");
	static const uint16_t port = 25;
	struct firewall_setup bad = { .ports = &port, .port_count = 1, .bans = bans, .ban_count = 2 };
	assert_int_equal(firewall_build(f, &bad), E_TOOBIG);
	bad.ban_count = 0;
	bad.port_count = 0;
	assert_int_equal(firewall_build(f, &bad), E_SYNTAX);
	assert_true(nft_holds("list table inet ceralacca_unit", "25, 993"));
	assert_int_equal(firewall_remove(f), OK);
	firewall_close(f);
}

/* A rebuild replaces all that there was; two servers, and other people's tables, are not touched. */
static void test_rebuild_beside_others(void **state)
{
	(void)state;
	struct firewall *f = fresh("unit"), *other = fresh("other_1");
	char text[512];
	assert_true(nft_holds("add table ip mine; add chain ip mine in; add rule ip mine in tcp dport 22 accept", ""));
	struct firewall_ban before = { net("192.0.2.1", 32), 60 }, theirs = { net("192.0.2.2", 32), 60 };
	struct firewall_ban now[] = { { net("203.0.113.0", 24), 60 }, { net("203.0.113.0", 24), 70 }, { net("203.0.112.0", 23), 0 } };
	struct net_prefix allow[] = { net("192.0.2.77", 32), net("192.0.2.0", 24), net("2001:db8::", 32) }, own[] = { net("192.0.2.1", 32) };
	static const uint16_t port = 587;
	struct firewall_setup setup = { .ports = &port, .port_count = 1, .allow = allow, .allow_count = 3, .own = own, .own_count = 1,
		.bans = now, .ban_count = 3 };
	assert_int_equal(firewall_ban(f, &before, 1), OK);
	assert_int_equal(firewall_ban(other, &theirs, 1), OK);
	assert_int_equal(firewall_build(f, &setup), OK);
	assert_string_equal(listed(f, text), "203.0.112.0/24 203.0.113.0/24");
	assert_true(nft_holds("list table inet ceralacca_unit", "192.0.2.0/24"));
	assert_true(nft_holds("list table inet ceralacca_unit", "587"));
	assert_false(nft_holds("list table inet ceralacca_unit", "limit rate"));
	assert_string_equal(listed(other, text), "192.0.2.2/32");
	assert_int_equal(firewall_remove(f), OK);
	assert_true(nft_holds("list ruleset", "tcp dport 22 accept"));
	assert_string_equal(listed(other, text), "192.0.2.2/32");
	assert_int_equal(firewall_remove(other), OK);
	assert_true(nft_holds("delete table ip mine", ""));
	firewall_close(f);
	firewall_close(other);
}

/* Nobody else can empty it, and it does not outlive its process. */
static void test_owned(void **state)
{
	(void)state;
	struct firewall *f = fresh("unit");
	struct firewall_ban ban = { net("192.0.2.1", 32), 60 };
	char text[512];
	assert_int_equal(firewall_ban(f, &ban, 1), OK);
	assert_true(nft_holds("flush ruleset", ""));
	assert_false(nft_holds("delete table inet ceralacca_unit", ""));
	assert_false(nft_holds("flush set inet ceralacca_unit ban4_32", ""));
	assert_string_equal(listed(f, text), "192.0.2.1/32");
	firewall_close(f);
	int64_t until = clock_mono_ms() + 5000;
	while (nft_holds("list tables", "ceralacca_unit") && clock_mono_ms() < until)
		usleep(10000);
	assert_false(nft_holds("list tables", "ceralacca_unit"));
}

/* As many as a long attack leaves, in one transaction. */
static void test_many(void **state)
{
	(void)state;
	enum { MANY = 20000 };
	struct firewall *f = fresh("unit");
	struct firewall_ban *bans = mem_new_array(struct firewall_ban, MANY), *read;
	static const uint16_t port = 25;
	struct firewall_setup setup = { .ports = &port, .port_count = 1, .bans = bans, .ban_count = MANY };
	for (uint32_t i = 0; i < MANY; i++) {
		bans[i].net = (struct net_prefix){ .address.bytes = { 100, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i }, .bits = 32 };
		bans[i].seconds = 600 + i;
	}
	int64_t start = clock_mono_ms();
	assert_int_equal(firewall_build(f, &setup), OK);
	print_message("%d bans built in %lld ms\n", MANY, (long long)(clock_mono_ms() - start));
	struct arena a;
	size_t n;
	arena_init(&a, 64 << 20, NULL, NULL);
	start = clock_mono_ms();
	assert_int_equal(firewall_list(f, &a, &read, &n), OK);
	print_message("and listed in %lld ms\n", (long long)(clock_mono_ms() - start));
	assert_int_equal(n, MANY);
	start = clock_mono_ms();
	struct firewall_ban one = { net("192.0.2.1", 32), 60 };
	assert_int_equal(firewall_ban(f, &one, 1), OK);
	print_message("one more among them in %lld ms\n", (long long)(clock_mono_ms() - start));
	assert_int_equal(firewall_remove(f), OK);
	arena_done(&a);
	mem_free(bans);
	firewall_close(f);
}

static int work_behind_walls(void)
{
	static const struct sandbox_policy policy = { .net_admin = true };
	static const uint16_t port = 25;
	struct firewall *f;
	struct firewall_ban ban = { { { { 192, 0, 2, 1 }, false, 0 }, 32 }, 60 }, *read;
	struct firewall_setup setup = { .ports = &port, .port_count = 1, .bans = &ban, .ban_count = 1 };
	struct buf walls;
	struct arena a;
	size_t n = 0;
	buf_init(&walls, 512);
	arena_init(&a, 1 << 20, NULL, NULL);
	if (sandbox_raise(&policy, -1, 64321, &walls) != OK)
		return 2;
	if (firewall_open(STR("walls"), &f) != OK || firewall_build(f, &setup) != OK)
		return 3;
	if (firewall_ban(f, &ban, 1) != OK || firewall_list(f, &a, &read, &n) != OK || n != 1)
		return 4;
	if (firewall_unban(f, &ban.net, 1) != OK || firewall_remove(f) != OK)
		return 5;
	return geteuid() == 64321 && setuid(0) != 0 ? 0 : 6;
}

/* All of it behind the walls of the role that does it. */
static void test_behind_walls(void **state)
{
	(void)state;
	int status;
	if (!have_namespace || geteuid() != 0)
		skip();
	pid_t child = fork();
	if (child == 0)
		_exit(work_behind_walls());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int open_without_capability(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };
	struct firewall *f;
	return syscall(SYS_capset, &head, none) == 0 ? firewall_open(STR("walls"), &f) : OK;
}

/* Without the capability the answer is a clear no, and the process lives: the role then applies bans when it accepts. */
static void test_without_capability(void **state)
{
	(void)state;
	int status;
	pid_t child = fork();
	if (child == 0)
		_exit(-open_without_capability());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == -E_DENIED || WEXITSTATUS(status) == -E_UNSUPPORTED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instances), cmocka_unit_test(test_splits), cmocka_unit_test(test_without_capability),
		cmocka_unit_test(test_bans), cmocka_unit_test(test_time), cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_rebuild_beside_others), cmocka_unit_test(test_owned), cmocka_unit_test(test_many), cmocka_unit_test(test_behind_walls),
	};
	have_namespace = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
	if (!have_namespace)
		print_message("[  SKIPPED ] no network namespace to be had: run as root\n");
	return cmocka_run_group_tests_name("os/firewall", tests, NULL, NULL);
}
