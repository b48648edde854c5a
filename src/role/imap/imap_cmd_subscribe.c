#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"

static int subscribe(struct imap_session *s, bool on)
{
	struct imap_args a = imap_arguments(s);
	struct ipc_mailbox_subscribe_rep rep;
	struct str name;
	int r = imap_mailbox_arg(&a, &name);
	if (r == OK)
		r = imap_args_end(&a);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	r = s->env->mailbox_subscribe(&(struct ipc_mailbox_subscribe_req){ .grant = s->grant, .name = name, .on = on }, &rep, &s->hold);
	if (r == E_NOTFOUND && !on)
		r = OK;      /* what does not exist is not subscribed */
	return r == OK ? imap_ok(s, on ? "subscribed" : "unsubscribed") : imap_failed(s, r);
}

int imap_cmd_subscribe(struct imap_session *s) { return subscribe(s, true); }
int imap_cmd_unsubscribe(struct imap_session *s) { return subscribe(s, false); }
