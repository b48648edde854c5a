/* What scan finds in one message: pure, so that it is tested and fuzzed without a process. */
#ifndef ROLE_SCAN_SCAN_MESSAGE_H
#define ROLE_SCAN_SCAN_MESSAGE_H

#include "ipc/wire_types.h"

enum { SCAN_FROM_MAX = 50, SCAN_FROM_BYTES = 20 << 10, SCAN_ARENA = 64 << 20 };

struct scan_result {
	uint32_t verdict, flags, received;      /* flags: enum scan_flag */
	struct str from;                        /* framed strings, in the arena */
	struct str summary;                     /* in out */
};

/* a: scratch and home of from; out: an empty buffer for the summary. Fails with E_TOOBIG only. */
must_use int scan_message(struct arena *a, struct str message, struct buf *out, struct scan_result *ret);

#endif
