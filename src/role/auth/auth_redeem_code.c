#include "os/log.h"
#include "role/auth/auth_oauth.h"

/* RFC 6749 10.5: somebody has the code who should not. What was given for it ends, whoever got it. */
static int end_all(struct auth_redeem *r, const struct oauth_code *c)
{
	log_event(LOG_WARNING, "auth.code_replayed", LOG_S("user", c->address), LOG_S("client", c->client), LOG_S("peer", r->q->peer), LOG_END);
	return auth_grant_end(r->a, c->account, c->grant);
}

/* Spent, whatever comes of it; with the grant when it was good. */
static int spend(struct auth_redeem *r, struct oauth_code *c, struct str key, uint64_t version)
{
	struct records_batch b;
	struct oauth_grant g = { .account = c->account, .address = c->address, .client = c->client, .peer = r->q->peer, .scope = c->scope };
	c->spent = true;
	records_begin(&b);
	if (r->outcome == OAUTH_OK)
		auth_grant_make(r->a, &b, &g, &r->issued, c->grant);
	auth_put_code(&b, key, version, c);
	return records_commit(&b);
}

static int redeem_once(struct auth_redeem *r, const struct oauth_token *t)
{
	struct oauth_code c;
	uint64_t version;
	bool known;
	struct str key = auth_code_key(r->a, t->id);
	int err = auth_get_code(r->a, key, &c, &version);
	if (err != OK)
		return err;
	r->outcome = oauth_code_redeem(&c, t, r->q->client, r->q->redirect, r->q->verifier, r->now, &known);
	if (!known)
		return OK;
	if (r->outcome == OAUTH_REUSED)
		return end_all(r, &c);
	if (r->outcome == OAUTH_OK)
		err = auth_account_good(c.account, c.address);
	if (err == E_DENIED)
		r->outcome = OAUTH_INVALID_GRANT;
	return err == OK || err == E_DENIED ? spend(r, &c, key, version) : err;
}

int auth_redeem_code(struct auth_redeem *r)
{
	struct oauth_token t;
	int err = E_STALE;
	r->outcome = OAUTH_INVALID_GRANT;
	if (oauth_token_read(r->q->credential, OAUTH_CODE, &t) != OK)
		return OK;
	for (int i = 0; i < AUTH_OAUTH_TRIES && err == E_STALE; i++)
		err = redeem_once(r, &t);
	secret_wipe(&t, sizeof t);
	if (err == E_NOTFOUND)
		r->outcome = OAUTH_INVALID_GRANT;
	return err == E_NOTFOUND ? OK : err;
}
