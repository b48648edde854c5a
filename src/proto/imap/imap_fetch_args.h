/* Arguments of FETCH and UID FETCH behind the sequence set (RFC 9051 section 6.4.5, BINARY as in RFC 3516;
 * CHANGEDSINCE: RFC 7162). */
#ifndef PROTO_IMAP_FETCH_ARGS_H
#define PROTO_IMAP_FETCH_ARGS_H

#include "proto/imap/imap_search_args.h"

/* Data items that need no more than their name. */
enum imap_fetch_item {
	IMAP_FETCH_UID = 1 << 0,
	IMAP_FETCH_FLAGS = 1 << 1,
	IMAP_FETCH_INTERNALDATE = 1 << 2,
	IMAP_FETCH_SIZE = 1 << 3,               /* RFC822.SIZE */
	IMAP_FETCH_ENVELOPE = 1 << 4,
	IMAP_FETCH_BODY = 1 << 5,               /* BODYSTRUCTURE without extension data */
	IMAP_FETCH_BODYSTRUCTURE = 1 << 6,
	IMAP_FETCH_MODSEQ = 1 << 7,
	IMAP_FETCH_SAVEDATE = 1 << 8,           /* RFC 8514 */
	IMAP_FETCH_EMAILID = 1 << 9,            /* RFC 8474 */
	IMAP_FETCH_THREADID = 1 << 10,
	IMAP_FETCH_PREVIEW = 1 << 11            /* RFC 8970 */
};

enum imap_section_text {
	IMAP_SECTION_ALL,                       /* BODY[] or BODY[1.2] */
	IMAP_SECTION_HEADER,
	IMAP_SECTION_FIELDS,                    /* HEADER.FIELDS (…) */
	IMAP_SECTION_FIELDS_NOT,
	IMAP_SECTION_TEXT,
	IMAP_SECTION_MIME
};

/* BINARY[…] is the content without its transfer encoding, BINARY.SIZE[…] its length. Both name parts only. */
enum imap_section_form { IMAP_FORM_BODY, IMAP_FORM_BINARY, IMAP_FORM_BINARY_SIZE };

enum { IMAP_SECTIONS_MAX = 64, IMAP_PART_DEPTH_MAX = 64, IMAP_FIELDS_MAX = 128 };

struct imap_section {
	enum imap_section_form form;
	enum imap_section_text text;
	uint32_t *part;                         /* 1.2.3 */
	size_t part_depth;
	struct str *fields;
	size_t field_count;
	bool peek;                              /* does not set \Seen */
	bool partial;
	uint64_t origin, length;                /* <origin.length>, octets */
	struct str label;                       /* how the answer names it: "BODY[1.TEXT]<0>", "RFC822.HEADER" */
};

struct imap_fetch {
	unsigned items;                         /* enum imap_fetch_item */
	struct imap_section *sections;
	size_t section_count, section_cap;
	bool changed_since;
	uint64_t since;                         /* mod-sequence; only messages changed after it */
	bool vanished;                          /* tell also what went since then (RFC 7162 section 3.2.6) */
	bool partial;                           /* only some of the messages (RFC 9394 section 3.2) */
	struct imap_partial range;
};

must_use int imap_fetch_args(struct imap_args *a, struct imap_fetch *ret);      /* SP fetch-atts [SP fetch-modifiers] */

#endif
