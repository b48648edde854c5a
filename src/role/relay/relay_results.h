/* What TLS sessions came to, for the reports that domains ask for (RFC 8460): kept for a moment here, then counted in the relay's records,
 * one a day and domain, under RELAY_RESULTS_PREFIX, the day and the domain. */
#ifndef ROLE_RELAY_RESULTS_H
#define ROLE_RELAY_RESULTS_H

#include "io/fiber.h"
#include "proto/policy/tls_rpt_tally.h"

#define RELAY_RESULTS_PREFIX "tls/"
enum { RELAY_RESULTS_MAX = 2000 /* that wait; more are not counted */, RELAY_RESULTS_MS = 3000, RELAY_DAY = 86400 };

struct relay;
struct relay_security;
struct relay_target;
struct relay_result;

struct relay_results {
	struct relay_result *first;
	size_t count;
	struct fiber *recorder; /* while something waits */
	struct waiters wake;
};

void relay_results_init(struct relay_results *s);
/* One session with a host of the domain, or the decision not to have one. */
void relay_results_add(struct relay *r, struct str domain, const struct relay_security *s, const struct relay_target *t,
		       enum tlsrpt_result result);
/* At the end: what waits is recorded at once, and the fiber ends. */
void relay_results_stop(struct relay *r, int64_t within_ms);

/* Day number, as in a key. False: the key is none of these. Views of the key. */
bool relay_results_key_read(struct str key, int64_t *ret_day, struct str *ret_domain);

#endif
