/* A report in a mail: what kind it is, about whom, and what it says, in one small JSON text that can be kept. Read are DMARC aggregate
 * reports (RFC 9990, RFC 7489), failure reports (RFC 9991, RFC 6591), other feedback reports (ARF, RFC 5965) and TLS reports (RFC 8460). */
#ifndef PROTO_REPORT_MESSAGE_H
#define PROTO_REPORT_MESSAGE_H

#include "base/base.h"

enum { REPORT_JSON_MAX = 60 << 10, REPORT_SOURCES_MAX = 200, REPORT_ARENA = 256 << 20 };

struct report_message {
	const char *kind;               /* "dmarc", "tls", "failure" (of DMARC), "abuse" (any other feedback) */
	struct str domain;              /* that it is about, in lower case; empty: not said */
	struct str org, id;             /* who wrote it */
	int64_t begin, end;             /* seconds since 1970; 0: not said */
	struct str json;                /* in the arena */
};

/* The first part of the message that is a report. Strings are without control bytes. E_NOTFOUND: there is none; E_SYNTAX, E_TOOBIG,
 * E_UNSUPPORTED: there is something, which cannot be read. The arena should take REPORT_ARENA. */
must_use int report_message_read(struct arena *a, struct str message, struct report_message *ret);

#endif
