/* APPEND (RFC 9051 section 6.3.12; MULTIAPPEND: RFC 3502; CATENATE: RFC 4469): durable, all or none, when OK leaves. */
#include "role/imap/imap_append.h"
#include "role/imap/imap_cmd.h"

static int store(struct imap_session *s, struct imap_append_run *run)
{
	uint32_t uidvalidity;
	struct str uids;
	uint64_t modseq;
	int r = imap_append_store(s, run, &uidvalidity, &uids, &modseq);
	if (r != OK)
		return imap_failed(s, r);
	struct str code = imap_appenduid(s, uidvalidity, uids);
	if (s->state == IMAP_SELECTED && s->view.mailbox == run->mailbox) {
		r = imap_mailbox_refresh(s);      /* the client's own message is told of at once */
		if (r != OK)
			return r;
	}
	return imap_ok_code(s, code, "stored");
}

int imap_cmd_append(struct imap_session *s)
{
	struct imap_append_run run = { 0 };
	struct imap_args a = imap_arguments(s);
	int r = imap_append_target(s, &a, &run);
	if (r == E_DENIED)
		return imap_append_refuse(s);
	if (r == OK)
		r = imap_append_take(s, &a, &run);
	if (r == OK)
		r = store(s, &run);
	imap_append_forget(s);
	return r == E_DENIED ? OK : r;
}
