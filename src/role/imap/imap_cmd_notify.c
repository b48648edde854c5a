#include "role/imap/imap_cmd.h"
#include "role/imap/imap_notify.h"

/* NOTIFY (RFC 5465). Of the selected mailbox everything is told at the end of each command and in IDLE, whatever was asked
 * for. */
int imap_cmd_notify(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct imap_notify_args *p = arena_new(&s->command, struct imap_notify_args);
	int r = imap_notify_args(&a, p);
	if (r == E_UNSUPPORTED)
		return imap_no(s, "NONEXISTENT", "no such mailbox");
	if (r != OK)
		return imap_bad_args(s, r, &a);
	for (size_t i = 0; i < p->n; i++)
		if (p->groups[i].events & IMAP_EVENT_OTHER)
			return imap_no(s, "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange)", "other events are not known");
	r = imap_notify_set(s, p->none ? NULL : p);
	if (r == E_FULL)
		return imap_no(s, "NOTIFICATIONOVERFLOW", "too many mailboxes");
	if (r == OK && p->status)
		r = imap_notify_tell_all(s);
	if (r != OK)
		return r == E_CLOSED || r == E_CANCELLED ? r : imap_failed(s, r);
	return imap_ok(s, "done");
}
