/* What is kept of authorisations, and what follows from it: pure decisions over records, a clock and what was shown. Whoever calls keeps the changed
 * record before the answer leaves, and only when nobody else changed it meanwhile.
 *
 *   code    one minute, once (RFC 6749 4.1.2); shown a second time, what came from it ends (10.5)
 *   device  ten minutes, asked for by polling (RFC 8628)
 *   grant   what a person allowed a client; access tokens of an hour hang on it, and one refresh token, new at each use: an older one that comes
 *           again was copied, and the grant ends (RFC 9700 4.14.2)
 *   session of a browser */
#ifndef OAUTH_RECORD_H
#define OAUTH_RECORD_H

#include "proto/oauth/oauth_client.h"
#include "proto/oauth/oauth_outcome.h"
#include "proto/oauth/oauth_token.h"

enum {
	OAUTH_CODE_SECONDS = 60, OAUTH_CODE_KEPT = 3600,        /* spent codes are remembered, so that a second showing is seen */
	OAUTH_DEVICE_SECONDS = 600, OAUTH_INTERVAL = 5, OAUTH_INTERVAL_MOST = 60,
	OAUTH_ACCESS_SECONDS = 3600, OAUTH_ACCESS_MOST = 4, OAUTH_IDLE_SECONDS = 90 * 86400,
	OAUTH_SESSION_SECONDS = 12 * 3600, OAUTH_SESSION_IDLE = 3600,
	OAUTH_ADDRESS_MAX = 320, OAUTH_PEER_MAX = 64, OAUTH_AGENT_MAX = 120
};

struct oauth_code {
	uint8_t hash[OAUTH_HASH], grant[OAUTH_ID];      /* grant: of the account, made when it was spent */
	uint32_t account;
	struct str address, client, redirect, challenge;
	unsigned scope;
	int64_t until;                  /* unix seconds, as all times here */
	bool spent;
};

enum oauth_device_state { OAUTH_DEVICE_ASKED, OAUTH_DEVICE_ALLOWED, OAUTH_DEVICE_DENIED, OAUTH_DEVICE_STATES };
struct oauth_device {
	uint8_t hash[OAUTH_HASH];
	uint32_t account;               /* 0 until somebody has allowed it */
	struct str address, client, peer;
	unsigned scope, state, interval;
	int64_t until, polled;
};

struct oauth_access { uint8_t hash[OAUTH_HASH]; unsigned scope; int64_t until; };
struct oauth_grant {
	uint32_t account;
	struct str address, client, peer;
	unsigned scope;
	int64_t created, used, until;   /* until: the refresh token is good; goes on with each use */
	uint8_t refresh[OAUTH_HASH];
	struct oauth_access access[OAUTH_ACCESS_MOST];
	size_t access_count;
};

struct oauth_session {
	uint8_t hash[OAUTH_HASH];
	uint32_t account;
	struct str address, peer, agent;
	int64_t created, used;
};

/* ---- decisions (oauth_decide.c) */
/* OK: the caller marks it spent and makes the grant. OAUTH_REUSED: the caller ends c->grant. Anything else: it is spent all the same. A wrong secret
 * is OAUTH_INVALID_GRANT and changes nothing: *ret_known says whether the secret was right. */
enum oauth_outcome oauth_code_redeem(const struct oauth_code *c, const struct oauth_token *t, struct str client, struct str redirect,
	struct str verifier, int64_t now, bool *ret_known);
/* Changes polled and interval. OAUTH_OK: the record goes, the grant is made. */
enum oauth_outcome oauth_device_poll(struct oauth_device *d, const struct oauth_token *t, struct str client, int64_t now);
bool oauth_device_open(const struct oauth_device *d, int64_t now);       /* may still be allowed or denied */
/* OAUTH_REUSED: the caller ends the grant. */
enum oauth_outcome oauth_grant_refresh(const struct oauth_grant *g, const struct oauth_token *t, struct str client, int64_t now);
/* The access token hangs on this grant, is not over, and is good for all of scope. */
bool oauth_grant_accepts(const struct oauth_grant *g, const struct oauth_token *t, unsigned scope, int64_t now);
void oauth_grant_add_access(struct oauth_grant *g, const struct oauth_token *t, unsigned scope, int64_t now);   /* the oldest one goes when it is full */
bool oauth_session_accepts(const struct oauth_session *s, const struct oauth_token *t, int64_t now);

/* ---- stored forms (oauth_record.c); views into the bytes. E_CORRUPT. */
must_use int oauth_code_encode(struct buf *out, const struct oauth_code *c);
must_use int oauth_code_decode(struct str bytes, struct oauth_code *ret);
must_use int oauth_device_encode(struct buf *out, const struct oauth_device *d);
must_use int oauth_device_decode(struct str bytes, struct oauth_device *ret);
must_use int oauth_grant_encode(struct buf *out, const struct oauth_grant *g);
must_use int oauth_grant_decode(struct str bytes, struct oauth_grant *ret);
must_use int oauth_session_encode(struct buf *out, const struct oauth_session *s);
must_use int oauth_session_decode(struct str bytes, struct oauth_session *ret);
/* Whether the record is of no use to anybody any more. */
bool oauth_code_over(const struct oauth_code *c, int64_t now);
bool oauth_device_over(const struct oauth_device *d, int64_t now);
bool oauth_grant_over(const struct oauth_grant *g, int64_t now);
bool oauth_session_over(const struct oauth_session *s, int64_t now);

#endif
