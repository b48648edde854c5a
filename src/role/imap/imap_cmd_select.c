#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"
#include "proto/imap/imap_write.h"

static size_t first_unseen(const struct imap_view *v)
{
	size_t row = 0;
	while (row < v->n && (v->v[row].flags & FLAG_SEEN))
		row++;
	return row;
}

/* RFC 9051 section 6.3.2; RECENT and UNSEEN are IMAP4rev1's, LIST is IMAP4rev2's. HIGHESTMODSEQ is never 0 (B41). */
static int tell(struct imap_session *s, struct str name, const struct ipc_mailbox_rep *m)
{
	const struct imap_view *v = &s->view;
	size_t unseen = first_unseen(v);
	int r = imap_tell_flags(s);
	struct bufw w = imap_out(s);
	bufw_printf(&w, "* %zu EXISTS\r\n", v->n);
	if (!s->rev2)
		bufw_printf(&w, "* %zu RECENT\r\n", imap_recent_count(s));
	if (!s->rev2 && unseen < v->n)
		bufw_printf(&w, "* OK [UNSEEN %zu] first unseen\r\n", unseen + 1);
	bufw_printf(&w, "* OK [UIDVALIDITY %u] UIDs are valid\r\n* OK [UIDNEXT %u] next UID\r\n", m->uidvalidity,
		    m->uidnext);
	bufw_printf(&w, "* OK [HIGHESTMODSEQ %llu] highest\r\n* OK [MAILBOXID (F%u)] object\r\n",
		    (unsigned long long)(v->modseq ? v->modseq : 1), v->mailbox);
	if (s->rev2) {
		bufw_c(&w, "* LIST () \"/\" ");
		imap_write_mailbox(&w, name, true);
		bufw_c(&w, "\r\n");
	}
	return r == OK ? imap_push(s, &w) : r;
}

/* UIDNEXT must be above every UID that was told, also of what came while the index was read. */
static void raise_uidnext(struct imap_view *v, struct ipc_mailbox_rep *m)
{
	if (v->n && v->v[v->n - 1].uid >= m->uidnext)
		m->uidnext = v->v[v->n - 1].uid + 1;
	v->uidnext = m->uidnext;
}

/* What changed since the client looked last; with another UIDVALIDITY it knows nothing (RFC 7162 section 3.2.5). */
static int resync(struct imap_session *s, const struct imap_select *p)
{
	struct imap_view *v = &s->view;
	if (!p->qresync || p->uidvalidity != v->uidvalidity)
		return OK;
	int r = imap_tell_earlier(s, p->modseq, &p->known);
	for (size_t row = 0; r == OK && row < v->n; row++)
		if (v->v[row].modseq > p->modseq && (p->known.n == 0 || imap_set_has(&p->known, v->v[row].uid)))
			r = imap_tell_flags_of(s, row);
	return r == OK || r == E_CLOSED || r == E_CANCELLED ? r : imap_failed(s, r);
}

static int leave(struct imap_session *s)
{
	if (s->state != IMAP_SELECTED)
		return OK;
	imap_mailbox_close(s);
	return imap_untagged(s, "OK [CLOSED] previous mailbox is closed");
}

static int select_mailbox(struct imap_session *s, bool read_only)
{
	struct imap_args a = imap_arguments(s);
	struct ipc_mailbox_rep m;
	struct imap_select p = { 0 };
	int bad = imap_select_args(&a, &p);
	if (bad != OK && bad != E_UNSUPPORTED)
		return imap_bad_args(s, bad, &a);
	if (p.qresync && !s->qresync)
		return imap_bad(s, "ENABLE QRESYNC first");
	int r = leave(s);      /* also when the new one cannot be selected */
	if (r != OK)
		return r;
	if (bad != OK)
		return imap_no(s, "NONEXISTENT", "no such mailbox");
	s->condstore = s->condstore || p.condstore;
	r = s->env->mailbox(&(struct ipc_mailbox_req){ .grant = s->grant, .name = p.mailbox }, &m, &s->hold);
	if (r == OK)
		r = imap_mailbox_open(s, &m, read_only);
	if (r != OK)
		return imap_failed(s, r);
	raise_uidnext(&s->view, &m);
	s->view.recent_told = imap_recent_count(s);
	r = tell(s, p.mailbox, &m);
	if (r == OK)
		r = resync(s, &p);
	if (r != OK || s->result.status != IMAP_STATUS_NONE)
		return r;
	return imap_ok_code(s, read_only ? STR("READ-ONLY") : STR("READ-WRITE"), "selected");
}

int imap_cmd_select(struct imap_session *s) { return select_mailbox(s, false); }
int imap_cmd_examine(struct imap_session *s) { return select_mailbox(s, true); }
