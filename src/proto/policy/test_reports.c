/* TLS-RPT and ARF reports, with suites/tls-rpt and suites/arf. */
#include "proto/header/header.h"
#include "proto/policy/arf.h"
#include "proto/policy/tls_rpt.h"

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
	arena_init(&arena, 64 << 20, NULL, NULL);
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

/* RFC 8460 appendix B, shortened; numbers in quotes and a single mx-host as in the RFC and in the wild. */
static void tlsrpt(void **state)
{
	(void)state;
	struct tlsrpt_report r;
	assert_int_equal(
	    tlsrpt_report_read(
		&arena,
		STR("{\"organization-name\":\"Company-X\",\"date-range\":{\"start-datetime\":\"2016-04-01T00:00:00Z\","
		    "\"end-datetime\":\"2016-04-01T23:59:59Z\"},\"contact-info\":\"a@b.example\",\"report-id\":"
		    "\"5065\",\"policies\":[{\"policy\":{"
		    "\"policy-type\":\"sts\",\"policy-string\":[\"version: STSv1\",\"mode: "
		    "testing\"],\"policy-domain\":\"company-y.example\","
		    "\"mx-host\":\"*.mail.company-y.example\"},\"summary\":{\"total-successful-session-count\":5326,"
		    "\"total-failure-session-count\":\"303\"},"
		    "\"failure-details\":[{\"result-type\":\"certificate-expired\",\"sending-mta-ip\":\"2001:db8::1\","
		    "\"failed-session-count\":100}]}]}"),
		&r),
	    OK);
	assert_str(r.organization, STR("Company-X"));
	assert_int_equal(r.begin, 1459468800);
	assert_int_equal(r.end, 1459555199);
	assert_int_equal(r.policy_count, 1);
	assert_str(r.policies[0].mx_hosts[0], STR("*.mail.company-y.example"));
	assert_int_equal(r.policies[0].string_count, 2);
	assert_int_equal(r.policies[0].succeeded, 5326);
	assert_int_equal(r.policies[0].failed, 303);
	assert_str(r.policies[0].failures[0].result_type, STR("certificate-expired"));
	assert_int_equal(r.policies[0].failures[0].sessions, 100);
}

/* A77 */
static void a77_bombs(void **state)
{
	(void)state;
	enum { DEPTH = 100000 };
	struct tlsrpt_report r;
	char *deep = arena_alloc(&arena, DEPTH);
	memset(deep, '[', DEPTH);
	assert_int_equal(tlsrpt_report_read(&arena, (struct str){ deep, DEPTH }, &r), E_TOOBIG);
	char *big = arena_alloc(&arena, TLSRPT_JSON_MAX + 1);
	assert_int_equal(tlsrpt_report_read(&arena, (struct str){ big, TLSRPT_JSON_MAX + 1 }, &r), E_TOOBIG);
	static const struct str wrong[] = {
		STR_INIT(""),
		STR_INIT("{"),
		STR_INIT("[]"),
		STR_INIT("{}"),
		STR_INIT("{\"policies\":{}}"),
		STR_INIT("{\"policies\":[]} x"),
	};
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(tlsrpt_report_read(&arena, wrong[i], &r), E_SYNTAX);
	assert_int_equal(
	    tlsrpt_report_read(
		&arena,
		STR("{\"policies\":[1,null,{\"policy\":7,\"failure-details\":[0]}],\"report-id\":\"a\\u0000\\nb\"}"),
		&r),
	    OK);
	assert_str(r.id, STR("a  b"));
}

