/* REPLACE and UID REPLACE (RFC 8508): the new message comes and the old one goes in one commit. */
#include "role/imap/imap_append.h"
#include "role/imap/imap_cmd.h"

/* One message of the selected mailbox. E_DENIED: answered. */
static int old_message(struct imap_session *s, struct imap_args *a, struct imap_append_run *run)
{
	struct imap_set set = { 0 }, rows;
	uint32_t number;
	int r = imap_sp(a);
	if (r == OK && str_take_char(&a->rest, '*'))
		number = 0;
	else if (r == OK)
		r = imap_nz_number(a, &number);
	if (r != OK) {
		(void)imap_bad_args(s, r, a);
		return E_DENIED;
	}
	set.v = arena_new_array(&s->command, struct imap_range, 1);
	set.v[0] = (struct imap_range){ number, number };
	set.n = 1;
	if (imap_rows(s, &set, s->reader.command.uid, &rows) != OK)
		return E_DENIED;
	if (rows.n == 0 || (s->view.v[rows.v[0].first - 1].state & IMAP_ROW_GONE)) {
		(void)imap_no(s, "NONEXISTENT", "no such message");
		return E_DENIED;
	}
	run->replaced_in = s->view.mailbox;
	run->replaced = s->view.v[rows.v[0].first - 1].uid;
	return OK;
}

/* APPENDUID in an untagged OK, in front of the EXPUNGE (RFC 8508 section 4.3). */
static int store(struct imap_session *s, struct imap_append_run *run)
{
	uint32_t uidvalidity;
	struct str uids;
	uint64_t modseq;
	if (run->n != 1)
		return imap_bad(s, "one message takes the place of one");
	int r = imap_append_store(s, run, &uidvalidity, &uids, &modseq);
	if (r != OK)
		return imap_failed(s, r);
	struct str code = imap_appenduid(s, uidvalidity, uids);
	r = imap_untagged(s, "OK [" STR_FMT "] replacement", STR_ARG(code));
	if (r == OK)
		r = imap_mailbox_refresh(s);
	if (r == OK && s->state == IMAP_SELECTED)
		r = imap_mailbox_tell(s, true);
	if (r != OK)
		return r;
	if (!s->condstore || modseq == 0)
		return imap_ok(s, "replaced");
	return imap_ok_code(s, arena_printf(&s->command, "HIGHESTMODSEQ %llu", (unsigned long long)modseq), "replaced");
}

int imap_cmd_replace(struct imap_session *s)
{
	struct imap_append_run run = { 0 };
	struct imap_args a = imap_arguments(s);
	int r = old_message(s, &a, &run);
	if (r == OK && s->view.read_only) {
		(void)imap_no(s, "NOPERM", "mailbox is selected read-only");
		r = E_DENIED;
	}
	if (r == OK)
		r = imap_append_target(s, &a, &run);
	if (r == E_DENIED)
		return imap_append_refuse(s);
	if (r == OK)
		r = imap_append_take(s, &a, &run);
	if (r == OK)
		r = store(s, &run);
	imap_append_forget(s);
	return r == E_DENIED ? OK : r;
}
