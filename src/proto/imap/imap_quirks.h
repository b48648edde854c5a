/* Clients that are known to ask for what they cannot handle: what they say of themselves (ID, RFC 2971) decides what they
 * are not offered. One row a case, each with its reason (imap_quirks.c). */
#ifndef PROTO_IMAP_QUIRKS_H
#define PROTO_IMAP_QUIRKS_H

#include "base/str.h"

enum imap_quirk {
	IMAP_QUIRK_NO_UIDONLY = 1 << 0          /* enables UIDONLY, then names messages by number */
};

/* Or-ed enum imap_quirk of the client with this name; 0 for all others. */
unsigned imap_quirks_of(struct str name, struct str vendor);

#endif
