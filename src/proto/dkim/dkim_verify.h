/* All DKIM signatures of a message (RFC 6376 section 6). What they are worth is decided elsewhere (DMARC): here is what they say. */
#ifndef PROTO_DKIM_VERIFY_H
#define PROTO_DKIM_VERIFY_H

#include "proto/dkim/dkim_message.h"

enum { DKIM_SIGNATURES_MAX = 10 };      /* the topmost; more are counted and left (A36) */

struct dkim_result {
	enum dkim_code code;
	struct str reason;              /* one line for people, never empty */
	struct str domain, selector, identity, identity_domain;         /* empty where the field does not tell */
	enum dkim_algorithm algorithm;
	struct str short_signature;     /* header.b */
	uint64_t time, expires;
	unsigned key_bits;              /* 0: there is no key, or it was not asked for */
	bool testing;                   /* t=y of the key: a failure is to be treated as no signature (section 3.6.1) */
	bool weak;                      /* RSA of 1024 to 2047 bits: counted, and marked */
	uint64_t unsigned_bytes;        /* of the canonical body, left open by l=: then it counts for nothing (A33) */
};

/* A pass that DMARC and reputation may build on: the whole body is signed. */
bool dkim_result_counts(const struct dkim_result *r);

struct dkim_verify {
	struct dkim_message *m;
	struct {
		const struct dkim_field *field;
		struct dkim_signature signature;
		struct dkim_verdict parsed;
		const struct dkim_body_hash *want;
	} signatures[DKIM_SIGNATURES_MAX];
	struct dkim_result results[DKIM_SIGNATURES_MAX];        /* in the order of the fields, from above */
	size_t count;
	size_t skipped;                 /* signatures beyond the limit */
};

/* Before the body. */
void dkim_verify_begin(struct dkim_verify *v, struct dkim_message *m);
/* After it: fills results. now: seconds since 1970. Domains are asked in the order of the fields, as far as the budget goes. */
void dkim_verify_end(struct dkim_verify *v, struct dns_env *dns, uint64_t now);

#endif
