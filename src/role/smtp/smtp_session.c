#include "role/smtp/smtp.h"

#include "role/smtp/smtp_content.h"

enum { SESSION_MEMORY = 16 << 10, COMMAND_MEMORY = 256 << 10 };

/* What the services differ in. */
static const struct { bool lmtp, submission, implicit_tls; } services[SERVICE_COUNT] = {
	[SERVICE_SUBMISSION] = { .submission = true },
	[SERVICE_SUBMISSIONS] = { .submission = true, .implicit_tls = true },
	[SERVICE_LMTP] = { .lmtp = true },
};

bool smtp_is_lmtp(const struct smtp_session *s) { return services[s->service].lmtp; }
bool smtp_is_submission(const struct smtp_session *s) { return services[s->service].submission; }
bool smtp_is_stranger(const struct smtp_session *s)
{
	return !smtp_is_submission(s) && !smtp_is_lmtp(s) && !s->grant && !net_is_loopback(&s->peer);
}

bool smtp_in_tls(const struct smtp_session *s) { return s->tls_version.n != 0; }

uint64_t smtp_recipients_max(const struct smtp_session *s)
{
	uint64_t n = s->conf->limits.recipients;
	return n < SMTP_RECIPIENTS_MAX ? n : SMTP_RECIPIENTS_MAX;
}

void smtp_session_init(struct smtp_session *s, const struct smtp_env *env, void *ctx, const struct conf *conf,
                       enum conf_service service, const struct net_address *peer)
{
	*s = (struct smtp_session){
		.env = env, .ctx = ctx, .conf = conf, .service = service, .state = SMTP_NEW
	};
	smtp_session_peer(s, peer);
	smtp_line_init(&s->line, SMTP_LINE_MAX);
	arena_init(&s->session, SESSION_MEMORY, env->overflow, ctx);
	arena_init(&s->tx_memory, conf->limits.session_memory, env->overflow, ctx);
	arena_init(&s->cmd, COMMAND_MEMORY, env->overflow, ctx);
	smtp_content_init(&s->content);
	buf_init(&s->helo, ADDR_DOMAIN_MAX);
	buf_init(&s->scratch, SMTP_RECIPIENTS_BYTES);
	s->scanned = s->delivered = (struct ipc_hold)IPC_HOLD;
}

void smtp_session_peer(struct smtp_session *s, const struct net_address *peer)
{
	s->peer = *peer;
	net_format(peer, s->peer_text);
}

void smtp_session_done(struct smtp_session *s)
{
	if (s->grant)
		s->env->grant_close(s->ctx, s->grant);
	s->grant = 0;
	smtp_content_done(&s->content);
	buf_done(&s->helo);
	buf_done(&s->scratch);
	ipc_release(&s->scanned);
	ipc_release(&s->delivered);
	arena_done(&s->session);
	arena_done(&s->tx_memory);
	arena_done(&s->cmd);
}

void smtp_tx_reset(struct smtp_session *s)
{
	smtp_content_reset(&s->content);
	buf_clear(&s->scratch);
	if (s->scratch.cap > SMTP_CONTENT_KEEP)
		buf_shrink(&s->scratch);
	s->tx = (struct smtp_tx){ 0 };
	arena_reset(&s->tx_memory);
	if (s->state != SMTP_NEW)
		s->state = SMTP_READY;
}

bool smtp_session_is_idle(const struct smtp_session *s) { return s->state == SMTP_NEW || s->state == SMTP_READY; }

/* Who talks before us is no mail server; its words would be taken for answers to ours (A04). */
static int greet(struct smtp_session *s)
{
	if (s->env->spoke(s->ctx)) {
		smtp_saw(s, GUARD_EARLY_TALK);
		return smtp_answer_close(s, 554, STR("5.5.1"), STR("You spoke before the greeting, closing"));
	}
	struct str name = str_c(s->conf->server.hostname);
	return smtp_answer(
	    s, 220, STR(""),
	    arena_printf(&s->cmd, STR_FMT " %s ready", STR_ARG(name), smtp_is_lmtp(s) ? "LMTP" : "ESMTP"));
}

static int talk(struct smtp_session *s)
{
	struct str line;
	int r = greet(s);
	while (r == OK && !s->closing) {
		arena_reset(&s->cmd);
		r = s->stopping && smtp_session_is_idle(s) ? E_CANCELLED : smtp_read_line(s, SMTP_LINE_MAX, &line);
		r = r == OK ? smtp_dispatch(s, line) : smtp_answer_no_line(s, r);
	}
	int flushed = s->env->flush(s->ctx);
	return r == OK ? flushed : r;
}

int smtp_session_run(struct smtp_session *s)
{
	int r = OK;
	if (services[s->service].implicit_tls)
		r = s->env->start_tls(s->ctx, (int64_t)s->conf->smtp.handshake_timeout * 1000, &s->tls_version,
				      &s->tls_cipher);
	smtp_saw_handshake(s, r);
	return r == OK ? talk(s) : r;
}
