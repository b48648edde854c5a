/* Base64 (RFC 4648). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

must_use int base64_encode(struct buf *out, struct str in);          /* padded, no line breaks */
/* Strict: whole quartets, right padding, no other byte; E_SYNTAX otherwise. For protocol use (SASL). */
must_use int base64_decode(struct buf *out, struct str in);

/* base64url without padding (RFC 4648 5), as in tokens and in RFC 7636. As strict. */
must_use int base64url_encode(struct buf *out, struct str in);
must_use int base64url_decode(struct buf *out, struct str in);

#endif
