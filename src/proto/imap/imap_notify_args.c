#include "proto/imap/imap_notify_args.h"

static const struct { struct str name; enum imap_notify_filter filter; } filters[] = {
	{ STR_INIT("SELECTED"), IMAP_NOTIFY_SELECTED },   { STR_INIT("SELECTED-DELAYED"), IMAP_NOTIFY_SELECTED_DELAYED },
	{ STR_INIT("INBOXES"), IMAP_NOTIFY_INBOXES },     { STR_INIT("PERSONAL"), IMAP_NOTIFY_PERSONAL },
	{ STR_INIT("SUBSCRIBED"), IMAP_NOTIFY_SUBSCRIBED }, { STR_INIT("SUBTREE"), IMAP_NOTIFY_SUBTREE },
	{ STR_INIT("MAILBOXES"), IMAP_NOTIFY_MAILBOXES },
};

static const struct { struct str name; unsigned event; } events[] = {
	{ STR_INIT("MessageNew"), IMAP_EVENT_MESSAGE_NEW },       { STR_INIT("MessageExpunge"), IMAP_EVENT_MESSAGE_EXPUNGE },
	{ STR_INIT("FlagChange"), IMAP_EVENT_FLAG_CHANGE },       { STR_INIT("MailboxName"), IMAP_EVENT_MAILBOX_NAME },
	{ STR_INIT("SubscriptionChange"), IMAP_EVENT_SUBSCRIPTION }, { STR_INIT("AnnotationChange"), IMAP_EVENT_OTHER },
	{ STR_INIT("MailboxMetadataChange"), IMAP_EVENT_OTHER },  { STR_INIT("ServerMetadataChange"), IMAP_EVENT_OTHER },
};

static int one_mailbox(struct imap_args *a, struct imap_notify_group *g)
{
	if (g->count == IMAP_NOTIFY_MAILBOXES_MAX) {
		a->bad = "too many mailboxes";
		return E_TOOBIG;
	}
	return imap_mailbox(a, &g->mailboxes[g->count++]);
}

/* one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")" */
static int mailboxes(struct imap_args *a, struct imap_notify_group *g)
{
	int r = imap_sp(a);
	if (r != OK || !str_take_char(&a->rest, '('))
		return r == OK ? one_mailbox(a, g) : r;
	do {
		r = one_mailbox(a, g);
	} while (r == OK && str_take_char(&a->rest, ' '));
	return r == OK ? imap_char(a, ')') : r;
}

static int filter(struct imap_args *a, struct imap_notify_group *g)
{
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		if (!imap_word(a, filters[i].name))
			continue;
		g->filter = filters[i].filter;
		return g->filter >= IMAP_NOTIFY_SUBTREE ? mailboxes(a, g) : OK;
	}
	return imap_args_bad(a, "unknown mailbox filter");
}

/* Passes over "(" … ")" with what is nested in it; quoted strings may hold parentheses. */
static int skip_parenthesis(struct imap_args *a)
{
	unsigned depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < a->rest.n; i++) {
		char c = a->rest.p[i];
		if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '(')
			depth++;
		else if (!quoted && c == ')' && --depth == 0) {
			a->rest = str_skip(a->rest, i + 1);
			return OK;
		}
	}
	return imap_args_bad(a, ") expected");
}

static int event(struct imap_args *a, struct imap_notify_group *g)
{
	for (size_t i = 0; i < COUNT_OF(events); i++) {
		if (!imap_word(a, events[i].name))
			continue;
		g->events |= events[i].event;
		if (events[i].event != IMAP_EVENT_MESSAGE_NEW || !str_take(&a->rest, STR(" (")))
			return OK;
		a->rest = (struct str){ a->rest.p - 1, a->rest.n + 1 };
		return skip_parenthesis(a);
	}
	return imap_args_bad(a, "unknown event");
}

/* New messages are no use to who does not hear of those that go (RFC 5465 section 5). */
static int check(struct imap_args *a, const struct imap_notify_group *g)
{
	bool both = !(g->events & IMAP_EVENT_MESSAGE_NEW) == !(g->events & IMAP_EVENT_MESSAGE_EXPUNGE);
	if (!both || ((g->events & IMAP_EVENT_FLAG_CHANGE) && !(g->events & IMAP_EVENT_MESSAGE_NEW)))
		return imap_args_bad(a, "MessageNew and MessageExpunge go together, and with FlagChange");
	return OK;
}

/* event-group = "(" filter-mailboxes SP events ")"; events = "NONE" / "(" event *(SP event) ")" */
static int group(struct imap_args *a, struct imap_notify_group *g)
{
	int r = imap_char(a, '(');
	if (r == OK)
		r = filter(a, g);
	if (r == OK)
		r = imap_sp(a);
	if (r == OK && imap_word(a, STR("NONE")))
		return imap_char(a, ')');
	if (r == OK)
		r = imap_char(a, '(');
	if (r != OK)
		return r;
	do {
		r = event(a, g);
	} while (r == OK && str_take_char(&a->rest, ' '));
	if (r == OK)
		r = imap_char(a, ')');
	if (r == OK)
		r = check(a, g);
	return r == OK ? imap_char(a, ')') : r;
}

int imap_notify_args(struct imap_args *a, struct imap_notify_args *ret)
{
	struct imap_notify_args *n = ret;
	*n = (struct imap_notify_args){ 0 };
	int r = imap_sp(a);
	if (r != OK)
		return r;
	n->none = imap_word(a, STR("NONE"));
	if (n->none)
		return imap_args_end(a);
	if (!imap_word(a, STR("SET")))
		return imap_args_bad(a, "SET or NONE expected");
	r = imap_sp(a);
	n->status = r == OK && imap_word(a, STR("STATUS"));
	if (n->status)
		r = imap_sp(a);
	if (r != OK)
		return r;
	do {
		if (n->n == IMAP_NOTIFY_GROUPS_MAX) {
			a->bad = "too many event groups";
			return E_TOOBIG;
		}
		r = group(a, &n->groups[n->n++]);
	} while (r == OK && str_take_char(&a->rest, ' '));
	return r == OK ? imap_args_end(a) : r;
}
