#include "role/auth/auth_oauth.h"

/* The device gets its grant, and its record goes: in one, so that it gets one. */
static int give(struct auth_redeem *r, const struct oauth_device *d, struct str key, uint64_t version)
{
	struct records_batch b;
	uint8_t id[OAUTH_ID];
	struct oauth_grant g = { .account = d->account, .address = d->address, .client = d->client, .peer = r->q->peer, .scope = d->scope };
	records_begin(&b);
	auth_grant_make(r->a, &b, &g, &r->issued, id);
	records_remove(&b, key, version);
	return records_commit(&b);
}

static int keep(const struct oauth_device *d, struct str key, uint64_t version)
{
	struct records_batch b;
	records_begin(&b);
	auth_put_device(&b, key, version, d);
	return records_commit(&b);
}

static int poll_once(struct auth_redeem *r, const struct oauth_token *t)
{
	struct oauth_device d;
	uint64_t version;
	struct str key = auth_device_key(r->a, t->id);
	int err = auth_get_device(r->a, key, &d, &version);
	if (err != OK)
		return err;
	r->outcome = oauth_device_poll(&d, t, r->q->client, r->now);
	if (r->outcome == OAUTH_AUTHORIZATION_PENDING || r->outcome == OAUTH_SLOW_DOWN)
		return keep(&d, key, version);
	if (r->outcome != OAUTH_OK)
		return OK;
	err = auth_account_good(d.account, d.address);
	if (err == E_DENIED)
		r->outcome = OAUTH_ACCESS_DENIED;
	return err == OK ? give(r, &d, key, version) : err == E_DENIED ? OK : err;
}

int auth_redeem_device(struct auth_redeem *r)
{
	struct oauth_token t;
	int err = E_STALE;
	r->outcome = OAUTH_INVALID_GRANT;
	if (oauth_token_read(r->q->credential, OAUTH_DEVICE, &t) != OK)
		return OK;
	for (int i = 0; i < AUTH_OAUTH_TRIES && err == E_STALE; i++)
		err = poll_once(r, &t);
	secret_wipe(&t, sizeof t);
	if (err == E_NOTFOUND)
		r->outcome = OAUTH_EXPIRED_TOKEN;
	return err == E_NOTFOUND ? OK : err;
}
