/* Verdicts as rows of reports: there and back, and what is no row. */
#include "proto/dmarc/dmarc_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct dmarc_seen sample = { STR_INIT("example.org"), STR_INIT("192.0.2.1"), STR_INIT("quarantine"), STR_INIT("fail"), STR_INIT("fail"),
	STR_INIT("local_policy"), STR_INIT("bounce.example.org"), STR_INIT("bounce.example.org"), STR_INIT("softfail"),
	{ { STR_INIT("example.org"), STR_INIT("s1"), STR_INIT("fail"), STR_INIT("") } }, 1 };

static void there_and_back(void **state)
{
	struct arena a;
	struct buf b;
	struct dmarc_report_record r;
	(void)state;
	arena_init(&a, 64 << 10, NULL, NULL);
	buf_init(&b, DMARC_SEEN_MAX);
	struct bufw w = { .b = &b };
	dmarc_seen_write(&w, &sample);
	assert_int_equal(w.err, OK);
	assert_int_equal(dmarc_seen_read(&a, buf_str(&b), 7, &r), OK);
	assert_int_equal(r.count, 7);
	assert_true(str_eq(r.header_from, sample.from) && str_eq(r.source_ip, sample.source_ip) && str_eq(r.disposition, sample.disposition));
	assert_true(str_eq(r.dkim, sample.dkim) && str_eq(r.spf, sample.spf) && str_eq(r.envelope_from, sample.envelope_from));
	assert_int_equal(r.reason_count, 1);
	assert_int_equal(r.spf_count, 1);
	assert_true(str_eq(r.spf_results[0].result, sample.spf_result) && str_eq(r.spf_results[0].scope, STR("mfrom")));
	assert_int_equal(r.dkim_count, 1);
	assert_true(str_eq(r.dkim_results[0].selector, STR("s1")));
	/* cut anywhere, or with something left over, it is none: whoever took over scan may send it */
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(dmarc_seen_read(&a, str_first(buf_str(&b), n), 1, &r), E_PROTO);
	assert_int_equal(buf_put_char(&b, 'x'), OK);
	assert_int_equal(dmarc_seen_read(&a, buf_str(&b), 1, &r), E_PROTO);
	b.p[2] = '\n';
	assert_int_equal(dmarc_seen_read(&a, str_first(buf_str(&b), b.n - 1), 1, &r), E_PROTO);
	buf_done(&b);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(there_and_back) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
