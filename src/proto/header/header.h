/* A raw header block, split into fields that are slices of it (RFC 5322 2.2). CRLF and bare LF both end a line. Nothing
 * is decoded and nothing allocated; time is linear. Names are plain bytes, compared without ASCII case (A57). */
#ifndef HEADER_H
#define HEADER_H

#include "base/base.h"

struct header_field {
	struct str name;         /* without the colon and without white space before it; never empty */
	struct str value;        /* behind the colon, folding included, without the last line end */
	struct str whole;        /* name to last line end, both included */
	bool after_junk;         /* lines that belong to no field were skipped right before it */
	bool space_before_colon; /* obs-optional; some readers see no field here (A27) */
};

/* Takes the next field off *block. Skips lines that are none: no colon, white space inside the name, a continuation
 * without a start, and an mbox "From " line (which alone does not set after_junk). False at the empty line or the end;
 * *block then starts at the empty line or is empty, so that calling again is safe. */
bool header_next(struct str *block, struct header_field *ret);

/* The first field of that name; false when there is none. To see all of them, iterate. */
bool header_find(struct str block, struct str name, struct header_field *ret);
/* How many fields of that name there are. */
size_t header_count(struct str block, struct str name);

/* Offset of the body: behind the first empty line, or message.n when there is none. The block is str_first(message,
 * that). */
size_t header_end(struct str message);

/* The value on one line: line ends dropped (RFC 5322 2.2.3), white space at both ends too; a bare CR and NUL become a
 * space. A view of value when there was nothing to do inside it, else in the arena. */
struct str header_unfold(struct arena *a, struct str value);

#endif
