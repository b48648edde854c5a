/* What is kept beside the hash of a person's password: when it was set, whether it must be changed, the hashes that came before it.
 *
 *     u8 version 1, u64 changed_at, u64 warned_at (unix seconds), u32 flags, varint count, then that many strings: hashes, newest first */
#ifndef PASSWORD_STATE_H
#define PASSWORD_STATE_H

#include "proto/password/password_policy.h"

enum password_state_flag { PASSWORD_MUST_CHANGE = 1 /* at the next sign-in */, PASSWORD_BY_ADMIN = 2 /* not by the person */ };
enum { PASSWORD_STORED_MAX = 512 /* a hash that was made elsewhere may be longer than ours */ };

struct password_state {
	int64_t changed_at;
	int64_t warned_at;                  /* when the person was last told that it expires; 0: not yet */
	uint32_t flags;
	struct str history[PASSWORD_HISTORY_MAX];
	size_t history_count;
};

must_use int password_state_write(struct buf *out, const struct password_state *s);
must_use int password_state_read(struct str bytes, struct password_state *ret);   /* views; E_CORRUPT; E_UNSUPPORTED: another version */
/* The hash becomes the newest of the history, of which `most` are kept. An empty one changes nothing but the number kept. */
void password_state_retire(struct password_state *s, struct str hash, size_t most);

#endif
