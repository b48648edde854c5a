#include "proto/dmarc/dmarc_report.h"
#include "proto/xml/xml_pull.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 256 << 20, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void assert_str(struct str got, struct str want)
{
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p ? got.p : "", want.p, want.n);
}

static void sample(struct dmarc_report *r)
{
	static struct dmarc_report_reason reasons[] = { { STR_INIT("local_policy"),
							  STR_INIT("arc=pass & \"trusted\"") } };
	static struct dmarc_report_dkim dkim[] = {
		{ STR_INIT("a.example"), STR_INIT("s1"), STR_INIT("pass"), STR_INIT("") },
		{ STR_INIT("b.example"), STR_INIT("s2"), STR_INIT("fail"), STR_INIT("body <changed>") },
	};
	static struct dmarc_report_spf spf[] = { { STR_INIT("a.example"), STR_INIT("mfrom"), STR_INIT("softfail"),
						   STR_INIT("") } };
	static struct dmarc_report_record records[2] = {
		{ .source_ip = STR_INIT("192.0.2.1"),
		  .count = 3,
		  .disposition = STR_INIT("none"),
		  .dkim = STR_INIT("fail"),
		  .spf = STR_INIT("fail"),
		  .header_from = STR_INIT("a.example"),
		  .envelope_from = STR_INIT("a.example"),
		  .envelope_to = STR_INIT("me.example"),
		  .reasons = reasons,
		  .reason_count = 1,
		  .dkim_results = dkim,
		  .dkim_count = 2,
		  .spf_results = spf,
		  .spf_count = 1 },
		{ .source_ip = STR_INIT("2001:db8::1"),
		  .count = 1,
		  .disposition = STR_INIT("reject"),
		  .dkim = STR_INIT("fail"),
		  .spf = STR_INIT("fail"),
		  .header_from = STR_INIT("sub.a.example") },
	};
	*r = (struct dmarc_report){
		.org_name = STR("Me & <co>"),
		.email = STR("dmarc@me.example"),
		.report_id = STR("20261125.1"),
		.generator = STR("Ceralacca"),
		.begin = 1700000000,
		.end = 1700086399,
		.domain = STR("a.example"),
		.p = STR("reject"),
		.sp = STR("none"),
		.np = STR("reject"),
		.adkim = STR("r"),
		.aspf = STR("s"),
		.fo = STR("1"),
		.testing = STR("n"),
		.discovery_method = STR("treewalk"),
		.records = records,
		.record_count = 2,
	};
}

/* What we write we read, field by field. */
static void round_trip(void **state)
{
	(void)state;
	struct dmarc_report out, in;
	struct buf xml, again;
	sample(&out);
	buf_init(&xml, 1 << 20);
	buf_init(&again, 1 << 20);
	assert_int_equal(dmarc_report_write(&xml, &out), OK);
	assert_int_equal(dmarc_report_read(&arena, buf_str(&xml), &in), OK);
	assert_str(in.org_name, out.org_name);
	assert_int_equal(in.end, 1700086399);
	assert_int_equal(in.record_count, 2);
	assert_str(in.records[0].reasons[0].comment, STR("arc=pass & \"trusted\""));
	assert_str(in.records[0].dkim_results[1].human_result, STR("body <changed>"));
	assert_str(in.records[0].spf_results[0].result, STR("softfail"));
	assert_int_equal(dmarc_report_write(&again, &in), OK);
	assert_str(buf_str(&again), buf_str(&xml));
	assert_str(dmarc_report_file_stem(&arena, STR("me.example"), &in),
		   STR("me.example!a.example!1700000000!1700086399"));
	buf_done(&xml);
	buf_done(&again);
}

