/* DNS for the evaluators of one message: the resolver role is asked, and the fiber waits. What it said is kept for its time to live, so that
 * mail from where mail comes from often waits for nobody. */
#ifndef ROLE_SCAN_DNS_H
#define ROLE_SCAN_DNS_H

#include "ipc/ipc.h"
#include "proto/dns_env/dns_env.h"

enum {
	SCAN_DNS_MS = 20 * 1000, SCAN_DNS_QUESTIONS = 200,   /* of one message (RFC 7208 section 4.6.4: 20 seconds at least) */
	SCAN_DNS_AT_ONCE = 100                                  /* of this process; more wait, so that the relay is served too */
};

struct scan_dns {
	struct ipc_hold hold;           /* of the answer in work: done frees it, also when the arena was full meanwhile */
	int64_t deadline;
	bool unable;                    /* the resolver was too busy or away: our own bad day, and nothing of the message's */
};

void scan_dns_init(struct scan_dns *d);
void scan_dns_done(struct scan_dns *d);
struct dns_source scan_dns_source(struct scan_dns *d);
#define SCAN_DNS_LIMITS ((struct dns_env_limits){ .questions = SCAN_DNS_QUESTIONS, .time_ms = SCAN_DNS_MS })

/* One answer of the resolver as evaluators read it: what is bogus, or no answer, is DNS_ENV_TEMPERROR. */
void scan_dns_answer(struct arena *a, enum dns_type type, const struct ipc_dns_rep *rep, struct dns_env_answer *ret);

#endif
