/* How a role tells the guard what it saw. Never waits: where the guard is away, or behind by GUARD_REPORT_BEHIND bytes, the event is
 * dropped and counted. */
#ifndef IPC_GUARD_REPORT_H
#define IPC_GUARD_REPORT_H

#include "ipc/ipc.h"
#include "os/net.h"

enum { GUARD_REPORT_BEHIND = 1 << 20, GUARD_KEY_BYTES = 16 };

/* The address as events carry it: a view into *room; empty for an unspecified one (a unix socket). */
struct str guard_report_source(const struct net_address *a, char room[16]);
void guard_report(const struct ipc_guard_event_note *e);
uint64_t guard_report_dropped(void);

/* SipHash-2-4 under the key that the guard gave; 0 for nothing, or as long as there is no key; else never 0. */
uint64_t guard_report_hash(struct str name);
/* Service of note guard_key. */
void guard_report_on_key(struct channel *from, const struct ipc_guard_key_note *m);

#endif
