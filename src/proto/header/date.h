/* Dates of mail. Own arithmetic in the proleptic Gregorian calendar: no libc zones, no locale, no clock. */
#ifndef DATE_H
#define DATE_H

#include "base/base.h"

struct date {
	int64_t unix_seconds;
	int zone_minutes;
}; /* zone: east of UTC */

/* RFC 5322 3.3 and 4.3, and what is really sent (B51): missing weekday, seconds or zone, two-digit years, comments,
 * named zones, localised zone names (UTC then), one weekday too many, numeric months, ctime order; ISO 8601 last.
 * E_SYNTAX: no date can be made of it, and the caller takes the time of arrival. Years 1 to 9999. Linear time. */
must_use int date_parse(struct str s, struct date *ret);

enum { DATE_TEXT_MAX = 40 };
/* "Thu, 15 Feb 2007 01:02:03 +0200". Years outside 1 to 9999 are clamped, zones to +-23:59. */
struct str date_format_rfc5322(struct date d, char out[DATE_TEXT_MAX]);

/* IMAP date-time without quotes (RFC 9051: " 1-Jan-2024 10:00:00 +0100"), strictly. */
must_use int date_parse_imap(struct str s, struct date *ret);
struct str date_format_imap(struct date d, char out[DATE_TEXT_MAX]);
/* IMAP date (SEARCH): "1-Feb-1994", to days since 1970-01-01. Quotes are the caller's business. */
must_use int date_parse_imap_day(struct str s, int64_t *ret_day);
/* RFC 3339 in UTC, as JMAP's UTCDate: "2024-01-01T09:00:00Z". */
struct str date_format_utc(int64_t unix_seconds, char out[DATE_TEXT_MAX]);
/* RFC 3339 date-time, strictly. */
must_use int date_parse_rfc3339(struct str s, struct date *ret);

/* The day number in the date's own zone (SENTON and friends), and of a moment in UTC. */
int64_t date_local_day(struct date d);
int64_t date_day_of(int64_t unix_seconds);

struct date_civil {
	int year, month, day, hour, minute, second, weekday;
}; /* month from 1, weekday 0 is Sunday */
int64_t date_days_from_civil(int year, int month, int day);
struct date_civil date_civil_of(int64_t unix_seconds, int zone_minutes);

#endif
