/* check_host() (RFC 7208 section 4): may this address send for this domain?
 *
 * Two identities, two results (section 2.3 and 2.4): never mix them. DMARC uses that of MAIL FROM, which for the null
 * sender is postmaster@HELO (A31). Limits: 10 terms that ask DNS, 2 of them without an answer, 10 MX and 10 PTR names a
 * term (section 4.6.4; A38), besides the budget of the dns_env. */
#ifndef PROTO_SPF_CHECK_H
#define PROTO_SPF_CHECK_H

#include "proto/spf/spf_record.h"
#include "proto/dns_env/dns_env.h"

enum { SPF_TERMS_MAX = 10, SPF_VOID_MAX = 2, SPF_NAMES_MAX = 10, SPF_WIDTH_UNKNOWN = -1 };

struct spf_question {
	struct ip_address client; /* a mapped address is treated as IPv4 */
	struct str helo;
	struct str local, domain; /* MAIL FROM; both empty for the null sender */
	struct str receiver;      /* our name, for explanations */
	uint64_t now;             /* seconds since 1970, for explanations */
};

struct spf_result {
	enum spf_code code;
	struct str domain;      /* the one checked, in A-labels */
	struct str reason;      /* one line for people, never empty */
	struct str mechanism;   /* the term that matched, in the record that held it; empty: none did */
	struct str matched_in;  /* the domain whose record that is */
	struct str explanation; /* of the domain, for a fail: a stranger's text, printable ASCII; often empty */
	int width;             /* A40: the term covers 2^width addresses; SPF_WIDTH_UNKNOWN: exists, ptr, or no match */
	unsigned terms, voids; /* spent of the limits */
};

void spf_check_mail_from(struct dns_env *dns, const struct spf_question *q, struct spf_result *ret);
void spf_check_helo(struct dns_env *dns, const struct spf_question *q, struct spf_result *ret);

/* A40: a pass that proves little, because the term covers a /12 of IPv4 or a /28 of IPv6 and more (BreakSPF), or
 * everybody. */
bool spf_pass_is_broad(const struct spf_result *r, struct ip_address client);

#endif
