#include "role/imap/imap_gate.h"

void imap_gate_init(struct imap_gate *g, uint64_t seed)
{
	*g = (struct imap_gate){ 0 };
	map_init(&g->sources, seed);
}

void imap_gate_done(struct imap_gate *g)
{
	map_done(&g->sources);
}

/* No two sources share a key: an IPv6 network in use has a bit among its first 32, which an IPv4 address leaves zero. */
static uint64_t source(const struct net_address *a)
{
	uint64_t key = 0;
	for (unsigned i = 0; i < (a->v6 ? 8 : 4); i++)
		key = key << 8 | a->bytes[i];
	return key;
}

/* The count itself is the value of the map. */
static uintptr_t count_of(const struct imap_gate *g, uint64_t key)
{
	return (uintptr_t)map_get(&g->sources, key);
}

bool imap_gate_enter(struct imap_gate *g, const struct conf *conf, const struct net_address *peer)
{
	uint64_t key = source(peer);
	uintptr_t n = count_of(g, key);
	bool counted = conf->limits.count_loopback || !net_is_loopback(peer);
	if (g->count >= conf->limits.connections || (counted && n >= conf->limits.connections_per_source))
		return false;
	map_put(&g->sources, key, (void *)(n + 1));
	g->count++;
	return true;
}

void imap_gate_leave(struct imap_gate *g, const struct net_address *peer)
{
	uint64_t key = source(peer);
	uintptr_t n = count_of(g, key);
	g->count--;
	if (n > 1)
		map_put(&g->sources, key, (void *)(n - 1));
	else
		map_remove(&g->sources, key);
}
