#include "role/imap/imap_cmd.h"

/* Back to where the session was after TLS (RFC 8437): mailbox, grant and everything enabled are gone. */
int imap_cmd_unauthenticate(struct imap_session *s)
{
	imap_mailbox_close(s);
	imap_sign_off(s);
	s->state = IMAP_GUEST;
	s->rev2 = s->condstore = s->qresync = s->uidonly = s->utf8 = false;
	s->address[0] = '\0';
	s->keyword_count = 0;
	arena_done(&s->keyword_names);
	return imap_ok(s, "signed out");
}
