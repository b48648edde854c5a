/* What stands against one target as a role record: key "t" and the standing's key; value: version, then the sentences. */
#ifndef ROLE_GUARD_GUARD_RECORD_H
#define ROLE_GUARD_GUARD_RECORD_H

#include "role/guard/guard_role.h"

enum { RECORD_KEY = 1 + STANDING_KEY, RECORD_SENTENCES_MAX = GUARD_RULES_MAX + 1, RECORD_VALUE_MAX = 64 << 10 };

void record_key(const char key[STANDING_KEY], char ret[RECORD_KEY]);
must_use int record_target(struct str record_key, struct guard_target *ret);   /* E_CORRUPT */
/* Times as unix seconds: the clock since boot means nothing after a restart. */
must_use int record_write(const struct standing *t, int64_t real, int64_t mono_ms, struct buf *out);
/* The sentences that still stand. One never lasts longer than it was meant to, whatever the clock has done (B52). E_CORRUPT. */
must_use int record_read(struct str value, int64_t real, int64_t mono_ms, struct sentence *ret, size_t *ret_n);

#endif
