/* Text that grows in an arena: where the length of a result is not known beforehand. Cannot fail (the arena can't). */
#ifndef HEADER_TEXT_H
#define HEADER_TEXT_H

#include "base/base.h"

struct header_text {
	struct arena *a;
	char *p;
	size_t n, cap;
};

void header_text_str(struct header_text *t, struct str s);
void header_text_char(struct header_text *t, char c);
void header_text_code_point(struct header_text *t, uint32_t c); /* what is no code point becomes U+FFFD */
struct str header_text_view(const struct header_text *t);       /* until the next change */

#endif
