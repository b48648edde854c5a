/* The choice of hosts as tables, then whole look-ups against a DNS that is a table too. */
#include "role/relay/relay_lookup.h"

#include "proto/dns/dns_rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static struct arena a;
static struct relay_self self = { .name = STR_INIT("mail.own.test") };

/* ---- a DNS of rows: "name type answer answer..."; answers in text */
struct row { const char *name; uint32_t type; const char *answers; uint32_t rcode, security; int err; };
static const struct row *rows;
static size_t row_count;
static struct buf rdata[4];
static unsigned slot;

static void put_name(struct bufw *w, struct str name)
{
	while (name.n && !str_eq(name, STR("."))) {
		struct str label = str_until(&name, '.');
		write_u8(w, (uint8_t)label.n);
		bufw_str(w, label);
	}
	write_u8(w, 0);
}

static void put_rdata(struct bufw *out, uint32_t type, struct str text)
{
	struct buf b;
	buf_init(&b, 1024);
	struct bufw w = { .b = &b };
	struct net_address address;
	if (type == DNS_MX) {
		uint64_t preference = 0;
		assert_int_equal(str_u64(str_until(&text, ' '), 65535, &preference), OK);
		write_u8(&w, (uint8_t)(preference >> 8));
		write_u8(&w, (uint8_t)preference);
		put_name(&w, text);
	} else {
		assert_int_equal(net_parse(text, 0, &address), OK);
		bufw_put(&w, address.bytes, address.v6 ? 16 : 4);
	}
	write_str(out, buf_str(&b));
	buf_done(&b);
}

static struct str answers_of(uint32_t type, struct str text)
{
	struct buf *b = &rdata[slot++ % COUNT_OF(rdata)];
	buf_clear(b);
	struct bufw w = { .b = b };
	while (text.n)
		put_rdata(&w, type, str_until(&text, ','));
	return buf_str(b);
}

static int dns(void *ctx, struct str name, uint32_t type, struct ipc_dns_rep *ret, struct ipc_hold *hold)
{
	(void)ctx;
	(void)hold;
	for (size_t i = 0; i < row_count; i++)
		if (str_eq(str_c(rows[i].name), name) && rows[i].type == type) {
			*ret = (struct ipc_dns_rep){ .rcode = rows[i].rcode, .security = rows[i].security,
				.answers = answers_of(type, str_c(rows[i].answers)) };
			return rows[i].err;
		}
	*ret = (struct ipc_dns_rep){ .rcode = 0 };
	return OK;
}

static struct relay_route route;
static struct relay_verdict verdict;

static int look(const char *domain, const struct row *r, size_t n)
{
	struct relay_lookup l = { .dns = dns, .self = &self, .chance = 1, .port = 25 };
	rows = r;
	row_count = n;
	arena_reset(&a);
	memset(&verdict, 0, sizeof verdict);
	return relay_lookup_domain(&l, &a, str_c(domain), &route, &verdict);
}
#define LOOK(domain, table) look(domain, table, COUNT_OF(table))

/* The targets as "host/address host/address". */
static void expect_route(const char *want)
{
	char text[NET_ADDRESS_TEXT];
	struct buf b;
	buf_init(&b, 8192);
	for (size_t i = 0; i < route.count; i++)
		assert_int_equal(buf_printf(&b, "%s" STR_FMT "/%s", i ? " " : "", STR_ARG(route.target[i].host), net_format(&route.target[i].address, text)), OK);
	if (!str_eq(buf_str(&b), str_c(want)))
		fail_msg("route " STR_FMT ", want %s", STR_ARG(buf_str(&b)), want);
	buf_done(&b);
}

static void expect_verdict(enum queue_outcome outcome, const char *status)
{
	assert_int_equal(verdict.outcome, outcome);
	assert_string_equal(verdict.status, status);
}

static void choose(const char *mx, uint64_t chance, enum relay_mx want, const char *names)
{
	struct relay_host host[RELAY_HOSTS_MAX];
	struct buf b;
	size_t n = 0;
	buf_init(&b, 4096);
	arena_reset(&a);
	assert_int_equal(relay_hosts_choose(&a, STR("example.test"), answers_of(DNS_MX, str_c(mx)), &self, chance, host, &n), want);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf_printf(&b, "%s" STR_FMT, i ? " " : "", STR_ARG(host[i].name)), OK);
	assert_true(str_eq(buf_str(&b), str_c(names)));
	buf_done(&b);
}

static void test_A23_B13_choice(void **state)
{
	(void)state;
	choose("", 0, RELAY_MX_HOSTS, "example.test");                                  /* implicit MX */
	choose("20 b.test,10 a.test,30 c.test", 0, RELAY_MX_HOSTS, "a.test b.test c.test");
	choose("0 .", 0, RELAY_MX_NULL, "");
	choose("0 .,10 a.test", 0, RELAY_MX_HOSTS, "a.test");                           /* RFC 7505 section 3: not a null MX */
	choose("0 .,0 .", 0, RELAY_MX_UNUSABLE, "");
	choose("10 mail.own.test,20 a.test", 0, RELAY_MX_SELF, "");
	choose("10 a.test,20 MAIL.own.test,20 b.test,30 c.test", 0, RELAY_MX_HOSTS, "a.test");
}

