#include "role/relay/relay_route.h"

#include "proto/dns/dns_rdata.h"

/* Before the sort: equal preferences then stand in an order of chance (RFC 5321 section 5.1). */
static void shuffle(struct relay_host *h, size_t n, uint64_t chance)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = (size_t)(chance % i);
		struct relay_host t = h[i - 1];
		h[i - 1] = h[j];
		h[j] = t;
		chance = chance * 6364136223846793005u + 1442695040888963407u;
		chance ^= chance >> 29;
	}
}

static void sort(struct relay_host *h, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && h[j - 1].preference > h[j].preference; j--) {
			struct relay_host t = h[j];
			h[j] = h[j - 1];
			h[j - 1] = t;
		}
}

static size_t before_self(const struct relay_host *h, size_t n, const struct relay_self *self)
{
	uint32_t limit = UINT32_MAX;
	for (size_t i = 0; i < n; i++)
		if (str_ieq(h[i].name, self->name) && h[i].preference < limit)
			limit = h[i].preference;
	size_t kept = 0;
	while (kept < n && h[kept].preference < limit)
		kept++;
	return kept;
}

struct found {
	struct relay_host host[4 * RELAY_HOSTS_MAX];
	size_t hosts, records;
	bool null;
};

static void read_records(struct arena *a, struct str answers, struct found *f)
{
	struct reader r = reader_of(answers);
	struct dns_mx mx;
	while (r.err == OK && r.rest.n) {
		struct str rdata = read_str(&r, UINT16_MAX);
		if (r.err != OK || dns_mx_parse(a, rdata, &mx) != OK)
			continue;
		f->records++;
		f->null = f->null || str_eq(mx.host, STR("."));
		if (dns_name_is_host(mx.host) && f->hosts < COUNT_OF(f->host))
			f->host[f->hosts++] = (struct relay_host){ mx.host, mx.preference };
	}
}

enum relay_mx relay_hosts_choose(struct arena *a, struct str domain, struct str answers, const struct relay_self *self,
				 uint64_t chance, struct relay_host ret[RELAY_HOSTS_MAX], size_t *ret_count)
{
	struct found f = { .hosts = 0 };
	read_records(a, answers, &f);
	if (f.null && f.records == 1)
		return RELAY_MX_NULL;
	if (f.records == 0)
		f.host[f.hosts++] = (struct relay_host){ domain, 0 };
	if (f.hosts == 0)
		return RELAY_MX_UNUSABLE;
	shuffle(f.host, f.hosts, chance);
	sort(f.host, f.hosts);
	size_t kept = before_self(f.host, f.hosts, self);
	if (kept == 0)
		return RELAY_MX_SELF;
	*ret_count = kept < RELAY_HOSTS_MAX ? kept : RELAY_HOSTS_MAX;
	memcpy(ret, f.host, *ret_count * sizeof *ret);
	return RELAY_MX_HOSTS;
}

enum relay_address relay_address_judge(const struct relay_self *self, const struct net_address *address)
{
	if (net_is_unspecified(address))
		return RELAY_ADDRESS_NOWHERE;
	if (net_is_loopback(address))
		return self->allow_loopback ? RELAY_ADDRESS_GOOD : RELAY_ADDRESS_NOWHERE;
	for (size_t i = 0; i < self->count; i++)
		if (net_same_host(&self->address[i], address))
			return RELAY_ADDRESS_SELF;
	return RELAY_ADDRESS_GOOD;
}

static bool next_address(struct reader *r, bool v6, uint16_t port, struct net_address *ret)
{
	while (r->err == OK && r->rest.n) {
		uint8_t bytes[16] = { 0 };
		struct sockaddr_storage ss;
		struct str rdata = read_str(r, 16);
		if (r->err != OK || (v6 ? dns_aaaa_parse(rdata, bytes) : dns_a_parse(rdata, bytes)) != OK)
			continue;
		/* through the door where mapped addresses are reduced (A21) */
		struct net_address raw = { .v6 = v6, .port = port };
		memcpy(raw.bytes, bytes, sizeof bytes);
		net_to_sockaddr(&raw, &ss);
		net_from_sockaddr(&ss, ret);
		return true;
	}
	return false;
}

size_t relay_addresses_read(struct str v6, struct str v4, uint16_t port, struct net_address ret[RELAY_ADDRESSES_MAX])
{
	struct reader six = reader_of(v6), four = reader_of(v4);
	size_t n = 0;
	bool more = true;
	while (more && n < RELAY_ADDRESSES_MAX) {
		more = next_address(&six, true, port, &ret[n]);
		n += more;
		bool other = n < RELAY_ADDRESSES_MAX && next_address(&four, false, port, &ret[n]);
		n += other;
		more = more || other;
	}
	return n;
}

bool relay_literal_parse(struct str domain, uint16_t port, struct net_address *ret)
{
	if (!str_take_char(&domain, '[') || !str_ends(domain, STR("]")))
		return false;
	domain.n--;
	str_itake(&domain, STR("IPv6:"));
	return net_parse(domain, port, ret) == OK;
}

static int take_port(struct str *text, uint16_t port, uint16_t *ret)
{
	uint64_t number = port;
	if (text->n && (!str_take_char(text, ':') || str_u64(*text, 65535, &number) != OK || number == 0))
		return E_SYNTAX;
	*ret = (uint16_t)number;
	return OK;
}

int relay_smarthost_parse(struct str text, uint16_t port, struct relay_smarthost *ret)
{
	struct relay_smarthost s = { .port = port };
	size_t close = str_find(text, ']');
	s.literal = text.n && text.p[0] == '[';
	if (s.literal && close == STR_NPOS)
		return E_SYNTAX;
	size_t colon = str_find(text, ':');
	s.host = str_take_n(&text, s.literal ? close + 1 : colon == STR_NPOS ? text.n : colon);
	int r = take_port(&text, port, &s.port);
	if (r != OK)
		return r;
	if (s.literal ? !relay_literal_parse(s.host, s.port, &s.address) : !dns_name_is_host(s.host))
		return E_SYNTAX;
	*ret = s;
	return OK;
}
