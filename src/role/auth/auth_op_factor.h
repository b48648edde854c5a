/* What the operations on second factors share. */
#ifndef ROLE_AUTH_AUTH_OP_FACTOR_H
#define ROLE_AUTH_AUTH_OP_FACTOR_H

#include "role/auth/auth_admin.h"
#include "role/auth/auth_factor.h"

/* The person of the argument "address", and their record. Refuses with a sentence when there is none. */
must_use int auth_op_person(struct auth_call *c, struct auth_person_id *ret, struct auth_factor **ret_factor);

#endif
