/* xtext (RFC 3461 section 4): values of the ESMTP parameters AUTH, ENVID and ORCPT. */
#ifndef XTEXT_H
#define XTEXT_H

#include "base/base.h"

/* Decodes the whole of s into the arena. E_SYNTAX for what is no xtext, and for a control byte or a byte above 0x7e
 * that comes out of it: a decoded line break must not reach anything that has lines (A12). */
must_use int xtext_decode(struct arena *a, struct str s, struct str *ret);
/* Bytes outside "!" to "~", "+" and "=" become +XX. */
void xtext_encode(struct bufw *out, struct str s);

#endif
