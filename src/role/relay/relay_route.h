/* Which hosts take the mail of a domain, in which order, and which addresses are never tried (RFC 5321 section 5.1).
 * Pure. */
#ifndef ROLE_RELAY_ROUTE_H
#define ROLE_RELAY_ROUTE_H

#include "os/net.h"

enum { RELAY_HOSTS_MAX = 20, RELAY_ADDRESSES_MAX = 8 /* of one host */, RELAY_TARGETS_MAX = 40, RELAY_OWN_MAX = 64 };

/* Who we are: mail that would come back to us is a loop. */
struct relay_self {
	struct str name;
	struct net_address address[RELAY_OWN_MAX];
	size_t count;
	bool allow_loopback;
};

struct relay_host {
	struct str name;
	uint32_t preference;
};
struct relay_target {
	struct str host;
	struct net_address address;
	struct str canonical; /* of the host, behind aliases */
	bool secure;          /* the addresses came with a DNSSEC proof */
};

enum relay_mx {
	RELAY_MX_HOSTS,
	RELAY_MX_NULL,     /* the domain takes no mail (RFC 7505) */
	RELAY_MX_SELF,     /* the best host is this one: a loop */
	RELAY_MX_UNUSABLE, /* there are records, and none names a host */
};
/* answers: framed RDATA of the MX records; none: the domain itself is the host. Sorts by preference, shuffles equals by
 * chance, drops what stands at or behind our own name. Names live in the arena. */
enum relay_mx relay_hosts_choose(struct arena *a, struct str domain, struct str answers, const struct relay_self *self,
				 uint64_t chance, struct relay_host ret[RELAY_HOSTS_MAX], size_t *ret_count);

/* A23: loopback and unspecified addresses lead nowhere, our own lead back. */
enum relay_address { RELAY_ADDRESS_GOOD, RELAY_ADDRESS_SELF, RELAY_ADDRESS_NOWHERE };
enum relay_address relay_address_judge(const struct relay_self *self, const struct net_address *address);

/* The addresses of one host, framed RDATA of AAAA and A, families in turn, so that one that does not work costs little
 * (B12). */
size_t relay_addresses_read(struct str v6, struct str v4, uint16_t port, struct net_address ret[RELAY_ADDRESSES_MAX]);

/* "name", "[address]", either with ":port". literal: host is an address, read into *ret_address. E_SYNTAX. */
struct relay_smarthost {
	struct str host;
	struct net_address address;
	bool literal;
	uint16_t port;
};
must_use int relay_smarthost_parse(struct str text, uint16_t port, struct relay_smarthost *ret);
/* "[192.0.2.1]" or "[IPv6:2001:db8::1]" as the domain of a recipient (RFC 5321 section 4.1.3). */
bool relay_literal_parse(struct str domain, uint16_t port, struct net_address *ret);

#endif
