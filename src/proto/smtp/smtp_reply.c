#include "proto/smtp/smtp_reply.h"

#include "base/utf8.h"

void smtp_reply_init(struct smtp_reply_reader *r, struct buf *text)
{
	*r = (struct smtp_reply_reader){ .text = text };
	smtp_line_init(&r->line, SMTP_REPLY_LINE_MAX);
}

/* One to three digits without a leading zero, or "0". */
static bool take_number(struct str *s, unsigned *ret)
{
	struct str t = *s;
	unsigned v = 0, digits = 0;
	while (t.n && ascii_is_digit(t.p[0]) && digits < 4) {
		v = v * 10 + (unsigned)(t.p[0] - '0');
		t = str_skip(t, 1);
		digits++;
	}
	if (digits == 0 || digits > 3 || (digits > 1 && s->p[0] == '0'))
		return false;
	*s = t;
	*ret = v;
	return true;
}

bool smtp_status_take(struct str *s, struct smtp_status *ret)
{
	struct str t = *s;
	struct smtp_status st = { 0 };
	if (!take_number(&t, &st.class) || !str_take_char(&t, '.') || !take_number(&t, &st.subject) ||
	    !str_take_char(&t, '.') || !take_number(&t, &st.detail))
		return false;
	if ((st.class != 2 && st.class != 4 && st.class != 5) || (t.n && !str_take_char(&t, ' ')))
		return false;
	*s = t;
	*ret = st;
	return true;
}

/* Appends a line of text, made harmless for logs and delivery reports. */
static int put_text(struct buf *b, struct str s)
{
	bool utf8 = utf8_valid(s);
	int r = buf_reserve(b, s.n);
	for (size_t i = 0; r == OK && i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool good = c >= ' ' && c != 0x7f && (c < 0x80 || utf8);
		r = buf_put_char(b, (char)(good ? s.p[i] : '?'));
	}
	return r;
}

/* The code of a line; 0 when it has none. */
static unsigned take_code(struct str *line)
{
	struct str c = str_first(*line, 3);
	if (c.n < 3 || c.p[0] < '2' || c.p[0] > '5' || !ascii_is_digit(c.p[1]) || !ascii_is_digit(c.p[2]))
		return 0;
	*line = str_skip(*line, 3);
	return (unsigned)(c.p[0] - '0') * 100 + (unsigned)(c.p[1] - '0') * 10 + (unsigned)(c.p[2] - '0');
}

static int add_line(struct smtp_reply_reader *r, struct str line, bool *ret_last)
{
	struct smtp_reply *reply = &r->reply;
	struct smtp_status status = { 0 };
	unsigned code = take_code(&line);
	if (code == 0 || (reply->lines && code != reply->code) || ++reply->lines > SMTP_REPLY_LINES_MAX)
		return E_PROTO;
	bool more = str_take_char(&line, '-');
	if (!more && line.n && !str_take_char(&line, ' '))
		return E_PROTO;
	struct str text = line;
	if (smtp_status_take(&text, &status) && status.class == code / 100)
		line = text;
	if (reply->lines == 1) {
		reply->code = code;
		reply->status = status.class == code / 100 ? status : (struct smtp_status){ 0 };
	}
	if ((reply->lines > 1 && buf_put_char(r->text, '\n') != OK) || put_text(r->text, line) != OK)
		return E_PROTO;
	*ret_last = !more;
	return OK;
}

int smtp_reply_next(struct smtp_reply_reader *r, struct str *input, struct smtp_reply *ret)
{
	struct str line;
	bool last = false;
	if (r->reply.lines == 0)
		buf_clear(r->text);
	while (!last) {
		int e = smtp_line_next(&r->line, input, &line);
		if (e == E_AGAIN && r->line.dropped == 0)
			return E_AGAIN;
		if (e != OK || add_line(r, line, &last) != OK) {
			r->line.broken = true;
			return E_PROTO;
		}
	}
	*ret = r->reply;
	ret->text = buf_str(r->text);
	r->reply = (struct smtp_reply){ 0 };
	return OK;
}
