/* What a client may do, and a person who allows it something: the code. */
#include "os/clock.h"
#include "os/log.h"
#include "role/auth/auth_oauth.h"

enum { REDIRECTS_BYTES = 8 << 10 };

static int pack_redirects(const struct oauth_client *c, struct buf *out)
{
	struct bufw w = { .b = out };
	for (size_t i = 0; i < c->redirect_count; i++)
		write_str(&w, c->redirects[i]);
	return w.err;
}

void auth_on_oauth_client(const struct ipc_request *rq, const struct ipc_oauth_client_req *q)
{
	struct arena a;
	struct buf redirects;
	struct oauth_client c = { 0 };
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	buf_init(&redirects, REDIRECTS_BYTES);
	int r = auth_get_client(&a, q->id, &c);
	if (r == OK)
		r = pack_redirects(&c, &redirects);
	struct ipc_oauth_client_rep rep = { .name = c.name, .flags = c.flags, .scope = c.scope, .redirects = buf_str(&redirects) };
	ipc_reply_oauth_client(rq, r, r == OK ? &rep : NULL);
	buf_done(&redirects);
	arena_done(&a);
}

/* The http role has checked all this for the person's sake; here it is checked for ours. */
static enum oauth_outcome judge(const struct oauth_client *c, const struct ipc_oauth_approve_req *q)
{
	if (!(c->flags & OAUTH_CLIENT_CODE))
		return OAUTH_UNAUTHORIZED_CLIENT;
	if (!oauth_client_redirects(c, q->redirect) || !oauth_challenge_valid(q->challenge))
		return OAUTH_INVALID_REQUEST;
	return q->scope && !(q->scope & ~c->scope) ? OAUTH_OK : OAUTH_INVALID_SCOPE;
}

static int make_code(struct arena *a, const struct oauth_session *s, const struct ipc_oauth_approve_req *q, char text[OAUTH_TOKEN_TEXT])
{
	struct oauth_token t;
	struct records_batch b;
	struct oauth_code c = { .account = s->account, .address = s->address, .client = q->client, .redirect = q->redirect, .challenge = q->challenge,
		.scope = q->scope, .until = clock_real() + OAUTH_CODE_SECONDS };
	auth_token_new(OAUTH_CODE, 0, &t);
	oauth_token_hash(&t, c.hash);
	oauth_token_write(&t, text);
	records_begin(&b);
	auth_put_code(&b, auth_code_key(a, t.id), RECORDS_NONE, &c);
	secret_wipe(&t, sizeof t);
	return records_commit(&b);
}

void auth_on_oauth_approve(const struct ipc_request *rq, const struct ipc_oauth_approve_req *q)
{
	struct arena a;
	struct oauth_session s;
	struct oauth_client c;
	char text[OAUTH_TOKEN_TEXT] = "";
	enum oauth_outcome outcome = OAUTH_INVALID_CLIENT;
	arena_init(&a, AUTH_OAUTH_MEMORY, NULL, NULL);
	int r = auth_session_find(&a, q->session, &s);
	if (r == OK)
		r = auth_get_client(&a, q->client, &c);
	if (r == OK)
		outcome = judge(&c, q);
	if (r == OK && outcome == OAUTH_OK) {
		r = make_code(&a, &s, q, text);
		log_event(LOG_INFO, "auth.allowed", LOG_S("user", s.address), LOG_S("client", q->client), LOG_U("scope", q->scope), LOG_S("peer", s.peer), LOG_END);
	}
	struct ipc_oauth_approve_rep rep = { .outcome = outcome, .code = str_c(text) };
	r = r == E_NOTFOUND ? OK : r;
	ipc_reply_oauth_approve(rq, r, r == OK ? &rep : NULL);
	secret_wipe(text, sizeof text);
	arena_done(&a);
}
