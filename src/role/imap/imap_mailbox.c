/* The selected mailbox: reading the index, following its changes, telling them. */
#include "role/imap/imap_context.h"
#include "role/imap/imap_notify.h"

#include "os/log.h"

enum { PAGE = 40000 };      /* entries of one call; its reply holds 2 MiB */

static int read_page(struct imap_session *s, uint32_t from, struct ipc_entries_rep *ret)
{
	struct ipc_entries_req q = { .grant = s->grant, .mailbox = s->view.mailbox, .from_uid = from, .limit = PAGE };
	int r = s->env->entries(&q, ret, &s->hold);
	return r == OK && ret->entries.n % INDEX_ENTRY_SIZE ? E_PROTO : r;
}

/* Reads all entries. The modseq of the first page counts: what changes while the others are read comes again. */
static int read_all(struct imap_session *s, bool tell)
{
	uint32_t from = 1;
	uint64_t modseq = 0;
	for (;;) {
		struct ipc_entries_rep a;
		int r = read_page(s, from, &a);
		if (r != OK)
			return r;
		if (from == 1)
			modseq = a.modseq;
		bool last = !a.more || a.entries.n == 0;
		uint32_t to = last ? UINT32_MAX : index_entry_get(a.entries.p + a.entries.n - INDEX_ENTRY_SIZE).uid;
		imap_view_keep_only(&s->view, from, to, a.entries);
		imap_view_take(&s->view, a.entries, tell);
		if (last || to == UINT32_MAX)
			break;
		from = to + 1;
	}
	s->view.modseq = modseq;
	return OK;
}

static int watch(struct imap_session *s, bool on)
{
	struct ipc_watch_rep a;
	return s->env->watch(&(struct ipc_watch_req){ .grant = s->grant, .mailbox = s->view.mailbox, .on = on }, &a, &s->hold);
}

/* The watch begins before the index is read: nothing falls between. */
int imap_mailbox_open(struct imap_session *s, const struct ipc_mailbox_rep *m, bool read_only)
{
	s->view = (struct imap_view){ .mailbox = m->id, .uidvalidity = m->uidvalidity, .uidnext = m->uidnext, .read_only = read_only };
	s->noted = 0;
	int r = watch(s, true);
	if (r == OK)
		r = read_all(s, false);
	if (r == OK)
		r = imap_keywords_load(s);
	if (r != OK) {
		imap_view_done(&s->view);
		return r;
	}
	s->view.told = s->view.n;
	s->state = IMAP_SELECTED;
	return imap_recent_claim(s);
}

void imap_mailbox_close(struct imap_session *s)
{
	if (s->state != IMAP_SELECTED)
		return;
	if (!imap_notify_watches(s, s->view.mailbox))
		(void)!watch(s, false);      /* a note too many does no harm */
	imap_view_done(&s->view);
	imap_contexts_end(s);
	arena_reset(&s->mailbox);
	s->saved = (struct imap_set){ 0 };
	s->noted = 0;
	s->state = IMAP_AUTHENTICATED;
}

static int take_changes(struct imap_session *s)
{
	struct ipc_changes_rep a;
	struct ipc_changes_req q = { .grant = s->grant, .mailbox = s->view.mailbox, .since = s->view.modseq };
	int r = s->env->changes(&q, &a, &s->hold);
	if (r == E_TOOBIG || (r == OK && !a.complete))
		return read_all(s, true);
	if (r != OK)
		return r;
	if (a.entries.n % INDEX_ENTRY_SIZE || a.vanished.n % 4)
		return E_PROTO;
	imap_view_take(&s->view, a.entries, true);
	for (size_t i = 0; i < a.vanished.n; i += 4)
		imap_view_vanish(&s->view, get_le32(a.vanished.p + i));
	s->view.modseq = a.modseq;
	return OK;
}

int imap_mailbox_refresh(struct imap_session *s)
{
	size_t had = s->view.n;
	int r = take_changes(s);
	if (r == OK && s->view.n > had)
		r = imap_recent_claim(s);
	s->noted = s->view.modseq;      /* whatever came of it: no note is answered twice */
	if (r == E_NOTFOUND)
		return imap_bye(s, "selected mailbox was deleted");
	if (r == OK || r == E_CANCELLED)
		return r;
	if (r == E_STALE)
		s->gone = true;
	log_event(LOG_WARNING, "imap.refresh_failed", LOG_E(r), LOG_END);
	return OK;
}

void imap_mailbox_take(struct imap_session *s, struct str entries, uint64_t modseq)
{
	imap_view_take(&s->view, entries, false);
	if (modseq == s->view.modseq + 1)      /* nothing else happened in between: no need to ask */
		s->view.modseq = modseq;
}

int imap_condstore_enable(struct imap_session *s)
{
	bool before = s->condstore;
	s->condstore = true;
	if (before || s->state != IMAP_SELECTED)
		return OK;
	return imap_untagged(s, "OK [HIGHESTMODSEQ %llu] highest",
			     (unsigned long long)(s->view.modseq ? s->view.modseq : 1));
}

static int tell_changed(struct imap_session *s)
{
	struct imap_view *v = &s->view;
	uint64_t all = 0;
	for (size_t row = 0; row < v->n && v->changed; row++)
		all |= v->v[row].state & IMAP_ROW_CHANGED ? v->v[row].flags : 0;
	int r = imap_keywords_know(s, all);
	for (size_t row = 0; r == OK && row < v->n && v->changed; row++)
		if (v->v[row].state & IMAP_ROW_CHANGED)
			r = imap_tell_flags_of(s, row);
	return r == OK || r == E_CANCELLED || r == E_CLOSED ? r : OK;
}

static int tell_exists(struct imap_session *s)
{
	s->view.told = s->view.n;
	int r = imap_untagged(s, "%zu EXISTS", s->view.n);
	size_t recent = imap_recent_count(s);
	if (r != OK || recent == s->view.recent_told)
		return r;
	s->view.recent_told = recent;
	return imap_untagged(s, "%zu RECENT", recent);
}

int imap_mailbox_tell(struct imap_session *s, bool expunge_allowed)
{
	struct imap_view *v = &s->view;
	int r = OK;
	if (v->gone && expunge_allowed)
		r = imap_tell_expunged(s);
	if (r == OK && v->n > v->told)
		r = tell_exists(s);
	if (r == OK && v->changed)
		r = tell_changed(s);
	return r == OK && s->contexts ? imap_contexts_tell_changed(s) : r;
}
