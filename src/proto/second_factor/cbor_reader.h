/* A cursor over the CBOR (RFC 8949) that authenticators send: CTAP2's canonical form, definite lengths, integers of 64 bits, strings,
 * arrays, maps. Our own 100 lines, not libcbor: that builds a tree on the heap whose size the sender chooses, accepts two entries with one
 * key, and would then need as much code to be walked.
 *
 * As base/codec.h: the error sticks; read all, then ask once. Strings point into the input. Lengths must be in their shortest form. */
#ifndef CBOR_READER_H
#define CBOR_READER_H

#include "base/base.h"

enum cbor_kind { CBOR_UINT, CBOR_NEGATIVE, CBOR_BYTES, CBOR_TEXT, CBOR_ARRAY, CBOR_MAP, CBOR_OTHER };
enum { CBOR_DEPTH_MAX = 8, CBOR_ENTRIES_MAX = 64 };

struct cbor { struct str rest; int err; };

struct cbor cbor_of(struct str bytes);
enum cbor_kind cbor_peek(const struct cbor *c);         /* CBOR_OTHER: tags, simple values, floats, the end, after an error */
int64_t cbor_int(struct cbor *c);                       /* 0 when it is none or outside int64_t; the error sticks */
struct str cbor_bytes(struct cbor *c);
struct str cbor_text(struct cbor *c);                   /* valid UTF-8 */
size_t cbor_map(struct cbor *c);                        /* how many pairs follow, CBOR_ENTRIES_MAX at most */
size_t cbor_array(struct cbor *c);
void cbor_skip(struct cbor *c);                         /* one item with all it holds, CBOR_DEPTH_MAX deep; true, false and null too */
must_use int cbor_end(const struct cbor *c);            /* OK when all was read and nothing is left over; else E_SYNTAX */

#endif
