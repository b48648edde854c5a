#include "proto/header/date.h"

#include "proto/header/header_lex.h"

#include <stdio.h>

static const char *const months[] = { "January", "February", "March",     "April",   "May",      "June",
				      "July",    "August",   "September", "October", "November", "December" };
static const char weekdays[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

/* RFC 5322 4.3, and names that mailers really write. Single letters but Z mean nothing (there), nor do others. */
static const struct {
	struct str name;
	int minutes;
} zones[] = {
	{ STR_INIT("UT"), 0 },     { STR_INIT("UTC"), 0 },    { STR_INIT("GMT"), 0 },    { STR_INIT("Z"), 0 },
	{ STR_INIT("EST"), -300 }, { STR_INIT("EDT"), -240 }, { STR_INIT("CST"), -360 }, { STR_INIT("CDT"), -300 },
	{ STR_INIT("MST"), -420 }, { STR_INIT("MDT"), -360 }, { STR_INIT("PST"), -480 }, { STR_INIT("PDT"), -420 },
	{ STR_INIT("WET"), 0 },    { STR_INIT("WEST"), 60 },  { STR_INIT("BST"), 60 },   { STR_INIT("CET"), 60 },
	{ STR_INIT("CEST"), 120 }, { STR_INIT("MET"), 60 },   { STR_INIT("MEST"), 120 }, { STR_INIT("MESZ"), 120 },
	{ STR_INIT("MEZ"), 60 },   { STR_INIT("EET"), 120 },  { STR_INIT("EEST"), 180 }, { STR_INIT("MSK"), 180 },
	{ STR_INIT("HKT"), 480 },  { STR_INIT("SGT"), 480 },  { STR_INIT("JST"), 540 },  { STR_INIT("KST"), 540 },
	{ STR_INIT("AEST"), 600 }, { STR_INIT("AEDT"), 660 }, { STR_INIT("NZST"), 720 }, { STR_INIT("NZDT"), 780 },
};

enum { ZONE_MAX = 23 * 60 + 59, DAY = 86400 };

static bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Years start in March here, so that the leap day comes last; 400 years are 146097 days. */
int64_t date_days_from_civil(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400, year_of_era = y - era * 400;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

int64_t date_day_of(int64_t unix_seconds) { return floor_div(unix_seconds, DAY); }

static void civil_of_day(int64_t days, struct date_civil *c)
{
	int64_t z = days + 719468, era = floor_div(z, 146097), day_of_era = z - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t from_march = (5 * day_of_year + 2) / 153;
	c->day = (int)(day_of_year - (153 * from_march + 2) / 5 + 1);
	c->month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
	c->year = (int)(year_of_era + era * 400 + (c->month <= 2));
	c->weekday = (int)((days % 7 + 11) % 7); /* 1970-01-01 was a Thursday */
}

static int64_t clamp(int64_t v, int64_t min, int64_t max) { return v < min ? min : v > max ? max : v; }

/* Seconds on the clock of that zone, held within years 1 to 9999. */
static int64_t local_seconds(int64_t unix_seconds, int zone_minutes)
{
	int64_t min = date_days_from_civil(1, 1, 1) * DAY, max = date_days_from_civil(9999, 12, 31) * DAY + DAY - 1;
	int64_t zone = clamp(zone_minutes, -ZONE_MAX, ZONE_MAX) * 60;
	return clamp(clamp(unix_seconds, min - DAY, max + DAY) + zone, min, max);
}

struct date_civil date_civil_of(int64_t unix_seconds, int zone_minutes)
{
	struct date_civil c = { 0 };
	int64_t local = local_seconds(unix_seconds, zone_minutes);
	civil_of_day(date_day_of(local), &c);
	int second = (int)(local - date_day_of(local) * DAY);
	c.hour = second / 3600;
	c.minute = second / 60 % 60;
	c.second = second % 60;
	return c;
}

int64_t date_local_day(struct date d) { return date_day_of(local_seconds(d.unix_seconds, d.zone_minutes)); }

/* What is known of a date while it is read. */
struct raw {
	int numbers[3], digits[3]; /* in order, the month's name left out */
	size_t count;
	int month; /* by name, from 1; 0: none */
	int hour, minute, second;
	bool has_time;
	int zone;
	bool zone_named, zone_numeric;
	bool am, pm;
};

static int finish(int year, int month, int day, const struct raw *r, struct date *ret)
{
	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return E_SYNTAX;
	int hour = r->pm && r->hour < 12 ? r->hour + 12 : r->am && r->hour == 12 ? 0 : r->hour;
	if (hour > 23 || r->minute > 59 || r->second > 60)
		return E_SYNTAX;
	int64_t seconds = date_days_from_civil(year, month, day) * DAY + hour * 3600 + r->minute * 60 + r->second;
	*ret = (struct date){ seconds - (int64_t)r->zone * 60, r->zone };
	return OK;
}

/* RFC 5322 4.3: two digits to 49 are 20xx, from 50 19xx; three digits count from 1900. */
static int full_year(int value, int digits)
{
	if (digits <= 2)
		return value < 50 ? value + 2000 : value + 1900;
	return digits == 3 ? value + 1900 : value;
}

static bool looks_like_year(const struct raw *r, size_t i) { return r->digits[i] > 2 || r->numbers[i] > 31; }

static int finish_raw(const struct raw *r, struct date *ret)
{
	size_t year = r->month ? 1 : 2, day = 0;
	if (r->count <= year)
		return E_SYNTAX;
	if (looks_like_year(r, 0)) { /* ISO 8601, "2003 Jul 1" */
		day = year;
		year = 0;
	}
	int month = r->month ? r->month : r->numbers[1], d = r->numbers[day];
	if (!r->month && month > 12 && d <= 12) { /* 7/31/03 */
		d = r->numbers[1];
		month = r->numbers[day];
	}
	return finish(full_year(r->numbers[year], r->digits[year]), month, d, r, ret);
}

/* ":" with obs-FWS and comments around it (RFC 5322 4.3). */
static bool take_colon(struct str *s)
{
	struct str in = *s;
	header_skip_cfws(&in);
	if (!str_take_char(&in, ':'))
		return false;
	header_skip_cfws(&in);
	*s = in;
	return true;
}

/* Digits; what is longer than fits counts as 99999, which is right nowhere. */
static int take_number(struct str *s, int *ret_digits)
{
	int value = 0, digits = 0;
	for (; s->n && ascii_is_digit(s->p[0]); *s = str_skip(*s, 1)) {
		value = value > 9999 ? 99999 : value * 10 + (s->p[0] - '0');
		digits += digits < 9;
	}
	*ret_digits = digits;
	return value;
}

static int month_of(struct str word)
{
	for (int m = 0; m < 12 && word.n >= 3; m++)
		if (str_istarts(str_c(months[m]), word) || (m == 8 && str_ieq(word, STR("Sept"))))
			return m + 1;
	return 0;
}

static void take_zone_name(struct raw *r, struct str word)
{
	for (size_t i = 0; i < COUNT_OF(zones) && !r->zone_named && !r->zone_numeric; i++)
		if (str_ieq(word, zones[i].name)) {
			r->zone = zones[i].minutes;
			r->zone_named = true;
		}
}

static void take_word(struct raw *r, struct str *s)
{
	size_t n = 0;
	while (n < s->n && (ascii_is_alpha(s->p[n]) || (unsigned char)s->p[n] >= 0x80))
		n++;
	struct str word = str_take_n(s, n);
	int digits;
	if (s->n && ascii_is_digit(s->p[0]) && !str_ieq(word, STR("T")) && !month_of(word))
		take_number(s, &digits); /* EST5EDT */
	if (!r->month)
		r->month = month_of(word);
	if (!r->has_time)
		return;
	r->am = r->am || str_ieq(word, STR("AM"));
	r->pm = r->pm || str_ieq(word, STR("PM"));
	take_zone_name(r, word);
}

/* The first number of a time and its colon are read. */
static void take_time(struct raw *r, struct str *s, int hour)
{
	int digits;
	r->hour = hour;
	r->minute = take_number(s, &digits);
	if (take_colon(s))
		r->second = take_number(s, &digits);
	if (s->n > 1 && (s->p[0] == '.' || s->p[0] == ',') && ascii_is_digit(s->p[1])) {
		*s = str_skip(*s, 1);
		take_number(s, &digits);
	}
	r->has_time = true;
}

/* "0200", "02:00", "2", "230"; what is no time of day is no zone. */
static void take_zone_number(struct raw *r, struct str *s, int sign)
{
	int digits, more, value = take_number(s, &digits);
	int hours = digits <= 2 ? value : value / 100, minutes = digits <= 2 ? 0 : value % 100;
	if (digits <= 2 && str_take_char(s, ':'))
		minutes = take_number(s, &more);
	if (r->zone_numeric || digits > 4 || hours > 23 || minutes > 59)
		return;
	r->zone = sign * (hours * 60 + minutes);
	r->zone_numeric = true;
}

static void take_digits(struct raw *r, struct str *s)
{
	int digits, value = take_number(s, &digits);
	if (!r->has_time && take_colon(s)) {
		take_time(r, s, value);
	} else if (r->count < COUNT_OF(r->numbers)) {
		r->numbers[r->count] = value;
		r->digits[r->count++] = digits;
	}
}

static void take_item(struct raw *r, struct str *s)
{
	char c = s->p[0];
	if (c == '(') {
		header_skip_comment(s);
	} else if (ascii_is_digit(c)) {
		take_digits(r, s);
	} else if (ascii_is_alpha(c) || (unsigned char)c >= 0x80) {
		take_word(r, s);
	} else {
		*s = str_skip(*s, 1);
		if (r->has_time && (c == '+' || c == '-') && s->n && ascii_is_digit(s->p[0]))
			take_zone_number(r, s, c == '-' ? -1 : 1);
		if (c == ';') /* a Received field: its date comes last */
			*r = (struct raw){ 0 };
	}
}

int date_parse(struct str s, struct date *ret)
{
	struct raw r = { 0 };
	while (s.n)
		take_item(&r, &s);
	return finish_raw(&r, ret);
}

static char sign_of(int zone) { return zone < 0 ? '-' : '+'; }

static int magnitude(int zone)
{
	int64_t z = clamp(zone, -ZONE_MAX, ZONE_MAX);
	return (int)(z < 0 ? -z : z);
}

struct str date_format_rfc5322(struct date d, char out[DATE_TEXT_MAX])
{
	struct date_civil c = date_civil_of(d.unix_seconds, d.zone_minutes);
	int zone = magnitude(d.zone_minutes);
	int n = snprintf(out, DATE_TEXT_MAX, "%s, %d %.3s %04d %02d:%02d:%02d %c%02d%02d", weekdays[c.weekday], c.day,
			 months[c.month - 1], c.year, c.hour, c.minute, c.second, sign_of(d.zone_minutes), zone / 60,
			 zone % 60);
	return (struct str){ out, (size_t)n };
}

struct str date_format_imap(struct date d, char out[DATE_TEXT_MAX])
{
	struct date_civil c = date_civil_of(d.unix_seconds, d.zone_minutes);
	int zone = magnitude(d.zone_minutes);
	int n = snprintf(out, DATE_TEXT_MAX, "%2d-%.3s-%04d %02d:%02d:%02d %c%02d%02d", c.day, months[c.month - 1],
			 c.year, c.hour, c.minute, c.second, sign_of(d.zone_minutes), zone / 60, zone % 60);
	return (struct str){ out, (size_t)n };
}

struct str date_format_utc(int64_t unix_seconds, char out[DATE_TEXT_MAX])
{
	struct date_civil c = date_civil_of(unix_seconds, 0);
	int n = snprintf(out, DATE_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour, c.minute,
			 c.second);
	return (struct str){ out, (size_t)n };
}

/* Exactly n digits. */
static bool take_fixed(struct str *s, size_t n, int *ret)
{
	int digits;
	struct str field = str_first(*s, n);
	*ret = take_number(&field, &digits);
	if ((size_t)digits != n)
		return false;
	*s = str_skip(*s, n);
	return true;
}

static bool take_month(struct str *s, int *ret)
{
	struct str name = str_first(*s, 3);
	*ret = month_of(name);
	*s = str_skip(*s, 3);
	return *ret != 0;
}

/* time = 2DIGIT ":" 2DIGIT ":" 2DIGIT */
static bool take_clock(struct str *s, struct raw *r)
{
	return take_fixed(s, 2, &r->hour) && str_take_char(s, ':') && take_fixed(s, 2, &r->minute) &&
	       str_take_char(s, ':') && take_fixed(s, 2, &r->second);
}

/* ("+" / "-") 2DIGIT [separator] 2DIGIT */
static bool take_offset(struct str *s, struct str separator, struct raw *r)
{
	int hours, minutes, sign = str_take_char(s, '-') ? -1 : 1;
	if (sign > 0 && !str_take_char(s, '+'))
		return false;
	if (!take_fixed(s, 2, &hours) || !str_take(s, separator) || !take_fixed(s, 2, &minutes) || hours > 23 ||
	    minutes > 59)
		return false;
	r->zone = sign * (hours * 60 + minutes);
	return true;
}

int date_parse_imap(struct str s, struct date *ret)
{
	struct raw r = { 0 };
	int day, month, year;
	if (!(str_take_char(&s, ' ') ? take_fixed(&s, 1, &day) : take_fixed(&s, 2, &day)) || !str_take_char(&s, '-') ||
	    !take_month(&s, &month) || !str_take_char(&s, '-') || !take_fixed(&s, 4, &year) ||
	    !str_take_char(&s, ' ') || !take_clock(&s, &r) || !str_take_char(&s, ' ') ||
	    !take_offset(&s, STR(""), &r) || s.n)
		return E_SYNTAX;
	return finish(year, month, day, &r, ret);
}

int date_parse_imap_day(struct str s, int64_t *ret_day)
{
	struct raw r = { 0 };
	struct date d;
	int day, digits, month, year;
	size_t before = s.n;
	day = take_number(&s, &digits);
	if (before - s.n < 1 || before - s.n > 2 || !str_take_char(&s, '-') || !take_month(&s, &month) ||
	    !str_take_char(&s, '-') || !take_fixed(&s, 4, &year) || s.n)
		return E_SYNTAX;
	int result = finish(year, month, day, &r, &d);
	if (result == OK)
		*ret_day = date_day_of(d.unix_seconds);
	return result;
}

static void skip_fraction(struct str *s)
{
	int digits;
	if (s->n > 1 && s->p[0] == '.' && ascii_is_digit(s->p[1])) {
		*s = str_skip(*s, 1);
		take_number(s, &digits);
	}
}

int date_parse_rfc3339(struct str s, struct date *ret)
{
	struct raw r = { 0 };
	int day, month, year;
	if (!take_fixed(&s, 4, &year) || !str_take_char(&s, '-') || !take_fixed(&s, 2, &month) ||
	    !str_take_char(&s, '-') || !take_fixed(&s, 2, &day) || !str_itake(&s, STR("T")) || !take_clock(&s, &r))
		return E_SYNTAX;
	skip_fraction(&s);
	if ((!str_itake(&s, STR("Z")) && !take_offset(&s, STR(":"), &r)) || s.n)
		return E_SYNTAX;
	return finish(year, month, day, &r, ret);
}
