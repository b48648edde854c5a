/* Which TLSA records are asked for, and what of the answers is believed (RFC 7672 section 2.2), against a DNS of rows. */
#include "role/relay/relay_dane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

struct row { const char *name; uint32_t type, security; int err; bool empty; };

static const struct row *rows;
static size_t row_count;
static char asked[600];

/* One usable TLSA record, framed. */
static const char record[] = "\x23" "\3\1\1" "0123456789abcdef0123456789abcdef";

static int dns(void *ctx, struct str name, uint32_t type, struct ipc_dns_rep *ret, struct ipc_hold *hold)
{
	size_t n = strlen(asked);
	(void)ctx;
	(void)hold;
	snprintf(asked + n, sizeof asked - n, "%s" STR_FMT, n ? " " : "", STR_ARG(name));
	*ret = (struct ipc_dns_rep){ .security = DNS_SECURE };
	for (size_t i = 0; i < row_count; i++)
		if (str_eq(str_c(rows[i].name), name) && rows[i].type == type) {
			ret->security = rows[i].security;
			ret->answers = rows[i].empty ? STR("") : (struct str){ record, sizeof record - 1 };
			return rows[i].err;
		}
	return OK;
}

#define MX "_25._tcp.mx.test"
#define REAL "_25._tcp.real.test"

static void test_A44_look(void **state)
{
	(void)state;
	static const struct {
		bool route_secure, host_secure;
		const char *canonical;
		struct row dns[2];
		enum relay_dane_state result;
		const char *base, *asked;
	} cases[] = {
		/* a host that is no alias */
		{ true, true, "mx.test", { { MX, DNS_TLSA, DNS_SECURE, OK, false } }, RELAY_DANE_RECORDS, "mx.test", MX },
		{ true, true, "", { { MX, DNS_TLSA, DNS_SECURE, OK, true } }, RELAY_DANE_NONE, "", MX },
		{ true, true, "", { { MX, DNS_TLSA, DNS_INSECURE, OK, false } }, RELAY_DANE_NONE, "", MX },
		{ true, true, "", { { MX, DNS_TLSA, DNS_BOGUS, OK, true } }, RELAY_DANE_UNKNOWN, "", MX },
		{ true, true, "", { { MX, DNS_TLSA, 0, E_IO, false } }, RELAY_DANE_UNKNOWN, "", MX },
		{ true, true, "", { { MX, DNS_TLSA, 0, E_TIMEOUT, false } }, RELAY_DANE_UNKNOWN, "", MX },
		/* without a proof for the MX record, or for the address, nothing is asked: some name servers choke on it */
		{ false, true, "", { { MX, DNS_TLSA, DNS_SECURE, OK, false } }, RELAY_DANE_NONE, "", "" },
		{ true, false, "", { { MX, DNS_TLSA, DNS_SECURE, OK, false } }, RELAY_DANE_NONE, "", "" },
		/* an alias: what stands behind it first, then itself; never itself where the first cannot be known */
		{ true, true, "real.test", { { REAL, DNS_TLSA, DNS_SECURE, OK, false } }, RELAY_DANE_RECORDS, "real.test", REAL },
		{ true, true, "real.test", { { MX, DNS_TLSA, DNS_SECURE, OK, false } }, RELAY_DANE_RECORDS, "mx.test", REAL " " MX },
		{ true, true, "real.test", { { REAL, DNS_TLSA, DNS_BOGUS, OK, true }, { MX, DNS_TLSA, DNS_SECURE, OK, false } },
		  RELAY_DANE_UNKNOWN, "", REAL },
		/* an alias that leads out of what is signed */
		{ true, false, "real.test", { { "mx.test", DNS_CNAME, DNS_SECURE, OK, false }, { MX, DNS_TLSA, DNS_SECURE, OK, false } },
		  RELAY_DANE_RECORDS, "mx.test", "mx.test " MX },
		{ true, false, "real.test", { { "mx.test", DNS_CNAME, DNS_INSECURE, OK, false } }, RELAY_DANE_NONE, "", "mx.test" },
		{ true, false, "real.test", { { "mx.test", DNS_CNAME, DNS_BOGUS, OK, true } }, RELAY_DANE_UNKNOWN, "", "mx.test" },
	};
	struct arena a;
	arena_init(&a, 256 << 10, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct relay_lookup l = { .dns = dns };
		struct relay_route route = { .secure = cases[i].route_secure, .domain = STR("next.test"), .canonical = STR("next.test") };
		struct relay_target t = { .host = STR("mx.test"), .address.port = 25, .secure = cases[i].host_secure,
					  .canonical = str_c(cases[i].canonical) };
		struct relay_dane d;
		rows = cases[i].dns;
		row_count = cases[i].dns[1].name ? 2 : 1;
		asked[0] = '\0';
		relay_dane_look(&l, &a, &route, &t, &d);
		if (d.state != cases[i].result || !str_eq(d.base, str_c(cases[i].base)) || strcmp(asked, cases[i].asked) != 0)
			fail_msg("case %zu: state %d, base " STR_FMT ", asked %s", i, (int)d.state, STR_ARG(d.base), asked);
		if (d.state == RELAY_DANE_RECORDS) /* section 3.2.2: the base, then the next hop, once */
			assert_true(d.name_count == 2 && str_eq(d.names[0], d.base) && str_eq(d.names[1], STR("next.test")));
	}
	arena_done(&a);
}

/* A name too long for the prefix has no such records. */
static void test_long_name(void **state)
{
	(void)state;
	char host[250];
	struct arena a;
	struct relay_dane d;
	memset(host, 'a', sizeof host);
	struct relay_lookup l = { .dns = dns };
	struct relay_route route = { .secure = true };
	struct relay_target t = { .host = { host, sizeof host }, .secure = true, .address.port = 25 };
	arena_init(&a, 64 << 10, NULL, NULL);
	asked[0] = '\0';
	relay_dane_look(&l, &a, &route, &t, &d);
	assert_int_equal(d.state, RELAY_DANE_NONE);
	assert_string_equal(asked, "");
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_A44_look), cmocka_unit_test(test_long_name) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
