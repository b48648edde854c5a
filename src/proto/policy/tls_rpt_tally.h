/* What came of the TLS sessions with one domain on one day, counted (RFC 8460 section 4): a record that grows, and the report made of it. Pure. */
#ifndef PROTO_TLS_RPT_TALLY_H
#define PROTO_TLS_RPT_TALLY_H

#include "proto/policy/tls_rpt.h"

enum tlsrpt_policy_type { TLSRPT_NO_POLICY, TLSRPT_TLSA, TLSRPT_STS, TLSRPT_POLICY_TYPES };

/* mx: host name; address: of it, as text. Both empty where nothing failed, and where a day has too many different failures. */
struct tlsrpt_row {
	uint8_t policy; /* enum tlsrpt_policy_type */
	uint8_t result; /* enum tlsrpt_result, TLSRPT_SUCCESS or a failure */
	struct str mx, address;
	uint64_t sessions;
};

enum { TLSRPT_ROWS_MAX = 200, TLSRPT_TALLY_MAX = 64 << 10 };
struct tlsrpt_tally {
	struct tlsrpt_row row[TLSRPT_ROWS_MAX];
	size_t count;
};

/* E_SYNTAX: it is none. Views of the record. */
must_use int tlsrpt_tally_read(struct str record, struct tlsrpt_tally *ret);
void tlsrpt_tally_write(struct bufw *w, const struct tlsrpt_tally *t);
/* Views must outlive the tally. */
void tlsrpt_tally_add(struct tlsrpt_tally *t, const struct tlsrpt_row *row);
/* A policy for each type that occurs; lists in the arena. */
void tlsrpt_tally_report(const struct tlsrpt_tally *t, struct arena *a, struct str domain, struct tlsrpt_report *ret);

#endif
