/* What auth keeps as records about passwords: rules ("policy/" and a domain, or nothing for the organisation), states of people's passwords
 * ("pw/" and the address), parameters of argon2 ("argon2"); and of domains their logos ("bimi/", auth_op_bimi.c). */
#ifndef ROLE_AUTH_AUTH_KEEP_H
#define ROLE_AUTH_AUTH_KEEP_H

#include "ipc/records.h"
#include "proto/password/password_hash.h"
#include "proto/password/password_rule.h"
#include "proto/password/password_state.h"

enum { AUTH_KEY_MAX = RECORDS_KEY_MAX + 1 };

/* prefix and name; a name that is too long is cut and gets its SHA-256. The key lives in text. */
struct str auth_key(const char *prefix, struct str name, char text[AUTH_KEY_MAX]);

/* The rule that holds for an address or domain: its domain's own, else the organisation's, else the default. *ret_scope: which; "default"
 * for the one that is built in. In a fiber; what it points to is in the arena. */
must_use int auth_rule_for(struct arena *a, struct str address, struct password_rule *ret, struct str *ret_scope);
/* The rule of just this scope (a domain, or "" for the organisation). E_NOTFOUND. */
must_use int auth_rule_of(struct arena *a, struct str scope, struct password_rule *ret, uint64_t *ret_version);
must_use int auth_rule_set(struct records_batch *b, struct str scope, const struct password_rule *rule, uint64_t expect);

/* E_NOTFOUND: nothing is known yet (version RECORDS_NONE). */
must_use int auth_state_get(struct arena *a, struct str address, struct password_state *ret, uint64_t *ret_version);
must_use int auth_state_set(struct records_batch *b, struct str address, const struct password_state *s, uint64_t expect);

/* What new hashes are made with: measured at init, else the default. */
struct password_params auth_params(void);
must_use int auth_params_set(struct records_batch *b, const struct password_params *p);
/* Reads them again; in a fiber. */
void auth_params_load(void);

#endif
