#include "proto/imap/imap_command.h"

#include "proto/imap/imap_chars.h"

const struct imap_limits imap_limits_guest = {
	.bytes = 8 << 10, .depth = 2, .items = 96, .literal_plus = 4096, .message = 0, .discard = 64 << 10,
};

const struct imap_limits imap_limits_user = {
	.bytes = 1 << 20, .depth = 32, .items = 16384, .literal_plus = SIZE_MAX, .message = 50 << 20, .discard = 64 << 20,
};

enum {
	KEEP = 1024,            /* memory kept between commands: an idle session is to stay small */
	TAG_MAX = 255,
	TAG_ROOM = TAG_MAX + 1
};

void imap_reader_init(struct imap_reader *r, const struct imap_limits *limits)
{
	*r = (struct imap_reader){ .limits = limits };
	buf_init(&r->bytes, limits->bytes);
}

void imap_reader_done(struct imap_reader *r)
{
	buf_done(&r->bytes);
}

void imap_reader_limit(struct imap_reader *r, const struct imap_limits *limits)
{
	imap_reader_done(r);
	imap_reader_init(r, limits);
}

void imap_reader_next(struct imap_reader *r)
{
	struct buf b = r->bytes;
	if (b.cap > KEEP) {
		buf_done(&b);
		buf_init(&b, r->limits->bytes);
	}
	buf_clear(&b);
	*r = (struct imap_reader){ .limits = r->limits, .bytes = b };
}

bool imap_reader_idle(const struct imap_reader *r)
{
	return r->mode == IMAP_READER_LINE && r->bytes.n == 0 && !r->why;
}

/* The first reason stays. From here on bytes are counted, not kept. */
static void refuse(struct imap_reader *r, const char *why, bool toobig)
{
	if (r->why)
		return;
	r->why = why;
	r->toobig = toobig;
}

/* What does not fit is counted only. A refused command keeps its first bytes: the answer needs its tag. */
static void keep(struct imap_reader *r, const char *p, size_t n)
{
	size_t ceiling = r->why ? TAG_ROOM : r->limits->bytes;
	size_t room = r->bytes.n < ceiling ? ceiling - r->bytes.n : 0;
	size_t fits = n < room ? n : room;
	if (buf_put(&r->bytes, p, fits) != OK || fits < n)
		refuse(r, "command is too long", true);
	if (r->why)
		r->discarded += n;
}

/* literal = "{" number64 ["+"] "}" CRLF *CHAR8; what stands between the braces is followed byte by byte,
 * so that it is known at the line's end even where the line itself was not kept. */
static void scan_literal(struct imap_reader *r, char c)
{
	if (c == '{') {
		r->literal = IMAP_LITERAL_OPEN;
		r->literal_size = 0;
		r->literal_digits = false;
	} else if (r->literal == IMAP_LITERAL_OPEN && ascii_is_digit(c)) {
		r->literal_digits = true;
		r->literal_size =
		    r->literal_size > UINT64_MAX / 16 ? UINT64_MAX / 16 : r->literal_size * 10 + (uint64_t)(c - '0');
	} else if (r->literal == IMAP_LITERAL_OPEN && c == '+' && r->literal_digits) {
		r->literal = IMAP_LITERAL_PLUS;
	} else if ((r->literal == IMAP_LITERAL_OPEN || r->literal == IMAP_LITERAL_PLUS) && c == '}' &&
		   r->literal_digits) {
		r->literal_plus = r->literal == IMAP_LITERAL_PLUS;
		r->literal = IMAP_LITERAL_CLOSED;
	} else {
		r->literal = IMAP_LITERAL_NONE;
	}
}

static void count_item(struct imap_reader *r)
{
	if (++r->items > r->limits->items)
		refuse(r, "too many items", false);
}

static void scan_structure(struct imap_reader *r, char c)
{
	switch (c) {
	case '(':
		if (++r->depth > r->limits->depth)
			refuse(r, "nested too deeply", false);
		count_item(r);
		break;
	case ')':
		if (r->depth == 0)
			refuse(r, "parenthesis closed but not open", false);
		else
			r->depth--;
		break;
	case '"':
		r->quoted = true;
		count_item(r);
		break;
	case ' ':
		count_item(r);
		break;
	default:
		break;
	}
}

