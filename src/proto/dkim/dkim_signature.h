/* One signature as it is written: DKIM-Signature (RFC 6376 section 3.5, RFC 8463, RFC 8616), ARC-Message-Signature and ARC-Seal (RFC 8617
 * section 4.1), which are the same but for a few tags. */
#ifndef PROTO_DKIM_SIGNATURE_H
#define PROTO_DKIM_SIGNATURE_H

#include "proto/dkim/dkim_canon.h"
#include "proto/dkim/dkim_tag.h"

enum dkim_form { DKIM_FORM_SIGNATURE = 1, DKIM_FORM_ARC_MESSAGE = 2, DKIM_FORM_ARC_SEAL = 4 };
enum dkim_algorithm { DKIM_RSA_SHA256, DKIM_ED25519_SHA256, DKIM_RSA_SHA1 };
enum { DKIM_NAMES_MAX = 256, DKIM_SIGNATURE_MAX = 1024 };       /* entries of h=; octets of b= */
#define DKIM_NO_LIMIT UINT64_MAX

/* As in Authentication-Results (RFC 8601 section 2.7.1). */
enum dkim_code {
	DKIM_NONE,              /* not signed */
	DKIM_PASS,
	DKIM_FAIL,              /* the signature does not belong to this message, or no longer */
	DKIM_POLICY,            /* it is right, and we do not count it */
	DKIM_NEUTRAL,           /* it could not be understood */
	DKIM_TEMPERROR,         /* its key could not be had now */
	DKIM_PERMERROR,         /* it can never pass: no such key, revoked, From not signed, ... */
};

struct dkim_verdict {
	enum dkim_code code;
	struct str reason;      /* one line of printable ASCII for people; empty only for DKIM_PASS */
};

const char *dkim_code_name(enum dkim_code code);
struct str dkim_algorithm_name(enum dkim_algorithm algorithm);  /* "rsa-sha256" */

struct dkim_signature {
	enum dkim_algorithm algorithm;
	enum dkim_canon header_canon, body_canon;
	struct str domain, selector;    /* valid names in DNS, in A-labels (A30) */
	struct str identity;            /* i=, decoded; "@" and the domain where there is none */
	struct str identity_domain;     /* in A-labels: the domain or one below it */
	struct str *names;              /* h=, in order; a name without a field signs that there is none */
	size_t name_count;
	struct str body_hash, signature;        /* decoded */
	uint64_t length;                /* l=, or DKIM_NO_LIMIT */
	uint64_t time, expires;         /* seconds since 1970; 0: not said */
	unsigned instance;              /* ARC's i=, from 1 */
	struct str chain_validation;    /* a seal's cv= */
	struct str hole;                /* the slice of the field that is empty while it is hashed: b= */
	struct str short_signature;     /* the first 8 characters of b=, for header.b (RFC 6008) */
};

/* DKIM_PASS: all of it is sound. Otherwise ret holds what was understood (the rest is empty), and nothing may be verified with it.
 * Times are not judged. Everything lives in the arena or is a slice of the value. */
struct dkim_verdict dkim_signature_parse(struct arena *a, enum dkim_form form, struct str value, struct dkim_signature *ret);

/* x= lies in the past, or t= far in the future (RFC 6376 section 3.5; A35). Clocks may differ by five minutes. */
struct dkim_verdict dkim_signature_check_time(struct arena *a, const struct dkim_signature *s, uint64_t now);

#endif
