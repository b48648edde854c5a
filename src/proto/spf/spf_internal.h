/* Shared by spf_check.c (records, results) and spf_match.c (mechanisms that look at addresses). */
#ifndef PROTO_SPF_INTERNAL_H
#define PROTO_SPF_INTERNAL_H

#include "proto/spf/spf_check.h"
#include "proto/spf/spf_macro.h"

enum spf_match { SPF_NO_MATCH, SPF_MATCH, SPF_MATCH_TEMPERROR, SPF_MATCH_PERMERROR };

struct spf_check {
	struct arena *a;
	struct dns_env *dns;
	struct spf_result *result;
	struct spf_macro_values values;
	struct str exp, exp_domain; /* of the record that decided last */
	bool names_known;           /* the client's validated names were looked up */
	struct str names[SPF_NAMES_MAX];
	size_t name_count;
};

/* Keeps the first reason given; returns code. */
enum spf_code spf_stop(struct spf_check *c, enum spf_code code, struct str reason);
bool spf_spend_term(struct spf_check *c);
/* check_host() of one domain, redirects followed. depth bounds the recursion of include. */
enum spf_code spf_evaluate(struct spf_check *c, struct str domain, unsigned depth);

/* Sets d, and p when the text uses it. */
void spf_prepare_macros(struct spf_check *c, struct str text, struct str domain);
must_use int spf_expand(struct spf_check *c, struct str domain_spec, struct str domain, struct str *ret);
/* all, a, mx, ptr, ip4, ip6, exists (RFC 7208 section 5). */
enum spf_match spf_match_address(struct spf_check *c, const struct spf_term *term, struct str target);
int spf_term_width(const struct spf_term *term, bool v6);

#endif
