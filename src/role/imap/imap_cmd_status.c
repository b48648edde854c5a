#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_list_args.h"
#include "role/imap/imap_mailbox_list.h"

int imap_cmd_status(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct ipc_mailbox_rep m;
	struct str name;
	unsigned items;
	int r = imap_status_args(&a, &name, &items);
	if (r == E_UNSUPPORTED)
		return imap_no(s, "NONEXISTENT", "no such mailbox");
	if (r != OK)
		return imap_bad_args(s, r, &a);
	r = s->env->mailbox(&(struct ipc_mailbox_req){ .grant = s->grant, .name = name }, &m, &s->hold);
	if (r != OK)
		return imap_failed(s, r);
	if (items & IMAP_STATUS_HIGHESTMODSEQ)
		r = imap_condstore_enable(s);
	struct ipc_recent_rep recent = { 0 };
	if (r == OK && (items & IMAP_STATUS_RECENT))
		r = s->env->recent(&(struct ipc_recent_req){ .grant = s->grant, .mailbox = m.id }, &recent, &s->hold);
	if (r != OK)
		return imap_failed(s, r);
	r = imap_tell_status(s, &(struct imap_mailbox_info){
		.id = m.id, .name = name, .uidvalidity = m.uidvalidity, .uidnext = m.uidnext, .messages = m.count, .recent = recent.count, .unseen = m.unseen,
		.deleted = m.deleted, .size = m.size, .modseq = m.modseq }, items);
	return r == OK ? imap_ok(s, "done") : r;
}
