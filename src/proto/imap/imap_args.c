#include "proto/imap/imap_args.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "proto/imap/imap_chars.h"
#include "proto/imap/imap_mutf7.h"

struct imap_args imap_args_of(struct str args, struct arena *arena, bool utf8)
{
	return (struct imap_args){ .rest = args, .arena = arena, .utf8 = utf8, .bad = "syntax error" };
}

int imap_args_bad(struct imap_args *a, const char *why)
{
	a->bad = why;
	return E_SYNTAX;
}

int imap_sp(struct imap_args *a)
{
	return str_take_char(&a->rest, ' ') ? OK
					    : imap_args_bad(a, a->rest.n ? "space expected" : "argument is missing");
}

static const char *expected(char c)
{
	switch (c) {
	case '(': return "( expected";
	case ')': return ") expected";
	case ']': return "] expected";
	case '>': return "> expected";
	default: return "unexpected character";
	}
}

int imap_char(struct imap_args *a, char c)
{
	return str_take_char(&a->rest, c) ? OK : imap_args_bad(a, expected(c));
}

bool imap_next_is(const struct imap_args *a, char c)
{
	return a->rest.n && a->rest.p[0] == c;
}

int imap_args_end(struct imap_args *a)
{
	return a->rest.n == 0 ? OK : imap_args_bad(a, "unexpected argument");
}

struct str imap_peek_name(const struct imap_args *a)
{
	size_t n = 0;
	while (n < a->rest.n && (ascii_is_alnum(a->rest.p[n]) || a->rest.p[n] == '.' || a->rest.p[n] == '-'))
		n++;
	return str_first(a->rest, n);
}

bool imap_word(struct imap_args *a, struct str word)
{
	if (!str_ieq(imap_peek_name(a), word))
		return false;
	a->rest = str_skip(a->rest, word.n);
	return true;
}

static int take_run(struct imap_args *a, bool (*is)(char), struct str *ret, const char *why)
{
	size_t n = 0;
	while (n < a->rest.n && is(a->rest.p[n]))
		n++;
	if (n == 0)
		return imap_args_bad(a, why);
	*ret = str_take_n(&a->rest, n);
	return OK;
}

int imap_atom(struct imap_args *a, struct str *ret)
{
	return take_run(a, imap_is_atom_char, ret, "atom expected");
}

static struct str unescape(struct arena *arena, struct str raw)
{
	char *p = arena_alloc(arena, raw.n);
	size_t n = 0;
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\')
			i++;
		p[n++] = raw.p[i];
	}
	return (struct str){ p, n };
}

/* quoted = DQUOTE *QUOTED-CHAR DQUOTE; only DQUOTE and "\" may be escaped. */
static int quoted(struct imap_args *a, struct str *ret)
{
	struct str s = str_skip(a->rest, 1);
	bool escapes = false;
	size_t i = 0;
	for (; i < s.n && s.p[i] != '"'; i++) {
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
			return imap_args_bad(a, "line break or NUL in a quoted string");
		if (s.p[i] != '\\')
			continue;
		escapes = true;
		if (++i == s.n || (s.p[i] != '"' && s.p[i] != '\\'))
			return imap_args_bad(a, "only \\\" and \\\\ are escapes");
	}
	if (i == s.n)
		return imap_args_bad(a, "quoted string is not closed");
	struct str raw = str_first(s, i);
	if (!utf8_valid(raw))
		return imap_args_bad(a, "quoted string is not UTF-8");
	*ret = escapes ? unescape(a->arena, raw) : raw;
	a->rest = str_skip(s, i + 1);
	return OK;
}

/* The reader has made sure of the length; what comes from elsewhere (a test, a fuzzer) is held to it here. */
static int literal(struct imap_args *a, struct str *ret)
{
	struct str s = str_skip(a->rest, 1);
	uint64_t n;
	int r = str_take_u64(&s, UINT32_MAX, &n);
	if (r == OK)
		(void)str_take_char(&s, '+');
	if (r != OK || !str_take(&s, STR("}\r\n")) || n > s.n)
		return imap_args_bad(a, "literal is malformed");
	*ret = str_take_n(&s, (size_t)n);
	if (str_find(*ret, '\0') != STR_NPOS)
		return imap_args_bad(a, "NUL in a literal");
	a->rest = s;
	return OK;
}

