/* A TLS report as a message (RFC 8460 section 5.3): a sentence for people, then the JSON. Pure. */
#ifndef PROTO_TLS_RPT_MAIL_H
#define PROTO_TLS_RPT_MAIL_H

#include "proto/policy/tls_rpt.h"

struct tlsrpt_mail {
	struct str host, domain, to, id; /* who reports, about whom, to which address; the report's id, letters, digits, '.', '-' */
	int64_t now;
	struct str json;
};

/* Lines end in CRLF. "TLS-Required: No": a report about TLS that fails must not wait for TLS (section 3). E_TOOBIG; E_SYNTAX: one of the
 * strings cannot stand in a header field. */
must_use int tlsrpt_mail_write(const struct tlsrpt_mail *m, struct buf *out);
/* The address of a "mailto:" URI (RFC 6068), escapes undone. E_UNSUPPORTED: it is none; E_SYNTAX. */
must_use int tlsrpt_mail_address(struct str uri, struct arena *a, struct str *ret);

#endif
