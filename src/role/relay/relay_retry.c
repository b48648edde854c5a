#include "role/relay/relay_retry.h"

int64_t relay_retry_at(const struct relay_schedule *s, uint32_t attempts, int64_t now, int64_t expires, uint64_t chance)
{
	int64_t wait = s->first;
	for (uint32_t i = 1; i < attempts && wait < s->most; i++)
		wait *= 2;
	if (wait > s->most)
		wait = s->most;
	int64_t eighth = wait / 8, at = now + wait - eighth + (int64_t)(chance % (uint64_t)(2 * eighth + 1));
	return now < expires && at > expires ? expires : at;
}

int64_t relay_expiry(const struct relay_schedule *s, int64_t created, int64_t expires)
{
	return expires > 0 ? expires : created + s->expire_after;
}

bool relay_is_late(const struct relay_schedule *s, int64_t created, int64_t now)
{
	return now - created >= s->warn_after;
}
