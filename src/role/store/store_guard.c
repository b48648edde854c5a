/* What accounts send and what comes back, for the guard; what it has decided about them. */
#include "ipc/guard_report.h"
#include "os/clock.h"
#include "os/log.h"
#include "role/store/store_guard.h"

enum { HELD_MOST = 65536 };

static struct map held;         /* by account: until when, in seconds of the monotonic clock */

static void hold(uint32_t account, uint32_t seconds)
{
	if (!seconds)
		map_remove(&held, account);
	else if (held.count < HELD_MOST || map_get(&held, account))
		map_put(&held, account, (void *)(uintptr_t)(clock_mono_ms() / 1000 + seconds));
}

void store_guard_on_account(struct channel *from, const struct ipc_guard_account_note *m)
{
	(void)from;
	if (!m->account) {
		map_done(&held);
		return;
	}
	if (m->actions & ACCOUNT_HOLD)
		hold(m->account, m->seconds);
	if (m->actions & ACCOUNT_REVOKE && m->seconds)
		store_grants_of_account_close(m->account);
}

int64_t store_guard_first_attempt(uint32_t account, int64_t now)
{
	int64_t left = (int64_t)(uintptr_t)map_get(&held, account) - clock_mono_ms() / 1000;
	return left > 0 ? now + left : 0;
}

/* The message is on its way already: where whom it goes to cannot be noted, all count as known. */
void store_guard_sent(struct store *st, uint32_t account, const struct store_routed *r, struct arena *a)
{
	struct ipc_guard_event_note e = { .kind = GUARD_MESSAGE_OUT, .account = account, .number = (uint32_t)r->remotes };
	if (!account || !r->remotes)
		return;
	int noted = store_wrote(st, account, r->remote, r->remotes, a, &e.fresh);
	if (noted != OK)
		log_event(LOG_WARNING, "store.wrote", LOG_U("account", account), LOG_E(noted), LOG_END);
	guard_report(&e);
}

/* Whose message it was: the account of the address that it came from. */
void store_guard_bounced(struct store *st, struct str sender)
{
	struct arena a;
	struct store_account_info info;
	arena_init(&a, 64 << 10, NULL, NULL);
	if (sender.n && store_account_find(st, sender, &a, &info) == OK)
		guard_report(&(struct ipc_guard_event_note){ .kind = GUARD_BOUNCE, .account = info.id });
	arena_done(&a);
}
