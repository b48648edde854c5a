/* Content transfer encodings (RFC 2045 section 6), tolerant: what does not belong is skipped or kept as it stands, a
 * missing end is accepted. Pieces may be of any size; the ceiling of out is the only failure. Linear time.
 *
 * Base64 (THREATS A74): bytes outside the alphabet are skipped; padding ends a group and decoding goes on behind it, so
 * that joined encodings are read whole. A lone last sextet is dropped.
 * Quoted-printable: an escape that is none stays as text; blanks at the end of a line go (rule 3), in pieces up to
 * MIME_DECODE_HELD of them; line ends stay as they are. */
#ifndef MIME_DECODE_H
#define MIME_DECODE_H

#include "proto/mime/mime_parse.h"

#define MIME_DECODE_HELD 80

struct mime_decoder {
	enum mime_encoding encoding;
	bool junk;                      /* something was skipped or repaired */
	uint32_t bits, sextets;         /* base64: the unfinished group */
	char held[MIME_DECODE_HELD];    /* quoted-printable: an unfinished escape, or blanks that may end a line */
	size_t held_count;
};

void mime_decoder_init(struct mime_decoder *d, enum mime_encoding encoding);
must_use int mime_decoder_feed(struct mime_decoder *d, struct str in, struct buf *out);
must_use int mime_decoder_end(struct mime_decoder *d, struct buf *out);

/* A whole body; never longer than in. out is unchanged on failure. */
must_use int mime_decode(enum mime_encoding encoding, struct str in, struct buf *out);

/* The decoded content of a part, cut at max bytes. A view of the message where nothing is to be decoded, else in the
 * arena. */
struct str mime_decode_part(struct arena *a, struct str message, const struct mime_part *part, size_t max);

/* The same as UTF-8 by the part's charset; always valid. max counts bytes before the conversion. */
struct str mime_decode_text(struct arena *a, struct str message, const struct mime_part *part, size_t max);

#endif
