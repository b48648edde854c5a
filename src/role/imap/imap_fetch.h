/* FETCH, in three parts: the plan (what the data items need), the rows, one message's response. */
#ifndef ROLE_IMAP_FETCH_H
#define ROLE_IMAP_FETCH_H

#include "proto/imap/imap_fetch_args.h"
#include "role/imap/imap_part.h"

struct imap_fetch_section {
	const struct imap_section *asked;
	struct mime_section mime;
};

struct imap_fetch_plan {
	struct imap_fetch args;
	struct imap_fetch_section *sections;
	bool uid;                       /* UID FETCH: UID is told whether asked for or not */
	bool needs_summary;
	bool needs_message;             /* the bytes of each, not only of some */
	bool sets_seen;
	bool missed;                    /* a message had gone */
	bool undecodable;               /* BINARY of an unknown encoding: that message was left out */
};

void imap_fetch_plan(struct imap_session *s, const struct imap_fetch *args, struct imap_fetch_plan *ret);
/* "* n FETCH (…)" of one row. record: its summary, when the plan needs one. */
must_use int imap_fetch_message(struct imap_session *s, struct imap_fetch_plan *p, size_t row, struct str record);

/* The octets of one section of a message. E_NOTFOUND: there is no such part, or no such message. */
must_use int imap_section_read(struct imap_session *s, struct imap_content *c, const struct imap_section *asked, struct str *ret);

#endif
