/* AUTH (RFC 4954) with PLAIN (RFC 4616) and LOGIN. Each attempt starts with nothing of the one before (A14). */
#include "role/smtp/smtp.h"

#include "base/base64.h"

enum { USER_MAX = 320, PASSWORD_MAX = 1024 };

/* The decoded responses, and what stands in them. */
struct credentials { struct buf responses[2]; struct str user, password; };

static void credentials_init(struct credentials *c)
{
	*c = (struct credentials){ 0 };
	for (size_t i = 0; i < COUNT_OF(c->responses); i++)
		buf_init(&c->responses[i], SMTP_LINE_AUTH_MAX);
}

static void credentials_done(struct credentials *c)
{
	for (size_t i = 0; i < COUNT_OF(c->responses); i++) {
		if (c->responses[i].p)
			secret_wipe(c->responses[i].p, c->responses[i].cap);
		buf_done(&c->responses[i]);
	}
}

/* What is no base64 is an error of this client, and only it hears of it (A15). */
static int decode(struct str base64, struct buf *out)
{
	int r = buf_reserve(out, base64.n);     /* so that nothing is moved, and left behind unwiped */
	return r == OK ? base64_decode(out, base64) : r;
}

/* Sends a challenge, base64 already, and decodes the response. E_NOTFOUND for "*", which gives up (RFC 4954 section 4).
 */
static int ask(struct smtp_session *s, struct str challenge, struct buf *out)
{
	struct str line;
	int r = smtp_answer(s, 334, STR(""), challenge);
	if (r == OK)
		r = smtp_read_line(s, SMTP_LINE_AUTH_MAX, &line);
	if (r != OK)
		return r;
	return str_eq(line, STR("*")) ? E_NOTFOUND : decode(line, out);
}

static int first_response(struct smtp_session *s, const struct smtp_auth *a, struct str challenge, struct buf *out)
{
	return a->has_initial ? decode(a->initial, out) : ask(s, challenge, out);
}

/* message = [authzid] NUL authcid NUL passwd; who signs in acts for itself only. */
static int plain(struct smtp_session *s, const struct smtp_auth *a, struct credentials *c)
{
	int r = first_response(s, a, STR(""), &c->responses[0]);
	if (r != OK)
		return r;
	struct str rest = buf_str(&c->responses[0]), authzid = str_until(&rest, '\0');
	c->user = str_until(&rest, '\0');
	c->password = rest;
	if (c->user.n == 0 || rest.n == 0 || str_find(rest, '\0') != STR_NPOS)
		return E_SYNTAX;
	return authzid.n && !str_eq(authzid, c->user) ? E_DENIED : OK;
}

/* In no RFC, but what some clients know only: asks "Username:", then "Password:". */
static int login(struct smtp_session *s, const struct smtp_auth *a, struct credentials *c)
{
	int r = first_response(s, a, STR("VXNlcm5hbWU6"), &c->responses[0]);
	if (r == OK)
		r = ask(s, STR("UGFzc3dvcmQ6"), &c->responses[1]);
	c->user = buf_str(&c->responses[0]);
	c->password = buf_str(&c->responses[1]);
	return r == OK && (c->user.n == 0 || c->password.n == 0) ? E_SYNTAX : r;
}

static const struct mechanism {
	struct str name;
	int (*get)(struct smtp_session *s, const struct smtp_auth *a, struct credentials *c);
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

static int sign_in(struct smtp_session *s, const struct credentials *c)
{
	struct ipc_sign_in_req q = {
		.user = c->user, .password = c->password, .scope = GRANT_SUBMIT, .peer = str_c(s->peer_text)
	};
	struct ipc_sign_in_rep a = { 0 };
	struct ipc_hold hold = IPC_HOLD;
	if (c->user.n > USER_MAX || c->password.n > PASSWORD_MAX)
		return E_DENIED;
	int r = s->env->sign_in(s->ctx, &q, &a, &hold);
	if (r == OK) {
		s->grant = a.grant;
		s->login = arena_dup(&s->session, str_first(a.address, USER_MAX));
	}
	ipc_release(&hold);
	if (r != OK)
		s->env->tell_sign_in(s->ctx, s, r);
	return r;
}

static int denied(struct smtp_session *s)
{
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

static int exchange(struct smtp_session *s, const struct mechanism *m, const struct smtp_auth *a)
{
	struct credentials c;
	credentials_init(&c);
	int r = m->get(s, a, &c);
	r = r == OK ? answer(s, sign_in(s, &c)) : broken(s, r);
	credentials_done(&c);
	return r;
}

int smtp_cmd_auth(struct smtp_session *s, struct str args)
{
	struct smtp_auth a;
	if (!smtp_is_submission(s))
		return smtp_answer_error(s, 502, STR("5.5.1"), STR("Sign in on the submission port"));
	if (s->grant)
		return smtp_answer_error(s, 503, STR("5.5.1"), STR("Already authenticated"));
	if (smtp_auth_parse(args, &a) != OK)
		return smtp_answer_error(s, 501, STR("5.5.4"), STR("Syntax: AUTH mechanism [response]"));
	const struct mechanism *m = find(a.mechanism);
	if (!m)
		return smtp_answer_error(s, 504, STR("5.5.4"), STR("Mechanism not supported"));
	return exchange(s, m, &a);
}
