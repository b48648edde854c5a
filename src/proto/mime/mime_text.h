/* The readable text of a message: what search looks at and what a preview shows. */
#ifndef MIME_TEXT_H
#define MIME_TEXT_H

#include "proto/mime/mime_parse.h"

#define MIME_PREVIEW_CHARS 256      /* RFC 8970 section 3.1 */

enum mime_text_flags { MIME_TEXT_ATTACHED = 1 << 0 };       /* text parts that are attachments, too */

struct mime_text_iter {
	struct str message;
	const struct mime_part *parts;      /* of that message, from mime_parse or a summary */
	uint32_t count, next;
	unsigned flags;
	size_t max;                         /* bytes of decoded content taken of each part */
};

void mime_text_start(struct mime_text_iter *it, struct str message, const struct mime_part *parts, uint32_t count,
                     unsigned flags, size_t max);
/* The text of the next text/ part, UTF-8, HTML reduced to its text. A view of the message or of the arena, which may
 * be reset between calls when the text is no longer needed. ret_part may be NULL. False at the end. */
bool mime_text_next(struct mime_text_iter *it, struct arena *a, struct str *ret, uint32_t *ret_part);

/* RFC 8970: at most MIME_PREVIEW_CHARS characters of the first text part that has any, white space run one space,
 * control and invisible characters left out. Empty when there is no text. In the arena. */
struct str mime_preview(struct arena *a, struct str message, const struct mime_part *parts, uint32_t count);

#endif
