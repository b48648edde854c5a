#include "role/relay/relay_lookup.h"

#include "proto/dns/dns_rdata.h"

/* One question. True: there is an answer, a negative one included. */
static bool ask(const struct relay_lookup *l, struct str name, uint32_t type, struct ipc_dns_rep *ret,
		struct ipc_hold *hold)
{
	*ret = (struct ipc_dns_rep){ 0 };
	return l->dns(l->ctx, name, type, ret, hold) == OK && ret->security != DNS_BOGUS;
}

static int no_answer(struct relay_verdict *v, struct str name)
{
	relay_verdict_set(v, QUEUE_DEFERRED, "4.4.3", "the DNS gave no valid answer for " STR_FMT, STR_ARG(name));
	return E_NOTFOUND;
}

static int no_route(struct relay_verdict *v, const char *status, const char *why, struct str domain)
{
	relay_verdict_set(v, QUEUE_FAILED, status, "%s: " STR_FMT, why, STR_ARG(domain));
	return E_NOTFOUND;
}

struct gathering {
	struct relay_route *route;
	bool secure, doubt, looped, nowhere;
};

/* What the answers say about the host itself. A name whose one family is signed is signed. */
static void describe(struct arena *a, const struct ipc_dns_rep *six, const struct ipc_dns_rep *four,
		     struct relay_target *ret)
{
	ret->secure = six->security == DNS_SECURE || four->security == DNS_SECURE;
	ret->canonical = arena_dup(a, four->canonical.n ? four->canonical : six->canonical);
}

/* The addresses of one host, and what all of them share. Which families there are is asked for separately: one may be broken (B12). */
static size_t host_addresses(const struct relay_lookup *l, struct arena *a, struct str host, struct gathering *g,
			     struct net_address ret[RELAY_ADDRESSES_MAX], struct relay_target *ret_host)
{
	struct ipc_hold hold6 = IPC_HOLD, hold4 = IPC_HOLD;
	struct ipc_dns_rep six, four;
	const struct ipc_dns_rep none = { 0 };
	bool ok6 = ask(l, host, DNS_AAAA, &six, &hold6), ok4 = ask(l, host, DNS_A, &four, &hold4);
	size_t n = relay_addresses_read(ok6 ? six.answers : STR(""), ok4 ? four.answers : STR(""), l->port, ret);
	g->doubt = g->doubt || !ok6 || !ok4;
	ret_host->host = host;
	describe(a, ok6 ? &six : &none, ok4 ? &four : &none, ret_host);
	ipc_release(&hold6);
	ipc_release(&hold4);
	return n;
}

/* False: this host is us, and what stands behind it in the list must not be tried (RFC 5321 section 5.1). */
static bool add_host(const struct relay_lookup *l, struct arena *a, struct str host, struct gathering *g)
{
	struct relay_target target = { .host = host };
	struct net_address address[RELAY_ADDRESSES_MAX];
	struct relay_route *route = g->route;
	size_t n = host_addresses(l, a, host, g, address, &target), before = route->count;
	for (size_t i = 0; i < n && route->count < RELAY_TARGETS_MAX; i++) {
		enum relay_address j = relay_address_judge(l->self, &address[i]);
		if (j == RELAY_ADDRESS_SELF) {
			route->count = before;
			g->looped = true;
			return false;
		}
		g->nowhere = g->nowhere || j == RELAY_ADDRESS_NOWHERE;
		target.address = address[i];
		if (j == RELAY_ADDRESS_GOOD)
			route->target[route->count++] = target;
	}
	return true;
}

