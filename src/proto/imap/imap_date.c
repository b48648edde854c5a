#include "proto/imap/imap_date.h"

int imap_date(struct imap_args *a, int64_t *ret_day)
{
	struct str s = a->rest;
	int64_t day;
	bool quoted = str_take_char(&s, '"');
	size_t n = 0;
	while (n < s.n && (ascii_is_alnum(s.p[n]) || s.p[n] == '-'))
		n++;
	if (date_parse_imap_day(str_take_n(&s, n), &day) != OK || (quoted && !str_take_char(&s, '"')))
		return imap_args_bad(a, "date expected, as 1-Feb-1994");
	a->rest = s;
	*ret_day = day;
	return OK;
}

int imap_date_time(struct imap_args *a, struct date *ret)
{
	struct str s = a->rest;
	struct date d;
	if (!str_take_char(&s, '"'))
		return imap_args_bad(a, "date-time expected");
	if (str_find(s, '"') == STR_NPOS || date_parse_imap(str_until(&s, '"'), &d) != OK)
		return imap_args_bad(a, "date-time expected, as \"17-Jul-1996 02:44:25 -0700\"");
	a->rest = s;
	*ret = d;
	return OK;
}

void imap_write_date_time(struct bufw *w, struct date t)
{
	char text[DATE_TEXT_MAX];
	bufw_char(w, '"');
	bufw_str(w, date_format_imap(t, text));
	bufw_char(w, '"');
}