/* Equal preferences: over many draws each host comes first about equally often. */
static void test_shuffle(void **state)
{
	(void)state;
	unsigned first[4] = { 0 };
	for (uint64_t i = 0; i < 4000; i++) {
		struct relay_host host[RELAY_HOSTS_MAX];
		size_t n = 0;
		arena_reset(&a);
		assert_int_equal(relay_hosts_choose(&a, STR("x.test"), answers_of(DNS_MX, STR("5 a,5 b,5 c,5 d,9 e")), &self,
			i * 0x9e3779b97f4a7c15u, host, &n), RELAY_MX_HOSTS);
		assert_int_equal(n, 5);
		assert_true(str_eq(host[4].name, STR("e")));
		first[host[0].name.p[0] - 'a']++;
	}
	for (size_t i = 0; i < 4; i++)
		assert_in_range(first[i], 800, 1200);
}

/* B12: both families, in turn, all addresses; a family without an answer does not hide the other. */
static void test_B12_families(void **state)
{
	(void)state;
	static const struct row table[] = {
		{ "example.test", DNS_MX, "10 a.test,20 b.test", 0, 0, OK },
		{ "a.test", DNS_AAAA, "2001:db8::1,2001:db8::2", 0, 0, OK }, { "a.test", DNS_A, "192.0.2.1", 0, 0, OK },
		{ "b.test", DNS_AAAA, "", 0, 0, E_TIMEOUT }, { "b.test", DNS_A, "192.0.2.2", 0, 0, OK },
	};
	assert_int_equal(LOOK("example.test", table), OK);
	expect_route("a.test/2001:db8::1 a.test/192.0.2.1 a.test/2001:db8::2 b.test/192.0.2.2");
	assert_int_equal(route.target[0].address.port, 25);
	assert_false(route.authentic);
}

/* A23: loopback, unspecified and own addresses, in the MX, in the domain itself, as a literal. */
static void test_A23_loops(void **state)
{
	(void)state;
	static const char *const bad4[] = { "127.0.0.1", "127.9.9.9", "0.0.0.0", "198.51.100.7" }, *const bad6[] = { "::1", "::", "::ffff:127.0.0.1", "2001:db8:7::7" };
	assert_int_equal(net_parse(STR("198.51.100.7"), 0, &self.address[0]), OK);
	assert_int_equal(net_parse(STR("2001:db8:7::7"), 0, &self.address[1]), OK);
	self.count = 2;
	for (size_t i = 0; i < COUNT_OF(bad4); i++) {
		char domain[64];
		const struct row table[] = { { "loop.test", DNS_MX, "10 localhost", 0, 0, OK }, { "localhost", DNS_A, bad4[i], 0, 0, OK },
			{ "a.loop.test", DNS_A, bad4[i], 0, 0, OK } };
		assert_int_equal(LOOK("loop.test", table), E_NOTFOUND);
		expect_verdict(QUEUE_FAILED, "5.4.6");
		assert_int_equal(LOOK("a.loop.test", table), E_NOTFOUND);
		expect_verdict(QUEUE_FAILED, "5.4.6");
		snprintf(domain, sizeof domain, "[%s]", bad4[i]);
		assert_int_equal(LOOK(domain, table), E_NOTFOUND);
		expect_verdict(QUEUE_FAILED, "5.4.6");
		snprintf(domain, sizeof domain, "[IPv6:%s]", bad6[i]);
		assert_int_equal(LOOK(domain, table), E_NOTFOUND);
		expect_verdict(QUEUE_FAILED, "5.4.6");
	}
	static const struct row backup[] = {
		{ "example.test", DNS_MX, "10 a.test,20 us.test,30 c.test", 0, 0, OK }, { "a.test", DNS_A, "192.0.2.1", 0, 0, OK },
		{ "us.test", DNS_A, "198.51.100.7", 0, 0, OK }, { "c.test", DNS_A, "192.0.2.3", 0, 0, OK },
	};
	assert_int_equal(LOOK("example.test", backup), OK);
	expect_route("a.test/192.0.2.1");
	static const struct row own[] = { { "example.test", DNS_MX, "10 mail.own.test", 0, 0, OK } };
	assert_int_equal(LOOK("example.test", own), E_NOTFOUND);
	expect_verdict(QUEUE_FAILED, "5.4.6");
	assert_int_equal(LOOK("mail.own.test", own), E_NOTFOUND);
	expect_verdict(QUEUE_FAILED, "5.4.6");
	self.count = 0;
}

static void test_loopback_allowed(void **state)
{
	(void)state;
	static const struct row table[] = { { "example.test", DNS_MX, "10 a.test", 0, 0, OK }, { "a.test", DNS_A, "127.0.0.1,0.0.0.0", 0, 0, OK } };
	self.allow_loopback = true;
	assert_int_equal(LOOK("example.test", table), OK);
	expect_route("a.test/127.0.0.1");
	self.allow_loopback = false;
}

