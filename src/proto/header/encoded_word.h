/* Encoded words (RFC 2047), decoding, leniently: also in the middle of a word, also with white space inside, as real
 * mailers write them. The value may be folded; the result is one line of valid UTF-8. Never fails, linear time.
 *
 * White space between adjacent encoded words goes (6.2); neighbours of one charset are decoded as one piece, so that a
 * character split over two of them survives. Control bytes become a space, encoded ones too: no line breaks by this
 * door. Text that is neither ASCII nor UTF-8 is read as windows-1252. Never call it on an addr-spec (A29). */
#ifndef ENCODED_WORD_H
#define ENCODED_WORD_H

#include "base/base.h"

struct str encoded_word_decode(struct arena *a, struct str value);

#endif
