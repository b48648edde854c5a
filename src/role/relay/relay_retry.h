/* When to try again (B29). Pure: time and chance are arguments. */
#ifndef ROLE_RELAY_RETRY_H
#define ROLE_RELAY_RETRY_H

#include "base/base.h"

struct relay_schedule {
	int64_t first, most, warn_after, expire_after;
}; /* seconds */

/* The next attempt after `attempts` that failed (at least 1): first * 2^(attempts - 1), at most `most`, give or take an
 * eighth by chance, so that what failed together does not come back together; never later than expires while that is
 * still to come. Unix seconds. */
int64_t relay_retry_at(const struct relay_schedule *s, uint32_t attempts, int64_t now, int64_t expires,
		       uint64_t chance);
/* When the message is given up: as the store says, or by the schedule where it says nothing. */
int64_t relay_expiry(const struct relay_schedule *s, int64_t created, int64_t expires);
/* Is it time to tell the sender that the message is late? */
bool relay_is_late(const struct relay_schedule *s, int64_t created, int64_t now);

#endif
