#include "proto/http/http_request.h"

#include "proto/http/http_chars.h"

static int refuse(struct http_refusal *reterr, unsigned status, const char *why)
{
	*reterr = (struct http_refusal){ status, why };
	return E_SYNTAX;
}

static int refuse_400(struct http_refusal *reterr, const char *why)
{
	return refuse(reterr, 400, why);
}

static struct str take_line(struct str *rest)
{
	struct str line = str_until(rest, '\n');
	return str_first(line, line.n ? line.n - 1 : 0);        /* http_head_find has seen that a CR ends it */
}

/* HTTP-version = HTTP-name "/" DIGIT "." DIGIT (RFC 9112 2.3) */
static int take_version(struct str s, struct http_request *rq, struct http_refusal *reterr)
{
	if (s.n != 8 || !str_take(&s, STR("HTTP/")) || !ascii_is_digit(s.p[0]) || s.p[1] != '.' || !ascii_is_digit(s.p[2]))
		return refuse_400(reterr, "the request-line does not end in a version of HTTP");
	if (s.p[0] != '1')
		return refuse(reterr, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
	rq->minor = s.p[2] == '0' ? 0 : 1;
	return OK;
}

static int take_request_line(struct str line, struct http_request *rq, struct http_refusal *reterr)
{
	size_t first = str_find(line, ' '), last = str_rfind(line, ' ');
	if (first == STR_NPOS || first == last)
		return refuse_400(reterr, "the request-line needs a method, a target and a version");
	struct str target = { line.p + first + 1, last - first - 1 };
	rq->method = str_first(line, first);
	if (!http_is_token(rq->method) || rq->method.n > HTTP_METHOD_MAX)
		return refuse_400(reterr, "the method is no token");
	int r = take_version(str_skip(line, last + 1), rq, reterr);
	if (r != OK)
		return r;
	if (http_target_parse(target, &rq->target) != OK)
		return refuse_400(reterr, "the request-target is malformed");
	if (rq->target.form == HTTP_ASTERISK_FORM && !str_eq(rq->method, STR("OPTIONS")))
		return refuse_400(reterr, "the request-target \"*\" is for OPTIONS only");
	return OK;
}

static int take_field(struct arena *a, struct str line, struct http_request *rq, struct http_refusal *reterr)
{
	size_t colon = str_find(line, ':');
	if (colon == STR_NPOS)
		return refuse_400(reterr, "a field without a colon");
	struct http_field f = { str_first(line, colon), http_trim(str_skip(line, colon + 1)) };
	if (!http_is_token(f.name))
		return refuse_400(reterr, "the name of a field is no token, or white space stands before its colon");
	struct http_field *to = arena_push(a, &rq->fields, &rq->count, &rq->cap, sizeof *to);
	*to = f;
	return OK;
}

/* Fields of which a second line would be read by one program and passed over by another. */
static const struct str singles[] = {
	STR_INIT("Host"), STR_INIT("Content-Length"), STR_INIT("Transfer-Encoding"), STR_INIT("Content-Type"),
	STR_INIT("Authorization"), STR_INIT("Cookie"), STR_INIT("Origin"), STR_INIT("Referer"), STR_INIT("Expect"),
	STR_INIT("If-None-Match"), STR_INIT("Sec-Fetch-Site"), STR_INIT("User-Agent"), STR_INIT("Content-Encoding"),
};

static unsigned count_of(const struct http_request *rq, struct str name)
{
	unsigned n = 0;
	for (size_t i = 0; i < rq->count; i++)
		n += str_ieq(rq->fields[i].name, name);
	return n;
}

static int check_singles(const struct http_request *rq, struct http_refusal *reterr)
{
	for (size_t i = 0; i < COUNT_OF(singles); i++)
		if (count_of(rq, singles[i]) > 1)
			return refuse_400(reterr, "a field stands there twice that may stand there once");
	return OK;
}

/* RFC 9112 3.2, 3.2.2: with the absolute form its own authority counts. We take it where both say the same. */
static int take_host(struct http_request *rq, struct http_refusal *reterr)
{
	struct str host = http_request_field(rq, STR("Host"));
	bool given = count_of(rq, STR("Host")) == 1;
	if (!given && rq->minor >= 1)
		return refuse_400(reterr, "there is no Host field");
	if (given && http_host_parse(host, &rq->host, &rq->port) != OK)
		return refuse_400(reterr, "the Host field is malformed");
	if (rq->target.form == HTTP_ABSOLUTE_FORM && !str_ieq(rq->target.authority, host))
		return refuse_400(reterr, "the request-target names another host than the Host field");
	return OK;
}

/* RFC 9112 6.1: what a client cannot have meant in earnest is an attempt at smuggling. */
static int take_coding(struct http_request *rq, struct http_refusal *reterr)
{
	if (count_of(rq, STR("Transfer-Encoding")) == 0)
		return OK;
	if (rq->has_length)
		return refuse_400(reterr, "Content-Length and Transfer-Encoding exclude each other");
	if (rq->minor == 0)
		return refuse_400(reterr, "HTTP/1.0 has no transfer codings");
	if (!str_ieq(http_request_field(rq, STR("Transfer-Encoding")), STR("chunked")))
		return refuse(reterr, 501, "the only transfer coding is \"chunked\"");
	rq->chunked = true;
	return OK;
}

static int take_length(struct http_request *rq, struct http_refusal *reterr)
{
	rq->has_length = count_of(rq, STR("Content-Length")) == 1;
	if (!rq->has_length)
		return OK;
	int r = str_u64(http_request_field(rq, STR("Content-Length")), INT64_MAX, &rq->length);
	if (r == E_TOOBIG)
		return refuse(reterr, 413, "the content is too large");
	return r == OK ? OK : refuse_400(reterr, "Content-Length is not one decimal number");
}

static int take_expect(struct http_request *rq, struct http_refusal *reterr)
{
	struct str expect = http_request_field(rq, STR("Expect"));
	if (expect.n && !str_ieq(expect, STR("100-continue")))
		return refuse(reterr, 417, "nothing but 100-continue can be expected");
	rq->expects_continue = expect.n && rq->minor >= 1;
	return OK;
}

static int check_fields(struct http_request *rq, struct http_refusal *reterr)
{
	int r = check_singles(rq, reterr);
	if (r == OK)
		r = take_host(rq, reterr);
	if (r == OK)
		r = take_length(rq, reterr);
	if (r == OK)
		r = take_coding(rq, reterr);
	if (r == OK)
		r = take_expect(rq, reterr);
	rq->keep_alive = rq->minor >= 1 && !http_request_lists(rq, STR("Connection"), STR("close"));
	return r;
}

int http_request_parse(struct arena *a, struct str head, struct http_request *ret, struct http_refusal *reterr)
{
	struct http_request rq = { 0 };
	str_take(&head, STR("\r\n"));
	int r = take_request_line(take_line(&head), &rq, reterr);
	while (r == OK) {
		struct str line = take_line(&head);
		if (!line.n)
			break;
		r = take_field(a, line, &rq, reterr);
	}
	if (r == OK)
		r = check_fields(&rq, reterr);
	if (r == OK)
		*ret = rq;
	return r;
}

struct str http_request_field(const struct http_request *rq, struct str name)
{
	for (size_t i = 0; i < rq->count; i++)
		if (str_ieq(rq->fields[i].name, name))
			return rq->fields[i].value;
	return STR("");
}

static bool list_has(struct str list, struct str token)
{
	while (list.n)
		if (str_ieq(http_trim(str_until(&list, ',')), token))
			return true;
	return false;
}

bool http_request_lists(const struct http_request *rq, struct str name, struct str token)
{
	for (size_t i = 0; i < rq->count; i++)
		if (str_ieq(rq->fields[i].name, name) && list_has(rq->fields[i].value, token))
			return true;
	return false;
}
