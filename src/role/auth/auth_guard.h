/* What auth and the guard tell each other: sign-ins one way, what is decided about accounts the other. */
#ifndef ROLE_AUTH_AUTH_GUARD_H
#define ROLE_AUTH_AUTH_GUARD_H

#include "ipc/ipc.h"

enum { AUTH_GUARD_MAX = 16384, AUTH_GUARD_SLOW_MS = 5000 };

/* What was tried. account 0: there is none of that name. peer: an address as text, may be empty. */
struct auth_try { uint32_t account; bool admin; struct str name, password, peer; };

void auth_guard_start(void);
/* Right: signed in, or would have been but for a second step. The password goes no further: what the guard gets is a digest under a key of
 * this process, so that it can tell one that is tried again from another. */
void auth_guard_tell(const struct auth_try *t, bool right);
/* What stands against the account when somebody comes from peer: enum account_act, together. */
unsigned auth_guard_acts(uint32_t account, struct str peer);
void auth_guard_on_account(struct channel *from, const struct ipc_guard_account_note *m);      /* service of note guard_account */

#endif
