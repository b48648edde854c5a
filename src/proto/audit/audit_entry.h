/* One entry of the audit log: who did what to whom, from where, when; chained to the one before it by a hash, so that what was written
 * cannot be changed, left out or put in later without every hash behind it changing too.
 *
 *     u8 version 1, u64 number, u64 unix milliseconds, str by, str from, str act, str target, str detail, then 32 bytes:
 *     SHA-256("ceralacca audit 1" ‖ hash of the entry before (zeros before the first) ‖ all bytes above)
 *
 * Whoever can write the whole log can also compute it anew; a number and a hash that were noted elsewhere (every append goes to the
 * server's log) show that. */
#ifndef AUDIT_ENTRY_H
#define AUDIT_ENTRY_H

#include "base/base.h"

enum { AUDIT_HASH = 32, AUDIT_BY_MAX = 128, AUDIT_FROM_MAX = 64, AUDIT_ACT_MAX = 64, AUDIT_TARGET_MAX = 320, AUDIT_DETAIL_MAX = 1024,
	AUDIT_ENTRY_MAX = 2048 };

/* Numbers begin with 1. Texts are UTF-8 without control characters when they come from audit_entry_write: others are written as '?'. */
struct audit_entry { uint64_t number; int64_t time_ms; struct str by, from, act, target, detail; };

/* Appends the entry's bytes to out. Texts over their limit are cut. */
must_use int audit_entry_write(struct buf *out, const struct audit_entry *e, const unsigned char before[AUDIT_HASH],
	unsigned char ret_hash[AUDIT_HASH]);
/* E_CORRUPT; E_UNSUPPORTED: another version. Views into the bytes. The hash is read, not checked. */
must_use int audit_entry_read(struct str bytes, struct audit_entry *ret, unsigned char ret_hash[AUDIT_HASH]);
/* Whether these bytes are entry `number` and follow the one that has the hash `before`; if so that becomes theirs. E_CORRUPT. */
must_use int audit_entry_follow(struct str bytes, uint64_t number, unsigned char before[AUDIT_HASH]);

#endif
