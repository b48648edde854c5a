#include "role/firewall/firewall_bans.h"

/* The name of a network: its family, its length, and the bytes of its address with nothing behind the prefix. */
enum { NAME = 18 };
struct ban { struct net_prefix net; int64_t until; char name[NAME]; };

static struct str name_of(const struct net_prefix *net, char name[NAME])
{
	name[0] = net->address.v6 ? '6' : '4';
	name[1] = (char)net->bits;
	for (unsigned i = 0; i < 16; i++) {
		unsigned left = net->bits > i * 8 ? net->bits - i * 8 : 0;
		name[2 + i] = (char)(net->address.bytes[i] & (left >= 8 ? 0xffu : 0xff00u >> left & 0xff));
	}
	return (struct str){ name, NAME };
}

void firewall_bans_init(struct firewall_bans *b, uint64_t seed) { map_init(&b->by_net, seed); }

void firewall_bans_clear(struct firewall_bans *b)
{
	struct ban *ban;
	for (size_t i = 0; (ban = map_next(&b->by_net, &i)); ) {
		map_str_remove(&b->by_net, (struct str){ ban->name, NAME });
		mem_free(ban);
	}
}

void firewall_bans_done(struct firewall_bans *b)
{
	firewall_bans_clear(b);
	map_done(&b->by_net);
}

size_t firewall_bans_count(const struct firewall_bans *b) { return b->by_net.count; }

static void drop(struct firewall_bans *b, struct ban *ban)
{
	map_str_remove(&b->by_net, (struct str){ ban->name, NAME });
	mem_free(ban);
}

static void forget_ended(struct firewall_bans *b, int64_t now)
{
	struct ban *ban;
	for (size_t i = 0; (ban = map_next(&b->by_net, &i)); )
		if (ban->until <= now)
			drop(b, ban);
}

static int add(struct firewall_bans *b, const struct net_prefix *net, struct str name, int64_t until, int64_t now)
{
	if (b->by_net.count >= FIREWALL_BANS_MAX)
		forget_ended(b, now);
	if (b->by_net.count >= FIREWALL_BANS_MAX)
		return E_FULL;
	struct ban *ban = mem_new(struct ban);
	ban->net = *net;
	ban->until = until;
	memcpy(ban->name, name.p, NAME);
	map_str_put(&b->by_net, (struct str){ ban->name, NAME }, ban);
	return OK;
}

int firewall_bans_set(struct firewall_bans *b, const struct net_prefix *net, uint32_t seconds, int64_t now)
{
	char text[NAME];
	struct str name = name_of(net, text);
	struct ban *ban = map_str_get(&b->by_net, name);
	int64_t until = now + (int64_t)seconds * 1000;
	if (!seconds) {
		if (ban)
			drop(b, ban);
		return OK;
	}
	if (!ban)
		return add(b, net, name, until, now);
	ban->until = until;
	return OK;
}

void firewall_bans_list(struct firewall_bans *b, int64_t now, struct arena *a, struct firewall_ban **ret, size_t *ret_n)
{
	struct ban *ban;
	size_t n = 0;
	forget_ended(b, now);
	struct firewall_ban *list = arena_new_array(a, struct firewall_ban, b->by_net.count + 1);
	for (size_t i = 0; (ban = map_next(&b->by_net, &i)); )
		list[n++] = (struct firewall_ban){ ban->net, (uint32_t)((ban->until - now + 999) / 1000) };
	*ret = list;
	*ret_n = n;
}
