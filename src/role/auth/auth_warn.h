/* A mail to a person whose password is about to expire: once for each password. */
#ifndef ROLE_AUTH_AUTH_WARN_H
#define ROLE_AUTH_AUTH_WARN_H

#include "base/base.h"

/* In a fiber. Notes that the person was told, then delivers; a failure is logged, and tried again at the next sign-in when it was the first. */
void auth_warn(struct str address, int64_t seconds_left);

#endif
