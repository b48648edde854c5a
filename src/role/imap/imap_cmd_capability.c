#include "role/imap/imap_cmd.h"

int imap_cmd_capability(struct imap_session *s)
{
	struct bufw w = imap_out(s);
	bufw_c(&w, "* ");
	imap_write_capabilities(s, &w);
	bufw_c(&w, "\r\n");
	int r = imap_push(s, &w);
	return r == OK ? imap_ok(s, "that is all") : r;
}
