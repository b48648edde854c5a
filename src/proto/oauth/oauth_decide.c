#include "proto/oauth/oauth_record.h"

/* The order counts: who does not know the secret learns nothing and changes nothing. */
enum oauth_outcome oauth_code_redeem(const struct oauth_code *c, const struct oauth_token *t, struct str client, struct str redirect,
	struct str verifier, int64_t now, bool *ret_known)
{
	*ret_known = oauth_token_is(t, c->hash);
	if (!*ret_known)
		return OAUTH_INVALID_GRANT;
	if (c->spent)
		return OAUTH_REUSED;
	bool good = str_eq(client, c->client) && str_eq(redirect, c->redirect) && now < c->until && oauth_verifier_matches(verifier, c->challenge);
	return good ? OAUTH_OK : OAUTH_INVALID_GRANT;
}

bool oauth_device_open(const struct oauth_device *d, int64_t now)
{
	return d->state == OAUTH_DEVICE_ASKED && now < d->until;
}

/* RFC 8628 3.5. A clock that stepped back is not the client's fault (B52). */
static bool too_soon(const struct oauth_device *d, int64_t now)
{
	return d->polled && now >= d->polled && now - d->polled < d->interval;
}

static void slow_down(struct oauth_device *d)
{
	d->interval = d->interval + OAUTH_INTERVAL > OAUTH_INTERVAL_MOST ? OAUTH_INTERVAL_MOST : d->interval + OAUTH_INTERVAL;
}

enum oauth_outcome oauth_device_poll(struct oauth_device *d, const struct oauth_token *t, struct str client, int64_t now)
{
	if (!oauth_token_is(t, d->hash) || !str_eq(client, d->client))
		return OAUTH_INVALID_GRANT;
	if (d->state == OAUTH_DEVICE_DENIED)
		return OAUTH_ACCESS_DENIED;
	if (now >= d->until)
		return OAUTH_EXPIRED_TOKEN;
	bool early = too_soon(d, now);
	d->polled = now;
	if (early)
		slow_down(d);
	if (early)
		return OAUTH_SLOW_DOWN;
	return d->state == OAUTH_DEVICE_ALLOWED && d->account ? OAUTH_OK : OAUTH_AUTHORIZATION_PENDING;
}

/* That the token names this grant says that somebody had a token of it: ids can't be guessed. So a secret that is not the present one is an older
 * one, and there are two who use it. */
enum oauth_outcome oauth_grant_refresh(const struct oauth_grant *g, const struct oauth_token *t, struct str client, int64_t now)
{
	if (!oauth_token_is(t, g->refresh))
		return OAUTH_REUSED;
	if (!str_eq(client, g->client) || now >= g->until)
		return OAUTH_INVALID_GRANT;
	return OAUTH_OK;
}

bool oauth_grant_accepts(const struct oauth_grant *g, const struct oauth_token *t, unsigned scope, int64_t now)
{
	bool good = false;
	for (size_t i = 0; i < g->access_count; i++) {
		const struct oauth_access *a = &g->access[i];
		good |= oauth_token_is(t, a->hash) && now < a->until && (a->scope & scope) == scope;
	}
	return good && t->account == g->account && scope;
}

void oauth_grant_add_access(struct oauth_grant *g, const struct oauth_token *t, unsigned scope, int64_t now)
{
	if (g->access_count == OAUTH_ACCESS_MOST) {
		memmove(&g->access[0], &g->access[1], (OAUTH_ACCESS_MOST - 1) * sizeof g->access[0]);
		g->access_count--;
	}
	struct oauth_access *a = &g->access[g->access_count++];
	*a = (struct oauth_access){ .scope = scope, .until = now + OAUTH_ACCESS_SECONDS };
	oauth_token_hash(t, a->hash);
}

bool oauth_session_accepts(const struct oauth_session *s, const struct oauth_token *t, int64_t now)
{
	return oauth_token_is(t, s->hash) && t->account == s->account && !oauth_session_over(s, now);
}

bool oauth_code_over(const struct oauth_code *c, int64_t now)
{
	return now >= c->until + OAUTH_CODE_KEPT;
}

bool oauth_device_over(const struct oauth_device *d, int64_t now)
{
	return now >= d->until + OAUTH_DEVICE_SECONDS;
}

bool oauth_grant_over(const struct oauth_grant *g, int64_t now)
{
	return now >= g->until;
}

bool oauth_session_over(const struct oauth_session *s, int64_t now)
{
	return now >= s->created + OAUTH_SESSION_SECONDS || now >= s->used + OAUTH_SESSION_IDLE;
}
