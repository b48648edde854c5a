/* New passwords: policy, hash, and the commit with history and audit entry. No password is set on another way. */
#ifndef ROLE_AUTH_AUTH_PASSWORD_H
#define ROLE_AUTH_AUTH_PASSWORD_H

#include "role/auth/auth_admin.h"

enum { AUTH_GENERATED = 21 /* with its NUL */ };

struct auth_new_password {
	struct str address, password;       /* an empty password: one is generated, and stands in `generated` */
	struct str current;                 /* the one it replaces, when its owner has just typed it */
	bool by_owner;                      /* else by an administrator: minimum age does not count */
	bool must_change;                   /* at the next sign-in */
	const char *act;                    /* for the audit log */
	struct str detail;
	struct str spent;                   /* key of a record that goes with it (a reset token), or empty */
	char generated[AUTH_GENERATED];
};

/* The account exists: checks, hashes, commits. Refuses with all reasons. Wipe *n when it generated. */
must_use int auth_password_set(struct auth_call *c, struct auth_new_password *n);
/* A new account, as `account.add` of the store. flags: "admin" or "". */
must_use int auth_password_create(struct auth_call *c, struct auth_new_password *n, struct str flags);
/* The same with a hash that another server made. */
must_use int auth_password_import(struct auth_call *c, struct str address, struct str hash, struct str flags);
/* All reasons why the rule of this address would refuse it, as a JSON array of {fault, text}; bits: its strength. */
must_use int auth_password_judge(struct auth_call *c, struct str address, struct str password, json_t **ret, double *ret_bits);

#endif
