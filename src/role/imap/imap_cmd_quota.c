/* QUOTA (RFC 9208): one root, "", for the account; STORAGE in units of 1024 octets. SETQUOTA is the administrator's. */
#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"
#include "proto/imap/imap_write.h"

static int tell_quota(struct imap_session *s)
{
	struct ipc_quota_rep q;
	int r = s->env->quota(&(struct ipc_quota_req){ .grant = s->grant }, &q, &s->hold);
	if (r != OK)
		return imap_failed(s, r);
	if (q.limit == 0)
		r = imap_untagged(s, "QUOTA \"\" ()");
	else
		r = imap_untagged(s, "QUOTA \"\" (STORAGE %llu %llu)", (unsigned long long)((q.used + 1023) / 1024),
				  (unsigned long long)(q.limit / 1024));
	return r == OK ? imap_ok(s, "done") : r;
}

int imap_cmd_getquota(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct str root;
	int r = imap_sp(&a);
	if (r == OK)
		r = imap_astring(&a, &root);
	if (r == OK)
		r = imap_args_end(&a);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	return root.n ? imap_no(s, "NONEXISTENT", "no such quota root") : tell_quota(s);
}

int imap_cmd_getquotaroot(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct ipc_mailbox_rep m;
	struct str name;
	int r = imap_mailbox_arg(&a, &name);
	if (r == OK)
		r = imap_args_end(&a);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	r = s->env->mailbox(&(struct ipc_mailbox_req){ .grant = s->grant, .name = name }, &m, &s->hold);
	if (r != OK)
		return imap_failed(s, r);
	struct bufw w = imap_out(s);
	bufw_c(&w, "* QUOTAROOT ");
	imap_write_mailbox(&w, name, s->utf8);
	bufw_c(&w, " \"\"\r\n");
	r = imap_push(s, &w);
	return r == OK ? tell_quota(s) : r;
}
