/* What the parsers of structured header fields share (RFC 5322 3.2.2). Each skips in one pass, however deep and however
 * broken. */
#ifndef HEADER_LEX_H
#define HEADER_LEX_H

#include "base/base.h"

/* *s starts at "(": skips to behind its ")", or to the end when there is none. */
void header_skip_comment(struct str *s);
/* White space, line ends and comments at the front. */
void header_skip_cfws(struct str *s);
/* The value of a hexadecimal digit, or -1. */
int header_hex_digit(char c);
/* When s starts with the escape and two hexadecimal digits ("=41", "%41"), the byte they stand for; else -1. */
int header_hex_escape(struct str s, char escape);

#endif
