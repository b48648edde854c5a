#include "role/imap/imap_cmd.h"

/* NOOP and CHECK look at the mailbox, whether a note has come or not. */
int imap_cmd_noop(struct imap_session *s)
{
	int r = s->state == IMAP_SELECTED ? imap_mailbox_refresh(s) : OK;
	return r == OK ? imap_ok(s, "done") : r;
}
