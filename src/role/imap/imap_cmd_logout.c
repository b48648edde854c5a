#include "role/imap/imap_cmd.h"

int imap_cmd_logout(struct imap_session *s)
{
	int r = imap_bye(s, "good bye");
	return r == OK ? imap_ok(s, "logged out") : r;
}
