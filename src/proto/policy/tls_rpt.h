/* SMTP TLS reporting (RFC 8460): the record that asks for reports, and the reports, whose JSON is read by jansson
 * within limits (A77). */
#ifndef PROTO_TLS_RPT_H
#define PROTO_TLS_RPT_H

#include "base/base.h"

enum {
	TLSRPT_URIS_MAX = 10,
	TLSRPT_JSON_MAX = 4 << 20,
	TLSRPT_DEPTH_MAX = 16,
	TLSRPT_LIST_MAX = 10000,
	TLSRPT_TEXT_MAX = 1024
};

struct tlsrpt_record {
	struct str rua[TLSRPT_URIS_MAX];
	size_t count;
};                                                                           /* "mailto:" and "https:" URIs */
must_use int tlsrpt_record_parse(struct str txt, struct tlsrpt_record *ret); /* E_SYNTAX */

/* What came of one TLS session (section 4.3). */
enum tlsrpt_result {
	TLSRPT_NO_SESSION, /* it did not come so far: no mail server answered */
	TLSRPT_SUCCESS,
	TLSRPT_STARTTLS_NOT_SUPPORTED,
	TLSRPT_CERTIFICATE_HOST_MISMATCH,
	TLSRPT_CERTIFICATE_EXPIRED,
	TLSRPT_CERTIFICATE_NOT_TRUSTED,
	TLSRPT_VALIDATION_FAILURE,
	TLSRPT_TLSA_INVALID,
	TLSRPT_DNSSEC_INVALID,
	TLSRPT_RESULTS
};
const char *tlsrpt_result_name(enum tlsrpt_result r); /* as in "result-type"; NULL for the first two */

struct tlsrpt_failure {
	struct str result_type, sending_mta_ip, receiving_ip, receiving_mx_hostname, receiving_mx_helo,
	    additional_information, reason_code;
	uint64_t sessions;
};

struct tlsrpt_policy {
	struct str type, domain; /* "sts", "tlsa", "no-policy-found", or what else was sent */
	struct str *strings, *mx_hosts;
	size_t string_count, mx_host_count;
	uint64_t succeeded, failed; /* sessions */
	struct tlsrpt_failure *failures;
	size_t failure_count;
};

struct tlsrpt_report {
	struct str organization, contact, id;
	int64_t begin, end; /* seconds since 1970; 0: absent or no date */
	struct tlsrpt_policy *policies;
	size_t policy_count;
};

/* Appends the report as JSON. E_TOOBIG: past the ceiling of out. */
must_use int tlsrpt_report_write(const struct tlsrpt_report *r, struct buf *out);

/* Strings are in the arena, without control bytes, cut at TLSRPT_TEXT_MAX. E_SYNTAX: not JSON, or not a report;
 * E_TOOBIG. */
must_use int tlsrpt_report_read(struct arena *a, struct str json, struct tlsrpt_report *ret);

#endif
