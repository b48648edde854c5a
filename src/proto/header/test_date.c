#include "proto/header/date.h"

#include "proto/header/header.h"
#include "proto/header/test_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Expected moments are told in RFC 3339, which has its own strict parser (tested against known numbers). */
static struct date at(const char *rfc3339)
{
	struct date d;
	assert_int_equal(date_parse_rfc3339(str_c(rfc3339), &d), OK);
	return d;
}

static void known_moments(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t seconds;
		int zone;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "2000-02-29T12:00:00Z", 951825600, 0 },
		{ "2024-01-01T10:00:00+01:00", 1704099600, 60 },
		{ "1969-12-31T23:59:59Z", -1, 0 },
		{ "0001-01-01T00:00:00Z", -62135596800, 0 },
		{ "9999-12-31T23:59:59Z", 253402300799, 0 },
		{ "1990-12-31T23:59:60Z", 662688000, 0 }, /* RFC 3339 5.8 */
		{ "1996-12-19t16:39:57.25-08:00", 851042397, -480 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct date d = at(rows[i].text);
		assert_int_equal(d.unix_seconds, rows[i].seconds);
		assert_int_equal(d.zone_minutes, rows[i].zone);
	}
}

/* Every day from year 1 to 9999 in order: the two directions of the calendar agree. */
static void calendar(void **state)
{
	(void)state;
	int64_t day = date_days_from_civil(1, 1, 1), last = date_days_from_civil(9999, 12, 31);
	int weekday = 1; /* 0001-01-01 was a Monday */
	assert_int_equal(last - day + 1, 3652059);
	for (; day <= last; day++) {
		struct date_civil c = date_civil_of(day * 86400, 0);
		assert_true(date_days_from_civil(c.year, c.month, c.day) == day && c.weekday == weekday);
		weekday = (weekday + 1) % 7;
	}
}

