/* DANE for SMTP (RFC 6698, 7671, 7672): does the certificate chain of a server fit what the DNS promises? Pure: records, chain, names and
 * time are arguments; whether the records came with a DNSSEC proof is for the caller to know. */
#ifndef PROTO_DANE_H
#define PROTO_DANE_H

#include "proto/dns/dns_rdata.h"

enum { DANE_RECORDS_MAX = 32, DANE_CHAIN_MAX = 10, DANE_NAMES_MAX = 4 };

/* The records that count: usages DANE-TA(2) and DANE-EE(3) (RFC 7672 section 3.1.3), selectors and matching types that are known, a digest
 * of its right length, a whole certificate or key that parses; of digests of one usage and selector only the strongest (RFC 7671
 * section 9). present: records there were, usable or not. */
struct dane_set {
	struct dns_tlsa record[DANE_RECORDS_MAX]; /* views of the answers */
	size_t count, present;
};

/* answers: framed RDATA of a TLSA RRset. Usable records behind the first DANE_RECORDS_MAX do not count. */
void dane_set_read(struct str answers, struct dane_set *ret);

enum dane_verdict {
	DANE_UNUSABLE,  /* no record counts: encrypt, authentication is not possible (RFC 7672 section 2.2) */
	DANE_MATCH_EE,  /* the certificate itself: neither its names nor its dates matter (section 3.1.1) */
	DANE_MATCH_TA,  /* its authority; name and dates were checked (section 3.1.2) */
	DANE_NO_MATCH,  /* nothing in the chain is what was promised, or there is no chain */
	DANE_BAD_NAME,  /* the authority is right, and the certificate is somebody else's */
	DANE_BAD_DATES, /* the authority is right, and something in the chain has expired or is not valid yet */
	DANE_BAD_PATH   /* the authority is right, and the path from it to the certificate is not */
};

/* chain: DER certificates as the server sent them, its own first; those behind DANE_CHAIN_MAX do not count. names: the reference
 * identifiers for DANE-TA (section 3.2.2), at most DANE_NAMES_MAX. now: unix seconds. */
enum dane_verdict dane_check(const struct dane_set *set, const struct str *chain, size_t chain_count,
			     const struct str *names, size_t name_count, int64_t now);
bool dane_is_match(enum dane_verdict v);

#endif
