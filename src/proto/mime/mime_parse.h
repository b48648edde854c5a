/* The structure of a message (RFC 2045, 2046): one pass over the bytes gives a flat table of parts.
 *
 * Nothing is refused. Whatever breaks a rule gets a defined reading and a mark in flags, and where a limit
 * is passed the rest of the message becomes plain content of the part it stands in. Readings:
 *   - lines end with LF, with or without CR before it; header fields end at the first empty line, at a
 *     delimiter line of an enclosing multipart, or at the end;
 *   - of a repeated Content-Type, Content-Transfer-Encoding or Content-Disposition, and of a repeated
 *     parameter, the first counts (MIME_AMBIGUOUS);
 *   - a line is a delimiter when it begins with "--" and the boundary of an open multipart (RFC 2046
 *     section 5.1.1 asks for no more; other text behind it is MIME_AMBIGUOUS); where several fit, the longest
 *     boundary, then the innermost;
 *   - a delimiter of an outer multipart closes the inner ones (MIME_UNCLOSED), as does the end;
 *   - what follows a closing delimiter is epilogue, further delimiters of that multipart included;
 *   - a multipart that holds no part (no boundary, no delimiter line, a limit) gets one implied part:
 *     text/plain over the whole body, with the transfer encoding of the multipart. So every multipart has
 *     parts, and such a body can be read. The same is done for a message/rfc822 beyond a limit;
 *   - blanks at the end of a boundary parameter do not count;
 *   - a multipart or message with base64 or quoted-printable, which RFC 2045 forbids, is read as it stands
 *     (MIME_AMBIGUOUS): who wants what is encoded in it decodes the body and parses that.
 *
 * Order: a part stands before its children, children stand in order of the message. Offsets never run
 * backwards and a child lies inside the body of its parent. Part 0 is the message itself. */
#ifndef MIME_PARSE_H
#define MIME_PARSE_H

#include "proto/header/content_type.h"

#define MIME_NONE UINT32_MAX

enum mime_kind {
	MIME_LEAF,
	MIME_MULTIPART,         /* multipart/anything: one child or more */
	MIME_MESSAGE,           /* message/rfc822, message/global: exactly one child, the nested message */
};

enum mime_encoding {            /* RFC 2045 section 6.1 */
	MIME_7BIT, MIME_8BIT, MIME_BINARY, MIME_QP, MIME_BASE64,
	MIME_ENCODING_OTHER,    /* unknown name: the bytes are left as they are */
};

enum mime_part_flags {
	MIME_PART_IMPLIED = 1 << 0,      /* has no header of its own, see above */
	MIME_PART_ATTACHMENT = 1 << 1,   /* Content-Disposition: attachment */
	MIME_PART_INLINE = 1 << 2,       /* Content-Disposition: inline */
	MIME_PART_8BIT = 1 << 3,         /* a header byte above 0x7f (raw 8-bit or UTF-8) */
};

/* One row of the table. Offsets count from the start of the message. The header range includes the empty
 * line that ends it; the body ends before the line break that belongs to the next delimiter. */
struct mime_part {
	uint32_t parent, first_child, next;     /* indexes or MIME_NONE */
	uint16_t depth;                         /* 0: the message */
	uint8_t kind, encoding, flags;
	uint64_t header, header_len, body, body_len;
	uint64_t lines;                         /* LF bytes in the body */
	struct str type, subtype;               /* lower case, never empty */
	struct str charset;                     /* as sent; empty when absent */
	struct str name;                        /* file name, UTF-8, decoded; empty when absent */
	struct str id;                          /* Content-ID as sent; empty when absent */
};

/* What only the wire forms need: field bodies as sent, folds included; p is NULL where the field is absent. */
struct mime_detail {
	struct content_type type;               /* as sent; empty when absent */
	struct content_type disposition;
	struct str encoding, id, description, md5, location, language;
};

enum mime_flags {
	MIME_AMBIGUOUS = 1 << 0,        /* readers may disagree about the structure (THREATS A74) */
	MIME_UNCLOSED = 1 << 1,         /* a closing delimiter is missing */
	MIME_LIMITED = 1 << 2,          /* a limit was passed */
	MIME_NO_PARTS = 1 << 3,         /* a multipart without parts */
	MIME_BAD_HEADER = 1 << 4,       /* a header line that is no field, or no end of the header */
	MIME_HEADER_8BIT = 1 << 5,      /* some header holds a byte above 0x7f */
	MIME_HAS_ATTACHMENT = 1 << 6,
	MIME_IS_MULTIPART = 1 << 7,     /* the message itself */
	MIME_IS_SIGNED = 1 << 8,        /* multipart/signed, or pkcs7-mime signed-data, anywhere */
	MIME_IS_ENCRYPTED = 1 << 9,     /* multipart/encrypted, or pkcs7-mime enveloped, anywhere */
};

struct mime_limits {
	uint16_t depth;                 /* nesting of multiparts and messages */
	uint32_t parts;
	uint32_t header_bytes;          /* of each header block, looked at */
	uint32_t fields;                /* of each header block, looked at */
};
extern const struct mime_limits mime_limits_default;    /* 50, 1000, 1 MiB, 10000 */

struct mime_tree {
	struct mime_part *parts;
	struct mime_detail *details;    /* beside parts, same index */
	uint32_t count;                 /* at least 1 */
	unsigned flags;                 /* enum mime_flags */
	uint64_t lines;                 /* LF bytes in the whole message */
};

/* Views in the tree point into the message and the arena; both must outlive it. Never fails. Memory grows
 * with the number of parts and parameters only. Time is linear in the message. */
void mime_parse(struct arena *a, struct str message, const struct mime_limits *limits, struct mime_tree *ret);

/* Ranges as views. The message must be the one that was parsed. */
struct str mime_part_header(struct str message, const struct mime_part *part);
struct str mime_part_body(struct str message, const struct mime_part *part);

bool mime_part_is(const struct mime_part *part, const char *type, const char *subtype);   /* subtype NULL: any */

#endif