static void scan_quoted(struct imap_reader *r, char c)
{
	if (r->escaped)
		r->escaped = false;
	else if (c == '\\')
		r->escaped = true;
	else if (c == '"')
		r->quoted = false;
}

/* True when c ends the line. */
static bool scan(struct imap_reader *r, char c)
{
	if (c == '\n') {
		if (!r->cr)
			refuse(r, "line must end in CRLF", false);
		if (r->quoted)
			refuse(r, "quoted string is not closed", false);
		return true;
	}
	if (r->cr)
		refuse(r, "CR without LF", false);
	r->cr = c == '\r';
	if (r->cr)
		return false;
	if (c == '\0')
		refuse(r, "NUL is not allowed", false);
	if (r->quoted) {
		scan_quoted(r, c);
		return false;
	}
	scan_literal(r, c);
	scan_structure(r, c);
	return false;
}

/* Cuts up to a space, which stays. */
static struct str cut_word(struct str *s)
{
	size_t n = str_find(*s, ' ');
	return str_take_n(s, n == STR_NPOS ? s->n : n);
}

static bool is_tag(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!imap_is_tag_char(s.p[i]))
			return false;
	return s.n > 0 && s.n <= TAG_MAX;
}

static bool is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!imap_is_atom_char(s.p[i]))
			return false;
	return s.n > 0;
}

static void drop_line_end(struct str *s)
{
	if (s->n && s->p[s->n - 1] == '\n')
		s->n--;
	if (s->n && s->p[s->n - 1] == '\r')
		s->n--;
}

/* Fills in command from the bytes read so far. False: tag or name are not what the grammar says. */
static bool split(struct imap_reader *r)
{
	struct imap_command *c = &r->command;
	struct str all = buf_str(&r->bytes);
	drop_line_end(&all);
	struct str s = all;
	*c = (struct imap_command){ .tag = STR("*") };
	struct str tag = cut_word(&s);
	if (!is_tag(tag))
		return false;
	c->tag = tag;
	if (!str_take_char(&s, ' '))
		return false;
	c->name = cut_word(&s);
	if (str_ieq(c->name, STR("UID")) && str_take_char(&s, ' ')) {
		c->uid = true;
		c->name = cut_word(&s);
	}
	if (!is_name(c->name))
		return false;
	c->args = r->args_at ? str_skip(all, r->args_at) : s;
	return true;
}

static enum imap_read refused(struct imap_reader *r)
{
	r->mode = IMAP_READER_ENDED;
	(void)split(r);
	return r->toobig ? IMAP_READ_TOOBIG : IMAP_READ_BAD;
}

static enum imap_read ended(struct imap_reader *r)
{
	if (r->depth)
		refuse(r, "parenthesis is not closed", false);
	if (!r->why && !split(r))
		refuse(r, r->command.tag.p[0] == '*' ? "a command begins with a tag" : "command name expected", false);
	if (r->why)
		return refused(r);
	r->mode = IMAP_READER_ENDED;
	return IMAP_READ_COMMAND;
}

/* The first argument of APPEND, the second of REPLACE (RFC 8508), is the mailbox and may be a literal too; the message is
 * every later one, but within CATENATE (RFC 4469), whose texts are strings of the command like others. */
static bool is_message(struct imap_reader *r)
{
	if (r->limits->message == 0 || !split(r))
		return false;
	bool append = !r->command.uid && str_ieq(r->command.name, STR("APPEND"));
	bool replace = str_ieq(r->command.name, STR("REPLACE"));
	struct str before = r->command.args;
	if ((!append && !replace) || (r->depth && str_isearch(before, STR(" CATENATE (")) != STR_NPOS))
		return false;
	size_t brace = str_rfind(before, '{');
	before = str_trim(str_first(before, brace == STR_NPOS ? 0 : brace));
	if (replace)
		(void)str_until(&before, ' ');
	return r->args_at || (before.n && !str_eq(before, STR("~")));
}

