/* Relative IMAP URLs of messages in one's own mailboxes (RFC 5092 section 7.2), as CATENATE names them:
 * "/mailbox;UIDVALIDITY=1/;UID=20/;SECTION=1.2/;PARTIAL=0.1024". */
#ifndef PROTO_IMAP_URL_H
#define PROTO_IMAP_URL_H

#include "proto/imap/imap_args.h"

struct imap_url {
	struct str mailbox;             /* UTF-8 */
	uint32_t uidvalidity, uid;      /* uidvalidity 0: not given */
	struct str section;             /* "", "HEADER", "1.MIME", …: as between brackets */
	bool partial;
	uint64_t origin, length;        /* length 0: to the end */
};

/* E_SYNTAX: another URL, or none. Strings are in the arena. */
must_use int imap_url_parse(struct arena *a, struct str url, struct imap_url *ret);

#endif
