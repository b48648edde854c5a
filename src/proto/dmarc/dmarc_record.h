/* A DMARC policy record (RFC 9989 section 4.7), tags of RFC 7489 understood. Unknown tags mean nothing, and a tag with
 * a wrong value is as if it were not there; only the version decides whether it is a record at all. */
#ifndef PROTO_DMARC_RECORD_H
#define PROTO_DMARC_RECORD_H

#include "base/base.h"

enum { DMARC_URIS_MAX = 10 };

enum dmarc_policy { DMARC_POLICY_NONE, DMARC_POLICY_QUARANTINE, DMARC_POLICY_REJECT };
enum dmarc_psd { DMARC_PSD_UNKNOWN, DMARC_PSD_YES, DMARC_PSD_NO };

struct dmarc_uri {
	struct str uri;
	uint64_t max_bytes;
}; /* "!10m" of RFC 7489; 0: no limit */

struct dmarc_record {
	struct str text; /* as published */
	bool usable;     /* p is valid, or there is a rua (then p=none); else no processing (section 4.10.1) */
	enum dmarc_policy p, sp, np; /* sp and np as they apply: np falls back to sp, sp to p */
	bool has_sp, has_np;
	bool strict_dkim, strict_spf; /* adkim=s, aspf=s */
	bool testing;                 /* t=y */
	enum dmarc_psd psd;
	struct dmarc_uri rua[DMARC_URIS_MAX], ruf[DMARC_URIS_MAX];
	size_t rua_count, ruf_count;
	struct str fo;    /* failure report options, "0" when absent or wrong */
	uint32_t pct, ri; /* historic (RFC 9989 appendix A.6): shown, never obeyed. A wrong pct shows as 0 */
};

bool dmarc_record_is(struct str txt);
/* Views of txt. E_SYNTAX: not a DMARC record. */
must_use int dmarc_record_parse(struct str txt, struct dmarc_record *ret);
const char *dmarc_policy_name(enum dmarc_policy policy);

#endif
