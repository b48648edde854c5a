#include "role/imap/imap_cmd.h"

int imap_cmd_namespace(struct imap_session *s)
{
	int r = imap_untagged(s, "NAMESPACE ((\"\" \"/\")) NIL NIL");
	return r == OK ? imap_ok(s, "done") : r;
}
