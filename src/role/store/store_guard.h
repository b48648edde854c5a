/* The store and the guard: what accounts send and what comes back one way, what is decided about them the other. */
#ifndef ROLE_STORE_STORE_GUARD_H
#define ROLE_STORE_STORE_GUARD_H

#include "proto/guard/guard_event.h"
#include "role/store/store_route.h"
#include "role/store/store_serve.h"

void store_guard_on_account(struct channel *from, const struct ipc_guard_account_note *m);     /* service of note guard_account */
/* When what the account sends now may leave first: unix seconds, 0: at once. It waits in the queue where an administrator can see it. */
int64_t store_guard_first_attempt(uint32_t account, int64_t now);
void store_guard_sent(struct store *st, uint32_t account, const struct store_routed *r, struct arena *a);       /* account 0: nobody's */
void store_guard_bounced(struct store *st, struct str sender);

#endif
