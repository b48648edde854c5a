/* Reads a report back: what dsn_build wrote, and what other servers send (RFC 3464). Lenient about fields, strict about
 * structure. */
#ifndef PROTO_DSN_PARSE_H
#define PROTO_DSN_PARSE_H

#include "base/base.h"

enum { DSN_PARSED_MAX = 1000 };

struct dsn_parsed_recipient {
	struct str final_type, final_recipient, original_type, original_recipient, action, status, remote, diagnostic,
	    last_attempt, retry_until;
};

struct dsn_parsed {
	struct str envid, reporting_mta, arrival;
	struct dsn_parsed_recipient *recipient;
	size_t count;
	struct str text;                    /* the part for people, as it stands */
	struct str original_type, original; /* media type of the third part, and its content */
	struct str status_type;             /* message/delivery-status or message/global-delivery-status */
};

/* Views in *ret point into the message or the arena. E_SYNTAX: no report of that kind. */
must_use int dsn_parse(struct arena *a, struct str message, struct dsn_parsed *ret);

#endif
