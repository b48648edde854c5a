#include "proto/dmarc/dmarc_report.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_text(struct str s) { require(s.n <= DMARC_REPORT_TEXT_MAX && utf8_valid(s) && !str_has_control(s)); }

/* What is read can be written, and reads the same again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct dmarc_report report, again;
	struct buf first, second;
	arena_init(&a, 256 << 20, NULL, NULL);
	if (dmarc_report_read(&a, (struct str){ (const char *)data, n }, &report) == OK) {
		check_text(report.org_name);
		check_text(report.domain);
		for (size_t i = 0; i < report.record_count; i++)
			check_text(report.records[i].header_from);
		buf_init(&first, 256 << 20);
		buf_init(&second, 256 << 20);
		require(dmarc_report_write(&first, &report) == OK);
		require(dmarc_report_read(&a, buf_str(&first), &again) == OK);
		require(again.record_count == report.record_count && str_eq(again.report_id, report.report_id));
		require(dmarc_report_write(&second, &again) == OK);
		require(str_eq(buf_str(&first), buf_str(&second)));
		buf_done(&first);
		buf_done(&second);
	}
	arena_done(&a);
	return 0;
}
