#include "role/imap/imap_cmd.h"

int imap_cmd_unselect(struct imap_session *s)
{
	imap_mailbox_close(s);
	return imap_ok(s, "no mailbox is selected now");
}
