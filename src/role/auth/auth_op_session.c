/* sessions.list: {"address": …}. sessions.end: {"address": …, "id": …}; without an id all of them. */
#include "base/codec.h"
#include "role/auth/auth_oauth.h"
#include "role/auth/auth_op_factor.h"

enum { CALL_MS = 10000, PEER_MAX = 64, MEANS_MAX = 160 };

static const char *service(uint32_t scope)
{
	static const struct { uint32_t scope; const char *name; } names[] = {
		{ GRANT_IMAP, "imap" }, { GRANT_SUBMIT, "smtp" }, { GRANT_POP, "pop3" }, { GRANT_SIEVE, "sieve" }, { GRANT_JMAP, "jmap" },
	};
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (names[i].scope == scope)
			return names[i].name;
	return "?";
}

static int read_all(struct str framed, json_t *list)
{
	struct reader r = reader_of(framed);
	while (r.err == OK && r.rest.n) {
		uint64_t session = read_u64(&r);
		uint32_t scope = read_u32(&r);
		int64_t opened = (int64_t)read_u64(&r);
		struct str peer = read_str(&r, PEER_MAX), means = read_str(&r, MEANS_MAX);
		if (r.err == OK)
			json_array_append_new(list, json_pack("{s:I, s:s, s:I, s:o, s:o}", "id", (json_int_t)session, "service", service(scope), "opened",
				(json_int_t)opened, "peer", auth_string(peer), "means", auth_string(means)));
	}
	return r.err;
}

int auth_op_sessions_list(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_sessions_rep found;
	int r = auth_op_person(c, &who, &x);
	if (r != OK)
		return r;
	c->json = json_array();
	r = ipc_call_sessions(NULL, &(struct ipc_sessions_req){ .account = who.account }, &found, &hold, CALL_MS);
	if (r == OK)
		r = read_all(found.sessions, c->json);
	ipc_release(&hold);
	return r;
}

int auth_op_sessions_end(struct auth_call *c)
{
	struct auth_person_id who;
	struct auth_factor *x;
	struct ipc_hold hold = IPC_HOLD;
	struct ipc_session_end_rep done;
	json_t *id = json_object_get(c->arguments, "id");
	int r = auth_op_person(c, &who, &x);
	if (r != OK)
		return r;
	if (!id) {
		auth_sessions_end(who.account);
		return OK;
	}
	struct ipc_session_end_req q = { .account = who.account, .session = (uint64_t)json_integer_value(id) };
	r = ipc_call_session_end(NULL, &q, &done, &hold, CALL_MS);
	ipc_release(&hold);
	return r == E_NOTFOUND ? auth_refuse(c, STR_FMT " has no such session; it may have ended by itself", STR_ARG(who.address)) : r;
}
