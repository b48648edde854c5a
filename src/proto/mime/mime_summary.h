/* What is computed once when a message arrives and stored beside it, so that readers answer ENVELOPE, BODY,
 * BODYSTRUCTURE, header fields, PREVIEW, SORT, THREAD and JMAP properties without the message itself.
 *
 * A record is a version byte, then fields of base/codec.h; at most MIME_SUMMARY_MAX bytes. Single texts are cut at the
 * sizes below, the envelope keeps fewer and shorter addresses when it is large, and then the largest of header, body,
 * bodystructure, part table and recipient texts goes until the rest fits. What was cut or left out is named in lost. */
#ifndef MIME_SUMMARY_H
#define MIME_SUMMARY_H

#include "proto/mime/mime_parse.h"

#define MIME_SUMMARY_VERSION 1
#define MIME_SUMMARY_MAX (128 * 1024)
#define MIME_SUMMARY_HEADER (8 * 1024)      /* a top header up to this size is kept */
#define MIME_SUMMARY_ENVELOPE (40 * 1024)
#define MIME_SUMMARY_REFERENCES 30
#define MIME_SUMMARY_TEXT 2048              /* subject, ids and single names; bytes */
#define MIME_SUMMARY_RECIPIENTS (16 * 1024) /* from, to, cc, bcc */

enum mime_summary_lost {
	MIME_LOST_HEADER = 1 << 0,          /* header is empty: read it from the message */
	MIME_LOST_PARTS = 1 << 1,           /* no part table: parse the message */
	MIME_LOST_BODY = 1 << 2,            /* body is empty: parse the message */
	MIME_LOST_BODYSTRUCTURE = 1 << 3,   /* likewise */
	MIME_LOST_ENVELOPE = 1 << 4,        /* addresses or strings of the envelope were cut; it is valid all the same */
	MIME_LOST_TEXTS = 1 << 5,           /* from, to, cc, bcc or subject were cut or left out */
	MIME_LOST_REFERENCES = 1 << 6,      /* older references were left out */
};

struct mime_summary {
	uint64_t size, header_len, lines;       /* of the whole message; lines counts LF bytes */
	unsigned flags;                         /* enum mime_flags */
	unsigned lost;                          /* enum mime_summary_lost */
	bool has_date, is_reply;                /* is_reply: Re: or Fwd: was taken off the subject */
	int64_t date;                           /* Date field, unix seconds */
	int zone_minutes;                       /* its zone, east of UTC */
	struct str envelope, body, bodystructure;       /* wire forms, with their parentheses */
	struct str header;                      /* raw, with its empty line when it has one */
	struct str preview;
	struct str message_id, in_reply_to;     /* normalized, without brackets; empty when absent */
	struct str references[MIME_SUMMARY_REFERENCES];     /* normalized, without brackets, newest last */
	size_t reference_count;
	struct str subject, base_subject;       /* UTF-8 from here on */
	struct str from, to, cc, bcc;           /* "Name <local@domain>, ..." for SEARCH and lists */
	struct str sort_from, sort_to, sort_cc; /* local part of the first address, or name of the group (RFC 5256 SORT) */
	struct str display_from, display_to;    /* name of the first address, else the address (RFC 5957) */
	struct str list_id;
	struct str parts;                       /* for mime_summary_parts */
};

/* Appends a record. scratch, which may be reset afterwards, takes some 12 KiB for ordinary mail; for hostile mail at most
 * 40 MiB and four times the bytes of all headers. E_TOOBIG when out has no room for MIME_SUMMARY_MAX more bytes; then it
 * is unchanged. */
must_use int mime_summary_build(struct arena *scratch, struct str message, const struct mime_limits *limits,
                                struct buf *out);
/* The same for a message whose tree is at hand. */
must_use int mime_summary_of(struct arena *scratch, struct str message, const struct mime_tree *tree, struct buf *out);

/* Views lie in the record, which is taken for hostile: E_PROTO. E_UNSUPPORTED: another version; build it again. */
must_use int mime_summary_read(struct str record, struct mime_summary *ret);
/* The part table in the arena, checked: the invariants of mime_parse.h hold in summary->size bytes. E_PROTO; E_NOTFOUND
 * when it was lost. */
must_use int mime_summary_parts(struct arena *a, const struct mime_summary *summary, struct mime_part **ret,
                                uint32_t *ret_count);

#endif
