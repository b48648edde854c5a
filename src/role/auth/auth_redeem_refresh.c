#include "os/log.h"
#include "role/auth/auth_oauth.h"

/* The refresh token that came is spent; a new one takes its place. */
static int rotate(struct auth_redeem *r, struct oauth_grant *g, struct str key, uint64_t version, const uint8_t id[OAUTH_ID])
{
	struct records_batch b;
	auth_token_new(OAUTH_REFRESH, g->account, &r->issued.refresh);
	auth_token_new(OAUTH_ACCESS, g->account, &r->issued.access);
	memcpy(r->issued.refresh.id, id, OAUTH_ID);
	memcpy(r->issued.access.id, id, OAUTH_ID);
	r->issued.scope = r->q->scope ? r->q->scope : g->scope;
	oauth_token_hash(&r->issued.refresh, g->refresh);
	oauth_grant_add_access(g, &r->issued.access, r->issued.scope, r->now);
	g->used = r->now;
	g->until = r->now + OAUTH_IDLE_SECONDS;
	g->peer = r->q->peer;
	records_begin(&b);
	auth_put_grant(&b, key, version, g);
	return records_commit(&b);
}

static int end_all(struct auth_redeem *r, const struct oauth_grant *g, const uint8_t id[OAUTH_ID])
{
	log_event(LOG_WARNING, "auth.refresh_reused", LOG_S("user", g->address), LOG_S("client", g->client), LOG_S("peer", r->q->peer), LOG_END);
	return auth_grant_end(r->a, g->account, id);
}

static int refresh_once(struct auth_redeem *r, const struct oauth_token *t)
{
	struct oauth_grant g;
	uint64_t version;
	struct str key = auth_grant_key(r->a, t->account, t->id);
	int err = auth_get_grant(r->a, key, &g, &version);
	if (err != OK)
		return err;
	r->outcome = oauth_grant_refresh(&g, t, r->q->client, r->now);
	if (r->outcome == OAUTH_REUSED)
		return end_all(r, &g, t->id);
	if (r->outcome == OAUTH_OK && (r->q->scope & ~g.scope))
		r->outcome = OAUTH_INVALID_SCOPE;
	if (r->outcome != OAUTH_OK)
		return OK;
	err = auth_account_good(g.account, g.address);
	if (err == E_DENIED)
		r->outcome = OAUTH_INVALID_GRANT;
	return err == OK ? rotate(r, &g, key, version, t->id) : err == E_DENIED ? OK : err;
}

int auth_redeem_refresh(struct auth_redeem *r)
{
	struct oauth_token t;
	int err = E_STALE;
	r->outcome = OAUTH_INVALID_GRANT;
	if (oauth_token_read(r->q->credential, OAUTH_REFRESH, &t) != OK)
		return OK;
	for (int i = 0; i < AUTH_OAUTH_TRIES && err == E_STALE; i++)
		err = refresh_once(r, &t);
	secret_wipe(&t, sizeof t);
	if (err == E_NOTFOUND)
		r->outcome = OAUTH_INVALID_GRANT;
	return err == E_NOTFOUND ? OK : err;
}
