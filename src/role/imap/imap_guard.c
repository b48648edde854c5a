/* What strangers do, as the guard counts it. */
#include "role/imap/imap.h"

void imap_saw(struct imap_session *s, enum guard_kind kind)
{
	if (s->state == IMAP_GUEST)
		s->env->tell_guard(s, kind);
}

/* Who only looks whether the port is open breaks no rule. */
void imap_saw_handshake(struct imap_session *s, int err)
{
	if (err == E_PROTO)
		imap_saw(s, GUARD_TLS_FAILED);
	else if (err == E_TIMEOUT)
		imap_saw(s, GUARD_SLOW);
}
