/* Syntax of domains, address literals and EHLO arguments (RFC 5321 4.1.2 and 4.1.3, RFC 1035 2.3.1).
 * Syntax only: nothing is looked up, and nothing is rewritten. */
#ifndef ADDR_DOMAIN_H
#define ADDR_DOMAIN_H

#include "base/base.h"

enum { ADDR_LOCAL_MAX = 64, ADDR_DOMAIN_MAX = 255, ADDR_LABEL_MAX = 63, ADDR_PATH_MAX = 256 };

/* Labels of letters, digits and inner hyphens, 1 to 63 octets each, 255 in all, no final dot, no underscore.
 * With utf8 a label may also hold valid UTF-8 (U-label, RFC 6531 3.3); no C1 control and no space of any kind. */
bool addr_domain_valid(struct str domain, bool utf8);

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]", with the brackets. Other tags (RFC 5321 General-address-literal) are refused:
 * none is registered. */
bool addr_literal_valid(struct str literal);

enum addr_ehlo { ADDR_EHLO_DOMAIN, ADDR_EHLO_LITERAL, ADDR_EHLO_ODD };
/* The argument of EHLO or HELO, already trimmed. With lenient, printable ASCII without white space, at most 255 octets,
 * is ADDR_EHLO_ODD: real clients send "my_pc", "[::1]" or "host." there, and nothing may hang on the name. E_SYNTAX. */
must_use int addr_ehlo_parse(struct str argument, bool lenient, enum addr_ehlo *ret);

#endif
