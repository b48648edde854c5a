/* Replies of a server, for our client side (RFC 5321 section 4.2, RFC 2034, RFC 3463). Sans-I/O and bounded: a hostile
 * server can neither make us read for ever nor tell us two things at once (A13). */
#ifndef PROTO_SMTP_REPLY_H
#define PROTO_SMTP_REPLY_H

#include "base/buf.h"
#include "proto/smtp/smtp_line.h"

enum {
	SMTP_REPLY_LINE_MAX = 2048,     /* 512 in RFC 5321 section 4.5.3.1.5; real ones are longer */
	SMTP_REPLY_LINES_MAX = 128,
	SMTP_REPLY_TEXT_MAX = 16 << 10
};

/* An enhanced status code (RFC 3463); class 0: there was none. */
struct smtp_status { unsigned class, subject, detail; };

struct smtp_reply {
	unsigned code;                  /* 200 to 599 */
	struct smtp_status status;      /* of the first line, when its class fits the code */
	struct str text; /* lines without codes, joined by LF; other control bytes and what is no UTF-8 are '?' */
	unsigned lines;
};

struct smtp_reply_reader {
	struct smtp_line line;
	struct buf *text;
	struct smtp_reply reply;
};

/* text is the caller's, holds the text of the reply, and should have the ceiling SMTP_REPLY_TEXT_MAX. */
void smtp_reply_init(struct smtp_reply_reader *r, struct buf *text);

/* Reads one whole reply off *input (as smtp_line_next does). *ret is valid until the next call.
 * E_AGAIN: more input is needed. E_PROTO: no reply, a bad line end, differing codes, too long or too many lines; the
 * connection is of no use any more. */
must_use int smtp_reply_next(struct smtp_reply_reader *r, struct str *input, struct smtp_reply *ret);

/* Takes an enhanced status code and the space behind it off *s. False, and nothing taken, when there is none. */
bool smtp_status_take(struct str *s, struct smtp_status *ret);

#endif
