/* Arguments of GETMETADATA and SETMETADATA (RFC 5464). Entry names are in lower case, since they compare without case. */
#ifndef PROTO_IMAP_METADATA_ARGS_H
#define PROTO_IMAP_METADATA_ARGS_H

#include "proto/imap/imap_args.h"

enum { IMAP_ENTRIES_MAX = 64, IMAP_ENTRY_NAME_MAX = 250, IMAP_DEPTH_INFINITE = 2 };

struct imap_entry { struct str name, value; bool nil; };

struct imap_metadata {
	struct str mailbox;             /* empty: the server's, which is the account's here */
	bool has_maxsize;
	uint32_t maxsize;
	unsigned depth;                 /* 0, 1 or IMAP_DEPTH_INFINITE: entries below those named, too */
	struct imap_entry entries[IMAP_ENTRIES_MAX];
	size_t n;
};

/* E_SYNTAX; E_TOOBIG: too many entries, or a name too long. E_UNSUPPORTED: no such mailbox can be. */
must_use int imap_getmetadata_args(struct imap_args *a, struct imap_metadata *ret);
must_use int imap_setmetadata_args(struct imap_args *a, struct imap_metadata *ret);

#endif
