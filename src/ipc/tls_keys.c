#include "ipc/tls_keys.h"

#include "io/fiber.h"
#include "ipc/channel.h"
#include "os/clock.h"

enum { ASK_MS = 5000, RETRY_FIRST_MS = 100, RETRY_MOST_MS = 5000, NAME_MAX_DNS = 255, SET_MEMORY = 32 << 20 };

static struct {
	struct tls_server *server;
	uint64_t serial;
	void (*on_change)(int err, uint64_t serial);
	int told;                       /* the error that on_change heard last */
	struct waiters kick, settled;
	bool kicked, refreshing;
} tls;

/* Asks the keys process that had the key: while certificates are renewed the old one is there for a moment longer. */
static int ask_older(const struct ipc_tls_sign_req *rq, struct ipc_tls_sign_rep *ret, struct ipc_hold *hold)
{
	struct channel *c, *newest = channel_to(ROLE_KEYS, UINT32_MAX);
	for (size_t i = 0; (c = channel_each(ROLE_KEYS, &i));)
		if (c != newest && ipc_call_tls_sign(c, rq, ret, hold, TLS_KEYS_SIGN_MS) == OK)
			return OK;
	return E_NOTFOUND;
}

/* Called by OpenSSL in mid-handshake. When keys is restarted meanwhile, its successor is asked. A key that is not known there was
 * replaced: the new certificates are fetched at once. */
static int sign(void *ctx, const struct tls_sign_request *q, struct buf *out)
{
	struct ipc_tls_sign_req rq = { .key = q->key, .digest = q->digest, .padding = q->padding, .message = q->message };
	struct ipc_tls_sign_rep a;
	struct ipc_hold hold = IPC_HOLD;
	(void)ctx;
	int r = ipc_call_tls_sign(NULL, &rq, &a, &hold, TLS_KEYS_SIGN_MS);
	if (r == E_CLOSED)
		r = ipc_call_tls_sign(NULL, &rq, &a, &hold, TLS_KEYS_SIGN_MS);
	if (r == E_NOTFOUND) {
		tls_keys_refresh();
		r = ask_older(&rq, &a, &hold);
	}
	if (r == OK)
		r = buf_put_str(out, a.signature);
	ipc_release(&hold);
	return r;
}

/* A set being collected: all of one serial, in one arena. */
struct set { struct arena arena; struct tls_identity *ids; size_t count, cap; uint64_t serial; struct str names; };

static void take_tickets(struct str tickets)
{
	if (tickets.n == 2 * TLS_TICKET_KEY)
		tls_server_tickets(tls.server, (const uint8_t *)tickets.p, (const uint8_t *)tickets.p + TLS_TICKET_KEY);
}

static int ask(struct set *set, struct str name)
{
	struct ipc_tls_certificate_req q = { .name = name };
	struct ipc_tls_certificate_rep a;
	struct ipc_hold hold = IPC_HOLD;
	int r = ipc_call_tls_certificate(NULL, &q, &a, &hold, ASK_MS);
	if (r == OK && set->count && a.serial != set->serial)
		r = E_STALE;                /* keys was restarted in between; begin again */
	if (r == OK) {
		if (!set->count) {
			set->names = arena_dup(&set->arena, a.names);
			take_tickets(a.tickets);
		}
		set->serial = a.serial;
		struct tls_identity *id = arena_push(&set->arena, &set->ids, &set->count, &set->cap, sizeof *id);
		*id = (struct tls_identity){ arena_dup(&set->arena, name), arena_dup(&set->arena, a.chain), a.key };
	}
	ipc_release(&hold);
	return r;
}

static int ask_all(struct set *set)
{
	int r = ask(set, STR(""));
	if (r != OK || (set->serial == tls.serial && tls_server_ready(tls.server)))
		return r;
	struct reader names = reader_of(set->names);
	while (r == OK && names.rest.n && set->count < TLS_IDENTITIES_MAX) {
		struct str name = read_str(&names, NAME_MAX_DNS);
		r = names.err == OK ? ask(set, name) : E_PROTO;
	}
	return r == OK ? tls_server_set(tls.server, set->ids, set->count) : r;
}

static void tell(int err, uint64_t serial)
{
	bool news = err != OK ? err != tls.told : serial != tls.serial || tls.told != OK;
	tls.told = err;
	if (news && tls.on_change)
		tls.on_change(err, serial);
}

static int refresh(void)
{
	struct set set = { 0 };
	arena_init(&set.arena, SET_MEMORY, NULL, NULL);     /* more than TLS_IDENTITIES_MAX chains of the largest size that keys sends */
	int r = ask_all(&set);
	tell(r, set.serial);
	if (r == OK)
		tls.serial = set.serial;
	arena_done(&set.arena);
	return r;
}

static void keep_fresh(void *arg)
{
	int64_t retry = RETRY_FIRST_MS;
	(void)arg;
	while (!fiber_cancelled()) {
		tls.kicked = false;
		tls.refreshing = true;
		int r = refresh();
		tls.refreshing = false;
		waiters_wake_all(&tls.settled);
		int64_t wait = r == OK ? TLS_KEYS_REFRESH_MS : retry;
		retry = r == OK ? RETRY_FIRST_MS : retry * 2 < RETRY_MOST_MS ? retry * 2 : RETRY_MOST_MS;
		int64_t until = clock_mono_ms() + wait;
		while (!tls.kicked && waiters_wait(&tls.kick, until) == OK)
			;
	}
}

void tls_keys_start(void (*on_change)(int err, uint64_t serial))
{
	if (tls.server)
		return;
	tls.server = tls_server_new(sign, NULL);
	tls.on_change = on_change;
	waiters_init(&tls.kick);
	waiters_init(&tls.settled);
	fiber_start(keep_fresh, NULL);
}

void tls_keys_refresh(void)
{
	if (!tls.server)
		return;
	tls.kicked = true;
	waiters_wake_all(&tls.kick);
}

bool tls_keys_ready(void) { return tls.server && tls_server_ready(tls.server); }

static bool unsettled(void) { return tls.kicked || tls.refreshing || !channel_to(ROLE_KEYS, (unsigned)-1); }

/* While keys is being restarted its successor may hold other keys: a handshake that began with the old certificate could not be signed. */
SSL *tls_keys_session(const char *protocols)
{
	if (!tls_keys_ready())
		return NULL;
	int64_t until = clock_mono_ms() + TLS_KEYS_SIGN_MS;
	while (fiber_current() && unsettled() && waiters_wait(&tls.settled, until) == OK)
		;
	return tls_server_session(tls.server, protocols);
}
