/* AUTH (RFC 4954) with the mechanisms of proto/sasl, and SCRAM (RFC 5802), whose messages auth reads and writes. Each attempt starts with nothing of the one before (A14). */
#include "base/base64.h"
#include "proto/sasl/sasl.h"
#include "proto/sasl/sasl_bearer.h"
#include "role/smtp/smtp.h"

_Static_assert((int)SASL_LINE_MAX == (int)SMTP_LINE_AUTH_MAX, "a line of an exchange fits");

/* ret_text: what auth has to say to the person; may be empty. */
static int sign_in(struct smtp_session *s, const struct sasl *x, struct str *ret_text)
{
	struct ipc_sign_in_req q = {
		.user = x->user, .password = x->password, .scope = GRANT_SUBMIT, .peer = str_c(s->peer_text)
	};
	struct ipc_sign_in_rep a = { 0 };
	struct ipc_hold hold = IPC_HOLD;
	int r = x->user.n && x->password.n ? s->env->sign_in(s->ctx, &q, &a, &hold) : E_DENIED;
	if (r == OK && a.refusal == SIGN_IN_OPENED) {
		s->grant = a.grant;
		s->login = arena_dup(&s->session, str_first(a.address, SASL_USER_MAX));
	} else {
		s->env->tell_sign_in(s->ctx, s, r == OK ? E_DENIED : r);
	}
	*ret_text = str_has_control(a.text) ? STR("") : arena_dup(&s->cmd, a.text);
	ipc_release(&hold);
	return r;
}

static int sign_in_with_token(struct smtp_session *s, const struct sasl *x)
{
	struct ipc_token_sign_in_req q = { .user = x->user, .token = x->password, .scope = GRANT_SUBMIT, .peer = str_c(s->peer_text) };
	struct ipc_token_sign_in_rep a = { 0 };
	struct ipc_hold hold = IPC_HOLD;
	int r = s->env->token_sign_in(s->ctx, &q, &a, &hold);
	if (r == OK) {
		s->grant = a.grant;
		s->login = arena_dup(&s->session, str_first(a.address, SASL_USER_MAX));
	} else {
		s->env->tell_sign_in(s->ctx, s, r);
	}
	ipc_release(&hold);
	return r;
}

/* RFC 7628 3.2.3: what is wrong, as a challenge; the client answers with nothing in it, and only then it has failed. */
static int tell_error(struct smtp_session *s)
{
	struct buf error;
	struct str line;
	buf_init(&error, 256);
	int r = sasl_bearer_error(&error, "smtp");
	if (r == OK)
		r = smtp_answer(s, 334, STR(""), buf_str(&error));
	buf_done(&error);
	return r == OK ? smtp_read_line(s, SMTP_LINE_AUTH_MAX, &line) : r;
}

static int refused(struct smtp_session *s, struct str text)
{
	if (++s->failed_sign_ins >= s->conf->smtp.sign_in_attempts)
		return smtp_answer_close(s, 421, STR("4.7.0"), STR("Too many failed attempts, closing"));
	return smtp_answer(s, 535, STR("5.7.8"), text);
}

/* Unknown users and wrong passwords have one answer (A68). */
static int denied(struct smtp_session *s) { return refused(s, STR("Authentication credentials invalid")); }

static int answer_sign_in(struct smtp_session *s, int r, struct str text)
{
	if (r == OK && !s->grant)
		return refused(s, text);        /* only who knew the password reads this */
	if (r == OK)
		return smtp_answer(s, 235, STR("2.7.0"), text.n ? text : STR("Authentication succeeded"));
	if (r == E_DENIED || r == E_TOOBIG)
		return denied(s);
	return smtp_answer(s, 454, STR("4.7.0"), STR("Cannot authenticate now, try again later"));
}

/* The response was bad: only this client hears of it, and may try again (A15). */
static int answer_response(struct smtp_session *s, int r)
{
	if (r == E_CANCELLED)
		return smtp_answer_error(s, 501, STR("5.7.0"), STR("Authentication cancelled"));
	if (r == E_TOOBIG)
		return smtp_answer_error(s, 500, STR("5.5.6"), STR("Authentication exchange line is too long"));
	return r == E_DENIED ? denied(s) : smtp_answer_error(s, 501, STR("5.5.2"), STR("Cannot decode the response"));
}

static int exchange(struct smtp_session *s, struct sasl *x, const struct smtp_auth *a)
{
	int r = a->has_initial ? sasl_answer(x, a->initial) : E_AGAIN;
	while (r == E_AGAIN) {
		struct str line;
		r = smtp_answer(s, 334, STR(""), x->challenge);
		if (r == OK)
			r = smtp_read_line(s, SMTP_LINE_AUTH_MAX, &line);
		if (r != OK)
			return smtp_answer_no_line(s, r);
		r = sasl_answer(x, line);
	}
	if (r != OK)
		return answer_response(s, r);
	struct str text = STR("");
	r = x->bearer ? sign_in_with_token(s, x) : sign_in(s, x, &text);
	if (x->bearer && r == E_DENIED) {
		r = tell_error(s);
		return r == OK ? denied(s) : smtp_answer_no_line(s, r);
	}
	return answer_sign_in(s, r, text);
}

/* ---- SCRAM ---- */