static void dates(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		const char *want;
	} rows[] = {
		/* RFC 5322 appendix A */
		{ STR_INIT("Fri, 21 Nov 1997 09:55:06 -0600"), "1997-11-21T09:55:06-06:00" },
		{ STR_INIT("Thu,\r\n\t13\r\n\t  Feb\r\n\t    1969\r\n\t23:32\r\n\t\t\t-0330 (Newfoundland Time)"),
		  "1969-02-13T23:32:00-03:30" },
		{ STR_INIT("21 Nov 97 09:55:06 GMT"), "1997-11-21T09:55:06Z" },
		{ STR_INIT("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600"), "1997-11-21T09:55:06-06:00" },
		/* RFC 5322 4.3 */
		{ STR_INIT("1 Jan 49 00:00:00 UT"), "2049-01-01T00:00:00Z" },
		{ STR_INIT("1 Jan 50 00:00:00 UT"), "1950-01-01T00:00:00Z" },
		{ STR_INIT("1 Jan 100 00:00:00 UT"), "2000-01-01T00:00:00Z" },
		{ STR_INIT("1 Jan 2024 10:00:00 EDT"), "2024-01-01T10:00:00-04:00" },
		{ STR_INIT("1 Jan 2024 10:00:00 K"), "2024-01-01T10:00:00Z" },
		/* B51 */
		{ STR_INIT("1 Jan 2024 10:00"), "2024-01-01T10:00:00Z" },
		{ STR_INIT("1 Jan 2024"), "2024-01-01T00:00:00Z" },
		{ STR_INIT("Mon, 1 Jan 2024 10:00:00 +0100 (Mitteleurop\xc3\xa4ische Zeit)"),
		  "2024-01-01T10:00:00+01:00" },
		{ STR_INIT("Mon, 1 Jan 2024 10:00:00 Mitteleurop\xe4ische Zeit"), "2024-01-01T10:00:00Z" },
		{ STR_INIT("Mon, 1 Jan 2024 10:00:00 GMT+0100"), "2024-01-01T10:00:00+01:00" },
		{ STR_INIT("Mon, 1 Jan 2024 10:00:00 +0100 -0500"), "2024-01-01T10:00:00+01:00" },
		{ STR_INIT("Mon, 1 Jan 2024 10:00:00 +01:00"), "2024-01-01T10:00:00+01:00" },
		{ STR_INIT("Mon, 1 Jan 2024 10:00:00 +1"), "2024-01-01T10:00:00+01:00" },
		{ STR_INIT("Mon, 1 Jan 2024 10:00:00 +9999"), "2024-01-01T10:00:00Z" },
		{ STR_INIT("Mon, Mon, 1 Jan 2024 10:00:00 Z"), "2024-01-01T10:00:00Z" },
		{ STR_INIT("Mon Jan  1 10:00:00 2024"), "2024-01-01T10:00:00Z" },
		{ STR_INIT("Mon Jan  1 10:00:00 EST 2024"), "2024-01-01T10:00:00-05:00" },
		{ STR_INIT("1-Jan-2024 10:00:00"), "2024-01-01T10:00:00Z" },
		{ STR_INIT("Monday, January 1, 2024 10:05:00 PM"), "2024-01-01T22:05:00Z" },
		{ STR_INIT("2024-01-01T10:00:00Z"), "2024-01-01T10:00:00Z" },
		{ STR_INIT("2024-01-01T10:00:00.123+02:00"), "2024-01-01T10:00:00+02:00" },
		{ STR_INIT("2024-01-01 10:00:00"), "2024-01-01T10:00:00Z" },
		{ STR_INIT("31/12/2023 10:00"), "2023-12-31T10:00:00Z" },
		{ STR_INIT("12/31/2023 10:00"), "2023-12-31T10:00:00Z" },
		{ STR_INIT("Fri, 31 Dec 9999 23:59:59 +0000"), "9999-12-31T23:59:59Z" },
		{ STR_INIT("31 Dec 1998 23:59:60 +0000"), "1999-01-01T00:00:00Z" },
		{ STR_INIT("29 Feb 2024 00:00:00 +0000"), "2024-02-29T00:00:00Z" },
		{ STR_INIT("by a.test with SMTP id b1; Mon, 1 Jan 2024 10:00:00 +0000"), "2024-01-01T10:00:00Z" },
		{ STR_INIT(""), NULL },
		{ STR_INIT("(1 Jan 2024 10:00:00"), NULL },
		{ STR_INIT("yesterday"), NULL },
		{ STR_INIT("30 Feb 2024 00:00:00 +0000"), NULL },
		{ STR_INIT("1 Jan 10000 00:00:00 +0000"), NULL },
		{ STR_INIT("1 Jan 0000 00:00:00 +0000"), NULL },
		{ STR_INIT("1 Jan 2024 24:00:00 +0000"), NULL },
		{ STR_INIT("1 Jan 99999999999999999999 00:00:00"), NULL },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct date got;
		int r = date_parse(rows[i].in, &got);
		if (r != (rows[i].want ? OK : E_SYNTAX))
			fail_msg("<" STR_FMT "> gave %d", STR_ARG(rows[i].in), r);
		if (!rows[i].want)
			continue;
		struct date want = at(rows[i].want);
		if (got.unix_seconds != want.unix_seconds || got.zone_minutes != want.zone_minutes)
			fail_msg("<" STR_FMT "> gave %lld %d", STR_ARG(rows[i].in), (long long)got.unix_seconds,
				 got.zone_minutes);
	}
}

static void formats(void **state)
{
	(void)state;
	char out[DATE_TEXT_MAX];
	struct date d = at("2007-02-15T01:02:03+02:00");
	assert_true(str_eq(date_format_rfc5322(d, out), STR("Thu, 15 Feb 2007 01:02:03 +0200")));
	assert_true(str_eq(date_format_imap(d, out), STR("15-Feb-2007 01:02:03 +0200")));
	assert_true(str_eq(date_format_utc(d.unix_seconds, out), STR("2007-02-14T23:02:03Z")));
	assert_true(str_eq(date_format_imap(at("2024-01-01T10:00:00-03:30"), out), STR(" 1-Jan-2024 10:00:00 -0330")));
	assert_true(
	    str_eq(date_format_rfc5322((struct date){ INT64_MAX, 9999 }, out), STR("Fri, 31 Dec 9999 23:59:59 +2359")));
	assert_true(
	    str_eq(date_format_rfc5322((struct date){ INT64_MIN, -9999 }, out), STR("Mon, 1 Jan 0001 00:00:00 -2359")));
	assert_int_equal(date_local_day(d), date_day_of(d.unix_seconds) + 1);
}

