/* Internet addresses as evaluators need them: text, bits, reverse names. An IPv4-mapped IPv6 address becomes IPv4 when
 * it enters (RFC 7208 section 5). */
#ifndef PROTO_IP_ADDRESS_H
#define PROTO_IP_ADDRESS_H

#include "base/base.h"

struct ip_address {
	uint8_t bytes[16];
	bool v6;
}; /* IPv4: the first four bytes */

enum { IP_TEXT_MAX = 48, IP_REVERSE_MAX = 64 };

must_use int ip_parse4(struct str text,
		       struct ip_address *ret); /* "192.0.2.1": four parts, no leading zeros. E_SYNTAX */
must_use int ip_parse6(struct str text,
		       struct ip_address *ret); /* RFC 4291 section 2.2; a mapped address stays IPv6. E_SYNTAX */
must_use int ip_parse(struct str text, struct ip_address *ret); /* either; a mapped address becomes IPv4. E_SYNTAX */
struct ip_address ip_unmapped(struct ip_address a);
struct str ip_format(struct ip_address a, char text[IP_TEXT_MAX]);
/* Whether the first `bits` bits agree. Addresses of different families never match. */
bool ip_matches(struct ip_address a, struct ip_address network, unsigned bits);
/* "1.2.0.192", or 32 hexadecimal digits with dots: the labels below in-addr.arpa and ip6.arpa, in the order of the
 * address (RFC 7208 section 7.3, macro i). */
struct str ip_dotted(struct ip_address a, char text[IP_REVERSE_MAX]);

#endif
