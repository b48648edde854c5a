/* The token and revocation endpoints. */
#include "os/clock.h"
#include "os/log.h"
#include "role/auth/auth_oauth.h"

static const struct { unsigned type, flag; int (*redeem)(struct auth_redeem *r); } ways[] = {
	{ OAUTH_BY_CODE, OAUTH_CLIENT_CODE, auth_redeem_code },
	{ OAUTH_BY_REFRESH, 0, auth_redeem_refresh },
	{ OAUTH_BY_DEVICE, OAUTH_CLIENT_DEVICE, auth_redeem_device },
};

static int redeem(struct auth_redeem *r)
{
	struct oauth_client c;
	int err = auth_get_client(r->a, r->q->client, &c);
	r->outcome = OAUTH_INVALID_CLIENT;
	if (err != OK)
		return err == E_NOTFOUND ? OK : err;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		if (ways[i].type != r->q->grant_type)
			continue;
		if ((ways[i].flag & c.flags) == ways[i].flag)
			return ways[i].redeem(r);
		r->outcome = OAUTH_UNAUTHORIZED_CLIENT;
		return OK;
	}
	r->outcome = OAUTH_UNSUPPORTED_GRANT_TYPE;
	return OK;
}

void auth_on_oauth_token(const struct ipc_request *rq, const struct ipc_oauth_token_req *q)
{
	struct arena a;
	char access[OAUTH_TOKEN_TEXT] = "", refresh[OAUTH_TOKEN_TEXT] = "";
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	struct auth_redeem r = { .a = &a, .q = q, .now = clock_real() };
	int err = redeem(&r);
	bool good = err == OK && r.outcome == OAUTH_OK;
	if (good) {
		oauth_token_write(&r.issued.access, access);
		oauth_token_write(&r.issued.refresh, refresh);
	}
	struct ipc_oauth_token_rep rep = { .outcome = r.outcome, .access = str_c(access), .refresh = str_c(refresh),
		.expires = good ? OAUTH_ACCESS_SECONDS : 0, .scope = good ? r.issued.scope : 0 };
	ipc_reply_oauth_token(rq, err, err == OK ? &rep : NULL);
	secret_wipe(access, sizeof access);
	secret_wipe(refresh, sizeof refresh);
	secret_wipe(&r.issued, sizeof r.issued);
	arena_done(&a);
}

/* RFC 7009 2.1: whichever of its tokens came, the grant ends. */
static int revoke(struct arena *a, const struct ipc_oauth_revoke_req *q)
{
	struct oauth_token t;
	struct oauth_grant g;
	uint64_t version;
	bool refresh = oauth_token_read(q->token, OAUTH_REFRESH, &t) == OK;
	if (!refresh && oauth_token_read(q->token, OAUTH_ACCESS, &t) != OK)
		return OK;
	int r = auth_get_grant(a, auth_grant_key(a, t.account, t.id), &g, &version);
	if (r != OK)
		return r == E_NOTFOUND ? OK : r;
	bool holds = refresh ? oauth_token_is(&t, g.refresh) : false;
	for (size_t i = 0; i < g.access_count; i++)
		holds |= oauth_token_is(&t, g.access[i].hash);
	if (holds && str_eq(q->client, g.client)) {
		r = auth_grant_end(a, t.account, t.id);
		log_event(LOG_INFO, "auth.revoked", LOG_S("user", g.address), LOG_S("client", g.client), LOG_E(r), LOG_END);
	}
	secret_wipe(&t, sizeof t);
	return r;
}

void auth_on_oauth_revoke(const struct ipc_request *rq, const struct ipc_oauth_revoke_req *q)
{
	struct arena a;
	struct ipc_oauth_revoke_rep rep;
	memset(&rep, 0, sizeof rep);
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	int r = revoke(&a, q);
	ipc_reply_oauth_revoke(rq, r, &rep);
	arena_done(&a);
}
