/* The PROXY protocol, versions 1 and 2 (proxy-protocol.txt of HAProxy, 2020/03/05): the true client of a connection that a front end
 * made. Pure. Whether a peer may send it at all is the caller's to know: only listed peers, once, before anything else (A89).
 *
 * Strict where the text leaves room: single spaces, ports without leading zeros, whole TLVs, checksum verified when it is there.
 * Only TCP over IPv4 and IPv6 is taken; an IPv4-mapped address becomes IPv4. */
#ifndef PROXY_HEADER_H
#define PROXY_HEADER_H

#include "proto/dns_env/ip_address.h"

enum {
	PROXY_V1_MAX = 107,     /* with its line end (section 2.1) */
	PROXY_V2_MAX = 4096,    /* our limit; addresses and the TLVs of real front ends need some hundred */
};

struct proxy_header {
	bool local;             /* LOCAL, UNKNOWN or unspecified: the connection's own addresses hold; the rest is zero */
	struct ip_address source, destination;
	uint16_t source_port, destination_port;
};

/* Reads a header at the front of `in`, which may hold more (the client's first bytes). *ret_used is its length.
 * E_AGAIN: not all of it is there, give at most PROXY_V2_MAX bytes; E_PROTO: no header, or a wrong one; E_TOOBIG: it announces more
 * than PROXY_V2_MAX; E_UNSUPPORTED: well formed, but UDP or a unix socket. After any of the last three: close. */
must_use int proxy_header_parse(struct str in, struct proxy_header *ret, size_t *ret_used);

#endif
