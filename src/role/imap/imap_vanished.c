/* What went since a client looked last (RFC 7162 sections 3.2.5 and 3.2.6). */
#include "role/imap/imap.h"

/* A uid that was given once and has no message now, in from..to. Where the log of changes does not reach back every one of
 * them is told: a client forgets what it never had without harm. */
static void add_gaps(struct imap_session *s, struct imap_set *out)
{
	const struct imap_view *v = &s->view;
	uint32_t next = 1;
	for (size_t row = 0; row < v->n; row++) {
		if (v->v[row].uid > next) {
			struct imap_range *r = arena_push(&s->results, &out->v, &out->n, &out->cap, sizeof *r);
			*r = (struct imap_range){ next, v->v[row].uid - 1 };
		}
		next = v->v[row].uid + 1;
	}
	if (v->uidnext > next) {
		struct imap_range *r = arena_push(&s->results, &out->v, &out->n, &out->cap, sizeof *r);
		*r = (struct imap_range){ next, v->uidnext - 1 };
	}
}

/* The ranges that are in both; both resolved. */
static struct imap_set both(struct arena *a, const struct imap_set *x, const struct imap_set *y)
{
	struct imap_set out = { 0 };
	for (size_t i = 0, k = 0; i < x->n && k < y->n;) {
		uint32_t first = x->v[i].first > y->v[k].first ? x->v[i].first : y->v[k].first;
		uint32_t last = x->v[i].last < y->v[k].last ? x->v[i].last : y->v[k].last;
		if (first <= last) {
			struct imap_range *r = arena_push(a, &out.v, &out.n, &out.cap, sizeof *r);
			*r = (struct imap_range){ first, last };
		}
		if (x->v[i].last < y->v[k].last)
			i++;
		else
			k++;
	}
	return out;
}

static int read_vanished(struct imap_session *s, uint64_t since, struct imap_set *out)
{
	struct ipc_changes_rep a;
	struct ipc_changes_req q = { .grant = s->grant, .mailbox = s->view.mailbox, .since = since };
	int r = s->env->changes(&q, &a, &s->hold);
	if (r == E_TOOBIG || (r == OK && !a.complete)) {
		add_gaps(s, out);
		return OK;
	}
	if (r == OK && a.vanished.n % 4)
		r = E_PROTO;
	for (size_t i = 0; r == OK && i < a.vanished.n; i += 4) {
		uint32_t uid = get_le32(a.vanished.p + i);
		if (out->n && uid <= out->v[out->n - 1].last)
			r = E_PROTO;
		else
			imap_set_add(&s->results, out, uid);
	}
	return r;
}

int imap_tell_earlier(struct imap_session *s, uint64_t since, const struct imap_set *known)
{
	struct imap_set gone = { 0 };
	int r = read_vanished(s, since, &gone);
	if (r != OK)
		return r;
	if (known->n)
		gone = both(&s->results, &gone, known);
	if (gone.n == 0)
		return OK;
	struct bufw w = imap_out(s);
	bufw_c(&w, "* VANISHED (EARLIER) ");
	imap_set_write(&w, &gone);
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}
