#include "role/imap/imap_notify.h"

#include "proto/imap/imap_list_args.h"
#include "proto/imap/imap_write.h"

enum {
	OF_MESSAGES = IMAP_EVENT_MESSAGE_NEW | IMAP_EVENT_MESSAGE_EXPUNGE | IMAP_EVENT_FLAG_CHANGE,
	OF_NAMES = IMAP_EVENT_MAILBOX_NAME | IMAP_EVENT_SUBSCRIPTION
};

static struct str heap_dup(struct str s)
{
	char *p = mem_alloc(s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

static void heap_free(struct str s) { mem_free((char *)(uintptr_t)s.p); }

static void free_boxes(struct imap_notify_box *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		heap_free(v[i].name);
	mem_free(v);
}

void imap_notify_free(struct imap_session *s)
{
	struct imap_notify *y = s->notify;
	if (!y)
		return;
	for (size_t i = 0; i < y->args.n; i++)
		for (size_t k = 0; k < y->args.groups[i].count; k++)
			heap_free(y->args.groups[i].mailboxes[k]);
	free_boxes(y->v, y->n);
	mem_free(y);
	s->notify = NULL;
}

static int watch(struct imap_session *s, uint32_t mailbox, bool on)
{
	struct ipc_watch_rep a;
	return s->env->watch(&(struct ipc_watch_req){ .grant = s->grant, .mailbox = mailbox, .on = on }, &a, &s->hold);
}

/* ---- which mailboxes ---- */

static bool is_named(const struct imap_notify_group *g, struct str name)
{
	for (size_t i = 0; i < g->count; i++) {
		struct str m = g->mailboxes[i];
		bool below = g->filter == IMAP_NOTIFY_SUBTREE && name.n > m.n && name.p[m.n] == '/' && str_starts(name, m);
		if (below || str_eq(m, name))
			return true;
	}
	return false;
}

static bool meets(const struct imap_notify_group *g, struct str name, bool subscribed)
{
	switch (g->filter) {
	case IMAP_NOTIFY_SELECTED:
	case IMAP_NOTIFY_SELECTED_DELAYED: return false;
	case IMAP_NOTIFY_INBOXES: return str_eq(name, STR("INBOX"));
	case IMAP_NOTIFY_PERSONAL: return true;
	case IMAP_NOTIFY_SUBSCRIBED: return subscribed;
	case IMAP_NOTIFY_SUBTREE:
	case IMAP_NOTIFY_MAILBOXES: return is_named(g, name);
	}
	return false;
}

static unsigned events_of(const struct imap_notify *y, struct str name, bool subscribed)
{
	unsigned events = 0;
	for (size_t i = 0; i < y->args.n; i++)
		if (meets(&y->args.groups[i], name, subscribed))
			events |= y->args.groups[i].events;
	return events;
}

/* The mailboxes as they are now, each with what is to be told of it. */
static int resolve(struct imap_session *s, const struct imap_notify *y, struct imap_notify_box **ret, size_t *ret_n)
{
	struct imap_mailbox_info *list;
	size_t n, kept = 0;
	int r = imap_mailbox_list(s, &list, &n);
	if (r != OK)
		return r;
	struct imap_notify_box *v = mem_new_array(struct imap_notify_box, n);
	for (size_t i = 0; i < n; i++)
		if (list[i].exists)
			v[kept++] = (struct imap_notify_box){ .id = list[i].id, .name = heap_dup(list[i].name), .subscribed = list[i].subscribed,
				.events = events_of(y, list[i].name, list[i].subscribed) };
	for (size_t i = 0; i < kept && r == OK; i++)
		if (v[i].events & OF_MESSAGES)
			r = watch(s, v[i].id, true);
	if (r != OK) {
		free_boxes(v, kept);
		return r;
	}
	*ret = v;
	*ret_n = kept;
	return OK;
}

/* Watches that nobody needs any more; the selected mailbox keeps its own. */
static void unwatch(struct imap_session *s, const struct imap_notify *y)
{
	for (size_t i = 0; i < y->n; i++)
		if ((y->v[i].events & OF_MESSAGES) && y->v[i].id != s->view.mailbox)
			(void)!watch(s, y->v[i].id, false);      /* a note too many does no harm */
	(void)!watch(s, 0, false);
}

static struct imap_notify *notify_new(const struct imap_notify_args *args)
{
	struct imap_notify *y = mem_new(struct imap_notify);
	y->args = *args;
	for (size_t i = 0; i < args->n; i++)
		for (size_t k = 0; k < args->groups[i].count; k++)
			y->args.groups[i].mailboxes[k] = heap_dup(args->groups[i].mailboxes[k]);
	return y;
}

int imap_notify_set(struct imap_session *s, const struct imap_notify_args *args)
{
	if (s->notify)
		unwatch(s, s->notify);
	imap_notify_free(s);
	if (!args)
		return OK;
	s->notify = notify_new(args);
	int r = watch(s, 0, true);      /* also for mailboxes that come later */
	if (r == OK)
		r = resolve(s, s->notify, &s->notify->v, &s->notify->n);
	if (r != OK)
		imap_notify_free(s);
	return r;
}

/* ---- what happens ---- */

static struct imap_notify_box *box_of(const struct imap_notify *y, uint32_t id)
{
	for (size_t i = 0; i < y->n; i++)
		if (y->v[i].id == id)
			return &y->v[i];
	return NULL;
}

bool imap_notify_watches(const struct imap_session *s, uint32_t mailbox)
{
	const struct imap_notify_box *b = s->notify ? box_of(s->notify, mailbox) : NULL;
	return b && (b->events & OF_MESSAGES);
}

bool imap_notify_mark(struct imap_session *s, uint32_t mailbox)
{
	struct imap_notify *y = s->notify;
	if (!y)
		return false;
	if (mailbox == 0)
		return y->pending = y->names_pending = true;
	struct imap_notify_box *b = box_of(y, mailbox);
	if (!b || !(b->events & OF_MESSAGES) || mailbox == s->view.mailbox)
		return false;
	return y->pending = b->pending = true;
}

static int tell_box(struct imap_session *s, const struct imap_notify_box *b)
{
	struct ipc_mailbox_rep m;
	unsigned items = IMAP_STATUS_MESSAGES | IMAP_STATUS_UIDNEXT | IMAP_STATUS_UIDVALIDITY;
	if (b->events & IMAP_EVENT_FLAG_CHANGE)
		items |= IMAP_STATUS_UNSEEN | IMAP_STATUS_HIGHESTMODSEQ;
	int r = s->env->mailbox(&(struct ipc_mailbox_req){ .grant = s->grant, .name = b->name }, &m, &s->hold);
	if (r != OK || m.id != b->id)
		return r == E_CANCELLED ? r : OK;      /* it has gone, or has another name: that is told by LIST */
	return imap_tell_status(s, &(struct imap_mailbox_info){ .id = m.id, .name = b->name, .uidvalidity = m.uidvalidity,
		.uidnext = m.uidnext, .messages = m.count, .unseen = m.unseen, .modseq = m.modseq }, items);
}

int imap_notify_tell_all(struct imap_session *s)
{
	int r = OK;
	for (size_t i = 0; i < s->notify->n && r == OK; i++)
		if ((s->notify->v[i].events & OF_MESSAGES) && s->notify->v[i].id != s->view.mailbox)
			r = tell_box(s, &s->notify->v[i]);
	return r;
}

static int tell_list(struct imap_session *s, const char *attributes, struct str name, struct str old)
{
	struct bufw w = imap_out(s);
	bufw_printf(&w, "* LIST (%s) \"/\" ", attributes);
	imap_write_mailbox(&w, name, s->utf8);
	if (old.n) {
		bufw_c(&w, " (\"OLDNAME\" (");
		imap_write_mailbox(&w, old, s->utf8);
		bufw_c(&w, "))");
	}
	bufw_c(&w, "\r\n");
	return imap_push(s, &w);
}

/* One mailbox as it was and as it is; either may be missing (RFC 5465 sections 5.4 and 5.5). */
static int tell_difference(struct imap_session *s, const struct imap_notify_box *was, const struct imap_notify_box *is)
{
	unsigned events = (was ? was->events : 0) | (is ? is->events : 0);
	if ((events & IMAP_EVENT_MAILBOX_NAME) && !is)
		return tell_list(s, "\\NonExistent", was->name, STR(""));
	if ((events & IMAP_EVENT_MAILBOX_NAME) && !was)
		return tell_list(s, is->subscribed ? "\\Subscribed" : "", is->name, STR(""));
	if (!was || !is)
		return OK;
	if ((events & IMAP_EVENT_MAILBOX_NAME) && !str_eq(was->name, is->name))
		return tell_list(s, is->subscribed ? "\\Subscribed" : "", is->name, was->name);
	if ((events & IMAP_EVENT_SUBSCRIPTION) && was->subscribed != is->subscribed)
		return tell_list(s, is->subscribed ? "\\Subscribed" : "", is->name, STR(""));
	return OK;
}

static int tell_names(struct imap_session *s)
{
	struct imap_notify *y = s->notify;
	struct imap_notify old = *y;
	int r = resolve(s, y, &y->v, &y->n);
	if (r != OK)
		return r == E_CANCELLED ? r : OK;
	for (size_t i = 0; i < y->n; i++) {
		struct imap_notify_box *was = box_of(&old, y->v[i].id);
		y->v[i].pending = was && was->pending;
		if (r == OK)
			r = tell_difference(s, was, &y->v[i]);
	}
	for (size_t i = 0; i < old.n && r == OK; i++)
		if (!box_of(y, old.v[i].id))
			r = tell_difference(s, &old.v[i], NULL);
	free_boxes(old.v, old.n);
	return r;
}

int imap_notify_tell(struct imap_session *s)
{
	struct imap_notify *y = s->notify;
	int r = OK;
	if (!y->pending)
		return OK;
	y->pending = false;
	if (y->names_pending) {
		y->names_pending = false;
		r = tell_names(s);
	}
	for (size_t i = 0; i < y->n && r == OK; i++)
		if (y->v[i].pending) {
			y->v[i].pending = false;
			r = tell_box(s, &y->v[i]);
		}
	return r;
}
