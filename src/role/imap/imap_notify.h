/* NOTIFY (RFC 5465): what happens in mailboxes that are not selected is told by STATUS and LIST, as soon as the client is
 * not in the middle of a command. */
#ifndef ROLE_IMAP_NOTIFY_H
#define ROLE_IMAP_NOTIFY_H

#include "proto/imap/imap_notify_args.h"
#include "role/imap/imap_mailbox_list.h"

struct imap_notify_box {
	uint32_t id;
	struct str name;                /* on the heap */
	bool subscribed, pending;
	unsigned events;                /* of messages: told by STATUS */
};

struct imap_notify {
	struct imap_notify_args args;   /* its mailbox names are on the heap */
	struct imap_notify_box *v;
	size_t n;
	bool pending;                   /* one of them is, or */
	bool names_pending;             /* mailboxes came, went, or have another name or subscription */
};

/* Takes the place of what there was; args NULL: ends it. E_FULL: too many mailboxes. */
must_use int imap_notify_set(struct imap_session *s, const struct imap_notify_args *args);
void imap_notify_free(struct imap_session *s);
bool imap_notify_watches(const struct imap_session *s, uint32_t mailbox);
/* The store told of a change; mailbox 0: of the account's list of mailboxes. True: there is something to tell now. */
bool imap_notify_mark(struct imap_session *s, uint32_t mailbox);
/* Tells what is pending. Between commands, or in IDLE. */
must_use int imap_notify_tell(struct imap_session *s);
must_use int imap_notify_tell_all(struct imap_session *s);      /* STATUS of each now (NOTIFY SET STATUS) */

#endif
