/* Second factors at sign-in and in the store. In a fiber. */
#ifndef ROLE_AUTH_AUTH_FACTOR_H
#define ROLE_AUTH_AUTH_FACTOR_H

#include "ipc/records.h"
#include "ipc/wire_types.h"
#include "proto/second_factor/factors.h"
#include "proto/second_factor/totp.h"

/* ---- auth_factor.c: the record of a person, and the rule that holds for them ---- */

struct auth_factor { uint32_t account; uint64_t version; struct factors f; };
/* Who has no record yet gets an empty one, with a salt of its own. Lives in the arena. */
must_use int auth_factor_load(struct arena *a, uint32_t account, struct auth_factor **ret);
must_use int auth_factor_save(struct auth_factor *x);           /* durable; E_STALE: somebody else changed it meanwhile */
/* Of the domain, else of the organisation, else the built-in one. */
must_use int auth_factor_rule(struct arena *a, struct str address, struct factor_rule *ret);
must_use int auth_factor_rule_set(struct str domain, const struct factor_rule *rule);          /* an empty domain: the organisation */

/* ---- auth_factor_totp.c: secrets, sealed ---- */
must_use int auth_factor_totp_seal(struct arena *a, struct auth_factor *x, const struct totp *t);
must_use int auth_factor_totp_open(const struct auth_factor *x, struct totp *ret);             /* E_NOTFOUND: none. Wipe it */
/* Spends a one-time password or a recovery code. OK: it was good, and that it is spent is durable (A65). E_DENIED: wrong, or used before. */
must_use int auth_factor_spend(struct arena *a, uint32_t account, struct str code);

/* ---- auth_gate.c: between a right secret and an open session ---- */

struct auth_person_id {
	uint32_t account;
	struct str address;
	bool administrator;
	bool suspected;                 /* the guard asks for more than the password */
};
/* refusal: enum sign_in_refusal. text: in the arena or constant; a warning when nothing is refused. */
struct auth_gate { uint32_t refusal; struct str text; };
/* The primary password was right, at a program: does it open? */
must_use int auth_gate_password(struct arena *a, const struct auth_person_id *who, struct auth_gate *ret);
/* What looks like an app password. E_DENIED: it is none of this account; else *ret says whether it opens here. account 0: nobody, the same work
 * (A68). *ret_name: the app password's, in the arena. */
struct auth_app_try { uint32_t account, scope; struct str password, peer; };
must_use int auth_gate_app(struct arena *a, const struct auth_app_try *q, struct auth_gate *ret, struct str *ret_name);
/* The same for who has proved to know the app password with these keys. E_DENIED: it is there no more (A69). */
must_use int auth_gate_scram(struct arena *a, const struct auth_app_try *q, const struct scram_keys *keys, struct auth_gate *ret, struct str *ret_name);
/* The primary password was right, at the interactive sign-in. OK: the person is who they say; E_AGAIN: a code is needed; E_DENIED: the code is wrong;
 * E_CANCELLED: refused, *ret_text says why. */
must_use int auth_gate_interactive(struct arena *a, const struct auth_person_id *who, struct str code, struct str *ret_text);

#endif
