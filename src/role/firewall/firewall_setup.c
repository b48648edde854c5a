#include "role/firewall/firewall_setup.h"

#include <stdio.h>

struct str firewall_instance(const struct conf *c, char text[FIREWALL_INSTANCE_MAX])
{
	uint64_t listen = 0;
	for (unsigned i = 0; i < c->server.listen_count; i++)
		listen = listen * 31 + str_hash(str_c(c->server.listen[i]));
	if (c->server.listen_count)
		snprintf(text, FIREWALL_INSTANCE_MAX, "%llu_%08x", (unsigned long long)c->server.port_base, (unsigned)(listen ^ listen >> 32));
	else
		snprintf(text, FIREWALL_INSTANCE_MAX, "%llu", (unsigned long long)c->server.port_base);
	return str_c(text);
}

static void ports(const struct conf *c, struct arena *a, struct firewall_setup *s)
{
	uint16_t *list = arena_new_array(a, uint16_t, SERVICE_COUNT);
	for (unsigned i = 1; i < SERVICE_COUNT; i++)
		if (conf_service_wanted(c, (enum conf_service)i))
			list[s->port_count++] = (uint16_t)(conf_services[i].port + c->server.port_base);
	s->ports = list;
}

static size_t networks(char *const *from, unsigned count, struct net_prefix *to)
{
	size_t n = 0;
	for (unsigned i = 0; i < count; i++)
		if (net_prefix_parse(str_c(from[i]), &to[n]) == OK && to[n].bits)
			n++;
	return n;
}

/* A wildcard among them means all. */
static void own(const struct conf *c, struct arena *a, struct firewall_setup *s)
{
	struct net_prefix *list = arena_new_array(a, struct net_prefix, c->server.listen_count + 1);
	size_t n = networks(c->server.listen, c->server.listen_count, list);
	for (size_t i = 0; i < n; i++)
		if (net_is_unspecified(&list[i].address))
			return;
	s->own = list;
	s->own_count = n;
}

/* Front ends stand for many clients: what is known of those is applied when their connection is accepted (A90). */
static void allow(const struct conf *c, struct arena *a, struct firewall_setup *s)
{
	struct net_prefix *list = arena_new_array(a, struct net_prefix, c->guard.safe_count + c->server.proxy_from_count + 1);
	size_t n = networks(c->guard.safe, c->guard.safe_count, list);
	n += networks(c->server.proxy_from, c->server.proxy_from_count, list + n);
	s->allow = list;
	s->allow_count = n;
}

void firewall_setup_of(const struct conf *started, const struct conf *now, struct arena *a, struct firewall_setup *ret)
{
	struct firewall_setup s = { .rate = (uint32_t)now->firewall.rate, .burst = (uint32_t)now->firewall.burst };
	ports(started, a, &s);
	own(started, a, &s);
	allow(now, a, &s);
	*ret = s;
}
