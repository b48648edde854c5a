/* MTA-STS (RFC 8461): the TXT record that says a policy exists, and the policy file itself. */
#ifndef PROTO_MTA_STS_H
#define PROTO_MTA_STS_H

#include "base/base.h"

enum { STS_POLICY_MAX = 64 << 10, STS_MX_MAX = 256, STS_MAX_AGE_MAX = 31557600 };

/* The id of the record at _mta-sts.<domain>. E_SYNTAX: no such record (section 3.1: then none of its fields counts). */
must_use int sts_record_parse(struct str txt, struct str *ret_id);

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE };

struct sts_policy {
	enum sts_mode mode;
	uint32_t max_age; /* seconds, cut to a year (section 3.2) */
	struct str *mx;   /* names, or "*.name" */
	size_t mx_count, mx_cap;
};

/* The whole file. Of repeated fields but mx the first counts. E_SYNTAX; E_TOOBIG. */
must_use int sts_policy_parse(struct arena *a, struct str text, struct sts_policy *ret);
/* Whether mail may go to that MX host (section 4.1): "*." stands for exactly one label. */
bool sts_policy_allows(const struct sts_policy *policy, struct str host);

#endif
