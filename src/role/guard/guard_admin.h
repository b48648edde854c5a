/* Operations of the administrator (messages.def `guard_admin`): a row of the table in guard_admin.c each, a function that takes JSON and gives
 * JSON, or refuses with a sentence. */
#ifndef ROLE_GUARD_GUARD_ADMIN_H
#define ROLE_GUARD_GUARD_ADMIN_H

#include "role/guard/guard_role.h"

#include <jansson.h>

struct guard_call {
	struct str op, by, from;
	json_t *arguments;              /* never NULL */
	json_t *json;                   /* out; NULL: nothing to give */
	struct buf *reason;             /* out: why it was refused */
};
typedef int guard_op_fn(struct guard_call *c);

/* Writes the reason; returns E_DENIED. */
int guard_refuse(struct guard_call *c, const char *fmt, ...) printf_like(2, 3);
/* A member of the arguments; empty or 0 when it is missing or of another type. */
struct str guard_arg(const struct guard_call *c, const char *name);
int64_t guard_arg_number(const struct guard_call *c, const char *name);
/* The network in "network". */
must_use int guard_arg_net(struct guard_call *c, struct guard_net *ret);
json_t *guard_string(struct str s);

guard_op_fn guard_op_ban_list, guard_op_ban_add, guard_op_ban_remove, guard_op_ban_why;      /* guard_op_ban.c */
guard_op_fn guard_op_rules, guard_op_rules_load, guard_op_rules_reset;        /* guard_op_rules.c */
guard_op_fn guard_op_events;    /* guard_op_events.c */

#endif
