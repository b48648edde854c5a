/* \Recent, which only IMAP4rev1 knows: the store remembers the first UID that no session was shown. */
#include "role/imap/imap.h"

int imap_recent_claim(struct imap_session *s)
{
	struct imap_view *v = &s->view;
	struct ipc_recent_rep a;
	struct ipc_recent_req q = { .grant = s->grant, .mailbox = v->mailbox, .claim = !v->read_only };
	if (s->rev2)
		return OK;
	int r = s->env->recent(&q, &a, &s->hold);
	if (r != OK)
		return r;
	for (size_t row = imap_view_find(v, a.first); row < v->n; row++)
		v->v[row].state |= IMAP_ROW_RECENT;
	return OK;
}

size_t imap_recent_count(const struct imap_session *s)
{
	size_t n = 0;
	for (size_t row = 0; !s->rev2 && row < s->view.told; row++)
		n += (s->view.v[row].state & (IMAP_ROW_RECENT | IMAP_ROW_GONE)) == IMAP_ROW_RECENT;
	return n;
}
