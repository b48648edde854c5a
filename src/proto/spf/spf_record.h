/* An SPF record, parsed whole before any of it is evaluated: a syntax error anywhere is an error of the record (RFC
 * 7208 section 4.6). */
#ifndef PROTO_SPF_RECORD_H
#define PROTO_SPF_RECORD_H

#include "proto/dns_env/ip_address.h"

enum { SPF_RECORD_MAX = 16384 }; /* octets; records that work are under 450 (RFC 7208 section 3.4) */

enum spf_code { SPF_NONE, SPF_NEUTRAL, SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_TEMPERROR, SPF_PERMERROR };

enum spf_mechanism { SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS };

struct spf_term {
	enum spf_mechanism mechanism;
	enum spf_code qualifier;   /* what a match means: pass, fail, softfail or neutral */
	struct str text;           /* the term as published */
	struct str domain_spec;    /* valid, with macros; empty: the domain being checked */
	struct ip_address network; /* ip4, ip6 */
	uint8_t bits4, bits6;      /* prefix lengths of a, mx, ip4, ip6 */
};

struct spf_record {
	struct spf_term *terms;
	size_t count, cap;
	bool has_redirect, has_exp;
	struct str redirect, exp; /* domain-spec */
};

/* Whether a TXT record is an SPF record: "v=spf1", then a space or the end (section 4.5). */
bool spf_record_is(struct str txt);
/* Views of txt. E_SYNTAX with the offending term; E_TOOBIG. */
must_use int spf_record_parse(struct arena *a, struct str txt, struct spf_record *ret, struct str *reterr_term);
const char *spf_code_name(enum spf_code code); /* as in Authentication-Results (RFC 8601 section 2.7.2) */

#endif
