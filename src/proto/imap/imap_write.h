/* Pieces of server responses. Whatever the bytes, what is written fits the grammar (B49). */
#ifndef PROTO_IMAP_WRITE_H
#define PROTO_IMAP_WRITE_H

#include "base/arena.h"
#include "base/buf.h"

/* string: quoted where it may be, else a literal. 8-bit text is quoted only where utf8 says that the client
 * takes it and it is valid. NUL, which no string may hold, is written as "?". */
void imap_write_string(struct bufw *w, struct str s, bool utf8);
/* An atom where possible, else a string. */
void imap_write_astring(struct bufw *w, struct str s, bool utf8);
/* A mailbox name (UTF-8): as it is for IMAP4rev2, in modified UTF-7 otherwise. */
void imap_write_mailbox(struct bufw *w, struct str name, bool utf8);
/* A buffer of that many bytes in an arena: it never grows and is never freed. */
struct buf imap_buf_in(struct arena *a, size_t size);
/* Text of a response (resp-text): controls and 8-bit bytes become "?". */
void imap_write_text(struct bufw *w, struct str text);

#endif
