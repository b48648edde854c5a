#include "proto/http/http_reply.h"

#include "proto/http/http_chars.h"

#define END "\r\n\r\n"

int http_reply_find(struct str in, size_t *ret)
{
	size_t at = str_search(str_first(in, in.n < HTTP_HEAD_MAX ? in.n : HTTP_HEAD_MAX), STR(END));
	if (at == STR_NPOS)
		return in.n < HTTP_HEAD_MAX ? E_AGAIN : E_TOOBIG;
	*ret = at + sizeof END - 1;
	return OK;
}

/* Without its CRLF. Every other CR and LF is a control byte in it, which is refused later. */
static struct str take_line(struct str *rest)
{
	size_t at = str_search(*rest, STR("\r\n"));
	struct str line = str_first(*rest, at == STR_NPOS ? rest->n : at);
	*rest = str_skip(*rest, at == STR_NPOS ? rest->n : at + 2);
	return line;
}

/* status-line = "HTTP/1." DIGIT SP 3DIGIT SP [ reason-phrase ]; the last space is often left out. */
static int take_status(struct str line, struct http_reply *rp)
{
	uint64_t status;
	if (!http_is_value(line) || !str_take(&line, STR("HTTP/1.")) || line.n < 5 || !ascii_is_digit(line.p[0]) || line.p[1] != ' ')
		return E_SYNTAX;
	if ((line.n > 5 && line.p[5] != ' ') || str_u64(str_first(str_skip(line, 2), 3), 599, &status) != OK || status < 100)
		return E_SYNTAX;
	rp->status = (unsigned)status;
	return OK;
}

static int take_field(struct arena *a, struct str line, struct http_reply *rp)
{
	size_t colon = str_find(line, ':');
	if (colon == STR_NPOS || !http_is_token(str_first(line, colon)) || !http_is_value(line) || rp->count == HTTP_FIELDS_MAX)
		return E_SYNTAX;
	struct http_field f = { str_first(line, colon), http_trim(str_skip(line, colon + 1)) };
	struct http_field *to = arena_push(a, &rp->fields, &rp->count, &rp->cap, sizeof *to);
	*to = f;
	return OK;
}

static unsigned count_of(const struct http_reply *rp, struct str name)
{
	unsigned n = 0;
	for (size_t i = 0; i < rp->count; i++)
		n += str_ieq(rp->fields[i].name, name);
	return n;
}

static int check_framing(struct http_reply *rp)
{
	unsigned lengths = count_of(rp, STR("Content-Length")), codings = count_of(rp, STR("Transfer-Encoding"));
	if (lengths + codings > 1 || count_of(rp, STR("Content-Type")) > 1)
		return E_SYNTAX;
	rp->has_length = lengths == 1;
	rp->chunked = codings == 1;
	if (rp->chunked)
		return str_ieq(http_reply_field(rp, STR("Transfer-Encoding")), STR("chunked")) ? OK : E_SYNTAX;
	if (rp->has_length && str_u64(http_reply_field(rp, STR("Content-Length")), INT64_MAX, &rp->length) != OK)
		return E_SYNTAX;
	return OK;
}

int http_reply_parse(struct arena *a, struct str head, struct http_reply *ret)
{
	struct http_reply rp = { 0 };
	int r = take_status(take_line(&head), &rp);
	while (r == OK) {
		struct str line = take_line(&head);
		if (!line.n)
			break;
		r = take_field(a, line, &rp);
	}
	if (r == OK)
		r = head.n ? E_SYNTAX : check_framing(&rp);
	if (r == OK)
		*ret = rp;
	return r;
}

struct str http_reply_field(const struct http_reply *rp, struct str name)
{
	for (size_t i = 0; i < rp->count; i++)
		if (str_ieq(rp->fields[i].name, name))
			return rp->fields[i].value;
	return STR("");
}
