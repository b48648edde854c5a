/* Flags and keywords (RFC 9051 section 2.3.2). */
#ifndef PROTO_IMAP_FLAGS_H
#define PROTO_IMAP_FLAGS_H

#include "base/buf.h"
#include "proto/imap/imap_args.h"

enum imap_flag {
	IMAP_SEEN = 1 << 0,
	IMAP_ANSWERED = 1 << 1,
	IMAP_FLAGGED = 1 << 2,
	IMAP_DELETED = 1 << 3,
	IMAP_DRAFT = 1 << 4,
	IMAP_RECENT = 1 << 5            /* IMAP4rev1 only; never in what a client gives */
};

enum { IMAP_KEYWORDS_MAX = 128, IMAP_KEYWORD_LENGTH_MAX = 128 };

struct imap_flags {
	unsigned system;                /* enum imap_flag */
	struct str *keywords;
	size_t n, cap;
};

/* flag: a system flag that clients may set, or a keyword (an atom). */
must_use int imap_flag(struct imap_args *a, struct imap_flags *into);
/* flag-list = "(" [flag *(SP flag)] ")" */
must_use int imap_flag_list(struct imap_args *a, struct imap_flags *ret);
/* store-att-flags: flag-list / (flag *(SP flag)) */
must_use int imap_flags_of_store(struct imap_args *a, struct imap_flags *ret);

/* "\Seen \Deleted": names of the set bits with a space between them. True when anything was written. */
bool imap_flags_write(struct bufw *w, unsigned system);

#endif
