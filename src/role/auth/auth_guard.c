#include "role/auth/auth_guard.h"

#include "ipc/guard_report.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "proto/guard/guard_event.h"

enum { ACTS = 5 };

static uint8_t key[GUARD_KEY_BYTES];

/* One thing that stands; a chain for each account. */
struct measure {
	struct measure *next;
	uint32_t account;
	struct net_prefix net;          /* bits 0: wherever from */
	bool everywhere;
	int64_t until[ACTS];            /* by bit of enum account_act */
};

static struct map by_account;
static size_t count;

void auth_guard_start(void)
{
	random_bytes(key, sizeof key);
	map_init(&by_account, random_u64());
}

/* Name and password with a byte between them that stands in neither. */
static uint64_t digest(struct str name, struct str password)
{
	uint64_t halves[2] = { guard_hash(key, name), guard_hash(key, password) };
	return guard_hash(key, (struct str){ (const char *)halves, sizeof halves }) | 1;
}

/* One that is not there has no number: a hash with the top bit set, which no number has. */
static uint64_t unknown(struct str name) { return guard_hash(key, name) | (uint64_t)1 << 63; }

void auth_guard_tell(const struct auth_try *t, bool right)
{
	struct net_address a = { 0 };
	char room[16];
	if (net_parse(t->peer, 0, &a) != OK)
		return;
	struct ipc_guard_event_note e = {
		.kind = right ? GUARD_AUTH_OK : t->account ? GUARD_AUTH_FAILED : GUARD_AUTH_UNKNOWN,
		.flags = right && t->admin ? GUARD_ADMIN : 0,
		.source = guard_report_source(&a, room),
		.account = t->account ? t->account : unknown(t->name),
		.secret = right ? 0 : digest(t->name, t->password),
	};
	if (e.source.n)
		guard_report(&e);
}

static bool same(const struct measure *m, const struct ipc_guard_account_note *note)
{
	if (!note->network.n || m->everywhere)
		return m->everywhere && !note->network.n;
	return m->net.bits == note->bits && m->net.address.v6 == (note->network.n == 16) && memcmp(m->net.address.bytes, note->network.p, note->network.n) == 0;
}

static struct measure *measure_of(const struct ipc_guard_account_note *note)
{
	struct measure *first = map_get(&by_account, note->account), *m = first;
	while (m && !same(m, note))
		m = m->next;
	if (m || !note->seconds || count == AUTH_GUARD_MAX)
		return m;
	m = mem_new(struct measure);
	m->next = first;
	m->account = note->account;
	m->everywhere = !note->network.n;
	m->net.bits = (uint8_t)note->bits;
	m->net.address.v6 = note->network.n == 16;
	if (note->network.n)
		memcpy(m->net.address.bytes, note->network.p, note->network.n);
	map_put(&by_account, note->account, m);
	count++;
	return m;
}

static bool stands(const struct measure *m, int64_t now)
{
	for (unsigned i = 0; i < ACTS; i++)
		if (m->until[i] > now)
			return true;
	return false;
}

/* Those of an account that have ended go; its chain is put anew. */
static void clean(struct measure *m, int64_t now)
{
	struct measure *first = NULL, *next;
	uint32_t account = m->account;
	for (; m; m = next) {
		next = m->next;
		if (stands(m, now)) {
			m->next = first;
			first = m;
			continue;
		}
		mem_free(m);
		count--;
	}
	if (first)
		map_put(&by_account, account, first);
	else
		map_remove(&by_account, account);
}

static void forget_all(void)
{
	struct measure *m;
	for (size_t i = 0; (m = map_next(&by_account, &i));)
		clean(m, INT64_MAX);
}

void auth_guard_on_account(struct channel *from, const struct ipc_guard_account_note *note)
{
	int64_t now = clock_mono_ms();
	(void)from;
	if (!note->account) {
		forget_all();
		return;
	}
	if (note->network.n && ((note->network.n != 4 && note->network.n != 16) || note->bits > note->network.n * 8))
		return;
	struct measure *m = measure_of(note);
	if (!m && note->seconds)
		log_event(LOG_WARNING, "auth.guard-full", LOG_U("account", note->account), LOG_END);
	for (unsigned i = 0; m && i < ACTS; i++)
		if (note->actions >> i & 1)
			m->until[i] = now + (int64_t)note->seconds * 1000;
	struct measure *first = map_get(&by_account, note->account);
	if (first)
		clean(first, now);
}

unsigned auth_guard_acts(uint32_t account, struct str peer)
{
	const struct measure *m = account ? map_get(&by_account, account) : NULL;
	struct net_address a = { 0 };
	int64_t now = clock_mono_ms();
	unsigned acts = 0;
	bool known = m && net_parse(peer, 0, &a) == OK;
	for (; m; m = m->next)
		for (unsigned i = 0; i < ACTS; i++)
			if (m->until[i] > now && (m->everywhere || (known && net_prefix_has(&m->net, &a))))
				acts |= 1u << i;
	return acts;
}
