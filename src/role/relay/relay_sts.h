/* An MTA-STS policy as it is kept: i64 unix seconds when it was fetched, then the text of the policy file. Pure. */
#ifndef ROLE_RELAY_STS_H
#define ROLE_RELAY_STS_H

#include "proto/policy/mta_sts.h"

/* E_NOTFOUND: its time is over (RFC 8461 section 3.2), or it is none. */
must_use int relay_sts_read(struct arena *a, struct str record, int64_t now, struct sts_policy *ret);
void relay_sts_write(struct bufw *w, int64_t fetched, struct str text);

#endif
