#include "ipc/ban_list.h"

enum { KEY = 18 };

struct ban { char key[KEY]; int64_t until[BAN_ACTS]; };

/* Family, length, and the network with what stands behind it cleared. */
static void make_key(bool v6, unsigned bits, const uint8_t *address, char key[KEY])
{
	memset(key, 0, KEY);
	key[0] = v6;
	key[1] = (char)(unsigned char)bits;
	memcpy(key + 2, address, bits / 8);
	if (bits % 8)
		key[2 + bits / 8] = (char)(address[bits / 8] & (0xff00u >> bits % 8));
}

static struct str view(const char key[KEY]) { return (struct str){ key, KEY }; }

static int key_of(const struct ipc_ban_note *m, char key[KEY])
{
	if ((m->network.n != 4 && m->network.n != 16) || m->bits > m->network.n * 8)
		return E_SYNTAX;
	make_key(m->network.n == 16, m->bits, (const uint8_t *)m->network.p, key);
	return memcmp(key + 2, m->network.p, m->network.n) == 0 ? OK : E_SYNTAX;
}

void ban_list_init(struct ban_list *l, uint64_t seed)
{
	*l = (struct ban_list){ 0 };
	map_init(&l->bans, seed);
}

void ban_list_done(struct ban_list *l)
{
	struct ban *b;
	for (size_t i = 0; (b = map_next(&l->bans, &i));)
		mem_free(b);
	map_done(&l->bans);
}

static void drop(struct ban_list *l, struct ban *b)
{
	l->lengths[(unsigned char)b->key[0]][(unsigned char)b->key[1]]--;
	map_str_remove(&l->bans, view(b->key));
	mem_free(b);
}

static bool stands(const struct ban *b, int64_t now)
{
	for (unsigned act = 0; act < BAN_ACTS; act++)
		if (b->until[act] > now)
			return true;
	return false;
}

static void sweep(struct ban_list *l, int64_t now)
{
	struct ban *b;
	for (size_t i = 0; (b = map_next(&l->bans, &i));)
		if (!stands(b, now))
			drop(l, b);
}

static struct ban *add(struct ban_list *l, const char key[KEY], int64_t now)
{
	if (l->bans.count >= BAN_LIST_MAX)
		sweep(l, now);
	if (l->bans.count >= BAN_LIST_MAX)
		return NULL;
	struct ban *b = mem_new(struct ban);
	memcpy(b->key, key, KEY);
	l->lengths[(unsigned char)key[0]][(unsigned char)key[1]]++;
	map_str_put(&l->bans, view(b->key), b);
	return b;
}

int ban_list_take(struct ban_list *l, const struct ipc_ban_note *m, int64_t now)
{
	char key[KEY];
	if (!m->network.n && !m->bits && !m->seconds) {
		sweep(l, INT64_MAX);
		return OK;
	}
	int r = key_of(m, key);
	if (r != OK || m->act == BAN_NONE || m->act >= BAN_ACTS)
		return E_SYNTAX;
	struct ban *b = map_str_get(&l->bans, view(key));
	if (!b && m->seconds && !(b = add(l, key, now))) {
		l->refused++;
		return E_FULL;
	}
	if (!b)
		return OK;
	b->until[m->act] = now + (int64_t)m->seconds * 1000;
	if (!stands(b, now))
		drop(l, b);
	return OK;
}

static enum ban_act harshest(const struct ban *b, int64_t now)
{
	for (unsigned act = BAN_ACTS; act-- > 1;)
		if (b->until[act] > now)
			return (enum ban_act)act;
	return BAN_NONE;
}

enum ban_act ban_list_find(const struct ban_list *l, const struct net_address *a, int64_t now)
{
	enum ban_act found = BAN_NONE;
	char key[KEY];
	for (unsigned bits = 0; bits <= (a->v6 ? 128u : 32u) && l->bans.count; bits++) {
		if (!l->lengths[a->v6][bits])
			continue;
		make_key(a->v6, bits, a->bytes, key);
		const struct ban *b = map_str_get(&l->bans, view(key));
		enum ban_act act = b ? harshest(b, now) : BAN_NONE;
		found = act > found ? act : found;
	}
	return found;
}

bool ban_covers(const struct ipc_ban_note *m, const struct net_address *a)
{
	char theirs[KEY], own[KEY];
	if (m->network.n != (a->v6 ? 16 : 4) || key_of(m, theirs) != OK)
		return false;
	make_key(a->v6, m->bits, a->bytes, own);
	return memcmp(theirs, own, KEY) == 0;
}
