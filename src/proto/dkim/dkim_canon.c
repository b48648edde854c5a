#include "proto/dkim/dkim_canon.h"

static void put(struct dkim_sink out, struct str s)
{
	if (s.n)
		out.put(out.ctx, s);
}

static bool is_wsp(char c) { return c == ' ' || c == '\t'; }

/* Header fields. */

struct value_canon { struct dkim_sink out; bool space, any; };

/* How much at the front of s is its own canonical form: words with single spaces between them. */
static size_t own_form(struct str s)
{
	size_t i = 0;
	while (i < s.n) {
		if (!ascii_is_space(s.p[i]))
			i++;
		else if (s.p[i] == ' ' && i && i + 1 < s.n && !ascii_is_space(s.p[i + 1]))
			i += 2;
		else
			break;
	}
	return i;
}

/* A CR is folding only before LF. */
static bool is_folding(struct str s) { return s.p[0] != '\r' || (s.n > 1 && s.p[1] == '\n'); }

static void value_put(struct value_canon *v, struct str s)
{
	while (s.n) {
		size_t n = own_form(s);
		if (n == 0 && is_folding(s)) {
			v->space = true;
			s = str_skip(s, 1);
			continue;
		}
		if (v->space && v->any)
			put(v->out, STR(" "));
		v->space = false;
		v->any = true;
		put(v->out, str_take_n(&s, n ? n : 1));
	}
}

static void put_lower(struct dkim_sink out, struct str name)
{
	char lower[64];
	while (name.n) {
		struct str part = str_take_n(&name, sizeof lower);
		for (size_t i = 0; i < part.n; i++)
			lower[i] = ascii_lower(part.p[i]);
		put(out, (struct str){ lower, part.n });
	}
}

static struct str without_end(struct str line)
{
	if (str_ends(line, STR("\n")))
		line.n--;
	if (str_ends(line, STR("\r")))
		line.n--;
	return line;
}

void dkim_canon_own_field(enum dkim_canon canon, const struct header_field *f, struct str hole, struct dkim_sink out)
{
	struct str whole = without_end(f->whole), tail = str_range(hole.p + hole.n, whole.p + whole.n);
	if (canon == DKIM_SIMPLE) {
		put(out, str_range(whole.p, hole.p));
		put(out, tail);
		return;
	}
	struct value_canon v = { .out = out };
	put_lower(out, f->name);
	put(out, STR(":"));
	value_put(&v, str_range(f->value.p, hole.p));
	value_put(&v, tail);
}

void dkim_canon_field(enum dkim_canon canon, const struct header_field *f, struct dkim_sink out)
{
	struct str nothing = { f->value.p + f->value.n, 0 };
	dkim_canon_own_field(canon, f, nothing, out);
	put(out, STR("\r\n"));
}

/* Bodies. */

void dkim_canon_body_init(struct dkim_canon_body *b, enum dkim_canon canon, struct dkim_sink out)
{
	*b = (struct dkim_canon_body){ .out = out, .canon = canon };
}

static void put_lines(struct dkim_canon_body *b)
{
	static const char ends[] = "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
	enum { AT_ONCE = (sizeof ends - 1) / 2 };
	for (; b->lines > AT_ONCE; b->lines -= AT_ONCE)
		put(b->out, (struct str){ ends, 2 * AT_ONCE });
	put(b->out, (struct str){ ends, (size_t)b->lines * 2 });
	b->lines = 0;
}

/* What was held back, because more text follows it. */
static void put_pending(struct dkim_canon_body *b)
{
	put_lines(b);
	if (b->space)
		put(b->out, STR(" "));
	b->space = false;
	b->any = true;
}

static bool is_text(const struct dkim_canon_body *b, char c) { return c != '\r' && (b->canon == DKIM_SIMPLE || !is_wsp(c)); }

/* How much at the front of s is text whose canonical form it is itself; ends with text. */
static size_t run_simple(struct str s)
{
	size_t i = 0;
	for (;;) {
		const char *cr = memchr(s.p + i, '\r', s.n - i);
		if (!cr)
			return s.n;
		size_t at = (size_t)(cr - s.p);
		if (at + 2 >= s.n || s.p[at + 1] != '\n' || s.p[at + 2] == '\r')
			return at;
		i = at + 2;
	}
}

static size_t run_relaxed(struct str s)
{
	static const bool special[256] = { [' '] = true, ['\t'] = true, ['\r'] = true };
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;
	while (i < s.n) {
		if (!special[p[i]])
			i++;
		else if (p[i] == ' ' && i + 1 < s.n && !special[p[i + 1]])
			i += 2;
		else if (p[i] == '\r' && i + 2 < s.n && p[i + 1] == '\n' && !special[p[i + 2]])
			i += 3;
		else
			break;
	}
	return i;
}

static void line_end(struct dkim_canon_body *b)
{
	b->lines++;
	b->space = false;       /* white space at the end of a line goes */
	b->cr = false;
}

void dkim_canon_body_put(struct dkim_canon_body *b, struct str s)
{
	while (s.n) {
		char c = s.p[0];
		if (b->cr && c == '\n') {
			line_end(b);
			s = str_skip(s, 1);
		} else if (b->cr) {
			put_pending(b);
			put(b->out, STR("\r"));
			b->cr = false;
		} else if (is_text(b, c)) {
			put_pending(b);
			put(b->out, str_take_n(&s, b->canon == DKIM_SIMPLE ? run_simple(s) : run_relaxed(s)));
		} else {
			b->cr = c == '\r';
			b->space = b->space || c != '\r';
			s = str_skip(s, 1);
		}
	}
}

/* Sections 3.4.3 and 3.4.4: one CRLF ends the body, be it there or not; an empty one has it in the simple form only. */
void dkim_canon_body_end(struct dkim_canon_body *b)
{
	if (b->cr) {
		put_pending(b);
		put(b->out, STR("\r"));
	}
	if (b->any || b->canon == DKIM_SIMPLE)
		put(b->out, STR("\r\n"));
}
