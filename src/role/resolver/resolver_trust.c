#include "role/resolver/resolver_trust.h"

#include "proto/dns/dns_rdata.h"

enum resolver_trust resolver_trust_after(enum resolver_trust before, int err, uint32_t security)
{
	if (before == RESOLVER_VALIDATES || err != OK)
		return before;
	return security == DNS_SECURE ? RESOLVER_VALIDATES : RESOLVER_STRIPPED;
}
