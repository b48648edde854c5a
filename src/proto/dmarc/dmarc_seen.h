/* One verdict, as the daily report about its domain counts it (RFC 9990 section 3.1): written where the message was judged, added up where
 * reports are made. */
#ifndef PROTO_DMARC_SEEN_H
#define PROTO_DMARC_SEEN_H

#include "proto/dmarc/dmarc_report.h"

enum { DMARC_SEEN_MAX = 4096, DMARC_SEEN_SIGNATURES = 5 };

/* Texts as in dmarc_report_record; empty where there is none. */
struct dmarc_seen {
	struct str from, source_ip, disposition, dkim, spf, reason;
	struct str envelope_from, spf_domain, spf_result;
	struct dmarc_report_dkim signatures[DMARC_SEEN_SIGNATURES];
	size_t signature_count;
};

void dmarc_seen_write(struct bufw *w, const struct dmarc_seen *s);
/* One row of a report, of that count. Views of bytes, lists in the arena. E_PROTO: it is none. */
must_use int dmarc_seen_read(struct arena *a, struct str bytes, uint64_t count, struct dmarc_report_record *ret);

#endif
