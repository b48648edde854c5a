/* Operations of the administrator (messages.def `auth_admin`). Each is a row of the table in auth_admin.c: a function in a file of its
 * group, auth_op_*.c, that runs in a fiber, takes JSON and gives JSON, or refuses with a sentence. */
#ifndef ROLE_AUTH_AUTH_ADMIN_H
#define ROLE_AUTH_AUTH_ADMIN_H

#include "role/auth/auth.h"

#include <jansson.h>

struct auth_call {
	struct str op;
	json_t *arguments;              /* never NULL */
	struct str secret, by, from;
	int file;                       /* -1: none; stays the caller's */
	struct arena *a;
	json_t *json;                   /* out; NULL: nothing to give */
	struct buf *reason;             /* out: why it was refused */
};
typedef int auth_op_fn(struct auth_call *c);

void auth_on_admin(const struct ipc_request *rq, const struct ipc_auth_admin_req *q);

/* Writes the reason; returns E_DENIED. */
int auth_refuse(struct auth_call *c, const char *fmt, ...) printf_like(2, 3);
/* A member of the arguments; empty, false or 0 when it is missing or of another type. */
struct str auth_arg(const struct auth_call *c, const char *name);
bool auth_arg_is(const struct auth_call *c, const char *name);
/* The same, refused when it is missing. */
must_use int auth_need(struct auth_call *c, const char *name, struct str *ret);
json_t *auth_string(struct str s);      /* bytes that are not UTF-8 become "" */

/* The operations. */
auth_op_fn auth_op_directory, auth_op_account_delete, auth_op_domain_delete, auth_op_user_add, auth_op_user_passwd, auth_op_user_expire,
	auth_op_user_reset, auth_op_policy_show, auth_op_policy_set, auth_op_policy_remove, auth_op_policy_test, auth_op_policy_breached,
	auth_op_log_audit, auth_op_log_verify, auth_op_params_measure;

/* The account that the arguments name, as "address" or as the first of a list; 0 when there is none. */
must_use int auth_account_of(struct auth_call *c, uint32_t *ret);
auth_op_fn auth_op_client_add, auth_op_client_list, auth_op_client_remove, auth_op_tokens_list, auth_op_tokens_revoke;      /* auth_op_oauth.c */
auth_op_fn auth_op_bimi_show, auth_op_bimi_set, auth_op_bimi_remove;     /* auth_op_bimi.c */
auth_op_fn auth_op_totp_enroll, auth_op_totp_confirm, auth_op_totp_remove, auth_op_recovery_new;        /* auth_op_totp.c */
auth_op_fn auth_op_app_add, auth_op_app_list, auth_op_app_revoke;       /* auth_op_app_password.c */
auth_op_fn auth_op_sessions_list, auth_op_sessions_end;         /* auth_op_session.c */
auth_op_fn auth_op_factor_show, auth_op_factor_policy, auth_op_factor_rule;     /* auth_op_factor.c */

#endif
