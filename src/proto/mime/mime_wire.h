/* Strings of IMAP answers (RFC 3501 section 9: string, nstring). */
#ifndef MIME_WIRE_H
#define MIME_WIRE_H

#include "base/base.h"

#define MIME_WIRE_QUOTED 1000       /* longer ones become literals */

/* A quoted string where the bytes are printable US-ASCII or tabs, else a literal. NUL, which neither may hold, is left
 * out. */
void mime_wire_string(struct bufw *w, struct str s);
/* NIL when s.p is NULL. */
void mime_wire_nstring(struct bufw *w, struct str s);

#endif
