/* Tokens of the authorisation server, as sign-in and administration see them. In a fiber. */
#ifndef ROLE_AUTH_AUTH_TOKEN_H
#define ROLE_AUTH_AUTH_TOKEN_H

#include "ipc/ipc.h"

/* For OAUTHBEARER and XOAUTH2: what is this access token worth? scope: enum grant_scope bits, all of which it must have. OK: the account, and its
 * canonical address in the arena. E_DENIED: it is none, is over, was revoked, has another scope, or its account is gone or locked: one answer
 * for all. Anything else: the store can't be asked now. */
must_use int auth_token_check(struct arena *a, struct str token, unsigned scope, uint32_t *ret_account, struct str *ret_address);

/* All tokens and browser sessions of an account end, and the sessions that they opened: a new password, a lock, a person who asked for it. */
must_use int auth_tokens_revoke(uint32_t account);

#endif
