#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"
#include "role/imap/imap_mailbox_list.h"

static int role_of(struct str use, uint32_t *ret)
{
	*ret = MAILBOX_NONE;
	for (uint32_t role = 0; use.n; role++) {
		const char *name = imap_role_attribute(role);
		if (role > MAILBOX_FLAGGED)
			return E_UNSUPPORTED;
		if (!name || !str_ieq(str_c(name + 1), use))
			continue;
		*ret = role;
		return OK;
	}
	return OK;
}

/* A "/" at the end says that children will follow; it is not part of the name (RFC 9051 section 6.3.4). USE: RFC 6154. */
int imap_cmd_create(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct ipc_mailbox_create_rep rep;
	struct str name, use = STR("");
	uint32_t role = MAILBOX_NONE;
	int r = imap_create_args(&a, &name, &use);
	if (r == OK)
		r = role_of(use, &role);
	if (r == E_UNSUPPORTED && use.n)
		return imap_no(s, "USEATTR", "that special use cannot be given");
	if (r != OK)
		return imap_bad_args(s, r, &a);
	if (str_ends(name, STR("/")))
		name.n--;
	r = s->env->mailbox_create(&(struct ipc_mailbox_create_req){ .grant = s->grant, .name = name, .role = role }, &rep, &s->hold);
	return r == OK ? imap_ok_code(s, arena_printf(&s->command, "MAILBOXID (F%u)", rep.id), "created") : imap_failed(s, r);
}
