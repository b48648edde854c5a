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
