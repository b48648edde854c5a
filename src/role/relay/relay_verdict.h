/* What became of one recipient, or of an attempt to reach a host: outcome, status and text that agree (B31). */
#ifndef ROLE_RELAY_VERDICT_H
#define ROLE_RELAY_VERDICT_H

#include "ipc/wire_types.h"
#include "proto/smtp/smtp_reply.h"

enum { RELAY_TEXT_MAX = 600, RELAY_REMOTE_MAX = 310 };

struct relay_verdict {
	enum queue_outcome outcome; /* 0: none yet */
	char status[12];            /* RFC 3463; its class fits the outcome */
	bool replied;               /* text is the other side's reply, else ours */
	bool doubt;       /* the message went out whole and the answer did not come: it may arrive twice (B09) */
	bool policy;      /* a policy of the destination forbids this way, not the mail itself */
	bool local_fault; /* ours to mend, as a refused sign-in at the smart host (B06): never bounces */
	char text[RELAY_TEXT_MAX];     /* one line, no control bytes */
	char remote[RELAY_REMOTE_MAX]; /* "host [address]", empty before a host was known */
};

/* status: of class 4 or 5 by outcome. The text may hold anything; it is cut and cleaned. */
void relay_verdict_set(struct relay_verdict *v, enum queue_outcome outcome, const char *status, const char *fmt, ...)
    printf_like(4, 5);
/* The class of a reply decides (B05): 2 is `success`, 5 is failed, anything else deferred. */
void relay_verdict_reply(struct relay_verdict *v, const struct smtp_reply *reply, enum queue_outcome success);
void relay_verdict_remote(struct relay_verdict *v, struct str host, const char *address);
/* A failure that may not bounce becomes a deferral. */
void relay_verdict_defer(struct relay_verdict *v);

#endif
