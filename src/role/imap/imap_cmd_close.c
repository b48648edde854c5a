#include "role/imap/imap_cmd.h"

/* CLOSE removes what is \Deleted and tells nothing of it (RFC 9051 section 6.4.1). */
int imap_cmd_close(struct imap_session *s)
{
	struct ipc_expunge_rep rep = { 0 };
	int r = OK;
	if (!s->view.read_only)
		r = s->env->expunge(&(struct ipc_expunge_req){ .grant = s->grant, .mailbox = s->view.mailbox, .all = 1 }, &rep, &s->hold);
	if (r != OK)
		return imap_failed(s, r);
	imap_mailbox_close(s);
	if (s->qresync && !s->view.read_only && rep.modseq)
		return imap_ok_code(s, arena_printf(&s->command, "HIGHESTMODSEQ %llu", (unsigned long long)rep.modseq), "closed");
	return imap_ok(s, "closed");
}
