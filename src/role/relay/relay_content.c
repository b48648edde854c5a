#include "role/relay/relay_content.h"

#include "proto/header/header.h"

enum { LINE_MAX_BYTES = 998 }; /* RFC 5322 section 2.1.1 */

struct str relay_content_start(struct str message)
{
	struct header_field h;
	struct str rest = message;
	while (str_istarts(rest, STR("Return-Path")) && header_next(&rest, &h) && str_ieq(h.name, STR("Return-Path")))
		message = rest;
	return message;
}

bool relay_content_any_tls(struct str message)
{
	struct header_field h;
	return header_find(str_first(message, header_end(message)), STR("TLS-Required"), &h) &&
	       str_ieq(str_trim(h.value), STR("No"));
}

/* Cuts a line off, its end included; *ret_text is the line without any end. */
static struct str take_line(struct str *s, struct str *ret_text)
{
	size_t lf = str_find(*s, '\n');
	struct str line = str_take_n(s, lf == STR_NPOS ? s->n : lf + 1);
	*ret_text = line;
	if (str_ends(line, STR("\r\n")))
		ret_text->n -= 2;
	else if (str_ends(line, STR("\n")))
		ret_text->n -= 1;
	return line;
}

void relay_content_look(struct str message, struct relay_content *ret)
{
	size_t header = header_end(message);
	struct str rest = message, text;
	*ret = (struct relay_content){
		.header_8bit = !str_is_ascii(str_first(message, header)),
		.body_8bit = !str_is_ascii(str_skip(message, header)),
		.binary = str_find(message, '\0') != STR_NPOS,
	};
	while (rest.n) {
		struct str line = take_line(&rest, &text);
		bool proper = line.n == text.n + 2 || !rest.n;
		ret->binary = ret->binary || text.n > LINE_MAX_BYTES || !proper || str_find(text, '\r') != STR_NPOS;
		ret->size += text.n + 2;
	}
}

/* How much of the input can leave as it is: whole lines that end in CRLF, hold no other CR, and do not begin with a
 * dot; at last the part of a line before an end that must be mended. *ret_whole: it ends with CRLF. */
static size_t plain_run(struct str s, bool inside, bool *ret_whole)
{
	size_t n = 0;
	*ret_whole = false;
	while (n < s.n) {
		if (!inside && s.p[n] == '.')
			return n;
		struct str rest = str_skip(s, n);
		size_t end = 0;
		while (end < rest.n && rest.p[end] != '\r' && rest.p[end] != '\n')
			end++;
		n += end;
		*ret_whole = false;
		if (end + 1 >= rest.n || rest.p[end] != '\r' || rest.p[end + 1] != '\n')
			return n;
		n += 2;
		*ret_whole = true;
		inside = false;
	}
	return n;
}

bool relay_wire_next(struct relay_wire *w, struct str *input, struct str *ret)
{
	bool whole;
	if (!input->n)
		return false;
	if (!w->inside && !w->dotted && input->p[0] == '.') {
		w->dotted = true;
		*ret = STR(".");
		return true;
	}
	size_t n = plain_run(*input, w->inside || w->dotted, &whole);
	if (n) {
		*ret = str_take_n(input, n);
		w->inside = !whole;
	} else {
		/* a CR or LF by itself, or a CRLF that ends an empty line's rest: one proper line end for each */
		*ret = STR("\r\n");
		if (!str_take(input, STR("\r\n")))
			*input = str_skip(*input, 1);
		w->inside = false;
	}
	w->dotted = false;
	return true;
}

struct str relay_wire_end(const struct relay_wire *w) { return w->inside || w->dotted ? STR("\r\n") : STR(""); }
