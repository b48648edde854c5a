#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"

/* Children go along; INBOX gives its messages to the new mailbox and stays, empty (RFC 9051 section 6.3.6): the store
 * does both. */
int imap_cmd_rename(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct ipc_mailbox_rename_rep rep;
	struct str from, to;
	int r = imap_two_mailboxes(&a, &from, &to);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	r = s->env->mailbox_rename(&(struct ipc_mailbox_rename_req){ .grant = s->grant, .from = from, .to = to }, &rep, &s->hold);
	return r == OK ? imap_ok(s, "renamed") : imap_failed(s, r);
}
