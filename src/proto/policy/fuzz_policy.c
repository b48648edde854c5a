#include "proto/policy/arf.h"
#include "proto/policy/bimi.h"
#include "proto/policy/mta_sts.h"
#include "proto/policy/tls_rpt.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void sts(struct arena *a, struct str text)
{
	struct sts_policy p;
	struct str id;
	require(sts_record_parse(text, &id) != OK || (id.n && id.n <= 32));
	if (sts_policy_parse(a, text, &p) != OK)
		return;
	require(p.max_age <= STS_MAX_AGE_MAX && p.mx_count <= STS_MX_MAX && (p.mode == STS_NONE || p.mx_count));
	for (size_t i = 0; i < p.mx_count; i++)
		require(str_starts(p.mx[i], STR("*."))
			    ? !sts_policy_allows(&(struct sts_policy){ .mx = &p.mx[i], .mx_count = 1 },
						 str_skip(p.mx[i], 2))
			    : sts_policy_allows(&p, p.mx[i]));
}

static void tlsrpt(struct arena *a, struct str text)
{
	struct tlsrpt_record record;
	struct tlsrpt_report report;
	require(tlsrpt_record_parse(text, &record) != OK || (record.count && record.count <= TLSRPT_URIS_MAX));
	if (tlsrpt_report_read(a, text, &report) != OK)
		return;
	require(report.policy_count <= TLSRPT_LIST_MAX && !str_has_control(report.organization) &&
		report.organization.n <= TLSRPT_TEXT_MAX);
	for (size_t i = 0; i < report.policy_count; i++)
		require(report.policies[i].failure_count <= TLSRPT_LIST_MAX);
}

static void bimi(struct arena *a, struct str text)
{
	struct bimi_record r, again;
	struct str text_again;
	require(bimi_record_parse(text, &r) != OK || r.location.n == 0 || str_istarts(r.location, STR("https://")));
	if (bimi_record_parse(text, &r) == OK && bimi_record_write(a, r.location, r.authority, &text_again) == OK)
		require(bimi_record_parse(text_again, &again) == OK && str_eq(again.location, r.location) && str_eq(again.authority, r.authority) &&
			str_find(text_again, '"') == STR_NPOS);
	if (bimi_svg_check(a, text) == BIMI_SVG_OK)
		require(str_isearch(text, STR("<script")) == STR_NPOS || str_isearch(text, STR("<!")) != STR_NPOS ||
			str_search(text, STR("<?")) != STR_NPOS);
}

/* The first byte chooses what the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct arf_report report;
	if (n == 0)
		return 0;
	struct str text = { (const char *)data + 1, n - 1 };
	arena_init(&a, 256 << 20, NULL, NULL);
	switch (data[0] % 4) {
	case 0:
		sts(&a, text);
		break;
	case 1:
		tlsrpt(&a, text);
		break;
	case 2:
		bimi(&a, text);
		break;
	default:
		require(arf_read(&a, text, &report) != OK || (report.feedback_type.n && report.incidents));
		break;
	}
	arena_done(&a);
	return 0;
}
