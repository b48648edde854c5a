/* Base32 (RFC 4648 6), as secrets of one-time passwords are written: upper case, without padding. */
#ifndef BASE32_H
#define BASE32_H

#include "base/base.h"

must_use int base32_encode(struct buf *out, struct str in);
/* Forgiving, since people type it: either case, spaces and hyphens anywhere, padding or none. E_SYNTAX: another byte, a length that no
 * encoder gives, or bits left over that are not zero. */
must_use int base32_decode(struct buf *out, struct str in);

#endif
