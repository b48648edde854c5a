/* Sign-in with an access token (OAUTHBEARER, XOAUTH2). */
#include "os/log.h"
#include "proto/sasl/sasl.h"
#include "role/auth/auth_guard.h"
#include "role/auth/auth_oauth.h"

enum { STORE_MS = 10000 };

/* A71: who is named must be whose token it is; an alias of theirs is not them. Empty: nobody was named. */
static bool names_owner(struct arena *a, struct str user, struct str owner)
{
	struct str normal;
	return !user.n || (sasl_user_normalize(a, user, &normal) == OK && str_eq(normal, owner));
}

static int open_grant(const struct ipc_request *rq, uint32_t account, const struct ipc_token_sign_in_req *t, uint64_t *ret)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_grant_open_req q = { .account = account, .scope = t->scope, .role = rq->peer, .index = rq->peer_index, .peer = t->peer,
		.means = STR("token") };
	struct ipc_grant_open_rep a;
	int r = ipc_call_grant_open(NULL, &q, &a, &hold, STORE_MS);
	if (r == OK)
		*ret = a.grant;
	ipc_release(&hold);
	return r;
}

static int sign_in(struct arena *a, const struct ipc_request *rq, const struct ipc_token_sign_in_req *q, struct ipc_token_sign_in_rep *ret)
{
	uint32_t account = 0;
	int r = auth_token_check(a, q->token, q->scope, &account, &ret->address);
	if (r == OK && (!names_owner(a, q->user, ret->address) || (auth_guard_acts(account, q->peer) & ACCOUNT_REFUSE)))
		r = E_DENIED;
	if (r == OK)
		r = open_grant(rq, account, q, &ret->grant);
	if (r == OK || r == E_DENIED)
		auth_guard_tell(&(struct auth_try){ .account = account, .name = q->user, .password = q->token, .peer = q->peer }, r == OK);
	return r;
}

void auth_on_token_sign_in(const struct ipc_request *rq, const struct ipc_token_sign_in_req *q)
{
	struct arena a;
	struct ipc_token_sign_in_rep rep = { 0 };
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	int r = sign_in(&a, rq, q, &rep);
	log_event(r == OK ? LOG_INFO : LOG_WARNING, r == OK ? "auth.ok" : "auth.failed", LOG_S("user", r == OK ? rep.address : q->user), LOG_S("peer", q->peer),
		LOG_U("scope", q->scope), LOG_C("why", "token"), LOG_E(r), LOG_END);
	ipc_reply_token_sign_in(rq, r, r == OK ? &rep : NULL);
	secret_wipe((char *)q->token.p, q->token.n);
	arena_done(&a);
}
