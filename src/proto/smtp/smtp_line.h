/* Sans-I/O reader of SMTP command lines: bytes in, complete lines out. RFC 5321 sections 2.3.8 and 4.5.3.1.4.
 *
 * Only CRLF ends a line. A CR or LF by itself, a doubled CR and a NUL are errors, never line ends and never
 * part of a line: whoever sends them may be in another state than we believe, so the session ends (A01, A02). */
#ifndef PROTO_SMTP_LINE_H
#define PROTO_SMTP_LINE_H

#include "base/str.h"

enum {
	SMTP_LINE_MAX = 2048, /* a command with its parameters, without CRLF (512 in RFC 5321; extensions add to it) */
	SMTP_LINE_AUTH_MAX = 12288,      /* a line of an AUTH exchange (RFC 4954 section 4) */
	SMTP_LINE_DISCARD_MAX = 64 << 10 /* an over-long line longer than this is not read to its end */
};

/* Set max before any line; it may change between lines. The rest is the reader's. */
struct smtp_line {
	size_t max;
	size_t seen;        /* bytes of the present line that were checked already */
	size_t dropped;     /* bytes of an over-long line that were thrown away */
	bool broken;
};

void smtp_line_init(struct smtp_line *l, size_t max);

/* Takes one line off the front of *input. The unfinished rest stays in *input: call again with it and what
 * came behind it. No byte is looked at twice.
 *   OK        *ret is the line without CRLF, a view of the input.
 *   E_AGAIN   no complete line yet. Of an over-long line nothing stays in *input.
 *   E_TOOBIG  a line longer than max was dropped to its end; the next call reads the next line.
 *   E_SYNTAX  a bare CR or LF, or NUL. Stays so: no further line is given.
 *   E_PROTO   more than SMTP_LINE_DISCARD_MAX bytes without a line end. Stays so too (as E_SYNTAX). */
must_use int smtp_line_next(struct smtp_line *l, struct str *input, struct str *ret);

#endif
