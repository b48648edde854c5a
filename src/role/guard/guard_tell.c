#include "role/guard/guard_role.h"

#include "ipc/channel.h"
#include "os/clock.h"
#include "os/log.h"

/* Who hears of networks, from which act on. */
static const struct { enum role role; enum ban_act least; } hearers[] = { { ROLE_SMTP, BAN_SLOW }, { ROLE_IMAP, BAN_SLOW }, { ROLE_HTTP, BAN_REFUSE }, { ROLE_FIREWALL, BAN_OUT } };
static const enum role account_keepers[] = { ROLE_AUTH, ROLE_STORE };

static const struct { unsigned action; enum ban_act act; } bans[] = { { GUARD_TARPIT, BAN_SLOW }, { GUARD_REJECT, BAN_REFUSE }, { GUARD_BAN, BAN_OUT } };
static const struct { unsigned actions, act; } accounts[] = {
	{ GUARD_TARPIT, ACCOUNT_SLOW },   { GUARD_REJECT | GUARD_LOCK, ACCOUNT_REFUSE },     { GUARD_REVOKE, ACCOUNT_REVOKE },
	{ GUARD_HOLD, ACCOUNT_HOLD },     { GUARD_SECOND_FACTOR, ACCOUNT_SECOND_FACTOR },
};

static int64_t until(const struct standing *t, unsigned actions)
{
	int64_t last = 0;
	for (const struct sentence *s = t->first; s; s = s->next)
		if (s->actions & actions && s->until_ms > last)
			last = s->until_ms;
	return last;
}

static uint32_t seconds_to(int64_t until_ms)
{
	int64_t left = until_ms - clock_mono_ms();
	return left <= 0 ? 0 : (uint32_t)((left + 999) / 1000);
}

static struct str network_of(const struct guard_net *net)
{
	return (struct str){ (const char *)net->address.bytes, net->bits ? net->address.v6 ? 16 : 4 : 0 };
}

static void log_lost(enum role role, int err)
{
	log_event(LOG_ERROR, "guard.untold", LOG_C("role", role_name(role)), LOG_E(err), LOG_END);
}

static void tell_ban(struct channel *c, const struct standing *t, enum ban_act act, int64_t until_ms)
{
	struct ipc_ban_note m = { .network = network_of(&t->target.net), .bits = t->target.net.bits, .act = act, .seconds = seconds_to(until_ms) };
	int r = ipc_note_ban(c, &m);
	if (r != OK)
		log_lost(channel_peer(c), r);
}

static void tell_account(struct channel *c, const struct standing *t, unsigned acts, uint32_t seconds)
{
	struct ipc_guard_account_note m = { .account = (uint32_t)t->target.account, .network = network_of(&t->target.net), .bits = t->target.net.bits,
		.actions = acts, .seconds = seconds };
	int r = ipc_note_guard_account(c, &m);
	if (r != OK)
		log_lost(channel_peer(c), r);
}

static void ban_changed(struct standing *t)
{
	for (size_t i = 0; i < COUNT_OF(bans); i++) {
		int64_t now_until = until(t, bans[i].action);
		struct channel *c;
		if (now_until == t->told[bans[i].act])
			continue;
		t->told[bans[i].act] = now_until;
		for (size_t k = 0; k < COUNT_OF(hearers); k++)
			for (size_t n = 0; bans[i].act >= hearers[k].least && (c = channel_each(hearers[k].role, &n));)
				tell_ban(c, t, bans[i].act, now_until);
	}
}

/* Each act with its own time; what is not there any more is lifted. */
static void account_to(struct channel *c, const struct standing *t, bool lift)
{
	for (size_t i = 0; i < COUNT_OF(accounts); i++) {
		uint32_t seconds = seconds_to(until(t, accounts[i].actions));
		if (seconds || lift)
			tell_account(c, t, accounts[i].act, seconds);
	}
}

static bool is_account(const struct standing *t)
{
	return t->target.account && t->target.account <= UINT32_MAX;
}

void guard_tell(struct standing *t)
{
	struct channel *c;
	if (!t->target.account) {
		ban_changed(t);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(account_keepers) && is_account(t); i++)
		for (size_t n = 0; (c = channel_each(account_keepers[i], &n));)
			account_to(c, t, true);
}

/* BAN_ACTS: not at all. */
static enum ban_act hears(enum role role)
{
	for (size_t i = 0; i < COUNT_OF(hearers); i++)
		if (hearers[i].role == role)
			return hearers[i].least;
	return BAN_ACTS;
}

static void bans_to(struct channel *c, enum ban_act least)
{
	struct ipc_ban_note forget_all = { .bits = 0 };
	struct standing *t;
	int r = ipc_note_ban(c, &forget_all);
	if (r != OK)
		log_lost(channel_peer(c), r);
	for (size_t i = 0; (t = sentence_next(&i));)
		for (size_t k = 0; k < COUNT_OF(bans) && !t->target.account; k++)
			if (bans[k].act >= least && seconds_to(until(t, bans[k].action)))
				tell_ban(c, t, bans[k].act, until(t, bans[k].action));
}

static void accounts_to(struct channel *c)
{
	struct ipc_guard_account_note forget_all = { .account = 0 };
	struct standing *t;
	int r = ipc_note_guard_account(c, &forget_all);
	if (r != OK)
		log_lost(channel_peer(c), r);
	for (size_t i = 0; (t = sentence_next(&i));)
		if (is_account(t))
			account_to(c, t, false);
}

/* Until what stood before the restart has been read, they keep what they know. */
static bool complete;

void guard_tell_all(struct channel *c)
{
	if (!complete)
		return;
	enum ban_act least = hears(channel_peer(c));
	if (least != BAN_ACTS)
		bans_to(c, least);
	else if (channel_peer(c) == ROLE_AUTH || channel_peer(c) == ROLE_STORE)
		accounts_to(c);
}

void guard_tell_complete(void)
{
	struct channel *c;
	if (complete)
		return;
	complete = true;
	for (size_t i = 0; i < COUNT_OF(hearers); i++)
		for (size_t n = 0; (c = channel_each(hearers[i].role, &n));)
			guard_tell_all(c);
	for (size_t i = 0; i < COUNT_OF(account_keepers); i++)
		for (size_t n = 0; (c = channel_each(account_keepers[i], &n));)
			guard_tell_all(c);
}
