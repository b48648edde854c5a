/* Whatever the bytes: a row that is taken has no control byte in it and makes a report that our own reader takes. */
#include "proto/dmarc/dmarc_seen.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct buf xml;
	struct dmarc_report_record row;
	struct dmarc_report again, report = { .org_name = STR("x"), .report_id = STR("1"), .domain = STR("example.org"), .p = STR("none") };
	arena_init(&a, 4 << 20, NULL, NULL);
	buf_init(&xml, 1 << 20);
	if (dmarc_seen_read(&a, (struct str){ (const char *)data, n }, 3, &row) == OK) {
		if (str_has_control(row.source_ip) || str_has_control(row.header_from) || row.dkim_count > DMARC_SEEN_SIGNATURES)
			abort();
		report.records = &row;
		report.record_count = 1;
		if (dmarc_report_write(&xml, &report) != OK || dmarc_report_read(&a, buf_str(&xml), &again) != OK || again.record_count != 1)
			abort();
	}
	buf_done(&xml);
	arena_done(&a);
	return 0;
}
