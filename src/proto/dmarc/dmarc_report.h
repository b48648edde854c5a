/* An aggregate report (RFC 9990, and RFC 7489 appendix C which it follows), as data. Written by us daily, read when
 * others send theirs. */
#ifndef PROTO_DMARC_REPORT_H
#define PROTO_DMARC_REPORT_H

#include "base/base.h"

/* A77: limits of what is read. Unpacking, which has limits of its own, is the caller's. */
enum {
	DMARC_REPORT_XML_MAX = 32 << 20,
	DMARC_REPORT_RECORDS_MAX = 100000,
	DMARC_REPORT_ITEMS_MAX = 100,
	DMARC_REPORT_TEXT_MAX = 1024
};

struct dmarc_report_reason {
	struct str type, comment;
};
struct dmarc_report_dkim {
	struct str domain, selector, result, human_result;
};
struct dmarc_report_spf {
	struct str domain, scope, result, human_result;
};

struct dmarc_report_record {
	struct str source_ip;
	uint64_t count;
	struct str disposition, dkim, spf; /* policy_evaluated: "none" … "reject"; "pass", "fail" */
	struct str envelope_to, envelope_from, header_from;
	struct dmarc_report_reason *reasons;
	size_t reason_count, reason_cap;
	struct dmarc_report_dkim *dkim_results;
	size_t dkim_count, dkim_cap;
	struct dmarc_report_spf *spf_results;
	size_t spf_count, spf_cap;
};

struct dmarc_report {
	struct str version;
	struct str org_name, email, extra_contact_info, report_id, error, generator;
	uint64_t begin, end;                                                      /* seconds since 1970 */
	struct str domain, p, sp, np, adkim, aspf, fo, testing, discovery_method; /* policy_published; empty: absent */
	uint64_t pct;                                                             /* of RFC 7489; 0: absent */
	struct dmarc_report_record *records;
	size_t record_count, record_cap;
};

/* Strings are in the arena, trimmed, valid UTF-8 without control bytes, cut at DMARC_REPORT_TEXT_MAX. Unknown elements
 * are passed over; repeated texts: the first counts. Not a report, or not well formed: E_SYNTAX; a document type or
 * entity: E_UNSUPPORTED; past a limit: E_TOOBIG. */
must_use int dmarc_report_read(struct arena *a, struct str xml, struct dmarc_report *ret);
/* By the schema of RFC 9990. E_TOOBIG: the buffer's ceiling. */
must_use int dmarc_report_write(struct buf *out, const struct dmarc_report *report);
/* "receiver!domain!begin!end", the stem of file names (RFC 9990 section 3.3.2 wants it unique; append "!id" where more
 * are sent). */
struct str dmarc_report_file_stem(struct arena *a, struct str receiver, const struct dmarc_report *report);

#endif
