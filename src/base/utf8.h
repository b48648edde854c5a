/* UTF-8 (RFC 3629): shortest form only, no surrogates, nothing above U+10FFFF, never reads past the view. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

#define UTF8_BAD 0xffffffffu

/* Takes one code point off the front. An invalid sequence gives UTF8_BAD and takes one byte. *s must not be empty. */
uint32_t utf8_take(struct str *s);
bool utf8_valid(struct str s);
/* Writes 1 to 4 bytes, returns how many; 0 for what is no code point. */
size_t utf8_encode(uint32_t c, char out[4]);
/* The longest prefix of at most n bytes that does not cut a sequence. */
struct str utf8_first(struct str s, size_t n);

#endif
