/* STARTTLS (RFC 3207). The dispatcher refused it when anything was pipelined behind it, and the stream drops what may
 * have come since: nothing that was sent in clear is ever answered inside TLS (A05). */
#include "role/smtp/smtp.h"

/* All that the client said in clear is forgotten (RFC 3207 section 4.2). */
static void forget(struct smtp_session *s)
{
	s->state = SMTP_NEW;
	smtp_tx_reset(s);
	buf_clear(&s->helo);
	s->esmtp = false;
	arena_reset(&s->session);
	smtp_line_init(&s->line, SMTP_LINE_MAX);
}

int smtp_cmd_starttls(struct smtp_session *s, struct str args)
{
	(void)args;
	if (smtp_in_tls(s))
		return smtp_answer_error(s, 503, STR("5.5.1"), STR("TLS is active already"));
	if (!s->can_tls)
		return smtp_answer_error(s, 454, STR("4.7.0"), STR("TLS is not available now"));
	int r = smtp_answer(s, 220, STR("2.0.0"), STR("Ready to start TLS"));
	if (r == OK)
		r = s->env->flush(s->ctx);
	if (r != OK)
		return r;
	s->taken = 0;
	forget(s);
	r = s->env->start_tls(s->ctx, (int64_t)s->conf->smtp.handshake_timeout * 1000, &s->tls_version, &s->tls_cipher);
	smtp_saw_handshake(s, r);
	return r;
}