static int gather(const struct relay_lookup *l, struct arena *a, struct str domain, const struct relay_host *hosts, size_t count,
		  struct relay_route *ret, struct relay_verdict *reterr)
{
	struct gathering g = { .route = ret };
	for (size_t i = 0; i < count; i++)
		if (!add_host(l, a, hosts[i].name, &g))
			break;
	if (ret->count)
		return OK;
	if (g.doubt)
		return no_answer(reterr, domain);
	if (g.looped || g.nowhere)
		return no_route(reterr, "5.4.6", "the mail servers of this domain lead back to this one", domain);
	return no_route(reterr, "5.4.4", "no mail server of this domain has an address", domain);
}

static int literal(const struct relay_lookup *l, struct str domain, const struct net_address *address,
		   struct relay_route *ret, struct relay_verdict *reterr)
{
	if (relay_address_judge(l->self, address) != RELAY_ADDRESS_GOOD)
		return no_route(reterr, "5.4.6", "this address leads back to this server", domain);
	*ret = (struct relay_route){ .target = { { .host = domain, .address = *address } }, .count = 1, .authentic = true };
	return OK;
}

static int by_mx(const struct relay_lookup *l, struct arena *a, struct str domain, const struct ipc_dns_rep *mx,
		 struct relay_route *ret, struct relay_verdict *reterr)
{
	struct relay_host host[RELAY_HOSTS_MAX];
	size_t count = 0;
	if (mx->rcode == DNS_NXDOMAIN)
		return no_route(reterr, "5.1.2", "no such domain", domain);
	switch (relay_hosts_choose(a, domain, mx->answers, l->self, l->chance, host, &count)) {
	case RELAY_MX_NULL:
		return no_route(reterr, "5.1.10", "this domain accepts no mail (null MX)", domain);
	case RELAY_MX_SELF:
		return no_route(reterr, "5.4.6", "the mail servers of this domain lead back to this one", domain);
	case RELAY_MX_UNUSABLE:
		return no_route(reterr, "5.4.4", "no MX record of this domain names a host", domain);
	default:
		*ret = (struct relay_route){ .authentic = mx->security == DNS_SECURE,
					     .secure = mx->security == DNS_SECURE,
					     .domain = domain,
					     .canonical = arena_dup(a, mx->canonical) };
		return gather(l, a, domain, host, count, ret, reterr);
	}
}

int relay_lookup_domain(const struct relay_lookup *l, struct arena *a, struct str domain, struct relay_route *ret,
			struct relay_verdict *reterr)
{
	struct net_address address;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_dns_rep mx;
	if (relay_literal_parse(domain, l->port, &address))
		return literal(l, domain, &address, ret, reterr);
	if (!dns_name_is_host(domain))
		return no_route(reterr, "5.1.2", "not a domain", domain);
	int r = ask(l, domain, DNS_MX, &mx, &hold) ? by_mx(l, a, domain, &mx, ret, reterr) : no_answer(reterr, domain);
	ipc_release(&hold);
	return r;
}

int relay_lookup_smarthost(const struct relay_lookup *l, struct arena *a, struct str smarthost, struct relay_route *ret,
			   struct relay_verdict *reterr)
{
	struct relay_smarthost s;
	struct net_address address[RELAY_ADDRESSES_MAX];
	struct gathering g = { 0 };
	struct relay_target target = { .host = STR("") };
	*ret = (struct relay_route){ .authentic = true, .secure = true };
	if (relay_smarthost_parse(smarthost, l->port, &s) != OK) {
		relay_verdict_set(reterr, QUEUE_DEFERRED, "4.3.5",
				  "the setting relay.smarthost cannot be read: " STR_FMT, STR_ARG(smarthost));
		reterr->local_fault = true;
		return E_NOTFOUND;
	}
	struct str name = arena_dup(a, s.host);
	size_t n = s.literal ? 1 : host_addresses(l, a, name, &g, address, &target);
	if (s.literal)
		address[0] = s.address;
	for (size_t i = 0; i < n; i++) {
		address[i].port = s.port;
		target.host = name;
		target.address = address[i];
		ret->target[ret->count++] = target;
	}
	return ret->count ? OK : no_answer(reterr, name);
}
