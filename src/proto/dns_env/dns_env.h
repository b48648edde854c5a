/* How pure evaluators (SPF, DKIM, DMARC, ARC) ask DNS.
 *
 * A source answers one question: in production it suspends the fiber and asks the resolver role, in tests and `inspect
 * --zone` a table (dns_env_zone.h). In front of it stands this environment, one a message, shared by all evaluators of
 * that message: it checks names before anything is asked (A30), asks each question once, and keeps one budget of
 * questions and time (A36, A38, A47). What is over budget is answered DNS_ENV_TEMPERROR, so that no evaluator needs a
 * rule of its own for it.
 *
 * Answers live in the environment's arena, as long as the message does. */
#ifndef PROTO_DNS_ENV_H
#define PROTO_DNS_ENV_H

#include "proto/dns/dns_rdata.h"
#include "proto/dns_env/ip_address.h"

enum dns_env_status {
	DNS_ENV_FOUND,     /* at least one value */
	DNS_ENV_NODATA,    /* the name exists, not with this type */
	DNS_ENV_NXDOMAIN,  /* there is no such name, nor can be */
	DNS_ENV_TEMPERROR, /* no answer: timeout, SERVFAIL, bogus, CNAME loop, or over budget */
};

struct dns_env_value {
	struct str text; /* TXT: strings joined, any byte. MX, PTR: name without the final dot, the root is "." */
	struct ip_address address; /* A, AAAA */
	uint16_t preference;       /* MX */
};

struct dns_env_answer {
	enum dns_env_status status;
	bool secure; /* validated by DNSSEC */
	struct dns_env_value *values;
	size_t count;
};

/* Answers about one valid name, CNAMEs followed. Values go into the arena. The first two statuses are told apart by
 * count. */
struct dns_source {
	void (*ask)(void *ctx, struct arena *a, struct str name, enum dns_type type, struct dns_env_answer *ret);
	uint64_t (*now_ms)(void *ctx); /* a steady clock, or NULL: then only questions are counted */
	void *ctx;
};

struct dns_env_limits {
	unsigned questions; /* that go to the source */
	unsigned time_ms;   /* 0: no limit */
};
/* SPF alone may take 10 terms with 11 questions each; RFC 7208 section 4.6.4 asks for 20 seconds at least. */
#define DNS_ENV_LIMITS_DEFAULT ((struct dns_env_limits){ .questions = 200, .time_ms = 30000 })

struct dns_env {
	struct arena *a;
	struct dns_source source;
	struct dns_env_limits limits;
	unsigned asked; /* questions that went to the source */
	uint64_t started_ms;
	bool exhausted; /* a question was refused for the budget's sake */
	struct dns_env_memo *memo;
	size_t memo_count, memo_cap;
};

void dns_env_init(struct dns_env *e, struct arena *a, struct dns_source source, struct dns_env_limits limits);
/* The final dot of a name is ignored, case does not matter. A name that is none is answered DNS_ENV_NXDOMAIN unasked.
 */
struct dns_env_answer dns_env_ask(struct dns_env *e, struct str name, enum dns_type type);

/* 1 to 253 octets in labels of 1 to 63, printable ASCII or space, no backslash (which would be an escape in text form).
 */
bool dns_env_name_valid(struct str name);
/* "Equal to, or below": whole labels, case folded, final dots ignored. */
bool dns_env_name_is_below(struct str name, struct str ancestor);
size_t dns_env_name_labels(struct str name);
struct str dns_env_name_parent(struct str name); /* without the first label; empty when there is one only */

/* For sources: adds one RDATA in wire form to the answer. What does not parse as that type is left out (A48). *cap
 * starts as 0. */
void dns_env_answer_add(struct arena *a, enum dns_type type, struct str rdata, struct dns_env_answer *answer,
			size_t *cap);

/* For sources behind the resolver role: its answer (messages.def, `dns`), status included. */
void dns_env_answer_read(struct arena *a, enum dns_type type, uint32_t rcode, uint32_t security, struct str answers, struct dns_env_answer *ret);

#endif
