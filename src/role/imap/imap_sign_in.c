#include "role/imap/imap.h"

#include "os/log.h"
#include "proto/imap/imap_write.h"

/* Unknown users and wrong passwords are one answer (A68); trouble on our side is another, so that clients keep the
 * password. */
static int refused(struct imap_session *s, int r, struct str user, const char *code, const char *text)
{
	if (r == E_CANCELLED)
		return r;
	if (r != E_DENIED) {
		log_event(LOG_WARNING, "imap.sign_in_unavailable", LOG_E(r), LOG_END);
		return imap_no(s, "UNAVAILABLE", "cannot sign in now, try again later");
	}
	log_event(LOG_INFO, "imap.sign_in_failed", LOG_S("user", user), LOG_C("peer", s->peer), LOG_END);
	if (++s->attempts >= s->conf->sign_in_attempts)
		return imap_bye(s, "too many failed sign-ins");
	return imap_no(s, code, text);
}

/* text: a warning for the person, or empty. */
static int opened(struct imap_session *s, uint64_t grant, struct str address, const char *text)
{
	int r;
	s->grant = grant;
	if (str_to_c(address, s->address, sizeof s->address) != OK)
		return imap_failed(s, E_PROTO);
	s->state = IMAP_AUTHENTICATED;
	s->env->signed_in(s);
	log_event(LOG_INFO, "imap.signed_in", LOG_C("user", s->address), LOG_C("peer", s->peer), LOG_END);
	if (*text && (r = imap_untagged(s, "OK [ALERT] %s", text)) != OK)
		return r;
	struct buf code = imap_buf_in(&s->command, 4096);
	struct bufw w = { .b = &code };
	imap_write_capabilities(s, &w);
	return imap_ok_code(s, buf_str(&code), "signed in");
}

int imap_sign_in(struct imap_session *s, struct str user, struct str password)
{
	struct ipc_sign_in_rep a;
	struct ipc_sign_in_req q = { .user = user, .password = password, .scope = GRANT_IMAP, .peer = str_c(s->peer) };
	int r = user.n && password.n ? s->env->sign_in(&q, &a, &s->hold) : E_DENIED;
	if (r == E_TOOBIG)
		r = E_DENIED;
	if (r != OK)
		return refused(s, r, user, "AUTHENTICATIONFAILED", "user or password is wrong");
	const char *text = str_has_control(a.text) ? "" : arena_dup(&s->command, a.text).p;
	if (a.refusal != SIGN_IN_OPENED)        /* only who knew the password reads this */
		return refused(s, E_DENIED, user, a.refusal == SIGN_IN_CHANGE_PASSWORD ? "EXPIRED" : "AUTHORIZATIONFAILED", text);
	return opened(s, a.grant, a.address, text);
}

static int scram_first(struct imap_session *s, struct str mechanism, struct str first, uint64_t *ret_exchange, struct str *ret_challenge)
{
	struct ipc_scram_first_rep a;
	struct ipc_scram_first_req q = { .mechanism = mechanism, .message = first, .scope = GRANT_IMAP, .peer = str_c(s->peer) };
	if (s->has_exporter)
		q.exporter = (struct str){ (const char *)s->exporter, SCRAM_EXPORTER };
	int r = s->env->scram_first(&q, &a, &s->hold);
	if (r == OK) {
		*ret_exchange = a.exchange;
		*ret_challenge = arena_dup(&s->command, a.challenge);
	}
	return r;
}

/* The client must hear the server's proof before it is told that it is in; one that does not believe it says "*". */
static int scram_end(struct imap_session *s, const struct ipc_scram_final_rep *a, int (*ask)(struct imap_session *s, struct str message, struct str *ret))
{
	struct str address = arena_dup(&s->command, a->address), nothing = STR("");
	uint64_t grant = a->grant;
	int r = ask(s, arena_dup(&s->command, a->message), &nothing);
	if (r == OK && !nothing.n)
		return opened(s, grant, address, "");
	s->env->grant_close(grant);
	return r == OK ? E_SYNTAX : r;
}

int imap_scram_sign_in(struct imap_session *s, struct str mechanism, struct str first,
	int (*ask)(struct imap_session *s, struct str message, struct str *ret))
{
	struct ipc_scram_final_rep a;
	struct ipc_scram_final_req q = { 0 };
	struct str challenge;
	int r = scram_first(s, mechanism, first, &q.exchange, &challenge);
	if (r == E_SYNTAX || r == E_TOOBIG)
		return E_SYNTAX;
	if (r != OK)
		return refused(s, r, STR(""), "AUTHENTICATIONFAILED", "user or password is wrong");
	r = ask(s, challenge, &q.message);
	if (r != OK)
		return r;
	r = s->env->scram_final(&q, &a, &s->hold);
	if (r == E_TOOBIG)
		return E_SYNTAX;
	if (r != OK)
		return refused(s, r, STR(""), "AUTHENTICATIONFAILED", "user or password is wrong");
	if (a.refusal != SIGN_IN_OPENED)
		return refused(s, E_DENIED, a.address, "AUTHORIZATIONFAILED", str_has_control(a.text) ? "" : arena_dup(&s->command, a.text).p);
	return scram_end(s, &a, ask);
}

int imap_token_sign_in(struct imap_session *s, struct str user, struct str token, int (*tell_error)(struct imap_session *s))
{
	struct ipc_token_sign_in_rep a;
	struct ipc_token_sign_in_req q = { .user = user, .token = token, .scope = GRANT_IMAP, .peer = str_c(s->peer) };
	int r = s->env->token_sign_in(&q, &a, &s->hold);
	if (r == OK)
		return opened(s, a.grant, a.address, "");
	int told = r == E_DENIED ? tell_error(s) : OK;
	return told == OK ? refused(s, r, user, "AUTHENTICATIONFAILED", "the token is not valid") : told;
}