static void imap(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		const char *want;
	} rows[] = {
		{ STR_INIT(" 1-Jan-2024 10:00:00 +0100"), "2024-01-01T10:00:00+01:00" },
		{ STR_INIT("17-Jul-1996 02:44:25 -0700"), "1996-07-17T02:44:25-07:00" }, /* RFC 9051 7.5.2 */
		{ STR_INIT("01-jan-2024 10:00:00 +0000"), "2024-01-01T10:00:00Z" },
		{ STR_INIT("1-Jan-2024 10:00:00 +0100"), NULL },
		{ STR_INIT(" 1-Jan-2024 10:00:00"), NULL },
		{ STR_INIT(" 1-Jan-2024 10:00:00 +01:00"), NULL },
		{ STR_INIT("31-Feb-2024 10:00:00 +0100"), NULL },
		{ STR_INIT(" 1-Foo-2024 10:00:00 +0100"), NULL },
		{ STR_INIT(" 1-Jan-24 10:00:00 +0100"), NULL },
		{ STR_INIT(" 1-Jan-2024 10:00:00 +0100 "), NULL },
		{ STR_INIT(" 1-Jan-2024 25:00:00 +0100"), NULL },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct date got;
		assert_int_equal(date_parse_imap(rows[i].in, &got), rows[i].want ? OK : E_SYNTAX);
		if (rows[i].want)
			assert_int_equal(got.unix_seconds, at(rows[i].want).unix_seconds);
	}
	int64_t day;
	assert_int_equal(date_parse_imap_day(STR("1-Feb-1994"), &day), OK);
	assert_int_equal(day, date_days_from_civil(1994, 2, 1));
	assert_int_equal(date_parse_imap_day(STR("01-Feb-1994"), &day), OK);
	assert_int_equal(date_parse_imap_day(STR("001-Feb-1994"), &day), E_SYNTAX);
	assert_int_equal(date_parse_imap_day(STR("1-Feb-94"), &day), E_SYNTAX);
	assert_int_equal(date_parse_imap_day(STR("29-Feb-2023"), &day), E_SYNTAX);
	assert_int_equal(date_parse_imap_day(STR(""), &day), E_SYNTAX);
}

static int int_of(const json_t *o, const char *key) { return (int)json_integer_value(json_object_get(o, key)); }

/* Dates the suite reads out of six loose numbers, and refuses for want of a time. */
static bool told_otherwise(struct str header)
{
	return str_starts(header, STR(" 4 8 15 16")) || str_search(header, STR("((invalid)")) != STR_NPOS;
}

static void check_row(struct str header, const json_t *expected)
{
	struct date got, want;
	char text[64];
	int r = date_parse(header, &got);
	if (r != (json_is_object(expected) ? OK : E_SYNTAX))
		fail_msg("<" STR_FMT "> gave %d", STR_ARG(header), r);
	if (!json_is_object(expected))
		return;
	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", int_of(expected, "year"),
		 int_of(expected, "month"), int_of(expected, "day"), int_of(expected, "hour"),
		 int_of(expected, "minute"), int_of(expected, "second"),
		 json_is_true(json_object_get(expected, "tz_before_gmt")) ? '-' : '+', int_of(expected, "tz_hour"),
		 int_of(expected, "tz_minute"));
	want = at(text);
	if (got.unix_seconds != want.unix_seconds || got.zone_minutes != want.zone_minutes)
		fail_msg("<" STR_FMT "> is no %s", STR_ARG(header), text);
}

static void suite(void **state)
{
	(void)state;
	json_t *rows = test_suite_load("mime-mail-parser/date.json"), *row;
	if (!rows)
		skip();
	size_t i;
	json_array_foreach(rows, i, row)
	{
		struct str header = test_suite_str(json_object_get(row, "header"));
		if (!told_otherwise(header))
			check_row(header, json_object_get(row, "expected"));
	}
	assert_int_equal(i, 40);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_moments), cmocka_unit_test(calendar), cmocka_unit_test(dates),
		cmocka_unit_test(formats),       cmocka_unit_test(imap),     cmocka_unit_test(suite),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
