#include "proto/authres/authres.h"

enum { COLUMNS = 78 };

/* Keeps count of the column to know when to fold. */
struct line {
	struct bufw w;
	size_t column;
};

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_is_alnum(s.p[i]) && (s.p[i] == '\0' || !strchr("-._+~!#$%&'*^`{|}@", s.p[i])))
			return false;
	return s.n > 0;
}

/* Fields are UTF-8 at most (RFC 8601 section 5 with RFC 6532): nothing else, and no control byte, gets in. */
static char clean(char c, bool utf8)
{
	return (unsigned char)c < ' ' || c == 0x7f || ((unsigned char)c > 0x7f && !utf8) ? '?' : c;
}

static void put_between(struct bufw *w, char open, struct str s, char close, const char *escaped)
{
	bool utf8 = utf8_valid(s);
	bufw_char(w, open);
	for (size_t i = 0; i < s.n; i++) {
		char c = clean(s.p[i], utf8);
		if (strchr(escaped, c))
			bufw_char(w, '\\');
		bufw_char(w, c);
	}
	bufw_char(w, close);
}

/* value = token / quoted-string */
static void put_value(struct bufw *w, struct str s)
{
	s = utf8_first(s, AUTHRES_VALUE_MAX);
	if (is_plain(s))
		bufw_str(w, s);
	else
		put_between(w, '"', s, '"', "\"\\");
}

static void put_comment(struct bufw *w, struct str s)
{
	put_between(w, '(', utf8_first(s, AUTHRES_VALUE_MAX), ')', "()\\");
}

/* Words are made apart, and go on the next line when they do not fit on this one. */
static void put_word(struct line *l, struct str word)
{
	if (l->column + 1 + word.n > COLUMNS) {
		bufw_c(&l->w, "\r\n\t");
		l->column = 8;
	} else {
		bufw_char(&l->w, ' ');
		l->column++;
	}
	bufw_str(&l->w, word);
	l->column += word.n;
}

static void put_made(struct line *l, struct bufw *word)
{
	if (l->w.err == OK)
		l->w.err = word->err;
	put_word(l, buf_str(word->b));
	buf_clear(word->b);
}

static void put_result(struct line *l, const struct authres_result *r, struct buf *scratch)
{
	struct bufw word = { .b = scratch };
	bufw_c(&l->w, ";\r\n\t");
	l->column = 8;
	bufw_str(&l->w, r->method);
	bufw_char(&l->w, '=');
	bufw_str(&l->w, r->result);
	l->column += r->method.n + 1 + r->result.n;
	if (r->comment.n) {
		put_comment(&word, r->comment);
		put_made(l, &word);
	}
	if (r->reason.n) {
		bufw_c(&word, "reason=");
		put_value(&word, r->reason);
		put_made(l, &word);
	}
	for (size_t i = 0; i < r->count; i++) {
		bufw_str(&word, r->properties[i].type);
		bufw_char(&word, '.');
		bufw_str(&word, r->properties[i].name);
		bufw_char(&word, '=');
		put_value(&word, r->properties[i].value);
		put_made(l, &word);
	}
}

int authres_write(struct buf *out, struct str id, const struct authres_result *results, size_t count)
{
	size_t start = out->n;
	struct line l = { .w = { .b = out } };
	struct buf scratch;
	buf_init(&scratch, 4 * AUTHRES_VALUE_MAX);
	bufw_c(&l.w, "Authentication-Results: ");
	put_value(&l.w, id);
	if (count == 0)
		bufw_c(&l.w, "; none");
	for (size_t i = 0; i < count; i++)
		put_result(&l, &results[i], &scratch);
	bufw_c(&l.w, "\r\n");
	buf_done(&scratch);
	if (l.w.err != OK)
		out->n = start;
	return l.w.err;
}