/* Sends a message of the server; *ret: the client's answer, as it came. */
static int ask(struct smtp_session *s, struct str message, struct str *ret)
{
	struct buf b;
	buf_init(&b, SMTP_LINE_AUTH_MAX);
	int r = base64_encode(&b, message);
	if (r == OK)
		r = smtp_answer(s, 334, STR(""), buf_str(&b));
	buf_done(&b);
	return r == OK ? smtp_read_line(s, SMTP_LINE_AUTH_MAX, ret) : r;
}

static int decode(struct smtp_session *s, struct str line, struct str *ret)
{
	struct buf b;
	if (str_eq(line, STR("*")))
		return E_CANCELLED;
	buf_init(&b, SMTP_LINE_AUTH_MAX);
	int r = base64_decode(&b, line);
	*ret = r == OK ? arena_dup(&s->cmd, buf_str(&b)) : STR("");
	buf_done(&b);
	return r == OK ? OK : E_SYNTAX;
}

static int scram_first(struct smtp_session *s, struct str mechanism, struct str message, uint64_t *ret_exchange, struct str *ret_challenge)
{
	struct ipc_scram_first_req q = { .mechanism = mechanism, .message = message, .scope = GRANT_SUBMIT, .peer = str_c(s->peer_text) };
	struct ipc_scram_first_rep a = { 0 };
	struct ipc_hold hold = IPC_HOLD;
	if (s->has_exporter)
		q.exporter = (struct str){ (const char *)s->exporter, SCRAM_EXPORTER };
	int r = s->env->scram_first(s->ctx, &q, &a, &hold);
	*ret_exchange = a.exchange;
	*ret_challenge = arena_dup(&s->cmd, a.challenge);
	ipc_release(&hold);
	return r;
}

static int scram_final(struct smtp_session *s, const struct ipc_scram_final_req *q, struct str *ret_message, struct str *ret_text)
{
	struct ipc_scram_final_rep a = { 0 };
	struct ipc_hold hold = IPC_HOLD;
	int r = s->env->scram_final(s->ctx, q, &a, &hold);
	if (r == OK && a.refusal == SIGN_IN_OPENED) {
		s->grant = a.grant;
		s->login = arena_dup(&s->session, str_first(a.address, SASL_USER_MAX));
	}
	*ret_message = arena_dup(&s->cmd, a.message);
	*ret_text = str_has_control(a.text) ? STR("") : arena_dup(&s->cmd, a.text);
	ipc_release(&hold);
	return r;
}

static int scram_failed(struct smtp_session *s, int r)
{
	s->env->tell_sign_in(s->ctx, s, r);
	return r == E_CANCELLED || r == E_SYNTAX || r == E_TOOBIG || r == E_DENIED ? answer_response(s, r) : answer_sign_in(s, r, STR(""));
}

/* The client has the server's proof; it says nothing more, or that it does not believe it. */
static int scram_end(struct smtp_session *s, int r, struct str line, struct str text)
{
	if (r == OK && !line.n)
		return answer_sign_in(s, OK, text);
	s->env->grant_close(s->ctx, s->grant);
	s->grant = 0;
	return r == OK ? answer_response(s, str_eq(line, STR("*")) ? E_CANCELLED : E_SYNTAX) : smtp_answer_no_line(s, r);
}

static int scram(struct smtp_session *s, const struct smtp_auth *a)
{
	struct ipc_scram_final_req q = { 0 };
	struct str mechanism = arena_dup(&s->cmd, a->mechanism), line = a->initial, message = STR(""), text;
	int r = a->has_initial ? OK : ask(s, STR(""), &line);
	if (r != OK)
		return smtp_answer_no_line(s, r);
	r = decode(s, line, &message);
	if (r == OK)
		r = scram_first(s, mechanism, message, &q.exchange, &message);
	if (r != OK)
		return scram_failed(s, r);
	r = ask(s, message, &line);
	if (r != OK)
		return smtp_answer_no_line(s, r);
	r = decode(s, line, &q.message);
	if (r == OK)
		r = scram_final(s, &q, &message, &text);
	if (r != OK || !s->grant)
		return r == OK ? refused(s, text) : scram_failed(s, r);
	r = ask(s, message, &line);
	return scram_end(s, r, line, text);
}

static bool is_scram(const struct smtp_session *s, struct str mechanism)
{
	if (!s->conf->smtp.scram)
		return false;
	return str_ieq(mechanism, STR(SCRAM_MECHANISM)) || (s->has_exporter && str_ieq(mechanism, STR(SCRAM_MECHANISM_PLUS)));
}

int smtp_cmd_auth(struct smtp_session *s, struct str args)
{
	struct smtp_auth a;
	struct sasl x;
	if (!smtp_is_submission(s))
		return smtp_answer_error(s, 502, STR("5.5.1"), STR("Sign in on the submission port"));
	if (s->grant)
		return smtp_answer_error(s, 503, STR("5.5.1"), STR("Already authenticated"));
	if (smtp_auth_parse(args, &a) != OK)
		return smtp_answer_error(s, 501, STR("5.5.4"), STR("Syntax: AUTH mechanism [response]"));
	if (is_scram(s, a.mechanism))
		return scram(s, &a);
	if (sasl_begin(&x, &s->cmd, a.mechanism) != OK)
		return smtp_answer_error(s, 504, STR("5.5.4"), STR("Mechanism not supported"));
	int r = exchange(s, &x, &a);
	sasl_done(&x);
	return r;
}
