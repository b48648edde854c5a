/* Changes and their place in the audit log: every act that changes who may do what is one commit of the store that holds the change and
 * its entry, or neither (proto/audit). Nothing that auth keeps is changed on another way.
 *
 *     struct auth_change ch;
 *     auth_change_begin(&ch, STR("cli:root"), STR("192.0.2.7"), "policy.set", domain);
 *     records_set(&ch.batch, key, version, value);
 *     r = auth_change_commit(&ch);             in a fiber; E_STALE: one of the versions is no longer so
 *
 * Records: "audit/" and 16 hexadecimal digits: an entry; "audit": number (u64) and hash of the newest. */
#ifndef ROLE_AUTH_AUTH_AUDIT_H
#define ROLE_AUTH_AUTH_AUDIT_H

#include "ipc/records.h"
#include "proto/audit/audit_entry.h"

struct auth_change {
	struct str by, from, target;
	const char *act;
	struct str detail;                  /* may be set after the beginning; never a secret */
	struct records_batch batch;         /* writes of the same commit */
	/* An operation of the store's directory (messages.def `admin`) in the same commit; op NULL for none. */
	const char *op;
	const struct str *arguments;
	size_t count;
	/* What the store said: its hold; json and reason are views of it. Release it after the commit. */
	struct ipc_hold hold;
	struct str json, reason;
};

void auth_change_begin(struct auth_change *ch, struct str by, struct str from, const char *act, struct str target);
/* OK; E_DENIED: the store refused, reason says why; otherwise nothing is known of the outcome (E_TIMEOUT, E_CLOSED) or nothing was done. */
must_use int auth_change_commit(struct auth_change *ch);
void auth_change_drop(struct auth_change *ch);          /* instead of a commit */

/* Entries from number `from` on, at most `limit`, oldest first. */
typedef int auth_audit_each_fn(void *ctx, struct str bytes, const struct audit_entry *e, const unsigned char hash[AUDIT_HASH]);
must_use int auth_audit_each(uint64_t from, uint64_t limit, auth_audit_each_fn *each, void *ctx);
/* The newest one; 0 when there is none. */
must_use int auth_audit_head(uint64_t *ret_number, unsigned char ret_hash[AUDIT_HASH]);

#endif
