/* messages.def password_change. */
#ifndef ROLE_AUTH_AUTH_CHANGE_H
#define ROLE_AUTH_AUTH_CHANGE_H

#include "role/auth/auth.h"

void auth_on_password_change(const struct ipc_request *rq, const struct ipc_password_change_req *q);

#endif