/* RFC 5965 appendix B.2 */
static void arf(void **state)
{
	(void)state;
	struct arf_report r;
	assert_int_equal(arf_read(&arena,
				  STR("Feedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n"
				      "Original-Mail-From: <somespammer@example.net>\r\nOriginal-Rcpt-To: "
				      "<user@example.com>\r\nReceived-Date: Thu, 8 Mar 2005 14:00:00 EDT\r\n"
				      "Source-IP: 192.0.2.2 (x)\r\nAuthentication-Results: "
				      "mail.example.com;\r\n\tspf=fail\r\nReported-Domain: example.net\r\n"
				      "Reported-Uri: http://example.net/earn_money.html\r\nReported-Uri: "
				      "mailto:user@example.com\r\nRemoval-Recipient: user@example.com\r\n"
				      "Incidents: 12\r\nVersion: 2\r\n\r\nFeedback-Type: body\r\n"),
				  &r),
			 OK);
	assert_str(r.feedback_type, STR("abuse"));
	assert_str(r.version, STR("1"));
	assert_str(r.original_mail_from, STR("somespammer@example.net"));
	assert_str(r.source_ip, STR("192.0.2.2"));
	assert_str(r.authentication_results.items[0], STR("mail.example.com;\tspf=fail"));
	assert_int_equal(r.reported_uris.count, 2);
	assert_int_equal(r.incidents, 12);
	assert_int_equal(arf_read(&arena, STR("Feedback-Type: abuse\r\nVersion: 1\r\n"), &r), E_SYNTAX);
}

static bool read_file(const char *dir, const char *name, struct str *ret)
{
	FILE *f = fopen(arena_printf(&arena, "%s/%s", dir, name).p, "rb");
	if (!f)
		return false;
	char *p = arena_alloc(&arena, 1 << 20);
	*ret = (struct str){ p, fread(p, 1, 1 << 20, f) };
	fclose(f);
	return true;
}

static bool tlsrpt_is_read(struct str json)
{
	struct tlsrpt_report r;
	return tlsrpt_report_read(&arena, json, &r) == OK && r.policy_count > 0 && r.begin > 0 && r.organization.n > 0;
}

/* The part of that type, up to the next boundary: these messages are that simple. */
static bool arf_is_read(struct str message)
{
	struct arf_report r;
	size_t at = str_isearch(message, STR("Content-Type: message/feedback-report"));
	if (at == STR_NPOS)
		return false;
	struct str part = str_skip(message, at);
	part = str_skip(part, header_end(part));
	size_t end = str_search(part, STR("\n--"));
	return arf_read(&arena, str_first(part, end), &r) == OK && r.reported_domains.count <= 1;
}

static void run_folder(const char *folder, const char *suffix, bool (*is_read)(struct str), size_t want)
{
	const char *suites = getenv("CERALACCA_SUITES");
	struct str dir = arena_printf(&arena, "%s/%s", suites ? suites : "../shared/suites", folder);
	size_t passed = 0, total = 0;
	DIR *d = opendir(dir.p);
	if (!d) {
		fprintf(stderr, "suite %s is absent\n", dir.p);
		skip();
	}
	for (struct dirent *e; (e = readdir(d));) {
		struct str bytes;
		if (!str_ends(str_c(e->d_name), str_c(suffix)))
			continue;
		assert_true(read_file(dir.p, e->d_name, &bytes));
		bool ok = is_read(bytes);
		if (!ok)
			fprintf(stderr, "%s\n", e->d_name);
		passed += ok;
		total++;
	}
	closedir(d);
	fprintf(stderr, "%s: %zu of %zu\n", folder, passed, total);
	assert_int_equal(total, want);
	assert_int_equal(passed, want);
}

static void suite_tlsrpt(void **state)
{
	(void)state;
	run_folder("tls-rpt/parsedmarc", ".json", tlsrpt_is_read, 3);
	run_folder("tls-rpt/stalwart", ".json", tlsrpt_is_read, 3);
}

static void suite_arf(void **state)
{
	(void)state;
	run_folder("arf/stalwart", ".eml", arf_is_read, 5);
	run_folder("arf", "mimekit-feedback-report.txt", arf_is_read, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tlsrpt, setup, teardown),
		cmocka_unit_test_setup_teardown(a77_bombs, setup, teardown),
		cmocka_unit_test_setup_teardown(arf, setup, teardown),
		cmocka_unit_test_setup_teardown(suite_tlsrpt, setup, teardown),
		cmocka_unit_test_setup_teardown(suite_arf, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
