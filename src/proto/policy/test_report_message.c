/* Reports in mails: kinds, packings, and what must not be unpacked (A77). With the suites: all that others' programs were tested with. */
#include "proto/policy/report_message.h"

#include "base/base64.h"
#include "proto/policy/report_unpack.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static struct arena arena;

#define DMARC "<?xml version=\"1.0\"?>\n<feedback><report_metadata><org_name>far.example</org_name><email>a@far.example</email><report_id>r1</report_id>" \
	"<date_range><begin>1700000000</begin><end>1700086399</end></date_range></report_metadata><policy_published><domain>Example.org</domain>" \
	"<p>none</p></policy_published>" ROW("192.0.2.1", "7", "pass") ROW("192.0.2.2", "3", "fail") ROW("192.0.2.1", "2", "pass") "</feedback>\n"
#define ROW(ip, count, dkim) "<record><row><source_ip>" ip "</source_ip><count>" count "</count><policy_evaluated><disposition>none</disposition><dkim>" dkim \
	"</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>example.org</header_from></identifiers><auth_results/></record>"
#define TLS "{\"organization-name\":\"far\",\"date-range\":{\"start-datetime\":\"2026-01-01T00:00:00Z\",\"end-datetime\":\"2026-01-01T23:59:59Z\"}," \
	"\"contact-info\":\"a@far.example\",\"report-id\":\"t1\",\"policies\":[{\"policy\":{\"policy-type\":\"sts\",\"policy-domain\":\"example.org\"}," \
	"\"summary\":{\"total-successful-session-count\":10,\"total-failure-session-count\":2}," \
	"\"failure-details\":[{\"result-type\":\"certificate-expired\",\"failed-session-count\":2}]}]}"
#define FAILURE "Feedback-Type: auth-failure\r\nUser-Agent: x/1\r\nVersion: 1\r\nAuth-Failure: dkim\r\nReported-Domain: example.org\r\nSource-IP: 192.0.2.9\r\n"

static struct str mail(const char *type, struct str content)
{
	struct buf b;
	buf_init(&b, 64 << 20);
	assert_int_equal(base64_encode(&b, content), OK);
	struct str s = arena_printf(&arena, "From: a@far.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n", type);
	char *p = arena_alloc(&arena, s.n + b.n);
	memcpy(p, s.p, s.n);
	memcpy(p + s.n, b.p, b.n);
	size_t n = s.n + b.n;
	buf_done(&b);
	return (struct str){ p, n };
}

static struct str gzip(struct str text)
{
	struct buf b;
	buf_init(&b, 64 << 20);
	assert_int_equal(report_pack(text, &b), OK);
	struct str s = arena_dup(&arena, buf_str(&b));
	buf_done(&b);
	return s;
}

static void kinds(void **state)
{
	struct report_message r;
	(void)state;
	assert_int_equal(report_message_read(&arena, mail("application/gzip", gzip(STR(DMARC))), &r), OK);
	assert_string_equal(r.kind, "dmarc");
	assert_true(str_eq(r.domain, STR("example.org")));
	assert_true(str_eq(r.org, STR("far.example")));
	assert_int_equal(r.end, 1700086399);
	assert_true(str_search(r.json, STR("\"messages\":12")) != STR_NPOS);
	assert_true(str_search(r.json, STR("\"count\":9")) != STR_NPOS);        /* the same source twice is one */
	assert_int_equal(report_message_read(&arena, mail("text/xml", STR(DMARC)), &r), OK);
	assert_int_equal(report_message_read(&arena, mail("application/tlsrpt+gzip", gzip(STR(TLS))), &r), OK);
	assert_string_equal(r.kind, "tls");
	assert_true(str_search(r.json, STR("\"failed\":2")) != STR_NPOS);
	assert_int_equal(report_message_read(&arena, mail("message/feedback-report", STR(FAILURE)), &r), OK);
	assert_string_equal(r.kind, "failure");
	assert_true(str_eq(r.domain, STR("example.org")));
	assert_int_equal(report_message_read(&arena, mail("text/plain", STR("Hello")), &r), E_NOTFOUND);
}

