#include "role/auth/auth.h"

#include "os/net.h"
#include "os/random.h"

#include <sodium.h>

enum { V6_PREFIX = 8 /* a /64 is one source */ };

void auth_delay_init(struct auth_delay *d, int64_t first, int64_t most)
{
	memset(d, 0, sizeof *d);
	d->seed = random_u64();
	d->first = first;
	d->most = most;
}

static uint64_t key_of(const struct auth_delay *d, char kind, struct str s)
{
	uint8_t key[crypto_shorthash_KEYBYTES], out[crypto_shorthash_BYTES];
	put_le64(key, d->seed);
	put_le64(key + 8, (uint64_t)kind);
	crypto_shorthash(out, (const uint8_t *)s.p, s.n, key);
	return get_le64(out);
}

static struct delay_slot *slot_of(struct auth_delay *d, uint64_t key) { return &d->slots[key % DELAY_SLOTS]; }

static uint32_t count(struct auth_delay *d, uint64_t key, int64_t now)
{
	struct delay_slot *s = slot_of(d, key);
	if (s->key != key || now - s->last > DELAY_FORGET_MS)
		*s = (struct delay_slot){ .key = key };
	s->last = now;
	return ++s->failures;
}

uint64_t auth_delay_source(const struct auth_delay *d, struct str peer, struct str user)
{
	struct net_address a;
	if (net_parse(peer, 0, &a) != OK || net_is_loopback(&a))
		return key_of(d, 'u', user);
	return key_of(d, 's', (struct str){ (const char *)a.bytes, a.v6 ? V6_PREFIX : 4 });
}

static uint32_t count_source(struct auth_delay *d, struct str peer, int64_t now)
{
	struct net_address a;
	if (net_parse(peer, 0, &a) != OK || net_is_loopback(&a))
		return 0;
	return count(d, key_of(d, 's', (struct str){ (const char *)a.bytes, a.v6 ? V6_PREFIX : 4 }), now);
}

int64_t auth_delay_failed(struct auth_delay *d, struct str peer, struct str user, int64_t now)
{
	uint32_t source = count_source(d, peer, now), name = count(d, key_of(d, 'u', user), now);
	uint32_t failures = source > name ? source : name;
	int64_t wait = d->first;
	while (--failures && wait < d->most)
		wait *= 2;
	return wait < d->most ? wait : d->most;
}

int64_t auth_delay_left(const struct auth_delay *d, int64_t started, int64_t wait, int64_t now)
{
	int64_t over = now - started - wait;
	if (over <= 0)
		return -over;
	return d->first > 0 ? (d->first - over % d->first) % d->first : 0;
}

void auth_delay_succeeded(struct auth_delay *d, struct str user)
{
	uint64_t key = key_of(d, 'u', user);
	struct delay_slot *s = slot_of(d, key);
	if (s->key == key)
		*s = (struct delay_slot){ 0 };
}
