#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"

static int leave_if_selected(struct imap_session *s, struct str name)
{
	struct ipc_mailbox_rep m;
	if (s->state != IMAP_SELECTED)
		return OK;
	int r = s->env->mailbox(&(struct ipc_mailbox_req){ .grant = s->grant, .name = name }, &m, &s->hold);
	if (r != OK || m.id != s->view.mailbox)
		return OK;      /* what is wrong with the name is DELETE's to say */
	imap_mailbox_close(s);
	return imap_untagged(s, "OK [CLOSED] selected mailbox is being deleted");
}

int imap_cmd_delete(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct ipc_mailbox_delete_rep rep;
	struct str name;
	int r = imap_mailbox_arg(&a, &name);
	if (r == OK)
		r = imap_args_end(&a);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	if (str_eq(name, STR("INBOX")))
		return imap_no(s, "CANNOT", "INBOX stays");
	r = leave_if_selected(s, name);
	if (r != OK)
		return r;
	r = s->env->mailbox_delete(&(struct ipc_mailbox_delete_req){ .grant = s->grant, .name = name }, &rep, &s->hold);
	if (r == E_BUSY)
		return imap_no(s, "HASCHILDREN", "mailbox has children");
	return r == OK ? imap_ok(s, "deleted") : imap_failed(s, r);
}
