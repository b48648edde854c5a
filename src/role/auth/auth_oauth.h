/* The authorisation server (RFC 6749, 7009, 7636, 8628): records of auth in the store, and what the http role asks. Pure decisions are those of
 * proto/oauth; here they are carried out: read, decide, write what follows if nobody else has written, and anew if somebody has. */
#ifndef ROLE_AUTH_AUTH_OAUTH_H
#define ROLE_AUTH_AUTH_OAUTH_H

#include "ipc/records.h"
#include "proto/oauth/oauth_record.h"
#include "role/auth/auth_token.h"

enum { AUTH_OAUTH_MEMORY = 1 << 20, AUTH_OAUTH_TRIES = 8, AUTH_GRANTS_MOST = 64 };

/* ---- auth_oauth_store.c: keys, and records read and written as what they are */
struct str auth_client_key(struct arena *a, struct str id);
struct str auth_code_key(struct arena *a, const uint8_t id[OAUTH_ID]);
struct str auth_device_key(struct arena *a, const uint8_t id[OAUTH_ID]);
struct str auth_user_code_key(struct arena *a, const char code[OAUTH_USER_CODE]);
struct str auth_grant_key(struct arena *a, uint32_t account, const uint8_t id[OAUTH_ID]);
struct str auth_grant_prefix(struct arena *a, uint32_t account);
struct str auth_session_key(struct arena *a, uint32_t account, const uint8_t id[OAUTH_ID]);
struct str auth_session_prefix(struct arena *a, uint32_t account);

/* Into a batch. A record that can't be encoded makes the batch fail. */
void auth_put_code(struct records_batch *b, struct str key, uint64_t expect, const struct oauth_code *c);
void auth_put_device(struct records_batch *b, struct str key, uint64_t expect, const struct oauth_device *d);
void auth_put_grant(struct records_batch *b, struct str key, uint64_t expect, const struct oauth_grant *g);
void auth_put_session(struct records_batch *b, struct str key, uint64_t expect, const struct oauth_session *s);
/* E_NOTFOUND; E_CORRUPT; or why the store can't be asked. */
must_use int auth_get_client(struct arena *a, struct str id, struct oauth_client *ret);
must_use int auth_get_code(struct arena *a, struct str key, struct oauth_code *ret, uint64_t *ret_version);
must_use int auth_get_device(struct arena *a, struct str key, struct oauth_device *ret, uint64_t *ret_version);
must_use int auth_get_grant(struct arena *a, struct str key, struct oauth_grant *ret, uint64_t *ret_version);
must_use int auth_get_session(struct arena *a, struct str key, struct oauth_session *ret, uint64_t *ret_version);
void auth_token_new(enum oauth_kind kind, uint32_t account, struct oauth_token *ret);          /* from the kernel's random bytes */
/* Every ten minutes what is over goes. Once. */
void auth_oauth_sweep_start(void);

/* ---- auth_oauth_grant.c */
/* Is this still an account, and not locked? OK, E_DENIED, or why the store can't be asked. */
must_use int auth_account_good(uint32_t account, struct str address);
/* What the token endpoint gives: a new grant, written by the caller's batch. */
struct auth_issued { struct oauth_token access, refresh; unsigned scope; };
void auth_grant_make(struct arena *a, struct records_batch *b, const struct oauth_grant *of, struct auth_issued *ret, uint8_t ret_id[OAUTH_ID]);
/* The grant goes, and the sessions of its account end. OK also when there is none. */
must_use int auth_grant_end(struct arena *a, uint32_t account, const uint8_t id[OAUTH_ID]);
void auth_sessions_end(uint32_t account);

/* ---- auth_web.c: sessions of browsers */
/* E_DENIED: the cookie is worth nothing. */
must_use int auth_session_find(struct arena *a, struct str token, struct oauth_session *ret);

/* ---- redeeming, a file each. OK with an outcome, or why it can't be done now. */
struct auth_redeem { struct arena *a; const struct ipc_oauth_token_req *q; int64_t now; enum oauth_outcome outcome; struct auth_issued issued; };
must_use int auth_redeem_code(struct auth_redeem *r);
must_use int auth_redeem_refresh(struct auth_redeem *r);
must_use int auth_redeem_device(struct auth_redeem *r);

/* ---- what http asks */
void auth_on_token_sign_in(const struct ipc_request *rq, const struct ipc_token_sign_in_req *q);       /* asked by smtp and imap */
void auth_on_web_sign_in(const struct ipc_request *rq, const struct ipc_web_sign_in_req *q);
void auth_on_web_session(const struct ipc_request *rq, const struct ipc_web_session_req *q);
void auth_on_web_sign_out(const struct ipc_request *rq, const struct ipc_web_sign_out_req *q);
void auth_on_oauth_client(const struct ipc_request *rq, const struct ipc_oauth_client_req *q);
void auth_on_oauth_approve(const struct ipc_request *rq, const struct ipc_oauth_approve_req *q);
void auth_on_oauth_token(const struct ipc_request *rq, const struct ipc_oauth_token_req *q);
void auth_on_oauth_revoke(const struct ipc_request *rq, const struct ipc_oauth_revoke_req *q);
void auth_on_oauth_device_begin(const struct ipc_request *rq, const struct ipc_oauth_device_begin_req *q);
void auth_on_oauth_device_find(const struct ipc_request *rq, const struct ipc_oauth_device_find_req *q);
void auth_on_oauth_device_decide(const struct ipc_request *rq, const struct ipc_oauth_device_decide_req *q);

#endif
