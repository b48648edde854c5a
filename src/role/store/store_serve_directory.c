/* What auth and smtp ask about people and addresses. */
#include "role/store/store_serve.h"

enum { ANSWER_MEMORY = 4 << 20 };

void store_on_credential(const struct ipc_request *rq, const struct ipc_credential_req *q)
{
	struct arena a;
	struct store_account_info info;
	arena_init(&a, ANSWER_MEMORY, NULL, NULL);
	int r = store_account_find(store_served(), q->address, &a, &info);
	struct ipc_credential_rep out = { 0 };
	if (r == OK)
		out = (struct ipc_credential_rep){ .account = info.id,
						   .hash = info.credential,
						   .locked = info.flags & STORE_ACCOUNT_LOCKED ? 1 : 0,
						   .admin = info.flags & STORE_ACCOUNT_ADMIN ? 1 : 0,
						   .canonical = info.address };
	ipc_reply_credential(rq, r, &out);
	arena_done(&a);
}

void store_on_credential_set(const struct ipc_request *rq, const struct ipc_credential_set_req *q)
{
	struct arena a;
	struct store_account_info info;
	arena_init(&a, ANSWER_MEMORY, NULL, NULL);
	int r = store_account_get(store_served(), q->account, &a, &info);
	if (r == OK && !str_eq(info.credential, q->was))
		r = E_STALE;
	if (r == OK)
		r = store_account_credential(store_served(), q->account, q->hash);
	ipc_reply_credential_set(rq, r, &(struct ipc_credential_set_rep){});
	arena_done(&a);
}

void store_on_grant_open(const struct ipc_request *rq, const struct ipc_grant_open_req *q)
{
	struct arena a;
	struct store_account_info info;
	struct ipc_grant_open_rep out = { 0 };
	arena_init(&a, ANSWER_MEMORY, NULL, NULL);
	int r = q->role < ROLE_COUNT && channel_to((enum role)q->role, q->index) ? OK : E_CLOSED;
	if (r == OK)
		r = store_account_get(store_served(), q->account, &a, &info);
	if (r == OK && (info.flags & STORE_ACCOUNT_LOCKED))
		r = E_DENIED;
	if (r == OK)
		out.grant = store_grant_open(&(struct store_grant_info){ q->account, q->scope, (enum role)q->role, q->index, q->peer, q->means });
	ipc_reply_grant_open(rq, r, &out);
	arena_done(&a);
}

void store_on_sessions(const struct ipc_request *rq, const struct ipc_sessions_req *q)
{
	struct buf sessions;
	buf_init(&sessions, 1 << 20);
	int r = store_grants_list(q->account, &sessions);
	ipc_reply_sessions(rq, r, &(struct ipc_sessions_rep){ .sessions = buf_str(&sessions) });
	buf_done(&sessions);
}

void store_on_session_end(const struct ipc_request *rq, const struct ipc_session_end_req *q)
{
	int r = store_grant_session_end(q->account, q->session);
	ipc_reply_session_end(rq, r, &(struct ipc_session_end_rep){});
}

void store_on_sessions_end(struct channel *from, const struct ipc_sessions_end_note *m)
{
	(void)from;
	store_grants_of_account_close(m->account);
}

void store_on_grant_close(struct channel *from, const struct ipc_grant_close_note *m)
{
	store_grant_close(channel_peer(from), channel_peer_index(from), m->grant);
}

void store_on_identity(const struct ipc_request *rq, const struct ipc_identity_req *q)
{
	uint32_t account;
	int r = store_grant_account(rq, q->grant, GRANT_SUBMIT, &account);
	if (r == OK)
		r = store_may_send_as(store_served(), account, q->address);
	ipc_reply_identity(rq, r, &(struct ipc_identity_rep){});
}

/* A full mailbox is told at RCPT only when the address means that one person. */
static int kind_of(struct store *st, const struct store_resolved *to, uint32_t *ret)
{
	int r = OK;
	if (to->n == 1 && to->v[0].route == STORE_ROUTE_LOCAL)
		r = store_deliver_check(st, to->v[0].account, 1);
	if (r != OK && r != E_QUOTA)
		return r;
	*ret = r == E_QUOTA ? RECIPIENT_FULL : RECIPIENT_LOCAL;
	return OK;
}

/* Only what is known counts: a reading that fails is no reason not to take mail. */
static uint32_t relation_of(struct store *st, const struct store_resolved *to, struct str sender)
{
	enum store_relation relation;
	bool one = to->n == 1 && to->v[0].route == STORE_ROUTE_LOCAL && sender.n;
	return one && store_sender_get(st, to->v[0].account, sender, &relation) == OK ? (uint32_t)relation : SENDER_UNKNOWN;
}

/* Only a healthy "no" is a no: whatever else goes wrong is an error, which the client is told as a temporary one (B02,
 * B04). */
void store_on_recipient(const struct ipc_request *rq, const struct ipc_recipient_req *q)
{
	struct arena a;
	struct store_resolved to;
	struct ipc_recipient_rep out = { 0 };
	arena_init(&a, ANSWER_MEMORY, NULL, NULL);
	int r = store_resolve(store_served(), q->address, &a, &to);
	if (r == OK) {
		r = kind_of(store_served(), &to, &out.kind);
		out.relation = relation_of(store_served(), &to, q->sender);
	} else if (r == E_NOTFOUND || r == E_UNSUPPORTED) {
		out.kind = r == E_NOTFOUND ? RECIPIENT_UNKNOWN : RECIPIENT_FOREIGN;
		r = OK;
	}
	ipc_reply_recipient(rq, r, &out);
	arena_done(&a);
}
