/* Reports come packed: gzip (RFC 1952), a zip archive with one member, or as they are. Unpacked by zlib within a limit that is kept while
 * reading (A77): what would grow beyond it costs its limit, not its size. */
#ifndef PROTO_REPORT_UNPACK_H
#define PROTO_REPORT_UNPACK_H

#include "base/base.h"

enum { REPORT_PACKED_MAX = 16 << 20, REPORT_UNPACKED_MAX = 32 << 20 };

/* Only the first member of an archive counts; an archive in an archive stays one. E_TOOBIG; E_SYNTAX: it breaks its format, or is cut off;
 * E_UNSUPPORTED: a way to pack or to encrypt that reports do not use. out is the caller's, with a ceiling of its choice. */
must_use int report_unpack(struct str packed, struct buf *out);
/* Appends it as gzip. */
must_use int report_pack(struct str text, struct buf *out);

#endif
