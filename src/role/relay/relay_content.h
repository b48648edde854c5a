/* A message on its way out: what it asks of the next hop, and its form on the wire (RFC 5321 section 4.5.2). Pure. */
#ifndef ROLE_RELAY_CONTENT_H
#define ROLE_RELAY_CONTENT_H

#include "base/base.h"

struct relay_content {
	bool header_8bit, body_8bit; /* a byte above 0x7f in the top header, behind it */
	bool binary; /* NUL, a line over 998 bytes, or a bare CR or LF: only BDAT carries these unchanged */
	size_t size; /* on the wire, dots not counted (RFC 1870) */
};

/* The message as it leaves: without the Return-Path fields of its final delivery here (RFC 5321 section 4.4). A view.
 */
struct str relay_content_start(struct str message);
/* "TLS-Required: No" in the top header (RFC 8689 section 3): its sender wants it to arrive rather than to be kept secret. */
bool relay_content_any_tls(struct str message);
void relay_content_look(struct str message, struct relay_content *ret);

/* Gives the message for DATA in runs: lines end in CRLF whatever the message has (A03), a leading dot is doubled (B33).
 * Runs are views of the input or constants. The caller appends relay_wire_end and the line with the dot. */
struct relay_wire {
	bool inside, dotted;
};
bool relay_wire_next(struct relay_wire *w, struct str *input, struct str *ret);
/* CRLF when the last line lacks its end, else empty. */
struct str relay_wire_end(const struct relay_wire *w);

#endif
