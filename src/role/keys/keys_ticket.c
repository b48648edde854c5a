#include "role/keys/keys.h"

#include "os/random.h"

#include <sodium.h>

enum { SEED = 32, NAME = 16, SECRETS = KEYS_TICKET - NAME };

static uint8_t seeds[2][SEED];          /* new, older */

void keys_ticket_rotate(void)
{
	memcpy(seeds[1], seeds[0], SEED);
	random_bytes(seeds[0], SEED);
}

/* The name of a key goes over the wire in clear, so it comes from a hash of its own. */
static void derive(const uint8_t seed[SEED], struct str role, uint8_t ret[KEYS_TICKET])
{
	crypto_generichash(ret, NAME, (const uint8_t *)role.p, role.n, seed, SEED);
	crypto_generichash(ret + NAME, SECRETS, (const uint8_t *)role.p, role.n, seed, SEED);
}

void keys_ticket_get(struct str role, uint8_t ret[2 * KEYS_TICKET])
{
	derive(seeds[0], role, ret);
	derive(seeds[1], role, ret + KEYS_TICKET);
}