int imap_string(struct imap_args *a, struct str *ret)
{
	struct str s;
	int r;
	if (imap_next_is(a, '"'))
		r = quoted(a, &s);
	else if (imap_next_is(a, '{'))
		r = literal(a, &s);
	else
		return imap_args_bad(a, "string expected");
	if (r == OK)
		*ret = s;
	return r;
}

int imap_nstring(struct imap_args *a, struct str *ret, bool *ret_nil)
{
	bool nil = imap_word(a, STR("NIL"));
	if (nil)
		*ret = STR("");
	else if (imap_string(a, ret) != OK)
		return E_SYNTAX;
	*ret_nil = nil;
	return OK;
}

int imap_astring(struct imap_args *a, struct str *ret)
{
	if (imap_next_is(a, '"') || imap_next_is(a, '{'))
		return imap_string(a, ret);
	return take_run(a, imap_is_astring_char, ret, a->rest.n ? "string expected" : "argument is missing");
}

static int number(struct imap_args *a, uint64_t max, uint64_t *ret)
{
	int r = str_take_u64(&a->rest, max, ret);
	if (r != OK)
		a->bad = r == E_TOOBIG ? "number is too big" : "number expected";
	return r;
}

int imap_number(struct imap_args *a, uint32_t *ret)
{
	uint64_t v;
	int r = number(a, UINT32_MAX, &v);
	if (r == OK)
		*ret = (uint32_t)v;
	return r;
}

int imap_nz_number(struct imap_args *a, uint32_t *ret)
{
	if (imap_next_is(a, '0'))
		return imap_args_bad(a, "number must not be zero");
	return imap_number(a, ret);
}

int imap_number64(struct imap_args *a, uint64_t *ret)
{
	return number(a, INT64_MAX, ret);
}

/* mailbox = "INBOX" / astring: INBOX in any case is INBOX, also as the first level of a longer name. */
static struct str fold_inbox(struct arena *arena, struct str name)
{
	struct str tail = name;
	if (!str_itake(&tail, STR("INBOX")) || (tail.n && tail.p[0] != '/') || str_starts(name, STR("INBOX")))
		return name;
	return arena_printf(arena, "INBOX%.*s", (int)tail.n, tail.n ? tail.p : "");
}

static int decode_name(struct imap_args *a, struct str raw, struct str *ret)
{
	struct str name = raw;
	if (raw.n > 3 * IMAP_MAILBOX_MAX)
		return E_UNSUPPORTED;
	if (a->utf8 ? !utf8_valid(raw) : imap_mutf7_decode(a->arena, raw, &name) != OK)
		return E_UNSUPPORTED;
	if (name.n > IMAP_MAILBOX_MAX || str_has_control(name))
		return E_UNSUPPORTED;
	*ret = name;
	return OK;
}

int imap_mailbox(struct imap_args *a, struct str *ret)
{
	struct str raw;
	int r = imap_astring(a, &raw);
	if (r == OK)
		r = decode_name(a, raw, ret);
	if (r == OK)
		*ret = fold_inbox(a->arena, *ret);
	if (r == E_UNSUPPORTED)
		a->bad = "mailbox name is not valid";
	return r;
}

int imap_list_mailbox(struct imap_args *a, struct str *ret)
{
	struct str raw;
	int r = imap_next_is(a, '"') || imap_next_is(a, '{') ? imap_string(a, &raw) :
		take_run(a, imap_is_list_char, &raw, a->rest.n ? "pattern expected" : "argument is missing");
	if (r == OK)
		r = decode_name(a, raw, ret);
	if (r == E_UNSUPPORTED)
		a->bad = "pattern is not a valid mailbox name";
	return r;
}
