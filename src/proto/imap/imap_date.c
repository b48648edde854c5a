#include "proto/imap/imap_date.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days from 1970-01-01, counting years from March so that the leap day comes last. */
static int64_t days_from(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_from(int64_t days, int64_t *y, int64_t *m, int64_t *d)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097, doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp + (mp < 10 ? 3 : -9);
	*y = yoe + era * 400 + (*m <= 2);
}

static int digits(struct str *s, size_t n, int64_t *ret)
{
	uint64_t v;
	struct str part = str_first(*s, n);
	if (part.n < n || str_u64(part, 9999, &v) != OK)
		return E_SYNTAX;
	*s = str_skip(*s, n);
	*ret = (int64_t)v;
	return OK;
}

static int month(struct str *s, int64_t *ret)
{
	struct str name = str_first(*s, 3);
	for (size_t i = 0; i < 12; i++)
		if (str_ieq(name, (struct str){ months + 3 * i, 3 })) {
			*s = str_skip(*s, 3);
			*ret = (int64_t)i + 1;
			return OK;
		}
	return E_SYNTAX;
}

static int64_t month_length(int64_t y, int64_t m)
{
	if (m == 2)
		return 28 + ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0);
	return 30 + (m == 1 || m == 3 || m == 5 || m == 7 || m == 8 || m == 10 || m == 12);
}

/* "-" date-month "-" date-year after the day */
static int month_and_year(struct str *s, int64_t day, int64_t *ret_days)
{
	int64_t m, y;
	if (!str_take_char(s, '-') || month(s, &m) != OK || !str_take_char(s, '-') || digits(s, 4, &y) != OK)
		return E_SYNTAX;
	if (day < 1 || day > month_length(y, m))
		return E_SYNTAX;
	*ret_days = days_from(y, m, day);
	return OK;
}

int imap_date(struct imap_args *a, int64_t *ret_day)
{
	struct str s = a->rest;
	int64_t day, days;
	bool quoted = str_take_char(&s, '"');
	size_t width = s.n > 1 && ascii_is_digit(s.p[1]) ? 2 : 1;
	if (digits(&s, width, &day) != OK || month_and_year(&s, day, &days) != OK || (quoted && !str_take_char(&s, '"')))
		return imap_args_bad(a, "date expected, as 1-Feb-1994");
	a->rest = s;
	*ret_day = days;
	return OK;
}

/* time = 2DIGIT ":" 2DIGIT ":" 2DIGIT; a leap second is taken. */
static int time_of_day(struct str *s, int64_t *ret)
{
	int64_t h, m, sec;
	if (digits(s, 2, &h) != OK || !str_take_char(s, ':') || digits(s, 2, &m) != OK || !str_take_char(s, ':') ||
	    digits(s, 2, &sec) != OK || h > 23 || m > 59 || sec > 60)
		return E_SYNTAX;
	*ret = h * 3600 + m * 60 + sec;
	return OK;
}

static int zone(struct str *s, int64_t *ret)
{
	int64_t h, m;
	bool west = str_take_char(s, '-');
	if ((!west && !str_take_char(s, '+')) || digits(s, 2, &h) != OK || digits(s, 2, &m) != OK || h > 23 || m > 59)
		return E_SYNTAX;
	*ret = west ? -(h * 60 + m) : h * 60 + m;
	return OK;
}

int imap_date_time(struct imap_args *a, struct imap_date_time *ret)
{
	struct str s = a->rest;
	int64_t day, days, sec, minutes;
	if (!str_take_char(&s, '"'))
		return imap_args_bad(a, "date-time expected");
	size_t width = str_take_char(&s, ' ') ? 1 : 2;
	if (digits(&s, width, &day) != OK || month_and_year(&s, day, &days) != OK || !str_take_char(&s, ' ') ||
	    time_of_day(&s, &sec) != OK || !str_take_char(&s, ' ') || zone(&s, &minutes) != OK || !str_take_char(&s, '"'))
		return imap_args_bad(a, "date-time expected, as \"17-Jul-1996 02:44:25 -0700\"");
	a->rest = s;
	*ret = (struct imap_date_time){ days * 86400 + sec - minutes * 60, (int32_t)minutes };
	return OK;
}

static void put_2(char *p, int64_t v)
{
	p[0] = (char)('0' + v / 10 % 10);
	p[1] = (char)('0' + v % 10);
}

void imap_write_date_time(struct bufw *w, struct imap_date_time t)
{
	const int64_t low = -62167219200, high = 253402300799;      /* years 0 and 9999 */
	char out[] = "\"00-Jan-0000 00:00:00 +0000\"";
	int64_t zone_now = t.zone > -1440 && t.zone < 1440 ? t.zone : 0, s = t.seconds;
	s = s < low ? low : s > high ? high : s;
	if (s + zone_now * 60 >= low && s + zone_now * 60 <= high)
		s += zone_now * 60;
	int64_t days = s / 86400 - (s % 86400 < 0), sec = s - days * 86400, y, m, d;
	date_from(days, &y, &m, &d);
	put_2(out + 1, d);
	memcpy(out + 4, months + 3 * (m - 1), 3);
	put_2(out + 8, y / 100);
	put_2(out + 10, y);
	put_2(out + 13, sec / 3600);
	put_2(out + 16, sec / 60 % 60);
	put_2(out + 19, sec % 60);
	out[22] = zone_now < 0 ? '-' : '+';
	zone_now = zone_now < 0 ? -zone_now : zone_now;
	put_2(out + 23, zone_now / 60);
	put_2(out + 25, zone_now % 60);
	bufw_put(w, out, sizeof out - 1);
}