static void packings(void **state)
{
	static const char stored[] = "PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\5\0\0\0\1\0\0\0nhello";
	struct str zip = { stored, sizeof stored - 1 };
	struct buf b;
	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(report_unpack(zip, &b), OK);
	assert_true(str_eq(buf_str(&b), STR("hello")));
	for (size_t n = 4; n < zip.n; n++) {
		buf_clear(&b);
		assert_int_equal(report_unpack(str_first(zip, n), &b), E_SYNTAX);
	}
	struct str gz = gzip(STR("hello"));
	for (size_t n = 2; n < gz.n; n++) {
		buf_clear(&b);
		assert_int_equal(report_unpack(str_first(gz, n), &b), E_SYNTAX);
	}
	char secret[sizeof stored];
	memcpy(secret, stored, sizeof stored);
	secret[6] = 1;
	assert_int_equal(report_unpack((struct str){ secret, zip.n }, &b), E_UNSUPPORTED);
	secret[6] = 0;
	secret[8] = 12;
	assert_int_equal(report_unpack((struct str){ secret, zip.n }, &b), E_UNSUPPORTED);
	buf_done(&b);
}

/* A77: small files that would grow large, archives in archives, entities, depth. */
static void A77_bombs(void **state)
{
	struct report_message r;
	struct buf zeros;
	(void)state;
	buf_init(&zeros, REPORT_UNPACKED_MAX);
	assert_int_equal(buf_reserve(&zeros, REPORT_UNPACKED_MAX), OK);
	memset(zeros.p, ' ', REPORT_UNPACKED_MAX);
	zeros.n = REPORT_UNPACKED_MAX;
	struct str bomb = gzip(buf_str(&zeros));
	assert_true(bomb.n < 64 << 10);
	struct buf small;
	buf_init(&small, 1 << 20);
	assert_int_equal(report_unpack(bomb, &small), E_TOOBIG);
	assert_true(small.n <= 1 << 20);
	buf_done(&small);
	buf_done(&zeros);
	assert_int_equal(report_message_read(&arena, mail("application/gzip", gzip(gzip(STR(DMARC)))), &r), E_SYNTAX);
	assert_int_equal(report_message_read(&arena, mail("text/xml", STR("<!DOCTYPE feedback [<!ENTITY a \"aaa\">]><feedback>&a;</feedback>")), &r), E_UNSUPPORTED);
	char *deep = arena_alloc(&arena, 100001);
	memset(deep, '[', 100000);
	deep[0] = '{';
	assert_int_equal(report_message_read(&arena, mail("application/json", (struct str){ deep, 100000 }), &r), E_TOOBIG);
}

/* ---- what others sent ---- */

static unsigned files, reports;

static int one_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	struct report_message r;
	(void)ftw;
	if (flag != FTW_F || !str_ends(str_c(path), STR(".eml")) || st->st_size > 8 << 20)
		return 0;
	FILE *f = fopen(path, "rb");
	char *p = arena_alloc(&arena, (size_t)st->st_size + 1);
	size_t n = fread(p, 1, (size_t)st->st_size, f);
	fclose(f);
	int e = report_message_read(&arena, (struct str){ p, n }, &r);
	if (e != OK)
		fprintf(stderr, "  %s: %s\n", path, err_name(e));
	files++;
	reports += e == OK;
	arena_reset(&arena);
	return 0;
}

static void suites(void **state)
{
	static const char *const folders[] = { "dmarc-reports", "tls-rpt" };
	const char *dir = getenv("CERALACCA_SUITES");
	(void)state;
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		struct str path = arena_printf(&arena, "%s/%s", dir ? dir : "../shared/suites", folders[i]);
		char name[4096];
		if (str_to_c(path, name, sizeof name) != OK || access(name, R_OK) != 0) {
			fprintf(stderr, "%s is not there\n", name);
			skip();
		}
		nftw(name, one_file, 16, FTW_PHYS);
	}
	fprintf(stderr, "%u of %u mails hold a report that is read\n", reports, files);
	assert_true(files > 15 && reports * 10 >= files * 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kinds), cmocka_unit_test(packings), cmocka_unit_test(A77_bombs), cmocka_unit_test(suites) };
	arena_init(&arena, (size_t)512 << 20, NULL, NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
