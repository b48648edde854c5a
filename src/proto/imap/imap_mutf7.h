/* Modified UTF-7 (RFC 3501 section 5.1.3): mailbox names on the wire of IMAP4rev1.
 *
 * Decoding is strict: each name has exactly one encoded form, so that two spellings of one name cannot
 * slip past a check. For every valid UTF-8 name without NUL, decode(encode(name)) is name, and every text
 * that decodes encodes to itself. */
#ifndef PROTO_IMAP_MUTF7_H
#define PROTO_IMAP_MUTF7_H

#include "base/arena.h"
#include "base/buf.h"

/* E_SYNTAX: not modified UTF-7. The result is in the arena, or is `in` itself where nothing is encoded. */
must_use int imap_mutf7_decode(struct arena *a, struct str in, struct str *ret);
/* E_SYNTAX: `in` is not valid UTF-8; E_TOOBIG from out. */
must_use int imap_mutf7_encode(struct buf *out, struct str in);
/* The name is the same in both: printable ASCII without "&". */
bool imap_mutf7_is_plain(struct str in);

#endif
