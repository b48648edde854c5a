/* Canonicalisation (RFC 6376 section 3.4), streaming: bytes go to a sink as slices of the input, which are as long as the input and its
 * canonical form agree. Nothing is allocated or copied; time is linear.
 *
 * Lines end with CRLF: who reads mail from a file converts first. In a body a bare CR or LF is a byte like others. In a header a bare LF
 * ends a line, as in proto/header, and is hashed as CRLF where it ends a field. */
#ifndef PROTO_DKIM_CANON_H
#define PROTO_DKIM_CANON_H

#include "proto/header/header.h"

enum dkim_canon { DKIM_SIMPLE, DKIM_RELAXED };

struct dkim_sink {
	void (*put)(void *ctx, struct str bytes);
	void *ctx;
};

/* One field with its final CRLF. */
void dkim_canon_field(enum dkim_canon canon, const struct header_field *f, struct dkim_sink out);
/* The field of the signature itself (section 3.7): without hole, which is a slice of its value, and without the final CRLF. */
void dkim_canon_own_field(enum dkim_canon canon, const struct header_field *f, struct str hole, struct dkim_sink out);

/* A body in pieces. */
struct dkim_canon_body {
	struct dkim_sink out;
	enum dkim_canon canon;
	uint64_t lines;         /* line ends seen and not yet written: those at the end of the body are dropped */
	bool space, cr;         /* the same for white space, and for a CR whose LF may follow */
	bool any;               /* something was written */
};

void dkim_canon_body_init(struct dkim_canon_body *b, enum dkim_canon canon, struct dkim_sink out);
void dkim_canon_body_put(struct dkim_canon_body *b, struct str piece);
void dkim_canon_body_end(struct dkim_canon_body *b);

#endif
