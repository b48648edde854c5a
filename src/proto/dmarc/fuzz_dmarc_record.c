#include "proto/dmarc/dmarc_check.h"
#include "proto/dns_env/dns_env_zone.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_record(struct str text)
{
	struct dmarc_record r;
	if (dmarc_record_parse(text, &r) != OK) {
		require(!dmarc_record_is(text));
		return;
	}
	require(r.p <= DMARC_POLICY_REJECT && r.sp <= DMARC_POLICY_REJECT && r.np <= DMARC_POLICY_REJECT);
	require(r.rua_count <= DMARC_URIS_MAX && r.ruf_count <= DMARC_URIS_MAX && r.pct <= 100 && r.fo.n);
	require(r.usable || (r.p == DMARC_POLICY_NONE && r.rua_count == 0));
	for (size_t i = 0; i < r.rua_count; i++)
		require(str_find(r.rua[i].uri, ':') != STR_NPOS && !str_has_control(r.rua[i].uri));
}

/* First line: records, one at the author domain and one above, between NUL; then a header block. Nobody passes who is
 * not aligned, and nothing with a defect passes at all. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct dns_zone zone;
	struct dns_env dns;
	struct dmarc_from from;
	struct dmarc_result r;
	struct str header = { (const char *)data, n }, records = str_until(&header, '\n'),
		   own = str_until(&records, '\0');
	struct dmarc_signature signature = { .domain = STR("mail.example.org"), .pass = true };
	struct dmarc_input in = { .from = &from, .signatures = &signature, .signature_count = 1 };
	arena_init(&a, 64 << 20, NULL, NULL);
	check_record(own);
	check_record(records);
	dns_zone_init(&zone, &a);
	require(dns_zone_add(&zone, STR("_dmarc.a.example.org"), DNS_TXT, own) == OK);
	require(dns_zone_add(&zone, STR("_dmarc.example.org"), DNS_TXT, records) == OK);
	dns_env_init(&dns, &a, dns_zone_source(&zone), DNS_ENV_LIMITS_DEFAULT);
	dmarc_from_header(&a, header, &from);
	require(from.count <= DMARC_FROM_MAX && (from.count || from.defect != DMARC_FROM_OK));
	dmarc_check(&dns, &in, &r);
	require(r.reason.n && !str_has_control(r.reason));
	require((r.code == DMARC_PERMERROR) == (from.defect != DMARC_FROM_OK));
	for (size_t i = 0; i < from.count && r.code == DMARC_PASS; i++)
		require(dns_env_name_is_below(from.domains[i], STR("example.org")));
	require(dns.asked <= (1 + DMARC_FROM_MAX) * (DMARC_WALK_MAX + 1));
	arena_done(&a);
	return 0;
}
