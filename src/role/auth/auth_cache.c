#include "role/auth/auth.h"

#include "os/random.h"

#include <sodium.h>

void auth_cache_init(struct auth_cache *c)
{
	memset(c, 0, sizeof *c);
	random_bytes(c->key, sizeof c->key);
}

static void feed(crypto_generichash_state *h, struct str s)
{
	uint8_t n[8];
	put_le64(n, s.n);           /* lengths keep the fields apart */
	crypto_generichash_update(h, n, sizeof n);
	crypto_generichash_update(h, (const uint8_t *)s.p, s.n);
}

void auth_cache_mark(const struct auth_cache *c, uint32_t account, struct str stored, struct str password, uint8_t ret[CACHE_MARK])
{
	crypto_generichash_state h;
	uint8_t id[4];
	put_le32(id, account);
	crypto_generichash_init(&h, c->key, sizeof c->key, CACHE_MARK);
	crypto_generichash_update(&h, id, sizeof id);
	feed(&h, stored);
	feed(&h, password);
	crypto_generichash_final(&h, ret, CACHE_MARK);
	secret_wipe(&h, sizeof h);
}

static size_t slot_of(const uint8_t mark[CACHE_MARK]) { return get_le32(mark) % CACHE_SLOTS; }

bool auth_cache_has(const struct auth_cache *c, const uint8_t mark[CACHE_MARK], int64_t now)
{
	const struct cache_slot *s = &c->slots[slot_of(mark)];
	return now < s->until && secret_eq((struct str){ (const char *)s->mark, CACHE_MARK }, (struct str){ (const char *)mark, CACHE_MARK });
}

void auth_cache_put(struct auth_cache *c, const uint8_t mark[CACHE_MARK], int64_t now)
{
	struct cache_slot *s = &c->slots[slot_of(mark)];
	memcpy(s->mark, mark, CACHE_MARK);
	s->until = now + CACHE_MS;
}
