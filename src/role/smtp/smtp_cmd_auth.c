/* AUTH (RFC 4954) with PLAIN (RFC 4616) and LOGIN. Each attempt starts with nothing of the one before (A14). */
#include "role/smtp/smtp.h"

#include "os/log.h"

enum { USER_MAX = 320, PASSWORD_MAX = 1024 };

struct credentials { struct str user, password; };

/* Sends a challenge (base64 already) and decodes the answer into arena cmd. E_CANCELLED for "*" (RFC 4954 section 4), E_SYNTAX for
 * what is no base64: only this client hears of it (A15). */
static int decode(struct smtp_session *s, struct str base64, struct str *ret)
{
	struct buf plain;
	buf_init(&plain, SMTP_LINE_AUTH_MAX);
	int r = base64_decode(&plain, base64);
	if (r == OK)
		*ret = arena_dup(&s->cmd, buf_str(&plain));
	secret_wipe(plain.p, plain.n);
	buf_done(&plain);
	return r;
}

static int ask(struct smtp_session *s, struct str challenge, struct str *ret)
{
	struct str line;
	int r = smtp_answer(s, 334, STR(""), challenge);
	if (r == OK)
		r = smtp_read_line(s, SMTP_LINE_AUTH_MAX, &line);
	if (r != OK)
		return r;
	return str_eq(line, STR("*")) ? E_NOTFOUND : decode(s, line, ret);
}

/* message = [authzid] NUL authcid NUL passwd; who signs in acts for itself only. */
static int plain(struct smtp_session *s, const struct smtp_auth *a, struct credentials *ret)
{
	struct str message;
	int r = a->has_initial ? decode(s, a->initial, &message) : ask(s, STR(""), &message);
	if (r != OK)
		return r;
	struct str rest = message, authzid = str_until(&rest, '\0'), authcid = str_until(&rest, '\0');
	if (authcid.n == 0 || rest.n == 0 || str_find(rest, '\0') != STR_NPOS)
		return E_SYNTAX;
	if (authzid.n && !str_eq(authzid, authcid))
		return E_DENIED;
	*ret = (struct credentials){ authcid, rest };
	return OK;
}

/* Not an RFC, but what some clients know only: "Username:" and "Password:" are asked for. */
static int login(struct smtp_session *s, const struct smtp_auth *a, struct credentials *ret)
{
	struct credentials c;
	int r = a->has_initial ? decode(s, a->initial, &c.user) : ask(s, STR("VXNlcm5hbWU6"), &c.user);
	if (r == OK)
		r = ask(s, STR("UGFzc3dvcmQ6"), &c.password);
	if (r == OK && (c.user.n == 0 || c.password.n == 0))
		r = E_SYNTAX;
	if (r == OK)
		*ret = c;
	return r;
}

static const struct mechanism {
	struct str name;
	int (*get)(struct smtp_session *s, const struct smtp_auth *a, struct credentials *ret);
} mechanisms[] = {
	{ STR_INIT("PLAIN"), plain },
	{ STR_INIT("LOGIN"), login },
};

static const struct mechanism *find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(mechanisms); i++)
		if (str_ieq(mechanisms[i].name, name))
			return &mechanisms[i];
	return NULL;
}

static int sign_in(struct smtp_session *s, struct credentials c)
{
	struct ipc_sign_in_req q = { .user = c.user, .password = c.password, .scope = GRANT_SUBMIT, .peer = str_c(s->peer_text) };
	struct ipc_sign_in_rep a = { 0 };
	struct ipc_hold hold = IPC_HOLD;
	if (c.user.n > USER_MAX || c.password.n > PASSWORD_MAX)
		return E_DENIED;
	int r = s->env->sign_in(s->ctx, &q, &a, &hold);
	if (r == OK) {
		s->grant = a.grant;
		s->login = arena_dup(&s->session, str_first(a.address, USER_MAX));
	}
	ipc_release(&hold);
	return r;
}

static int denied(struct smtp_session *s)
{
	log_event(LOG_WARNING, "smtp.sign-in-refused", LOG_C("peer", s->peer_text), LOG_END);
	if (++s->failed_sign_ins >= s->conf->smtp.sign_in_attempts)
		return smtp_answer_close(s, 421, STR("4.7.0"), STR("Too many failed attempts, closing"));
	return smtp_answer(s, 535, STR("5.7.8"), STR("Authentication credentials invalid"));
}

static int answer(struct smtp_session *s, int r)
{
	switch (r) {
	case OK:
		return smtp_answer(s, 235, STR("2.7.0"), STR("Authentication succeeded"));
	case E_DENIED:
		return denied(s);
	case E_NOTFOUND:
		return smtp_answer_error(s, 501, STR("5.7.0"), STR("Authentication cancelled"));
	default:
		return smtp_answer(s, 454, STR("4.7.0"), STR("Cannot authenticate now, try again later"));
	}
}

/* An exchange that broke off: what is the connection's end, and what the client can be told. */
static int broken(struct smtp_session *s, int r)
{
	if (r == E_SYNTAX && !s->line.broken)
		return smtp_answer_error(s, 501, STR("5.5.2"), STR("Cannot decode the response"));
	if (r == E_TOOBIG)
		return smtp_answer_error(s, 500, STR("5.5.6"), STR("Authentication exchange line is too long"));
	if (r == E_SYNTAX || r == E_PROTO)
		return smtp_answer_close(s, 521, STR("5.5.2"), STR("Only CRLF ends a line here, closing"));
	if (r == E_TIMEOUT)
		return smtp_answer_close(s, 421, STR("4.4.2"), STR("Waited too long, closing"));
	return r == E_DENIED || r == E_NOTFOUND ? answer(s, r) : r;
}

int smtp_cmd_auth(struct smtp_session *s, struct str args)
{
	struct smtp_auth a;
	struct credentials c = { 0 };
	if (!smtp_is_submission(s))
		return smtp_answer_error(s, 502, STR("5.5.1"), STR("Sign in on the submission port"));
	if (s->grant)
		return smtp_answer_error(s, 503, STR("5.5.1"), STR("Already authenticated"));
	if (smtp_auth_parse(args, &a) != OK)
		return smtp_answer_error(s, 501, STR("5.5.4"), STR("Syntax: AUTH mechanism [response]"));
	const struct mechanism *m = find(a.mechanism);
	if (!m)
		return smtp_answer_error(s, 504, STR("5.5.4"), STR("Mechanism not supported"));
	int r = m->get(s, &a, &c);
	if (r != OK)
		return broken(s, r);
	r = sign_in(s, c);
	arena_wipe(&s->cmd);
	return answer(s, r);
}
