#include "role/imap/imap_cmd.h"

/* UID EXPUNGE touches only what it names (RFC 4315 section 2.1, B46). */
static int named_uids(struct imap_session *s, struct str *ret)
{
	struct imap_args a = imap_arguments(s);
	struct imap_set set, rows;
	int r = imap_sp(&a);
	if (r == OK)
		r = imap_sequence_set(&a, &set);
	if (r == OK)
		r = imap_args_end(&a);
	if (r != OK) {
		(void)imap_bad_args(s, r, &a);
		return E_SYNTAX;
	}
	r = imap_rows(s, &set, true, &rows);
	if (r == OK)
		*ret = imap_pack_uids(s, &rows);
	return r;
}

static int tell(struct imap_session *s, const struct ipc_expunge_rep *rep)
{
	if (rep->vanished.n % 4)
		return imap_failed(s, E_PROTO);
	for (size_t i = 0; i < rep->vanished.n; i += 4)
		imap_view_vanish(&s->view, get_le32(rep->vanished.p + i));
	imap_mailbox_take(s, STR(""), rep->modseq);
	int r = imap_tell_expunged(s);
	if (r != OK)
		return r;
	if (!s->condstore || rep->modseq == 0)
		return imap_ok(s, "expunged");
	return imap_ok_code(s, arena_printf(&s->command, "HIGHESTMODSEQ %llu", (unsigned long long)rep->modseq),
			    "expunged");
}

int imap_cmd_expunge(struct imap_session *s)
{
	struct ipc_expunge_req q = { .grant = s->grant, .mailbox = s->view.mailbox, .all = !s->reader.command.uid };
	struct ipc_expunge_rep rep;
	if (s->reader.command.uid && named_uids(s, &q.uids) != OK)
		return OK;
	if (!s->reader.command.uid && s->reader.command.args.n)
		return imap_bad(s, "no argument allowed");
	if (s->view.read_only)
		return imap_no(s, "NOPERM", "mailbox is selected read-only");
	if (!q.all && q.uids.n == 0)
		return imap_ok(s, "nothing to expunge");
	int r = s->env->expunge(&q, &rep, &s->hold);
	return r == OK ? tell(s, &rep) : imap_failed(s, r);
}
