#include "proto/dsn/dsn_parse.h"

#include "proto/header/header.h"

enum { PARTS_MAX = 3 };

struct part {
	struct str header, body;
};

/* Media type in lower case, without parameters. */
static struct str media_type(struct arena *a, struct str header)
{
	struct header_field h;
	if (!header_find(header, STR("Content-Type"), &h))
		return STR("text/plain");
	struct str value = header_unfold(a, h.value), type = str_trim(str_until(&value, ';'));
	char *lower = arena_alloc(a, type.n + 1);
	for (size_t i = 0; i < type.n; i++)
		lower[i] = ascii_lower(type.p[i]);
	return (struct str){ lower, type.n };
}

static struct str parameter(struct arena *a, struct str header, struct str name)
{
	struct header_field h;
	if (!header_find(header, STR("Content-Type"), &h))
		return STR("");
	struct str rest = header_unfold(a, h.value);
	str_until(&rest, ';');
	while (rest.n) {
		struct str value = str_until(&rest, ';'), key = str_trim(str_until(&value, '='));
		value = str_trim(value);
		if (!str_ieq(key, name))
			continue;
		return value.n >= 2 && value.p[0] == '"' && str_ends(value, STR("\""))
			   ? str_first(str_skip(value, 1), value.n - 2)
			   : value;
	}
	return STR("");
}

/* Cuts what stands before the next delimiter line off *rest, the line break before it excluded. False: there is none.
 * *ret_last: it closes. */
static bool next_delimiter(struct str *rest, struct str boundary, struct str *ret_before, bool *ret_last)
{
	struct str s = *rest;
	for (size_t at = 0; at < s.n;) {
		struct str line = str_skip(s, at), tail = line;
		if (str_take(&tail, STR("--")) && str_take(&tail, boundary)) {
			*ret_before = str_first(s, at);
			if (str_ends(*ret_before, STR("\r\n")))
				ret_before->n -= 2;
			*ret_last = str_starts(tail, STR("--"));
			str_until(&tail, '\n');
			*rest = tail;
			return true;
		}
		size_t lf = str_find(line, '\n');
		at = lf == STR_NPOS ? s.n : at + lf + 1;
	}
	return false;
}

static int split(struct str body, struct str boundary, struct part parts[PARTS_MAX])
{
	struct str content;
	bool last = false;
	if (!boundary.n || !next_delimiter(&body, boundary, &content, &last))
		return E_SYNTAX;
	for (size_t i = 0; i < PARTS_MAX; i++) {
		if (last || !next_delimiter(&body, boundary, &content, &last))
			return E_SYNTAX;
		size_t end = header_end(content);
		parts[i] = (struct part){ str_first(content, end), str_skip(content, end) };
	}
	return OK;
}

/* "type; value" */
static void typed(struct str value, struct str *ret_type, struct str *ret_value)
{
	struct str type = str_trim(str_until(&value, ';'));
	if (ret_type)
		*ret_type = type;
	*ret_value = str_trim(value);
}

static void take_recipient_field(struct dsn_parsed_recipient *r, struct str name, struct str value)
{
	const struct {
		struct str name;
		struct str *type, *value;
		bool typed;
	} rows[] = {
		{ STR_INIT("Final-Recipient"), &r->final_type, &r->final_recipient, true },
		{ STR_INIT("Original-Recipient"), &r->original_type, &r->original_recipient, true },
		{ STR_INIT("Action"), NULL, &r->action, false },
		{ STR_INIT("Status"), NULL, &r->status, false },
		{ STR_INIT("Remote-MTA"), NULL, &r->remote, true },
		{ STR_INIT("Diagnostic-Code"), NULL, &r->diagnostic, true },
		{ STR_INIT("Last-Attempt-Date"), NULL, &r->last_attempt, false },
		{ STR_INIT("Will-Retry-Until"), NULL, &r->retry_until, false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (str_ieq(name, rows[i].name)) {
			if (rows[i].typed)
				typed(value, rows[i].type, rows[i].value);
			else
				*rows[i].value = value;
		}
}

static void take_message_field(struct dsn_parsed *d, struct str name, struct str value)
{
	if (str_ieq(name, STR("Original-Envelope-Id")))
		d->envid = value;
	else if (str_ieq(name, STR("Reporting-MTA")))
		typed(value, NULL, &d->reporting_mta);
	else if (str_ieq(name, STR("Arrival-Date")))
		d->arrival = value;
}

/* Groups of fields with an empty line behind each; the first is about the message (RFC 3464 section 2.1). */
static int take_status(struct arena *a, struct str body, struct dsn_parsed *d)
{
	struct header_field h;
	size_t cap = 0;
	for (bool first = true; body.n; first = false) {
		struct dsn_parsed_recipient r = { 0 };
		while (header_next(&body, &h)) {
			struct str value = header_unfold(a, h.value);
			if (first)
				take_message_field(d, h.name, value);
			else
				take_recipient_field(&r, h.name, value);
		}
		while (body.n && ascii_is_space(body.p[0]))
			body = str_skip(body, 1);
		if (!first && r.final_recipient.n) {
			if (d->count == DSN_PARSED_MAX)
				return E_SYNTAX;
			*(struct dsn_parsed_recipient *)arena_push(a, &d->recipient, &d->count, &cap, sizeof r) = r;
		}
	}
	return d->count ? OK : E_SYNTAX;
}

int dsn_parse(struct arena *a, struct str message, struct dsn_parsed *ret)
{
	struct part parts[PARTS_MAX];
	struct dsn_parsed d = { 0 };
	size_t end = header_end(message);
	struct str header = str_first(message, end);
	if (!str_eq(media_type(a, header), STR("multipart/report")) ||
	    !str_ieq(parameter(a, header, STR("report-type")), STR("delivery-status")) ||
	    split(str_skip(message, end), parameter(a, header, STR("boundary")), parts) != OK)
		return E_SYNTAX;
	d.text = parts[0].body;
	d.status_type = media_type(a, parts[1].header);
	d.original_type = media_type(a, parts[2].header);
	d.original = parts[2].body;
	if (!str_eq(d.status_type, STR("message/delivery-status")) &&
	    !str_eq(d.status_type, STR("message/global-delivery-status")))
		return E_SYNTAX;
	int r = take_status(a, parts[1].body, &d);
	if (r == OK)
		*ret = d;
	return r;
}
