/* What operations of auth share. */
#ifndef ROLE_AUTH_AUTH_OP_H
#define ROLE_AUTH_AUTH_OP_H

#include "role/auth/auth_admin.h"
#include "role/auth/auth_audit.h"

/* Commits, and gives reason and JSON of the store to the call. Forgets what sign-in remembered. */
must_use int auth_change_finish(struct auth_call *c, struct auth_change *ch);
/* Refuses when there is no such account; else *address becomes the canonical one. */
must_use int auth_known_account(struct auth_call *c, struct str *address);

#endif
