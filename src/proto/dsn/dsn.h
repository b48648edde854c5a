/* Delivery status notifications: multipart/report (RFC 6522) with message/delivery-status (RFC 3464), in the forms of
 * RFC 6533 where something is not ASCII. Pure: time and identifiers are arguments.
 *
 * A report says one thing only (B31): for each recipient action, status class and words agree, or dsn_build refuses.
 * All lines end in CRLF (B35) and are at most 998 bytes; nothing from outside reaches a header unescaped. A report is
 * to be sent with the null reverse-path (RFC 3461 section 6.1). */
#ifndef PROTO_DSN_H
#define PROTO_DSN_H

#include "base/base.h"

enum dsn_action { DSN_FAILED, DSN_DELAYED, DSN_DELIVERED, DSN_RELAYED, DSN_EXPANDED, DSN_ACTIONS };

enum {
	DSN_MAX = 256 << 10,
	DSN_HEADERS_MAX = 32 << 10, /* of the original's header */
	DSN_FULL_MAX = 64 << 10,    /* an original up to this size can be returned whole */
	DSN_DIAGNOSTIC_MAX = 1024
};

struct dsn_recipient {
	enum dsn_action action;
	struct str address;                /* final recipient, without angle brackets */
	struct str original;               /* ORCPT as "type;address", decoded; empty: none */
	const char *status;                /* "5.1.1": class 5 failed, 4 delayed, 2 the others */
	struct str remote;                 /* host that said so; empty: none */
	struct str diagnostic;             /* its reply, or our own words */
	bool replied;                      /* diagnostic is an SMTP reply */
	int64_t last_attempt, retry_until; /* unix seconds; 0: not said */
};

struct dsn {
	struct str reporting_mta; /* our name */
	struct str to;            /* the sender of the original, never empty (A24) */
	struct str envid;
	uint64_t unique;      /* makes Message-ID and boundary */
	int64_t now, arrival; /* unix seconds */
	const struct dsn_recipient *recipient;
	size_t count;
	struct str message; /* the original, at least its header */
	bool full;          /* return it whole if it is small (RET=FULL) */
	bool utf8;          /* the sender's mail used SMTPUTF8: the report may, too */
};

/* What people read, in one language. For each action: subject, and a sentence before the list of recipients. %s is our
 * name. */
struct dsn_words {
	const char *language;
	struct {
		const char *subject, *intro;
	} action[DSN_ACTIONS];
	const char *greeting, *several, *reason, *remote, *until, *returned;
};
extern const struct dsn_words dsn_english;

/* Appends the report. E_SYNTAX: action and status disagree, no recipient, or a null sender; E_TOOBIG. On failure out is
 * as it was. */
must_use int dsn_build(const struct dsn *d, const struct dsn_words *words, struct buf *out);

#endif
