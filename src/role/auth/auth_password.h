/* New passwords: policy, hash, generation. No password is set on another way. */
#ifndef ROLE_AUTH_AUTH_PASSWORD_H
#define ROLE_AUTH_AUTH_PASSWORD_H

#include "proto/password/password_policy.h"
#include "role/auth/auth_admin.h"

enum { AUTH_GENERATED = 21 /* with its NUL */ };

/* Refuses with all reasons. */
must_use int auth_password_check(struct auth_call *c, const struct password_check *check, struct str password);
void auth_password_generate(char ret[AUTH_GENERATED]);

#endif
