/* Text as SEARCH compares it (RFC 9051 section 6.4.4, i;unicode-casemap in spirit): NFKC_Casefold, so that case, both
 * Unicode forms of accented letters, and wide forms are one (B47). */
#ifndef PROTO_IMAP_FOLD_H
#define PROTO_IMAP_FOLD_H

#include "base/arena.h"

/* The folded text in the arena; ASCII takes a short way. What is not valid UTF-8 is folded as ASCII. */
struct str imap_fold(struct arena *a, struct str text);

#endif
