#include "role/auth/auth_pending.h"

#include "os/random.h"

#include <sodium.h>

enum { SECRET = 32 };

static struct auth_pending table[AUTH_PENDING_MAX];
static size_t next;             /* a ring: who came first goes first */

static void digest(struct str s, uint8_t ret[32])
{
	crypto_generichash(ret, 32, (const unsigned char *)s.p, s.n, NULL, 0);
}

void auth_pending_new(struct str address, struct str stored, int64_t now_ms, char ret[AUTH_PENDING_TEXT])
{
	uint8_t secret[SECRET];
	struct auth_pending *p = &table[next++ % AUTH_PENDING_MAX];
	*p = (struct auth_pending){ .until = now_ms + AUTH_PENDING_MS, .tries = AUTH_PENDING_TRIES };
	random_bytes(secret, sizeof secret);
	sodium_bin2base64(ret, AUTH_PENDING_TEXT, secret, sizeof secret, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	secret_wipe(secret, sizeof secret);
	digest(str_c(ret), p->mark);
	digest(stored, p->stored);
	if (str_to_c(address, p->address, sizeof p->address) != OK)
		p->tries = 0;
}

/* Looked for by a digest of 256 random bits: how long it takes tells nothing. */
static struct auth_pending *find(const uint8_t mark[32])
{
	for (size_t i = 0; i < AUTH_PENDING_MAX; i++)
		if (table[i].until && memcmp(table[i].mark, mark, sizeof table[i].mark) == 0)
			return &table[i];
	return NULL;
}

int auth_pending_take(struct str token, int64_t now_ms, struct auth_pending *ret)
{
	uint8_t mark[32];
	digest(token, mark);
	struct auth_pending *p = find(mark);
	if (!p || now_ms >= p->until || !p->tries)
		return E_DENIED;
	p->tries--;
	*ret = *p;
	return OK;
}

bool auth_pending_fits(const struct auth_pending *p, struct str stored)
{
	uint8_t now[32];
	digest(stored, now);
	return memcmp(now, p->stored, sizeof now) == 0;
}

void auth_pending_end(const struct auth_pending *p)
{
	struct auth_pending *held = find(p->mark);
	if (held)
		*held = (struct auth_pending){ 0 };
}
