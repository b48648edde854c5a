/* The one form in which addresses are compared, looked up and kept unique (A94). Never written into mail: mail goes to
 * the address that is stored, as it is stored.
 *
 * Domain: A-labels in lower case (IDNA2008, nontransitional, by libidn2). Address literals: lower case.
 * Local part: ASCII is lower-cased. Otherwise NFC, default case folding, NFC again; then it is refused (E_SYNTAX) when
 * that still differs from its NFKC_Casefold form or holds unassigned code points. So full-width letters, zero-width and
 * other ignorable characters are no part of an address here; sharp s equals ss, a ligature its letters; dotless i stays
 * apart from i. */
#ifndef ADDR_NORMAL_H
#define ADDR_NORMAL_H

#include "base/base.h"

/* Both results live in the arena. E_SYNTAX when it has no normal form, E_TOOBIG when that is too long. */
must_use int addr_domain_normalize(struct arena *a, struct str domain, struct str *ret);
must_use int addr_local_normalize(struct arena *a, struct str local, struct str *ret);
/* "local@domain" in normal form, as one key. Local parts are not quoted in it: the last @ is the separator. */
must_use int addr_normalize(struct arena *a, struct str local, struct str domain, struct str *ret);
/* An A-label domain for people, in U-labels; the domain itself, in lower case, when a label does not decode (A95). */
struct str addr_domain_unicode(struct arena *a, struct str domain);

#endif
