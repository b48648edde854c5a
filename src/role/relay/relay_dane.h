/* What the DNS promises about the certificate of one host (RFC 7672 section 2.2), and what may be believed of it. */
#ifndef ROLE_RELAY_DANE_H
#define ROLE_RELAY_DANE_H

#include "proto/dane/dane.h"
#include "role/relay/relay_lookup.h"

enum relay_dane_state {
	RELAY_DANE_NONE,    /* nothing is promised, or nothing that DNSSEC proves */
	RELAY_DANE_RECORDS, /* in the set, though perhaps none that can be used */
	RELAY_DANE_UNKNOWN, /* there may be a promise, and somebody keeps us from reading it (A44) */
};

struct relay_dane {
	enum relay_dane_state state;
	struct str base; /* the TLSA base domain: for SNI, and the first name */
	struct dane_set set;
	struct str names[DANE_NAMES_MAX]; /* section 3.2.2 */
	size_t name_count;
};

/* Asks at most three questions. The arena needs room for two answers of the resolver. */
void relay_dane_look(const struct relay_lookup *l, struct arena *a, const struct relay_route *route,
		     const struct relay_target *t, struct relay_dane *ret);

#endif
