/* Addresses: text, sockaddr, and the reduction of IPv4-mapped ones (A21); sockets on loopback with ports that the kernel picks. */
#include "os/net.h"

#include "os/fd.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static const struct { struct str text; const char *shown; bool v6, loopback, unspecified; } good[] = {
	{ STR_INIT("192.0.2.1"), "192.0.2.1", false, false, false },
	{ STR_INIT("127.0.0.1"), "127.0.0.1", false, true, false },
	{ STR_INIT("127.255.3.4"), "127.255.3.4", false, true, false },
	{ STR_INIT("0.0.0.0"), "0.0.0.0", false, false, true },
	{ STR_INIT("2001:DB8:0::1"), "2001:db8::1", true, false, false },
	{ STR_INIT("::1"), "::1", true, true, false },
	{ STR_INIT("::"), "::", true, false, true },
	{ STR_INIT("::ffff:192.0.2.1"), "192.0.2.1", false, false, false },
	{ STR_INIT("::ffff:127.0.0.1"), "127.0.0.1", false, true, false },
	{ STR_INIT("::ffff:7f00:1"), "127.0.0.1", false, true, false },
	{ STR_INIT("::ffff:0:0"), "0.0.0.0", false, false, true },
	{ STR_INIT("::fffe:7f00:1"), "::fffe:7f00:1", true, false, false },
	{ STR_INIT("128.0.0.1"), "128.0.0.1", false, false, false },
};

static const struct str bad[] = {
	STR_INIT(""), STR_INIT("127.0.0"), STR_INIT("127.0.0.1.2"), STR_INIT("127.0.0.256"), STR_INIT(" 127.0.0.1"), STR_INIT("127.0.0.1 "), STR_INIT("0x7f.1"),
	STR_INIT("2130706433"), STR_INIT("127.1"), STR_INIT("[::1]"), STR_INIT("::1%lo"), STR_INIT("1::2::3"), STR_INIT("127.0.0.1\0x"), STR_INIT("localhost"),
	STR_INIT("0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"),
};

static void test_A21_text(void **state)
{
	(void)state;
	struct net_address a;
	char text[NET_ADDRESS_TEXT];
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_int_equal(net_parse(good[i].text, 25, &a), OK);
		assert_string_equal(net_format(&a, text), good[i].shown);
		assert_int_equal(a.v6, good[i].v6);
		assert_int_equal(a.port, 25);
		assert_int_equal(net_is_loopback(&a), good[i].loopback);
		assert_int_equal(net_is_unspecified(&a), good[i].unspecified);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(net_parse(bad[i], 25, &a), E_SYNTAX);
}

static const struct { struct str text; const char *shown; const char *in, *out; } prefixes[] = {
	{ STR_INIT("192.0.2.0/24"), "192.0.2.0/24", "192.0.2.255", "192.0.3.0" }, { STR_INIT("192.0.2.7"), "192.0.2.7/32", "192.0.2.7", "192.0.2.6" },
	{ STR_INIT("192.0.2.128/25"), "192.0.2.128/25", "192.0.2.128", "192.0.2.127" }, { STR_INIT("0.0.0.0/0"), "0.0.0.0/0", "198.51.100.1", "2001:db8::1" },
	{ STR_INIT("2001:db8::/32"), "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::" }, { STR_INIT("::/0"), "::/0", "2001:db8::1", "192.0.2.1" },
	{ STR_INIT("2001:db8::1"), "2001:db8::1/128", "2001:db8::1", "2001:db8::2" }, { STR_INIT("2001:db8:8000::/33"), "2001:db8:8000::/33", "2001:db8:8000::", "2001:db8:7fff::" },
	{ STR_INIT("192.0.2.9/24"), "192.0.2.9/24", "192.0.2.1", "192.0.1.9" },      /* what is behind the prefix does not count */
};

static void test_prefix(void **state)
{
	(void)state;
	static const struct str wrong[] = { STR_INIT(""), STR_INIT("/"), STR_INIT("192.0.2.0/"), STR_INIT("192.0.2.0/33"), STR_INIT("2001:db8::/129"),
		STR_INIT("192.0.2.0/-1"), STR_INIT("192.0.2.0/ 8"), STR_INIT("192.0.2.0/8/8"), STR_INIT("192.0.2/24"), STR_INIT("::ffff:192.0.2.0/120"), STR_INIT("all") };
	struct net_prefix p;
	struct net_address a;
	char text[NET_PREFIX_TEXT];
	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		assert_int_equal(net_prefix_parse(prefixes[i].text, &p), OK);
		assert_string_equal(net_prefix_format(&p, text), prefixes[i].shown);
		assert_int_equal(net_parse(str_c(prefixes[i].in), 0, &a), OK);
		assert_true(net_prefix_has(&p, &a));
		assert_int_equal(net_parse(str_c(prefixes[i].out), 0, &a), OK);
		assert_false(net_prefix_has(&p, &a));
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(net_prefix_parse(wrong[i], &p), E_SYNTAX);
}

