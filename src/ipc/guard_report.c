#include "ipc/guard_report.h"

#include "ipc/channel.h"

#include <sodium.h>

static uint64_t dropped;
static uint8_t key[GUARD_KEY_BYTES];
static bool has_key;

struct str guard_report_source(const struct net_address *a, char room[16])
{
	memcpy(room, a->bytes, 16);
	return net_is_unspecified(a) ? STR("") : (struct str){ room, a->v6 ? 16 : 4 };
}

void guard_report(const struct ipc_guard_event_note *e)
{
	struct channel *guard = channel_to(ROLE_GUARD, 0);
	if (!guard || channel_waiting(guard) > GUARD_REPORT_BEHIND || ipc_note_guard_event(guard, e) != OK)
		dropped++;
}

uint64_t guard_report_dropped(void) { return dropped; }

uint64_t guard_report_hash(struct str name)
{
	uint8_t out[crypto_shorthash_BYTES];
	_Static_assert(crypto_shorthash_KEYBYTES == GUARD_KEY_BYTES, "key");
	if (!has_key || !name.n)
		return 0;
	crypto_shorthash(out, (const uint8_t *)name.p, name.n, key);
	return get_le64(out) | 1;
}

void guard_report_on_key(struct channel *from, const struct ipc_guard_key_note *m)
{
	(void)from;
	if (m->key.n != sizeof key)
		return;
	memcpy(key, m->key.p, sizeof key);
	has_key = true;
}
