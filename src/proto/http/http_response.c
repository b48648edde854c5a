#include "proto/http/http_response.h"

#include "proto/header/date.h"
#include "proto/http/http_chars.h"

#include <stdio.h>

static const struct { unsigned status; const char *reason; } reasons[] = {
	{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" }, { 301, "Moved Permanently" }, { 302, "Found" },
	{ 303, "See Other" }, { 304, "Not Modified" }, { 307, "Temporary Redirect" }, { 308, "Permanent Redirect" }, { 400, "Bad Request" },
	{ 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
	{ 408, "Request Timeout" }, { 409, "Conflict" }, { 410, "Gone" }, { 411, "Length Required" }, { 412, "Precondition Failed" },
	{ 413, "Content Too Large" }, { 414, "URI Too Long" }, { 415, "Unsupported Media Type" }, { 417, "Expectation Failed" },
	{ 421, "Misdirected Request" }, { 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" }, { 500, "Internal Server Error" }, { 501, "Not Implemented" },
	{ 503, "Service Unavailable" }, { 505, "HTTP Version Not Supported" },
};

const char *http_reason(unsigned status)
{
	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

bool http_status_has_content(unsigned status)
{
	return status >= 200 && status != 204 && status != 304;
}

void http_response_field(struct http_response *rs, struct str name, struct str value)
{
	if (rs->count == HTTP_RESPONSE_FIELDS_MAX)
		rs->overflow = true;
	else
		rs->fields[rs->count++] = (struct http_field){ name, value };
}

void http_response_replace(struct http_response *rs, struct str name, struct str value)
{
	for (size_t i = 0; i < rs->count; i++) {
		if (str_ieq(rs->fields[i].name, name)) {
			rs->fields[i].value = value;
			return;
		}
	}
	http_response_field(rs, name, value);
}

struct str http_response_get(const struct http_response *rs, struct str name)
{
	for (size_t i = 0; i < rs->count; i++)
		if (str_ieq(rs->fields[i].name, name))
			return rs->fields[i].value;
	return STR("");
}

struct str http_date(int64_t unix_seconds, char out[HTTP_DATE_TEXT])
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct date_civil c = date_civil_of(unix_seconds, 0);
	int n = snprintf(out, HTTP_DATE_TEXT, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[c.weekday], c.day, months[c.month - 1], c.year,
			 c.hour, c.minute, c.second);
	return (struct str){ out, n > 0 && n < HTTP_DATE_TEXT ? (size_t)n : 0 };
}

static bool fields_valid(const struct http_response *rs)
{
	for (size_t i = 0; i < rs->count; i++)
		if (!http_is_token(rs->fields[i].name) || !http_is_value(rs->fields[i].value))
			return false;
	return !rs->overflow;
}

static void write_head(struct bufw *w, const struct http_response *rs, bool keep_alive, int64_t now)
{
	char date[HTTP_DATE_TEXT];
	bufw_printf(w, "HTTP/1.1 %u %s\r\nDate: ", rs->status, http_reason(rs->status));
	bufw_str(w, http_date(now, date));
	bufw_c(w, "\r\n");
	for (size_t i = 0; i < rs->count; i++) {
		bufw_str(w, rs->fields[i].name);
		bufw_c(w, ": ");
		bufw_str(w, rs->fields[i].value);
		bufw_c(w, "\r\n");
	}
	if (http_status_has_content(rs->status))
		bufw_printf(w, "Content-Length: %zu\r\n", rs->content.n);
	bufw_c(w, keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

int http_response_write(struct buf *out, const struct http_response *rs, bool head_only, bool keep_alive, int64_t now)
{
	struct bufw w = { .b = out };
	size_t before = out->n;
	if (!fields_valid(rs))
		return E_SYNTAX;
	write_head(&w, rs, keep_alive, now);
	if (!head_only && http_status_has_content(rs->status))
		bufw_str(&w, rs->content);
	if (w.err != OK)
		out->n = before;
	return w.err;
}

static bool take_entity_tag(struct str *rest, struct str *ret)
{
	str_take(rest, STR("W/"));
	if (!rest->n || rest->p[0] != '"')
		return false;
	size_t close = str_find(str_skip(*rest, 1), '"');
	if (close == STR_NPOS)
		return false;
	*ret = str_take_n(rest, close + 2);
	return true;
}

bool http_none_match(struct str list, struct str etag)
{
	struct str one;
	str_take(&etag, STR("W/"));
	if (str_eq(list, STR("*")))
		return true;
	while (take_entity_tag(&list, &one)) {
		if (str_eq(one, etag))
			return true;
		list = http_trim(list);
		if (!str_take_char(&list, ','))
			return false;
		list = http_trim(list);
	}
	return false;
}