/* A77: nothing is expanded, fetched or followed without end. */
static void a77_bombs(void **state)
{
	(void)state;
	static const struct {
		struct str xml;
		int want;
	} rows[] = {
		{ STR_INIT("<feedback/>"), OK },
		{ STR_INIT("<other/>"), E_SYNTAX },
		{ STR_INIT(""), E_SYNTAX },
		{ STR_INIT("<feedback>"), E_SYNTAX },
		{ STR_INIT("<feedback></feedback><feedback/>"), E_SYNTAX },
		{ STR_INIT("<feedback><a></b></feedback>"), E_SYNTAX },
		{ STR_INIT("<feedback>&lt;&#65;&#x42;</feedback>"), OK },
		{ STR_INIT("<feedback>&#0;</feedback>"), E_SYNTAX },
		{ STR_INIT("<feedback>&#xd800;</feedback>"), E_SYNTAX },
		{ STR_INIT("<feedback>&nbsp;</feedback>"), E_UNSUPPORTED },
		{ STR_INIT("<!DOCTYPE feedback [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><feedback>&b;</feedback>"),
		  E_UNSUPPORTED },
		{ STR_INIT("<!DOCTYPE feedback SYSTEM \"file:///etc/passwd\"><feedback/>"), E_UNSUPPORTED },
		{ STR_INIT("<feedback><![CDATA[<x>]]></feedback>"), OK },
		{ STR_INIT("<feedback><!-- - --><?pi x?></feedback>"), OK },
	};
	struct dmarc_report r;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(dmarc_report_read(&arena, rows[i].xml, &r), rows[i].want);
	char *deep = arena_alloc(&arena, 4 * 100000);
	for (size_t i = 0; i < 100000; i++)
		memcpy(deep + 3 * i, "<a>", 3);
	memcpy(deep, "<feedback>  ", 12);
	assert_int_equal(dmarc_report_read(&arena, (struct str){ deep, 300000 }, &r), E_TOOBIG);
	char *attributes = arena_alloc(&arena, 100 * 6 + 20);
	size_t n = (size_t)snprintf(attributes, 20, "<feedback");
	for (size_t i = 0; i < 100; i++, n += 6)
		memcpy(attributes + n, " a='b'", 6);
	memcpy(attributes + n, "/>", 2);
	assert_int_equal(dmarc_report_read(&arena, (struct str){ attributes, n + 2 }, &r), E_TOOBIG);
}

static bool read_file(const char *dir, const char *name, struct str *ret)
{
	FILE *f = fopen(arena_printf(&arena, "%s/%s", dir, name).p, "rb");
	if (!f)
		return false;
	char *p = arena_alloc(&arena, 8 << 20);
	*ret = (struct str){ p, fread(p, 1, 8 << 20, f) };
	fclose(f);
	return true;
}

/* Reports that people sent: plain XML of the folder. Those named here are broken, and must be found so. */
static bool is_broken(const char *name)
{
	static const char *const broken[] = {
		"invalid_xml.xml", "empty.xml",
		"bad.com!example.com!1337140800!1337227200.xml", /* "<" in text, nothing, "<foo" in text */
		"ikea.com!example.de!1538690400!1538776800.xml", /* an element that never ends around it all */
	};
	for (size_t i = 0; i < COUNT_OF(broken); i++)
		if (strcmp(name, broken[i]) == 0)
			return true;
	return false;
}

static void read_folder(const char *dir, size_t *passed, size_t *total)
{
	DIR *d = opendir(dir);
	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		struct str xml;
		struct dmarc_report r;
		if (!str_ends(str_c(e->d_name), STR(".xml")))
			continue;
		setup(NULL);
		assert_true(read_file(dir, e->d_name, &xml));
		int got = dmarc_report_read(&arena, xml, &r);
		bool ok = is_broken(e->d_name) ? got != OK
					       : got == OK && r.record_count > 0 && r.domain.n > 0 && r.begin > 0 &&
						     r.records[0].count > 0;
		if (!ok)
			fprintf(stderr, "%s: %s\n", e->d_name, err_name(got));
		*passed += ok;
		*total += 1;
		teardown(NULL);
	}
	closedir(d);
}

static void suite(void **state)
{
	(void)state;
	static const char *const folders[] = { "opendmarc",
					       "parsedmarc",
					       "parsedmarc/aggregate",
					       "parsedmarc/aggregate_invalid",
					       "parsedmarc/extract_report",
					       "mail-dmarc",
					       "stalwart" };
	const char *suites = getenv("CERALACCA_SUITES");
	char dir[4096];
	size_t passed = 0, total = 0;
	snprintf(dir, sizeof dir, "%s/dmarc-reports", suites ? suites : "../shared/suites");
	DIR *d = opendir(dir);
	if (!d) {
		fprintf(stderr, "suite %s is absent\n", dir);
		skip();
	}
	closedir(d);
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		snprintf(dir, sizeof dir, "%s/dmarc-reports/%s", suites ? suites : "../shared/suites", folders[i]);
		read_folder(dir, &passed, &total);
	}
	fprintf(stderr, "dmarc-reports: %zu of %zu\n", passed, total);
	assert_int_equal(passed, total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(a77_bombs, setup, teardown),
		cmocka_unit_test(suite),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
