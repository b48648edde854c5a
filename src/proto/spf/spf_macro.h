/* SPF macros (RFC 7208 section 7). Checked when a record is parsed, expanded when it is evaluated; both in one pass
 * over the text, into bounded results (A39). */
#ifndef PROTO_SPF_MACRO_H
#define PROTO_SPF_MACRO_H

#include "proto/dns_env/dns_env.h"

enum {
	SPF_DOMAIN_MAX = 253,     /* RFC 7208 section 7.3: what is longer loses labels on the left */
	SPF_EXPANSION_MAX = 4096, /* before that; no domain that is meant needs it */
	SPF_EXPLANATION_MAX = 512,
};

struct spf_macro_values {
	struct ip_address ip;
	struct str local, sender_domain; /* l, o; s is both */
	struct str domain, helo;         /* d, h */
	struct str validated;            /* p: a validated name of the client, or "unknown" */
	struct str receiver;             /* r, in explanations */
	uint64_t now;                    /* t, in explanations: seconds since 1970 */
};

enum spf_macro_grammar { SPF_MACRO_DOMAIN, SPF_MACRO_STRING, SPF_MACRO_EXPLAIN };

/* domain-spec (ends in a macro or a top label), macro-string (of unknown modifiers), explain-string (spaces, and c r t
 * besides). */
bool spf_macro_valid(struct str text, enum spf_macro_grammar grammar);
/* Whether p occurs, whose value costs questions. */
bool spf_macro_uses_validated(struct str text);

/* Both expect a valid text. The domain is cut to 253 octets and loses its final dot; whether it can be asked is
 * dns_env's to say. E_TOOBIG: past the ceiling. An explanation must be printable ASCII when it is expanded: E_SYNTAX.
 */
must_use int spf_macro_expand_domain(struct arena *a, struct str text, const struct spf_macro_values *values,
				     struct str *ret);
must_use int spf_macro_expand_explanation(struct arena *a, struct str text, const struct spf_macro_values *values,
					  struct str *ret);

#endif
