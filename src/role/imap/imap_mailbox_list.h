/* The account's mailboxes as LIST, LSUB and STATUS see them. */
#ifndef ROLE_IMAP_MAILBOX_LIST_H
#define ROLE_IMAP_MAILBOX_LIST_H

#include "role/imap/imap.h"

struct imap_mailbox_info {
	struct str name;                /* UTF-8, levels parted by "/" */
	uint32_t id, role, uidvalidity, uidnext, messages, recent, unseen, deleted;
	uint64_t size, modseq;
	bool subscribed;
	bool exists;                    /* false: only its name, which is subscribed to */
	bool has_children;
	bool matches;                   /* a pattern of the command */
	bool chosen_below;              /* a descendant that matches no pattern meets the selection (CHILDINFO) */
	uint32_t parent;                /* index, or UINT32_MAX */
};

/* All of them, parents and children linked; in the command's arena. */
must_use int imap_mailbox_list(struct imap_session *s, struct imap_mailbox_info **ret, size_t *ret_n);
/* "\Sent" of an enum mailbox_role; NULL: it has none (RFC 6154). */
const char *imap_role_attribute(uint32_t role);
/* "* STATUS name (…)" of these items. */
must_use int imap_tell_status(struct imap_session *s, const struct imap_mailbox_info *m, unsigned items);

#endif
