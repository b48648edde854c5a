/* MTA-STS policies of other domains (RFC 8461): when one is fetched, and how long it counts. The first half is pure.
 *
 * A policy that was fetched counts until max_age is over, whatever becomes of its TXT record and its web host: who keeps both from us must
 * not be able to take it away (A46). Before the first policy there is nothing to hold a domain to (section 10.2). */
#ifndef ROLE_RELAY_STS_H
#define ROLE_RELAY_STS_H

#include "ipc/ipc.h"
#include "proto/policy/mta_sts.h"

enum { RELAY_STS_AGAIN_S = 300 /* after an attempt that failed (section 3.3) */ };

/* What is kept of a domain: i64 tried, i64 fetched, str id, str policy. */
struct relay_sts {
	int64_t tried;          /* unix seconds of the last attempt to fetch; 0: it was a success */
	int64_t fetched;
	struct str id, text;    /* empty text: no policy */
	struct sts_policy policy;
	bool valid;             /* there is a policy, and its time is not over */
};

/* Never fails: what cannot be read, or has run out, is not valid (section 3.2). Views of record. */
void relay_sts_read(struct arena *a, struct str record, int64_t now, struct relay_sts *ret);
void relay_sts_write(struct bufw *w, const struct relay_sts *s);
/* Shall a policy be fetched? id: of the TXT record, empty when there is none or nobody can tell. */
bool relay_sts_wants(const struct relay_sts *s, struct str id, int64_t now);

/* ---- in a fiber */
struct relay_sts_env {
	int (*dns)(void *ctx, struct str name, uint32_t type, struct ipc_dns_rep *ret, struct ipc_hold *hold);
	int64_t (*now)(void *ctx);
	int (*record_get)(void *ctx, struct arena *a, struct str key, struct str *ret);
	int (*record_put)(void *ctx, struct str key, struct str value);
	int (*fetch)(void *ctx, struct str domain, struct arena *a, struct str *ret_policy);
};

/* The policy of a domain, in the arena (which needs room for 300 KiB), learned now if need be. E_NOTFOUND: it has none; other errors:
 * nobody knows now. */
must_use int relay_sts_find(const struct relay_sts_env *env, void *ctx, struct str domain, struct arena *a, struct sts_policy *ret);

#endif