/* B01: only a definite answer is for good. A48: names with odd bytes are no hosts. */
static void test_A48_B01_B13_failures(void **state)
{
	(void)state;
	static const struct { struct row row[2]; enum queue_outcome outcome; const char *status; } cases[] = {
		{ { { "x.test", DNS_MX, "", 0, 0, E_TIMEOUT } }, QUEUE_DEFERRED, "4.4.3" },
		{ { { "x.test", DNS_MX, "", 0, 0, E_IO } }, QUEUE_DEFERRED, "4.4.3" },
		{ { { "x.test", DNS_MX, "", 0, 0, E_CLOSED } }, QUEUE_DEFERRED, "4.4.3" },
		{ { { "x.test", DNS_MX, "", DNS_SERVFAIL, DNS_BOGUS, OK } }, QUEUE_DEFERRED, "4.4.3" },
		{ { { "x.test", DNS_MX, "", DNS_NXDOMAIN, 0, OK } }, QUEUE_FAILED, "5.1.2" },
		{ { { "x.test", DNS_MX, "0 .", 0, 0, OK }, { "x.test", DNS_A, "192.0.2.1", 0, 0, OK } }, QUEUE_FAILED, "5.1.10" },
		{ { { "x.test", DNS_MX, "", 0, 0, OK }, { "x.test", DNS_A, "", 0, 0, OK } }, QUEUE_FAILED, "5.4.4" },
		{ { { "x.test", DNS_MX, "", 0, 0, OK }, { "x.test", DNS_AAAA, "", 0, 0, E_TIMEOUT } }, QUEUE_DEFERRED, "4.4.3" },
		{ { { "x.test", DNS_MX, "5 a\rb.test,6 a b", 0, 0, OK } }, QUEUE_FAILED, "5.4.4" },
		{ { { "x.test", DNS_MX, "5 gone.test", 0, 0, OK }, { "gone.test", DNS_A, "", DNS_NXDOMAIN, 0, OK } }, QUEUE_FAILED, "5.4.4" },
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(look("x.test", cases[i].row, cases[i].row[1].name ? 2 : 1), E_NOTFOUND);
		expect_verdict(cases[i].outcome, cases[i].status);
	}
	assert_int_equal(look("a\r\nb.test", NULL, 0), E_NOTFOUND);
	expect_verdict(QUEUE_FAILED, "5.1.2");
	assert_null(strpbrk(verdict.text, "\r\n"));
}

static void test_authentic(void **state)
{
	(void)state;
	static const struct row table[] = { { "x.test", DNS_MX, "5 a.test", 0, DNS_SECURE, OK }, { "a.test", DNS_A, "192.0.2.1", 0, 0, OK } };
	assert_int_equal(LOOK("x.test", table), OK);
	assert_true(route.authentic);
	assert_int_equal(LOOK("[192.0.2.9]", table), OK);
	expect_route("[192.0.2.9]/192.0.2.9");
}

static void test_smarthost(void **state)
{
	(void)state;
	static const struct row table[] = { { "hub.test", DNS_A, "127.0.0.1", 0, 0, OK }, { "late.test", DNS_A, "", 0, 0, E_TIMEOUT } };
	static const struct { const char *text, *route; uint16_t port; } good[] = {
		{ "hub.test", "hub.test/127.0.0.1", 25 }, { "hub.test:587", "hub.test/127.0.0.1", 587 },
		{ "[192.0.2.1]:26", "[192.0.2.1]/192.0.2.1", 26 }, { "[2001:db8::1]", "[2001:db8::1]/2001:db8::1", 25 },
	};
	static const char *const bad[] = { "hub.test:0", "hub.test:x", "[192.0.2.1", "[hub.test]", "a b", ":25", "late.test", "gone.test" };
	struct relay_lookup l = { .dns = dns, .self = &self, .port = 25 };
	rows = table;
	row_count = COUNT_OF(table);
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_int_equal(relay_lookup_smarthost(&l, &a, str_c(good[i].text), &route, &verdict), OK);
		expect_route(good[i].route);
		assert_int_equal(route.target[0].address.port, good[i].port);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(relay_lookup_smarthost(&l, &a, str_c(bad[i]), &route, &verdict), E_NOTFOUND);
		assert_int_equal(verdict.outcome, QUEUE_DEFERRED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A23_B13_choice), cmocka_unit_test(test_shuffle), cmocka_unit_test(test_B12_families),
		cmocka_unit_test(test_A23_loops), cmocka_unit_test(test_loopback_allowed), cmocka_unit_test(test_A48_B01_B13_failures),
		cmocka_unit_test(test_authentic), cmocka_unit_test(test_smarthost),
	};
	arena_init(&a, 1 << 20, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(rdata); i++)
		buf_init(&rdata[i], 4096);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(rdata); i++)
		buf_done(&rdata[i]);
	arena_done(&a);
	return r;
}