static void test_A21_sockaddr(void **state)
{
	(void)state;
	struct sockaddr_storage ss;
	struct net_address a, b;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_int_equal(net_parse(good[i].text, 993, &a), OK);
		socklen_t n = net_to_sockaddr(&a, &ss);
		assert_int_equal(n, a.v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		net_from_sockaddr(&ss, &b);
		assert_true(net_same_host(&a, &b) && b.port == 993);
	}
	/* as the kernel shows an IPv4 client of a socket that serves both */
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_port = htons(4321) };
	memcpy(mapped.sin6_addr.s6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	memset(&ss, 0, sizeof ss);
	memcpy(&ss, &mapped, sizeof mapped);
	net_from_sockaddr(&ss, &a);
	assert_int_equal(net_parse(STR("192.0.2.1"), 0, &b), OK);
	assert_true(!a.v6 && a.port == 4321 && net_same_host(&a, &b));
	memset(&ss, 0, sizeof ss);
	ss.ss_family = AF_UNIX;
	net_from_sockaddr(&ss, &a);
	assert_true(net_is_unspecified(&a) && a.port == 0);
	assert_int_equal(net_parse(STR("c000:201::"), 0, &b), OK);      /* same first bytes as 192.0.2.1 */
	assert_int_equal(net_parse(STR("192.0.2.1"), 0, &a), OK);
	assert_false(net_same_host(&a, &b));
}

static int port_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	struct net_address a;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &n), 0);
	net_from_sockaddr(&ss, &a);
	return a.port;
}

static void test_tcp(void **state)
{
	(void)state;
	struct net_address a;
	int why = 0, on = 0;
	socklen_t n = sizeof on;
	assert_int_equal(net_parse(STR("127.0.0.1"), 0, &a), OK);
	auto_fd server = -1, second = -1, client = -1;
	assert_int_equal(net_listen(&a, 4, &server, &why), OK);
	a.port = (uint16_t)port_of(server);
	assert_int_equal(net_listen(&a, 4, &second, &why), E_IO);
	assert_int_equal(why, EADDRINUSE);
	assert_int_equal(net_connect_start(&a, NULL, &client), OK);
	struct pollfd p = { client, POLLOUT, 0 };
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(net_connect_result(client), OK);
	struct pollfd q = { server, POLLIN, 0 };
	assert_int_equal(poll(&q, 1, 5000), 1);
	auto_fd accepted = accept(server, NULL, NULL);
	assert_true(accepted >= 0);
	assert_int_equal(getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
	assert_true(on);                        /* inherited from the listening socket */
	fd_close(&client);
	fd_close(&server);
	int r = net_connect_start(&a, NULL, &client);           /* nobody listens any more */
	if (r == OK) {
		p = (struct pollfd){ client, POLLOUT, 0 };
		assert_int_equal(poll(&p, 1, 5000), 1);
		r = net_connect_result(client);
	}
	assert_int_equal(r, E_IO);
}

static void test_unix(void **state)
{
	(void)state;
	char dir[] = "/tmp/test_net.XXXXXX", path[64], far[200];
	struct stat st;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	memset(far, 'x', sizeof far - 1);
	far[sizeof far - 1] = '\0';
	auto_fd server = -1, client = -1;
	assert_int_equal(net_connect_unix(path, &client), E_NOTFOUND);
	assert_int_equal(net_listen_unix(far, 0600, &server), E_TOOBIG);
	assert_int_equal(net_listen_unix(path, 0600, &server), OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(net_connect_unix(path, &client), OK);
	fd_close(&client);
	fd_close(&server);
	assert_int_equal(net_connect_unix(path, &client), E_NOTFOUND);          /* left behind by a dead server */
	assert_int_equal(net_listen_unix(path, 0600, &server), OK);             /* and taken over */
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A21_text), cmocka_unit_test(test_prefix), cmocka_unit_test(test_A21_sockaddr), cmocka_unit_test(test_tcp), cmocka_unit_test(test_unix),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
