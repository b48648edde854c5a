/* From a domain to addresses to try, by the resolver (RFC 5321 section 5.1, RFC 7505). */
#ifndef ROLE_RELAY_LOOKUP_H
#define ROLE_RELAY_LOOKUP_H

#include "ipc/ipc.h"
#include "role/relay/relay_route.h"
#include "role/relay/relay_verdict.h"

struct relay_lookup {
	/* Asks the resolver; may suspend the fiber. Errors and views as ipc_call_dns. */
	int (*dns)(void *ctx, struct str name, uint32_t type, struct ipc_dns_rep *ret, struct ipc_hold *hold);
	void *ctx;
	const struct relay_self *self;
	uint64_t chance;
	uint16_t port;
};

struct relay_route {
	struct relay_target target[RELAY_TARGETS_MAX]; /* never empty */
	size_t count;
	bool authentic; /* nobody could have put other hosts in: DNSSEC, an address literal, or the administrator's word
			 */
	bool secure;   /* DNSSEC proves which hosts these are: their TLSA records count (RFC 7672 section 2.2.1) */
	struct str domain, canonical; /* the next hop's name, and what stands behind its aliases */
};

/* E_NOTFOUND: there is no route, and *reterr says for good or for now. Only a definite answer of the DNS is for good
 * (B01). Strings of *ret live in the arena. */
must_use int relay_lookup_domain(const struct relay_lookup *l, struct arena *a, struct str domain,
				 struct relay_route *ret, struct relay_verdict *reterr);
/* Never for good: a wrong setting of ours is no reason to bounce. Loopback is what the administrator says it is. */
must_use int relay_lookup_smarthost(const struct relay_lookup *l, struct arena *a, struct str smarthost,
				    struct relay_route *ret, struct relay_verdict *reterr);

#endif
