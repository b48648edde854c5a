#include "role/guard/guard_role.h"

#include "ipc/channel.h"
#include "os/clock.h"
#include "os/log.h"

#include <stdio.h>

/* A crash is laid at the door of those whose events its process sent last: so many of them, so shortly before. */
enum { CRASH_EVENTS = 64, CRASH_SOURCES = 8, CRASH_MS = 5000, WORKERS_MOST = 64 };

/* Who may tell what: a front end that was taken over must not be able to say that an administrator signed in from somewhere. */
static const unsigned tellers[GUARD_KINDS] = {
	[GUARD_CONNECT] = R(SMTP) | R(IMAP) | R(HTTP),
	[GUARD_EARLY_TALK] = R(SMTP),
	[GUARD_JUNK] = R(SMTP) | R(IMAP) | R(HTTP),
	[GUARD_HTTP] = R(SMTP) | R(IMAP),
	[GUARD_BARE_NEWLINE] = R(SMTP),
	[GUARD_SMUGGLING] = R(SMTP),
	[GUARD_TLS_FAILED] = R(SMTP) | R(IMAP) | R(HTTP),
	[GUARD_AUTH_OK] = R(AUTH),
	[GUARD_AUTH_FAILED] = R(AUTH),
	[GUARD_AUTH_UNKNOWN] = R(AUTH),
	[GUARD_RCPT_OK] = R(SMTP),
	[GUARD_RCPT_UNKNOWN] = R(SMTP),
	[GUARD_VRFY] = R(SMTP),
	[GUARD_RELAY_DENIED] = R(SMTP),
	[GUARD_MESSAGE_IN] = R(SMTP),
	[GUARD_MESSAGE_OUT] = R(STORE),
	[GUARD_BOUNCE] = R(STORE),
	[GUARD_SLOW] = R(SMTP) | R(IMAP) | R(HTTP),
	[GUARD_NEW_DEVICE] = R(AUTH),
	[GUARD_NEW_COUNTRY] = R(AUTH),
	[GUARD_TRAVEL] = R(AUTH),
};

static const char *text_of(const struct guard_decision *d, char text[WHY_MAX])
{
	struct buf b;
	char who[32] = "";
	if (d->account && d->account <= UINT32_MAX)
		snprintf(who, sizeof who, "%u", (unsigned)d->account);
	buf_init(&b, WHY_MAX - 1);
	int r = guard_decision_text(d, str_c(who), &b);
	snprintf(text, WHY_MAX, STR_FMT, STR_ARG(r == OK || b.n ? buf_str(&b) : str_c(d->rule->name)));
	buf_done(&b);
	return text;
}

/* What is only an alert is logged and no more. */
static void carry_out(const struct guard_decision *d)
{
	struct guard_target target = { .net = d->net, .account = d->account };
	struct sentence s = { .key = d->rule->key, .actions = d->actions, .seconds = d->seconds, .offence = d->offence, .since = clock_real(),
		.until_ms = clock_mono_ms() + (int64_t)d->seconds * 1000 };
	snprintf(s.rule, sizeof s.rule, "%s", d->rule->name);
	text_of(d, s.why);
	recent_decided(s.why);
	log_event(LOG_WARNING, "guard.decision", LOG_C("rule", s.rule), LOG_C("what", s.why), LOG_END);
	if (d->actions & ~(unsigned)GUARD_ALERT && (target.net.bits || target.account))
		sentence_pass(&target, &s);
}

void guard_take(const struct guard_event *e, enum role role, unsigned worker)
{
	struct guard_decision decided[GUARD_DECISIONS_MAX];
	recent_add(e, role, worker);
	unsigned n = guard_feed(guard_engine, clock_mono_ms(), e, decided);
	for (unsigned i = 0; i < n; i++)
		carry_out(&decided[i]);
}

void guard_on_event(struct channel *from, const struct ipc_guard_event_note *m)
{
	static uint64_t refused;
	struct guard_event e = { .kind = (enum guard_kind)m->kind, .flags = m->flags, .account = m->account, .secret = m->secret, .helo = m->helo,
		.domain = m->domain, .value = m->value, .number = m->number, .fresh = m->fresh };
	bool addressed = m->source.n == 4 || m->source.n == 16;
	if (m->kind >= GUARD_KINDS || !(tellers[m->kind] >> channel_peer(from) & 1) || (m->source.n && !addressed)) {
		refused++;
		if ((refused & (refused - 1)) == 0)
			log_event(LOG_ERROR, "guard.refused", LOG_C("role", role_name(channel_peer(from))), LOG_U("kind", m->kind), LOG_U("count", refused), LOG_END);
		return;
	}
	if (addressed)
		memcpy(e.source.bytes, m->source.p, m->source.n);
	e.source.v6 = m->source.n == 16;
	guard_take(&e, channel_peer(from), channel_peer_index(from));
}

/* The sources that this process told of last, each once; what its predecessor told is not laid at their door again. */
static size_t who_was_there(enum role role, unsigned worker, struct ip_address found[CRASH_SOURCES])
{
	static uint64_t seen[ROLE_COUNT][WORKERS_MOST];        /* events until its predecessor died */
	const struct recent_event *r;
	int64_t since = clock_mono_ms() - CRASH_MS;
	uint64_t fresh = recent_total() - seen[role][worker];
	size_t n = 0;
	seen[role][worker] = recent_total();
	for (size_t back = 0; back < CRASH_EVENTS && back < fresh && n < CRASH_SOURCES && (r = recent_event(back)) && r->mono_ms >= since; back++) {
		bool known = false;
		for (size_t i = 0; i < n; i++)
			known |= memcmp(&found[i], &r->event.source, sizeof found[i]) == 0;
		if (r->role == role && r->worker == worker && !known)
			found[n++] = r->event.source;
	}
	return n;
}

void guard_on_crash(struct channel *from, const struct ipc_guard_crash_note *m)
{
	static uint64_t crash;
	struct ip_address there[CRASH_SOURCES];
	(void)from;
	if (m->role >= ROLE_COUNT || m->index >= WORKERS_MOST)
		return;
	size_t n = who_was_there((enum role)m->role, m->index, there);
	log_event(LOG_WARNING, "guard.crash", LOG_C("role", role_name(m->role)), LOG_U("worker", m->index), LOG_U("sources", n), LOG_END);
	crash++;
	for (size_t i = 0; i < n; i++) {
		struct guard_event e = { .kind = GUARD_ROLE_CRASH, .source = there[i], .value = crash };
		guard_take(&e, ROLE_PARENT, 0);
	}
}
