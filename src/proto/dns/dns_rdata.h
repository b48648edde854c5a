/* RDATA in wire form, as the resolver hands it over: never compressed. Each parser takes one record and is strict:
 * leftovers, cut fields and impossible lengths are E_SYNTAX, so that a record which does not mean what it should is
 * skipped, not guessed at. */
#ifndef PROTO_DNS_RDATA_H
#define PROTO_DNS_RDATA_H

#include "proto/dns/dns_name.h"

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_TLSA = 52
};
enum dns_rcode { DNS_NOERROR = 0, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3, DNS_REFUSED = 5 };
enum dns_security { DNS_INSECURE = 0, DNS_SECURE = 1, DNS_BOGUS = 2 };

enum { DNS_TXT_MAX = 65535 };

struct dns_mx {
	uint16_t preference;
	struct str host;
}; /* host "." : accepts no mail (RFC 7505) */
struct dns_tlsa {
	uint8_t usage, selector, matching;
	struct str data;
};

must_use int dns_a_parse(struct str rdata, uint8_t ret[4]);     /* RFC 1035 section 3.4.1 */
must_use int dns_aaaa_parse(struct str rdata, uint8_t ret[16]); /* RFC 3596 section 2.2 */
must_use int dns_mx_parse(struct arena *a, struct str rdata, struct dns_mx *ret);
must_use int dns_domain_parse(struct arena *a, struct str rdata, struct str *ret); /* CNAME, PTR, NS */
/* All strings of the record joined, as SPF, DKIM and others want it (RFC 7208 section 3.3; B14). Any byte may occur in
 * it. */
must_use int dns_txt_parse(struct arena *a, struct str rdata, struct str *ret);
must_use int dns_tlsa_parse(struct str rdata, struct dns_tlsa *ret); /* RFC 6698 section 2.1; data is a view */
struct dns_srv {
	uint16_t priority, weight, port;
	struct str host; /* ".": the service is not offered */
};
must_use int dns_srv_parse(struct arena *a, struct str rdata, struct dns_srv *ret); /* RFC 2782 */
must_use int dns_soa_parse(struct str rdata,
			   uint32_t *ret_minimum); /* how long a negative answer lasts (RFC 2308 section 4) */

#endif
