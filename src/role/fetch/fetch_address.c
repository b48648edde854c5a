#include "role/fetch/fetch_address.h"

#include "proto/dns/dns_rdata.h"

static const struct str public_v6 = STR_INIT("2000::/3");
static const struct str forbidden[] = {
	STR_INIT("0.0.0.0/8"), STR_INIT("10.0.0.0/8"), STR_INIT("100.64.0.0/10"), STR_INIT("127.0.0.0/8"), STR_INIT("169.254.0.0/16"),
	STR_INIT("172.16.0.0/12"), STR_INIT("192.0.0.0/24"), STR_INIT("192.0.2.0/24"), STR_INIT("192.88.99.0/24"), STR_INIT("192.168.0.0/16"),
	STR_INIT("198.18.0.0/15"), STR_INIT("198.51.100.0/24"), STR_INIT("203.0.113.0/24"), STR_INIT("224.0.0.0/3"),
	STR_INIT("2001::/23"), STR_INIT("2001:db8::/32"), STR_INIT("2002::/16"), STR_INIT("3fff::/20"),
};

static bool is_in(struct str network, const struct net_address *a)
{
	struct net_prefix p;
	return net_prefix_parse(network, &p) == OK && net_prefix_has(&p, a);
}

bool fetch_address_allowed(const struct net_address *a, bool loopback)
{
	if (net_is_loopback(a))
		return loopback;
	for (size_t i = 0; i < COUNT_OF(forbidden); i++)
		if (is_in(forbidden[i], a))
			return false;
	return !a->v6 || is_in(public_v6, a);
}

static bool next_address(struct reader *r, bool v6, uint16_t port, bool loopback, struct net_address *ret)
{
	while (r->err == OK && r->rest.n) {
		struct net_address raw = { .v6 = v6, .port = port };
		struct sockaddr_storage ss;
		struct str rdata = read_str(r, sizeof raw.bytes);
		if (r->err != OK || (v6 ? dns_aaaa_parse(rdata, raw.bytes) : dns_a_parse(rdata, raw.bytes)) != OK)
			continue;
		net_to_sockaddr(&raw, &ss);
		net_from_sockaddr(&ss, ret); /* reduces mapped ones (A21) */
		if (fetch_address_allowed(ret, loopback))
			return true;
	}
	return false;
}

size_t fetch_addresses_read(struct str v6, struct str v4, uint16_t port, bool loopback, struct net_address ret[FETCH_ADDRESSES_MAX])
{
	struct reader six = reader_of(v6), four = reader_of(v4);
	size_t n = 0, before;
	do {
		before = n;
		if (n < FETCH_ADDRESSES_MAX)
			n += next_address(&six, true, port, loopback, &ret[n]);
		if (n < FETCH_ADDRESSES_MAX)
			n += next_address(&four, false, port, loopback, &ret[n]);
	} while (n > before);
	return n;
}
