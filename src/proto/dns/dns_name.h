/* Domain names of DNS answers (RFC 1035 section 3.1): byte strings with lengths, turned into text once, here, with
 * everything escaped that could mean something elsewhere (A48). */
#ifndef PROTO_DNS_NAME_H
#define PROTO_DNS_NAME_H

#include "base/base.h"

enum { DNS_NAME_WIRE_MAX = 255, DNS_LABEL_MAX = 63, DNS_NAME_TEXT_MAX = 4 * DNS_NAME_WIRE_MAX };

/* Takes an uncompressed name off *wire and appends its text, as in a zone file (RFC 1035 section 5.1), without the
 * final dot; the root is
 * ".". A dot inside a label is "\.", a control byte "\007". Case stays. E_SYNTAX: longer than 255 octets, cut off, or
 * compressed (RDATA from the resolver never is); nothing is taken or appended then. */
must_use int dns_name_take(struct str *wire, struct buf *text);

/* Can this text be the name of a host to connect to: labels of letters, digits, '-' and '_' (which real hosts have), no
 * final dot. */
bool dns_name_is_host(struct str text);

#endif