static enum imap_read message_begins(struct imap_reader *r, bool waits)
{
	if (r->depth) {
		refuse(r, "message literal within parentheses", false);
	} else if (r->literal_size > r->limits->message) {
		refuse(r, "message is too big", true);
	}
	if (r->why && waits)
		return refused(r);
	r->skip = r->literal_size;
	r->mode = r->why ? IMAP_READER_LITERAL : IMAP_READER_MESSAGE;
	if (r->why)
		return IMAP_READ_MORE;
	r->message_size = r->literal_size;
	r->message_waits = waits;
	return IMAP_READ_APPEND;
}

/* IMAP_READ_MORE: go on with the octets of the literal. */
static enum imap_read literal_begins(struct imap_reader *r)
{
	bool waits = !r->literal_plus;
	r->literal = IMAP_LITERAL_NONE;
	if (!r->why && is_message(r))
		return message_begins(r, waits);
	count_item(r);
	if (r->literal_size > r->limits->bytes - r->bytes.n || (!waits && r->literal_size > r->limits->literal_plus))
		refuse(r, "literal is too big", true);
	if (r->why && waits)
		return refused(r);
	r->skip = r->literal_size;
	r->mode = IMAP_READER_LITERAL;
	return waits ? IMAP_READ_CONTINUE : IMAP_READ_MORE;
}

static enum imap_read feed_line(struct imap_reader *r, struct str *in)
{
	size_t n = 0;
	bool end = false;
	while (n < in->n && !end)
		end = scan(r, in->p[n++]);
	keep(r, in->p, n);
	*in = str_skip(*in, n);
	if (!end)
		return IMAP_READ_MORE;
	r->cr = r->quoted = r->escaped = false;
	return r->literal == IMAP_LITERAL_CLOSED ? literal_begins(r) : ended(r);
}

static void feed_literal(struct imap_reader *r, struct str *in)
{
	struct str part = str_take_n(in, r->skip < in->n ? (size_t)r->skip : in->n);
	keep(r, part.p, part.n);
	r->skip -= part.n;
	if (r->skip == 0)
		r->mode = IMAP_READER_LINE;
}

/* A refused command whose remaining octets are known to pass the bound need not be waited for. */
static bool patience_ends(const struct imap_reader *r)
{
	if (!r->why)
		return false;
	uint64_t known = r->mode == IMAP_READER_LITERAL ? r->skip : 0;
	return r->discarded > r->limits->discard || known > r->limits->discard - r->discarded;
}

enum imap_read imap_reader_feed(struct imap_reader *r, struct str *in)
{
	for (;;) {
		if (patience_ends(r)) {
			(void)split(r);
			return IMAP_READ_BYE;
		}
		if (r->mode == IMAP_READER_LITERAL && (in->n || r->skip == 0)) {
			feed_literal(r, in);
			continue;
		}
		if (r->mode == IMAP_READER_ENDED)
			return refused(r);
		if (in->n == 0 || r->mode == IMAP_READER_MESSAGE)
			return IMAP_READ_MORE;
		enum imap_read got = feed_line(r, in);
		if (got != IMAP_READ_MORE)
			return got;
	}
}

bool imap_reader_at_message(const struct imap_reader *r)
{
	return r->mode == IMAP_READER_MESSAGE;
}

void imap_reader_append_taken(struct imap_reader *r)
{
	r->args_at = r->bytes.n;
	r->skip = 0;
	r->mode = IMAP_READER_LINE;
}

void imap_reader_append_refuse(struct imap_reader *r, const char *why)
{
	refuse(r, why, false);
	r->mode = r->message_waits ? IMAP_READER_ENDED : IMAP_READER_LITERAL;
}

enum imap_read imap_reader_line(struct imap_reader *r, struct str *in, struct str *ret)
{
	size_t end = str_find(*in, '\n');
	struct str part = str_take_n(in, end == STR_NPOS ? in->n : end + 1);
	keep(r, part.p, part.n);
	if (r->why)
		return IMAP_READ_BYE;
	if (end == STR_NPOS)
		return IMAP_READ_MORE;
	*ret = buf_str(&r->bytes);
	drop_line_end(ret);
	r->mode = IMAP_READER_ENDED;
	return IMAP_READ_COMMAND;
}
