/* Finding the end of a head. Everything that can be said of single bytes and lines is said here, as early as possible. */
#include "proto/http/http_chars.h"
#include "proto/http/http_request.h"

static int refuse(struct http_refusal *reterr, unsigned status, const char *why)
{
	*reterr = (struct http_refusal){ status, why };
	return status == 400 ? E_SYNTAX : E_TOOBIG;
}

static int line_too_long(const struct http_head *h, struct http_refusal *reterr)
{
	return h->lines == 0 ? refuse(reterr, 414, "the request-line is too long") : refuse(reterr, 431, "a field is too long");
}

/* Who speaks another protocol is told so at the first line, not when it has given up waiting (A72). */
static bool ends_in_version(struct str line)
{
	return line.n > 9 && str_starts(str_skip(line, line.n - 9), STR(" HTTP/"));
}

/* A line has ended; its first byte is at h->line. Sets *ret_done at the empty line that ends the head. */
static int end_line(struct http_head *h, struct str in, bool *ret_done, struct http_refusal *reterr)
{
	size_t length = h->at - h->line - 2;
	bool folded = length && (in.p[h->line] == ' ' || in.p[h->line] == '\t');
	if (length == 0 && h->lines == 0 && h->blank_first)
		return refuse(reterr, 400, "empty lines before the request");
	if (length == 0 && h->lines == 0)
		h->blank_first = true;
	else if (length == 0)
		*ret_done = true;
	else if (folded)
		return refuse(reterr, 400, "a line starts with white space");
	else if (++h->lines > HTTP_FIELDS_MAX + 1)
		return refuse(reterr, 431, "too many fields");
	else if (h->lines == 1 && !ends_in_version((struct str){ in.p + h->line, length }))
		return refuse(reterr, 400, "the request-line does not end in a version of HTTP");
	h->line = h->at;
	return OK;
}

static int look_at(struct http_head *h, char c, struct http_refusal *reterr)
{
	if ((c == '\n') != h->after_cr)
		return refuse(reterr, 400, h->after_cr ? "a CR that no LF follows" : "an LF without CR before it");
	if (c != '\r' && c != '\n' && !http_is_value((struct str){ &c, 1 }))
		return refuse(reterr, 400, "a control character");
	if (h->at == 0 && c != '\r' && !http_is_tchar(c))
		return refuse(reterr, 400, "this is no HTTP request");
	if (h->at - h->line >= HTTP_LINE_MAX)
		return line_too_long(h, reterr);
	if (h->at >= HTTP_HEAD_MAX)
		return refuse(reterr, 431, "the fields are too large");
	return OK;
}

int http_head_find(struct http_head *h, struct str in, size_t *ret, struct http_refusal *reterr)
{
	bool done = false;
	while (h->at < in.n && !done) {
		char c = in.p[h->at];
		int r = look_at(h, c, reterr);
		if (r != OK)
			return r;
		h->at++;
		h->after_cr = c == '\r';
		if (c == '\n')
			r = end_line(h, in, &done, reterr);
		if (r != OK)
			return r;
	}
	if (!done)
		return E_AGAIN;
	*ret = h->at;
	return OK;
}
