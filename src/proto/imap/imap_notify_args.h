/* Arguments of NOTIFY (RFC 5465 section 8). */
#ifndef PROTO_IMAP_NOTIFY_ARGS_H
#define PROTO_IMAP_NOTIFY_ARGS_H

#include "proto/imap/imap_args.h"

enum { IMAP_NOTIFY_GROUPS_MAX = 16, IMAP_NOTIFY_MAILBOXES_MAX = 64 };

enum imap_notify_event {
	IMAP_EVENT_MESSAGE_NEW = 1 << 0,
	IMAP_EVENT_MESSAGE_EXPUNGE = 1 << 1,
	IMAP_EVENT_FLAG_CHANGE = 1 << 2,
	IMAP_EVENT_MAILBOX_NAME = 1 << 3,
	IMAP_EVENT_SUBSCRIPTION = 1 << 4,
	IMAP_EVENT_OTHER = 1 << 5       /* AnnotationChange and others that no server need have: BADEVENT */
};

enum imap_notify_filter {
	IMAP_NOTIFY_SELECTED, IMAP_NOTIFY_SELECTED_DELAYED, IMAP_NOTIFY_INBOXES, IMAP_NOTIFY_PERSONAL, IMAP_NOTIFY_SUBSCRIBED,
	IMAP_NOTIFY_SUBTREE, IMAP_NOTIFY_MAILBOXES
};

struct imap_notify_group {
	enum imap_notify_filter filter;
	struct str mailboxes[IMAP_NOTIFY_MAILBOXES_MAX];        /* of SUBTREE and MAILBOXES */
	size_t count;
	unsigned events;                /* 0: NONE */
};

struct imap_notify_args {
	bool none, status;
	struct imap_notify_group groups[IMAP_NOTIFY_GROUPS_MAX];
	size_t n;
};

/* Data items behind MessageNew are taken and not kept: what came is told by EXISTS. */
must_use int imap_notify_args(struct imap_args *a, struct imap_notify_args *ret);

#endif
