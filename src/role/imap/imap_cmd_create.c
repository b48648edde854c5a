#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"

/* A "/" at the end says that children will follow; it is not part of the name (RFC 9051 section 6.3.4). */
int imap_cmd_create(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct ipc_mailbox_create_rep rep;
	struct str name;
	int r = imap_mailbox_arg(&a, &name);
	if (r == OK)
		r = imap_args_end(&a);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	if (str_ends(name, STR("/")))
		name.n--;
	r = s->env->mailbox_create(&(struct ipc_mailbox_create_req){ .grant = s->grant, .name = name }, &rep, &s->hold);
	return r == OK ? imap_ok(s, "created") : imap_failed(s, r);
}
