/* ARC (RFC 8617): the chain of custody of a message, verified and added to.
 *
 * A chain that holds says only that these handlers wrote these results in this order. Anybody can make one: it may change a verdict only
 * when its outermost sealer is trusted (arc_result_is_trusted; A43). */
#ifndef PROTO_ARC_H
#define PROTO_ARC_H

#include "proto/dkim/dkim_sign.h"

enum { ARC_SETS_MAX = 50 };             /* section 5.1.1 */

enum arc_code { ARC_NONE, ARC_PASS, ARC_FAIL };

struct arc_set {
	const struct dkim_field *results, *message, *seal;      /* ARC-Authentication-Results, ARC-Message-Signature, ARC-Seal */
	struct dkim_signature message_signature, seal_signature;
	const struct dkim_body_hash *want;
	struct str payload;             /* of results, behind "i=1;": what proto/authres parses */
};

struct arc_result {
	enum arc_code code;
	struct str reason;              /* one line for people, never empty */
	unsigned instances;             /* sets of the chain; 0: none, or no order in them */
	unsigned oldest_pass;           /* after a pass: the lowest instance whose message signature still holds; 0: all do (section 5.2) */
	bool temporary;                 /* a fail for want of an answer from DNS */
	bool closed;                    /* the newest seal says cv=fail: nothing is to be added (section 5.1.2) */
	struct str sealer, selector;    /* of the newest seal, after a pass */
	struct str payload;             /* of the newest set, after a pass */
};

struct arc_verify {
	struct dkim_message *m;
	struct arc_set *sets;           /* sets[i - 1] is instance i; NULL when there are none */
	unsigned count;
	struct str defect;              /* of the structure; empty: none */
	struct arc_result result;
};

/* Before the body, and after it. now: seconds since 1970. */
void arc_verify_begin(struct arc_verify *v, struct dkim_message *m);
void arc_verify_end(struct arc_verify *v, struct dns_env *dns, uint64_t now);
const char *arc_code_name(enum arc_code code);

/* A43: passed, and the newest seal is by one of these domains. */
bool arc_result_is_trusted(const struct arc_result *r, const struct str *sealers, size_t count);

struct arc_seal {
	struct dkim_message *m;
	const struct dkim_body_hash *want;
	struct str *names;
	size_t name_count;
};

/* Before the body. names: what the message signature covers, none of them of ARC; NULL: as dkim_sign, and DKIM-Signature. E_TOOBIG; E_SYNTAX: the
 * header begins with white space. */
must_use int arc_seal_begin(struct arc_seal *s, struct dkim_message *m, struct str *names, size_t name_count);
/* After the body and arc_verify_end: appends the three fields of the next set, each with its CRLF. results: our authserv-id and verdicts,
 * as behind "Authentication-Results:", folded or not. chain is sealed as it was found: cv=none, pass or fail. E_DENIED: the chain is closed,
 * full, or failed for a time only, and nothing may be added. Errors of the signer; E_TOOBIG. */
must_use int arc_seal_end(const struct arc_seal *s, const struct arc_verify *chain, struct str results, const struct dkim_signer *signer,
			  uint64_t now, struct buf *out);

#endif
