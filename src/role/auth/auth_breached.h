/* The list of breached passwords in use: the one in the data folder (auth/breached.filter) when there is one, else the one that is built in. */
#ifndef ROLE_AUTH_AUTH_BREACHED_H
#define ROLE_AUTH_AUTH_BREACHED_H

#include "proto/password/password_breached.h"

const struct breached *auth_breached(void);
bool auth_breached_is_own(void);
/* Before the walls: dir is the role's folder, or -1. A list that is missing or damaged leaves the built-in one; that is logged. */
void auth_breached_prepare(int dir);
/* Takes a list that the command line has just put there; fd stays the caller's. E_CORRUPT, E_UNSUPPORTED, E_IO. */
must_use int auth_breached_take(int fd);

#endif
