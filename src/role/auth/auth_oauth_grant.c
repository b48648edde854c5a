#include "ipc/channel.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "role/auth/auth_oauth.h"

enum { STORE_MS = 10000, USED_SECONDS = 3600 };

int auth_account_good(uint32_t account, struct str address)
{
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_credential_req q = { .address = address };
	struct ipc_credential_rep found;
	int r = ipc_call_credential(NULL, &q, &found, &hold, STORE_MS);
	if (r == E_NOTFOUND || (r == OK && (found.locked || found.account != account)))
		r = E_DENIED;
	ipc_release(&hold);
	return r;
}

void auth_grant_make(struct arena *a, struct records_batch *b, const struct oauth_grant *of, struct auth_issued *ret, uint8_t ret_id[OAUTH_ID])
{
	struct oauth_grant g = *of;
	auth_token_new(OAUTH_REFRESH, g.account, &ret->refresh);
	auth_token_new(OAUTH_ACCESS, g.account, &ret->access);
	memcpy(ret->access.id, ret->refresh.id, OAUTH_ID);
	memcpy(ret_id, ret->refresh.id, OAUTH_ID);
	ret->scope = g.scope;
	g.created = g.used = clock_real();
	g.until = g.created + OAUTH_IDLE_SECONDS;
	oauth_token_hash(&ret->refresh, g.refresh);
	g.access_count = 0;
	oauth_grant_add_access(&g, &ret->access, g.scope, g.created);
	auth_put_grant(b, auth_grant_key(a, g.account, ret_id), RECORDS_NONE, &g);
}

/* A store that can't be told is one that is being started anew, and has no sessions. */
void auth_sessions_end(uint32_t account)
{
	struct channel *store = channel_to(ROLE_STORE, UINT32_MAX);
	if (store && ipc_note_sessions_end(store, &(struct ipc_sessions_end_note){ .account = account }) != OK)
		log_event(LOG_WARNING, "auth.sessions_not_ended", LOG_U("account", account), LOG_END);
}

int auth_grant_end(struct arena *a, uint32_t account, const uint8_t id[OAUTH_ID])
{
	struct records_batch b;
	records_begin(&b);
	records_remove(&b, auth_grant_key(a, account, id), RECORDS_ANY);
	int r = records_commit(&b);
	if (r == OK)
		auth_sessions_end(account);
	return r;
}

static int remove_one(void *ctx, const struct records_item *item)
{
	struct records_batch b;
	(void)ctx;
	records_begin(&b);
	records_remove(&b, item->key, RECORDS_ANY);
	return records_commit(&b);
}

int auth_tokens_revoke(uint32_t account)
{
	struct arena a;
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	int r = records_each(auth_grant_prefix(&a, account), remove_one, NULL);
	if (r == OK)
		r = records_each(auth_session_prefix(&a, account), remove_one, NULL);
	arena_done(&a);
	auth_sessions_end(account);
	return r;
}

/* When it was last used is kept to the hour, so that a sign-in seldom costs a write; it is no harm when this one fails. */
static void note_use(struct oauth_grant *g, struct str key, uint64_t version, int64_t now)
{
	struct records_batch b;
	if (now - g->used < USED_SECONDS)
		return;
	g->used = now;
	records_begin(&b);
	auth_put_grant(&b, key, version, g);
	int r = records_commit(&b);
	if (r != OK && r != E_STALE)
		log_event(LOG_WARNING, "auth.token_use", LOG_E(r), LOG_END);
}

int auth_token_check(struct arena *a, struct str token, unsigned scope, uint32_t *ret_account, struct str *ret_address)
{
	struct oauth_token t;
	struct oauth_grant g;
	uint64_t version;
	int64_t now = clock_real();
	if (oauth_token_read(token, OAUTH_ACCESS, &t) != OK)
		return E_DENIED;
	struct str key = auth_grant_key(a, t.account, t.id);
	int r = auth_get_grant(a, key, &g, &version);
	if (r == OK && !oauth_grant_accepts(&g, &t, scope, now))
		r = E_DENIED;
	secret_wipe(&t, sizeof t);
	if (r == OK)
		r = auth_account_good(g.account, g.address);
	if (r != OK)
		return r == E_NOTFOUND ? E_DENIED : r;
	*ret_account = g.account;
	*ret_address = g.address;
	note_use(&g, key, version, now);
	return OK;
}
