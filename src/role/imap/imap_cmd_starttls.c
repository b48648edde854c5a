#include "role/imap/imap_cmd.h"

/* What was sent behind STARTTLS in clear is dropped by start_tls, and what was said before it forgotten (A05). The
 * answer leaves in clear, before the handshake; a handshake that fails ends the session. */
int imap_cmd_starttls(struct imap_session *s)
{
	if (s->tls)
		return imap_bad(s, "TLS is there already");
	if (!s->tls_offered)
		return imap_no(s, "UNAVAILABLE", "no TLS now");
	struct bufw w = imap_out(s);
	bufw_str(&w, s->reader.command.tag);
	bufw_c(&w, " OK begin TLS\r\n");
	int r = w.err == OK ? s->env->flush(s->io) : w.err;
	if (r == OK)
		r = s->env->start_tls(s->io, s->env->now() + s->conf->handshake_ms);
	imap_saw_handshake(s, r);
	if (r != OK)
		return r;
	s->tls = true;
	s->errors = s->attempts = 0;
	return OK;
}
