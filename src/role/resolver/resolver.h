/* Validated DNS look-ups for fibers, by libunbound with a thread of its own for each resolver.
 *
 * Its results come through a pipe that the loop watches; a result wakes the fiber that asked. */
#ifndef ROLE_RESOLVER_H
#define ROLE_RESOLVER_H

#include "base/base.h"

struct resolver_answer {
	uint32_t rcode, security, ttl; /* enum dns_rcode, enum dns_security */
	struct str
	    canonical; /* the name behind CNAMEs, as text without the final dot; empty when it is too long for that */
	struct str answers; /* framed RDATA */
};

enum { RESOLVER_ANSWERS_MAX = 64 << 10, RESOLVER_CANONICAL_MAX = 255 };

struct resolver;
/* Makes one from a text as in unbound.conf. Starts no thread; the first look-up does. E_SYNTAX: libunbound refuses the
 * text. */
must_use int resolver_new(struct str config, struct resolver **ret);
void resolver_free(struct resolver *r);
/* name: text as in zone files. room: holds the views of *ret, with the ceiling RESOLVER_ANSWERS_MAX +
 * RESOLVER_CANONICAL_MAX. NXDOMAIN and "no such data" are answers. An answer that failed validation is DNS_BOGUS with
 * rcode SERVFAIL, and is empty. E_TIMEOUT, E_IO (SERVFAIL and what else keeps us from knowing), E_BUSY, E_SYNTAX (no
 * name), E_CANCELLED. */
must_use int resolver_lookup(struct resolver *r, struct str name, unsigned type, int64_t deadline, struct buf *room,
			     struct resolver_answer *ret);
unsigned resolver_open_lookups(const struct resolver *r);

#endif
