/* Browsers: sign-in, and what their cookie is worth. A sign-in always makes a new cookie, so that one which somebody planted is worth nothing. */
#include "os/clock.h"
#include "os/log.h"
#include "role/auth/auth.h"
#include "role/auth/auth_oauth.h"

enum { TOUCH_SECONDS = 300 };

static int make_session(struct arena *a, const struct ipc_web_sign_in_req *q, uint32_t account, struct str address, char text[OAUTH_TOKEN_TEXT])
{
	struct oauth_token t;
	struct records_batch b;
	struct oauth_session s = { .account = account, .address = address, .peer = q->peer, .agent = q->agent, .created = clock_real() };
	auth_token_new(OAUTH_SESSION, account, &t);
	oauth_token_hash(&t, s.hash);
	oauth_token_write(&t, text);
	s.used = s.created;
	records_begin(&b);
	auth_put_session(&b, auth_session_key(a, account, t.id), RECORDS_NONE, &s);
	secret_wipe(&t, sizeof t);
	return records_commit(&b);
}

void auth_on_web_sign_in(const struct ipc_request *rq, const struct ipc_web_sign_in_req *q)
{
	struct arena a;
	char text[OAUTH_TOKEN_TEXT] = "";
	struct auth_person p = { 0 };
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	int r = auth_interactive(&a, rq, q, &p);
	if (r == OK && p.state == WEB_SIGNED_IN)
		r = make_session(&a, q, p.account, p.address, text);
	struct ipc_web_sign_in_rep rep = { .state = p.state, .token = str_c(p.state == WEB_NEEDS_CODE ? p.pending : text), .text = p.text };
	ipc_reply_web_sign_in(rq, r, r == OK ? &rep : NULL);
	secret_wipe((char *)q->password.p, q->password.n);      /* the one copy that is ours */
	secret_wipe(text, sizeof text);
	arena_done(&a);
}

static void touch(struct oauth_session *s, struct str key, uint64_t version, int64_t now)
{
	struct records_batch b;
	if (now - s->used < TOUCH_SECONDS)
		return;
	s->used = now;
	records_begin(&b);
	auth_put_session(&b, key, version, s);
	int r = records_commit(&b);
	if (r != OK && r != E_STALE)
		log_event(LOG_WARNING, "auth.session_use", LOG_E(r), LOG_END);
}

int auth_session_find(struct arena *a, struct str token, struct oauth_session *ret)
{
	struct oauth_token t;
	uint64_t version;
	int64_t now = clock_real();
	if (oauth_token_read(token, OAUTH_SESSION, &t) != OK)
		return E_DENIED;
	struct str key = auth_session_key(a, t.account, t.id);
	int r = auth_get_session(a, key, ret, &version);
	if (r == OK && !oauth_session_accepts(ret, &t, now))
		r = E_DENIED;
	secret_wipe(&t, sizeof t);
	if (r == OK)
		r = auth_account_good(ret->account, ret->address);
	if (r == OK)
		touch(ret, key, version, now);
	return r == E_NOTFOUND ? E_DENIED : r;
}

void auth_on_web_session(const struct ipc_request *rq, const struct ipc_web_session_req *q)
{
	struct arena a;
	struct oauth_session s = { 0 };
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	int r = auth_session_find(&a, q->token, &s);
	struct ipc_web_session_rep rep = { .account = s.account, .address = s.address };
	ipc_reply_web_session(rq, r, r == OK ? &rep : NULL);
	arena_done(&a);
}

/* Only who has the cookie can end the session. */
void auth_on_web_sign_out(const struct ipc_request *rq, const struct ipc_web_sign_out_req *q)
{
	struct arena a;
	struct oauth_session s;
	struct oauth_token t;
	struct records_batch b;
	struct ipc_web_sign_out_rep rep;
	memset(&rep, 0, sizeof rep);
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	int r = auth_session_find(&a, q->token, &s);
	if (r == OK && oauth_token_read(q->token, OAUTH_SESSION, &t) == OK) {
		records_begin(&b);
		records_remove(&b, auth_session_key(&a, t.account, t.id), RECORDS_ANY);
		r = records_commit(&b);
		secret_wipe(&t, sizeof t);
	}
	ipc_reply_web_sign_out(rq, r == E_DENIED ? OK : r, &rep);
	arena_done(&a);
}
