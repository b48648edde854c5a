#include "role/imap/imap_cmd.h"
#include "role/imap/imap_context.h"

/* CANCELUPDATE "tag" *(SP "tag") (RFC 5267 section 4.4). A context that has ended already is no error. */
int imap_cmd_cancelupdate(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct str tag;
	do {
		int r = imap_sp(&a);
		if (r == OK)
			r = imap_string(&a, &tag);
		if (r != OK)
			return imap_bad_args(s, r, &a);
		(void)imap_context_cancel(s, tag);
	} while (a.rest.n);
	return imap_ok(s, "cancelled");
}
