/* Feedback reports (ARF: RFC 5965, RFC 6591 and 9991 for authentication failures): the machine-readable part,
 * message/feedback-report. */
#ifndef PROTO_ARF_H
#define PROTO_ARF_H

#include "base/base.h"

enum { ARF_LIST_MAX = 100, ARF_FIELDS_MAX = 1000 };

struct arf_list {
	struct str *items;
	size_t count, cap;
};

struct arf_report {
	struct str feedback_type, user_agent, version; /* required */
	struct str original_envelope_id, original_mail_from, original_rcpt_to, arrival_date, reporting_mta, source_ip;
	struct str auth_failure, delivery_result, dkim_domain, dkim_identity, dkim_selector, spf_dns,
	    identity_alignment;
	uint64_t incidents, source_port; /* incidents: 1 when absent */
	struct arf_list reported_domains, reported_uris, authentication_results;
};

/* Values on one line, views or in the arena; addresses without angle brackets. Of repeated fields that may not repeat
 * the first counts, and unknown ones are passed over. E_SYNTAX: a required field is missing; E_TOOBIG. */
must_use int arf_read(struct arena *a, struct str part, struct arf_report *ret);

#endif
