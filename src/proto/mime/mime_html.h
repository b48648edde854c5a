/* HTML to text, for search and previews: not a renderer, and its result is text, never markup that is safe to show. */
#ifndef MIME_HTML_H
#define MIME_HTML_H

#include "base/base.h"

/* One linear pass. Tags go (block tags leave a line break), comments and the content of script, style and title go,
 * character references are decoded. Input is UTF-8; the result, never longer than the input, is UTF-8 in the arena and
 * ends soon after max bytes. What an unclosed tag, comment or script swallows in a browser is swallowed here too. */
struct str mime_html_text(struct arena *a, struct str html, size_t max);

#endif
