/* The DNS tree walk (RFC 9989 section 4.10): the policy records on the way from a domain to the root, and the
 * organisational domain that follows from them. Eight questions at most. */
#ifndef PROTO_DMARC_WALK_H
#define PROTO_DMARC_WALK_H

#include "proto/dmarc/dmarc_record.h"
#include "proto/dns_env/dns_env.h"

enum { DMARC_WALK_MAX = 8 };

struct dmarc_step {
	struct str domain;
	const struct dmarc_record *record;
};

struct dmarc_walk {
	struct dmarc_step steps[DMARC_WALK_MAX]; /* those with exactly one record; the first may be the domain itself */
	size_t count;
	bool ambiguous; /* the domain itself has several records: no policy is to be had for it (section 4.10 step 2) */
	bool start_failed; /* no answer about the domain itself */
	bool failed;       /* no answer about it or a domain above it */
	struct str organization;
};

void dmarc_walk(struct dns_env *dns, struct str domain, struct dmarc_walk *ret);
const struct dmarc_record *dmarc_walk_record(const struct dmarc_walk *w, struct str domain); /* NULL: none there */
/* The record marked psd=y above the domain, or NULL. */
const struct dmarc_step *dmarc_walk_suffix(const struct dmarc_walk *w, struct str domain);

#endif
