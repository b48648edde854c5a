#include "ipc/connection_gate.h"

void connection_gate_init(struct connection_gate *g, uint64_t seed)
{
	*g = (struct connection_gate){ 0 };
	map_init(&g->sources, seed);
}

void connection_gate_done(struct connection_gate *g)
{
	map_done(&g->sources);
}

/* No two sources share a key: an IPv6 network in use has a bit among its first 32, which an IPv4 address leaves zero.
 */
static uint64_t source(const struct net_address *a)
{
	uint64_t key = 0;
	for (unsigned i = 0; i < (a->v6 ? 8 : 4); i++)
		key = key << 8 | a->bytes[i];
	return key;
}

/* The count itself is the value of the map. */
static uintptr_t count_of(const struct connection_gate *g, uint64_t key)
{
	return (uintptr_t)map_get(&g->sources, key);
}

static bool at_limit(const struct connection_gate *g, const struct conf *conf, const struct net_address *peer)
{
	bool near = net_is_loopback(peer) || net_is_unspecified(peer);     /* a unix socket has no address */
	bool counted = conf->limits.count_loopback || !near;
	return counted && count_of(g, source(peer)) >= conf->limits.connections_per_source;
}

static void add(struct connection_gate *g, const struct net_address *peer)
{
	map_put(&g->sources, source(peer), (void *)(count_of(g, source(peer)) + 1));
}

static void take_off(struct connection_gate *g, const struct net_address *peer)
{
	uint64_t key = source(peer);
	uintptr_t n = count_of(g, key);
	if (n > 1)
		map_put(&g->sources, key, (void *)(n - 1));
	else
		map_remove(&g->sources, key);
}

bool connection_gate_enter(struct connection_gate *g, const struct conf *conf, const struct net_address *peer)
{
	if (g->count >= conf->limits.connections || at_limit(g, conf, peer))
		return false;
	add(g, peer);
	g->count++;
	return true;
}

bool connection_gate_change(struct connection_gate *g, const struct conf *conf, const struct net_address *from, const struct net_address *to)
{
	if (at_limit(g, conf, to))
		return false;
	take_off(g, from);
	add(g, to);
	return true;
}

void connection_gate_leave(struct connection_gate *g, const struct net_address *peer)
{
	g->count--;
	take_off(g, peer);
}
