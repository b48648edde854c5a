/* DMARC (RFC 9989): does one of the identifiers that were authenticated belong to the author's domain, and what does
 * that domain want done with mail for which none does? What is then done is the caller's policy: ARC and local
 * overrides come on top (A43). */
#ifndef PROTO_DMARC_CHECK_H
#define PROTO_DMARC_CHECK_H

#include "proto/dmarc/dmarc_from.h"
#include "proto/dmarc/dmarc_walk.h"

enum { DMARC_SIGNATURES_MAX = 10 }; /* passing signatures looked at (A36) */

enum dmarc_code { DMARC_NONE, DMARC_PASS, DMARC_FAIL, DMARC_TEMPERROR, DMARC_PERMERROR };
enum dmarc_source { DMARC_FROM_P, DMARC_FROM_SP, DMARC_FROM_NP };

struct dmarc_signature {
	struct str domain; /* d= */
	bool pass;
	uint64_t unsigned_bytes; /* of the body, not covered because of l=: such a signature gives no pass (A33) */
};

struct dmarc_input {
	const struct dmarc_from *from;
	struct str spf_domain; /* of our own MAIL FROM result, which is HELO's for the null sender only (A31) */
	bool spf_pass;
	const struct dmarc_signature *signatures;
	size_t signature_count;
	struct str arc; /* the ARC result, for the comment only; empty: not checked */
};

struct dmarc_result {
	enum dmarc_code code;
	/* The policy that applies, t=y taken into account; obeyed only when code is DMARC_FAIL (see dmarc_disposition).
	 */
	enum dmarc_policy policy;
	enum dmarc_source source;
	const struct dmarc_record *record; /* NULL: none applies */
	struct str from_domain;            /* the author domain judged: of several, the one that fared worst */
	struct str policy_domain;          /* where the record is */
	struct str organization;
	bool strict_dkim, strict_spf;
	struct str dkim_aligned, spf_aligned; /* the domain that both belong to; empty: not aligned */
	uint64_t dkim_unsigned_bytes;         /* of the first aligned signature that was not counted for it */
	struct str reason;                    /* one line for people, never empty */
	struct str comment; /* "p=reject dis=none arc=pass", for Authentication-Results; may be empty */
};

void dmarc_check(struct dns_env *dns, const struct dmarc_input *in, struct dmarc_result *ret);
enum dmarc_policy dmarc_disposition(const struct dmarc_result *r);
const char *dmarc_code_name(enum dmarc_code code);

/* May reports about policy_domain go to that host (RFC 9990 section 4)? Same organisation, or the host says so in DNS.
 * E_DENIED; E_AGAIN: no answer now. */
must_use int dmarc_destination_check(struct dns_env *dns, struct str policy_domain, struct str host);

#endif
