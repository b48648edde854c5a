/* Which addresses a stranger's name may lead us to: the public internet only, so that nobody makes us knock on doors behind our own
 * firewall. Pure. */
#ifndef ROLE_FETCH_ADDRESS_H
#define ROLE_FETCH_ADDRESS_H

#include "os/net.h"

enum { FETCH_ADDRESSES_MAX = 4 };

/* False for what the registries of special-purpose addresses (RFC 6890) keep from the internet, and for forms of IPv6 that carry an IPv4
 * address of a stranger's choice. loopback: for tests. */
bool fetch_address_allowed(const struct net_address *a, bool loopback);
/* The allowed ones of two answers, framed RDATA of AAAA and A, in turn. */
size_t fetch_addresses_read(struct str v6, struct str v4, uint16_t port, bool loopback, struct net_address ret[FETCH_ADDRESSES_MAX]);

#endif
