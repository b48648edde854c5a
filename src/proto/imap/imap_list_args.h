/* Arguments of LIST (RFC 9051 section 6.3.9: LIST-EXTENDED RFC 5258, LIST-STATUS RFC 5819, SPECIAL-USE
 * RFC 6154), LSUB (RFC 3501 section 6.3.9) and STATUS (RFC 9051 section 6.3.11). */
#ifndef PROTO_IMAP_LIST_ARGS_H
#define PROTO_IMAP_LIST_ARGS_H

#include "proto/imap/imap_args.h"

enum { IMAP_PATTERNS_MAX = 32 };

enum imap_status_item {
	IMAP_STATUS_MESSAGES = 1 << 0,
	IMAP_STATUS_UIDNEXT = 1 << 1,
	IMAP_STATUS_UIDVALIDITY = 1 << 2,
	IMAP_STATUS_UNSEEN = 1 << 3,
	IMAP_STATUS_DELETED = 1 << 4,
	IMAP_STATUS_SIZE = 1 << 5,
	IMAP_STATUS_HIGHESTMODSEQ = 1 << 6,
	IMAP_STATUS_RECENT = 1 << 7,            /* IMAP4rev1 */
	IMAP_STATUS_MAILBOXID = 1 << 8,         /* RFC 8474 */
	IMAP_STATUS_APPENDLIMIT = 1 << 9        /* RFC 7889 */
};

enum imap_list_option {
	IMAP_LIST_SUBSCRIBED = 1 << 0,
	IMAP_LIST_REMOTE = 1 << 1,              /* selection only */
	IMAP_LIST_RECURSIVEMATCH = 1 << 2,      /* selection only */
	IMAP_LIST_SPECIAL_USE = 1 << 3,
	IMAP_LIST_CHILDREN = 1 << 4,            /* return only */
	IMAP_LIST_STATUS = 1 << 5               /* return only */
};

struct imap_list {
	bool extended;                  /* selection options, several patterns or RETURN were given */
	unsigned select, returns;       /* enum imap_list_option */
	unsigned status;                /* items of RETURN (STATUS (…)) */
	struct str reference;
	struct str patterns[IMAP_PATTERNS_MAX];
	size_t pattern_count;
};

must_use int imap_list_args(struct imap_args *a, struct imap_list *ret);
must_use int imap_lsub_args(struct imap_args *a, struct imap_list *ret);
must_use int imap_status_args(struct imap_args *a, struct str *ret_mailbox, unsigned *ret_items);
struct str imap_status_name(unsigned item);      /* of one enum imap_status_item */

#endif
