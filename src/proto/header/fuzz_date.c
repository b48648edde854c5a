#include "proto/header/date.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What is read can be written and read again as the same moment in the same zone. A moment near the ends of the
 * calendar is clamped when it is written, so those are left out. */
static void check_round_trip(struct date d)
{
	char out[DATE_TEXT_MAX];
	struct date again;
	require(d.zone_minutes > -1440 && d.zone_minutes < 1440);
	require(d.unix_seconds >= date_days_from_civil(0, 12, 30) * 86400 &&
		d.unix_seconds <= date_days_from_civil(10000, 1, 2) * 86400);
	if (date_civil_of(d.unix_seconds, 0).year < 2 || date_civil_of(d.unix_seconds, 0).year > 9998)
		return;
	require(date_parse(date_format_rfc5322(d, out), &again) == OK);
	require(again.unix_seconds == d.unix_seconds && again.zone_minutes == d.zone_minutes);
	require(date_parse_imap(date_format_imap(d, out), &again) == OK);
	require(again.unix_seconds == d.unix_seconds && again.zone_minutes == d.zone_minutes);
	require(date_parse_rfc3339(date_format_utc(d.unix_seconds, out), &again) == OK &&
		again.unix_seconds == d.unix_seconds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static int (*const parsers[])(struct str, struct date *) = { date_parse, date_parse_imap, date_parse_rfc3339 };
	struct str s = { (const char *)data, n };
	struct date d;
	int64_t day;
	for (size_t i = 0; i < COUNT_OF(parsers); i++)
		if (parsers[i](s, &d) == OK)
			check_round_trip(d);
	if (date_parse_imap_day(s, &day) == OK)
		require(date_civil_of(day * 86400, 0).year >= 1);
	return 0;
}
