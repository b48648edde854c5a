/* Who wrote this? SPF, DKIM, ARC, DMARC, what is odd about the author, and what follows from it: one evaluator, pure, for the server
 * and for `ceralacca inspect`.
 *
 *	verdict_begin(&v, &arena, &input);      takes the header apart, hashes the body: all that costs time and asks nobody
 *	verdict_judge(&v, &dns);                asks DNS; may suspend the fiber there
 *	verdict_write(&v, out);                 Authentication-Results
 *	verdict_done(&v);                       also when the arena was full on the way
 *
 * The policy of the author's domain is asked for before anything that the message itself names, so that no message can spend the budget of
 * questions and so hide from its policy (A36, A38, A47). */
#ifndef PROTO_VERDICT_H
#define PROTO_VERDICT_H

#include "proto/arc/arc.h"
#include "proto/dkim/dkim_verify.h"
#include "proto/dmarc/dmarc_check.h"
#include "proto/spf/spf_check.h"

/* What is done at the end of the message. */
enum verdict_action { VERDICT_ACCEPT, VERDICT_JUNK, VERDICT_REJECT, VERDICT_DEFER };
/* Why the policy of a domain was not obeyed to the letter. */
enum verdict_override { VERDICT_NO_OVERRIDE, VERDICT_TRUSTED_SEALER, VERDICT_TRUSTED_LIST, VERDICT_LIST_LIKE, VERDICT_LOCAL_POLICY };
/* How far policies are obeyed: as they say; refusal becomes junk; mark only. */
enum verdict_mode { VERDICT_ENFORCE, VERDICT_QUARANTINE, VERDICT_MARK };

/* Marks: facts that policy, filters and people may weigh. Bits of verdict.marks; names in verdict_mark_name. */
enum verdict_mark {
	VERDICT_FROM_MISSING, VERDICT_FROM_REPEATED, VERDICT_FROM_SEVERAL, VERDICT_FROM_MALFORMED, VERDICT_FROM_NO_DOMAIN,
	VERDICT_FROM_ENCODED,           /* an encoded word where the address should be (A29) */
	VERDICT_NAME_ADDRESS,           /* the display name holds another address */
	VERDICT_NAME_HIDDEN,            /* the display name has invisible or direction-changing characters */
	VERDICT_NAME_COLLEAGUE,         /* the display name of one of ours, with a foreign address */
	VERDICT_LOOKALIKE_OWN, VERDICT_LOOKALIKE_KNOWN,
	VERDICT_OWN_UNPROVEN,           /* From is of a domain of ours, and nothing proves it */
	VERDICT_REPLY_ELSEWHERE,        /* Reply-To leads to another organisation */
	VERDICT_FIRST_TIME, VERDICT_CORRESPONDENT,
	VERDICT_FIELD_REPEATED,         /* a field that may stand once stands twice: readers choose differently */
	VERDICT_FIELD_ADDED,            /* such a field was added above a signature: it counts for nothing (A34, A35) */
	VERDICT_BODY_OPEN,              /* l= leaves a part of the body unsigned (A33) */
	VERDICT_KEY_WEAK,               /* the only passing signatures have RSA keys under 2048 bits */
	VERDICT_SPF_BROAD,              /* A40 */
	VERDICT_SIGNATURES_MANY, VERDICT_DNS_EXHAUSTED, VERDICT_UNCERTAIN, VERDICT_MARK_COUNT
};

struct verdict_policy {
	enum verdict_mode mode;
	bool defer_uncertain;                   /* DNS gave no answer: 451 instead of what is said at verdict.action */
	const struct str *sealers, *lists;      /* domains: trusted ARC sealers; trusted mailing lists */
	size_t sealer_count, list_count;
};

enum verdict_relation { VERDICT_RELATION_UNKNOWN, VERDICT_RELATION_NONE, VERDICT_RELATION_SEEN, VERDICT_RELATION_CORRESPONDENT };
struct verdict_person { struct str name, address; };
/* What the server knows besides the message; all may be empty. Domains in A-labels. */
struct verdict_facts {
	const struct str *own, *known;
	size_t own_count, known_count;
	const struct verdict_person *people;
	size_t people_count;
	enum verdict_relation relation;         /* of the envelope sender to the recipients; counts when he is the author */
};

struct verdict_input {
	struct str message;
	bool has_client;
	struct ip_address client;
	struct str helo, sender;                /* sender: MAIL FROM without brackets, empty: the null sender */
	struct str receiver;                    /* our name: the authserv-id */
	uint64_t now;
	struct verdict_policy policy;
	struct verdict_facts facts;
};

struct verdict {
	struct verdict_input in;
	struct arena *a;
	struct str header;
	struct dkim_message message;
	bool hashing;                           /* message holds hashes */
	struct dkim_verify dkim;
	struct arc_verify arc;
	struct dmarc_from from;
	struct spf_result helo, mail_from;      /* when in.has_client */
	struct dmarc_result dmarc;
	bool exhausted;                         /* the budget of questions was used up */
	unsigned asked;
	uint32_t marks;                         /* 1u << enum verdict_mark */
	struct str detail[VERDICT_MARK_COUNT];  /* one line for people, of each mark that is set; may hold any UTF-8 of the message */
	struct str author_name, author;         /* of the first author: display name, decoded; "local@domain" */
	enum verdict_override override;
	/* Uncertain (no answer from DNS): a message whose author's policy is known to refuse or quarantine goes to junk, another one is accepted; or
	 * is deferred, as policy.defer_uncertain says. */
	enum verdict_action action;
	struct str reason;                      /* of the action, one line of ASCII, fit for an SMTP reply; never empty */
};

/* ICU opens its tables: once, before the walls go up. */
must_use int verdict_prepare(void);
void verdict_begin(struct verdict *v, struct arena *a, const struct verdict_input *in);
void verdict_judge(struct verdict *v, struct dns_env *dns);
void verdict_done(struct verdict *v);
/* Appends our Authentication-Results field. E_TOOBIG. */
must_use int verdict_write(const struct verdict *v, struct buf *out);

const char *verdict_action_name(enum verdict_action action);
const char *verdict_override_name(enum verdict_override override);      /* "" for none */
const char *verdict_mark_name(enum verdict_mark mark);
static inline bool verdict_has(const struct verdict *v, enum verdict_mark mark) { return v->marks >> mark & 1; }

#endif
