/* Single messages of the selected mailbox: their flags, and that they are gone. */
#include "role/imap/imap_context.h"

void imap_write_fetch(const struct imap_session *s, struct bufw *w, size_t row)
{
	bufw_c(w, "* ");
	bufw_u64(w, s->uidonly ? s->view.v[row].uid : row + 1);
	bufw_c(w, s->uidonly ? " UIDFETCH (" : " FETCH (");
}

/* "* VANISHED 300:310,405" (RFC 7162 section 3.2.10): by UID, ascending. */
static int tell_vanished(struct imap_session *s)
{
	struct imap_view *v = &s->view;
	struct imap_set gone = { 0 };
	for (size_t row = 0; row < v->told; row++)
		if (v->v[row].state & IMAP_ROW_GONE)
			imap_set_add(&s->results, &gone, v->v[row].uid);
	imap_view_forget_gone(v);
	if (gone.n == 0)
		return OK;
	struct bufw w = imap_out(s);
	bufw_c(&w, "* VANISHED ");
	imap_set_write(&w, &gone);
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

int imap_tell_expunged(struct imap_session *s)
{
	struct imap_view *v = &s->view;
	int removed = s->contexts ? imap_contexts_tell_removed(s) : OK;
	if (removed != OK)
		return removed;
	if (s->qresync || s->uidonly)
		return tell_vanished(s);
	for (size_t row = v->n; row-- > 0 && v->gone;) {
		if (!(v->v[row].state & IMAP_ROW_GONE) || row >= v->told)
			continue;
		struct bufw w = imap_out(s);
		bufw_c(&w, "* ");
		bufw_u64(&w, row + 1);
		bufw_c(&w, " EXPUNGE\r\n");
		int r = imap_push(s, &w);
		if (r != OK)
			return r;
	}
	imap_view_forget_gone(v);
	return OK;
}

int imap_tell_flags_of(struct imap_session *s, size_t row)
{
	struct imap_message *m = &s->view.v[row];
	struct bufw w = imap_out(s);
	imap_write_fetch(s, &w, row);
	if (!s->uidonly)
		bufw_printf(&w, "UID %u ", m->uid);
	bufw_c(&w, "FLAGS ");
	imap_write_flags(s, &w, m);
	if (s->condstore) {
		bufw_c(&w, " MODSEQ (");
		bufw_u64(&w, m->modseq);
		bufw_char(&w, ')');
	}
	bufw_c(&w, ")\r\n");
	if (m->state & IMAP_ROW_CHANGED) {
		m->state &= ~(uint32_t)IMAP_ROW_CHANGED;
		s->view.changed--;
	}
	return imap_push(s, &w);
}
