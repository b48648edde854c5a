#include "proto/spf/spf_macro.h"

/* macro-expand = "%{" macro-letter transformers *delimiter "}" */
struct macro {
	char letter; /* lower case */
	bool escape; /* it was upper case: the value is URL-escaped */
	bool reverse;
	uint64_t keep;         /* right-hand parts; 0: all */
	struct str delimiters; /* empty: "." */
};

static bool is_delimiter(char c) { return c && strchr(".-+,/_=", c); }

static bool letter_fits(char letter, enum spf_macro_grammar grammar)
{
	return (letter && strchr("slodipvh", letter)) ||
	       (grammar == SPF_MACRO_EXPLAIN && letter && strchr("crt", letter));
}

/* transformers = *DIGIT [ "r" ]; zero parts are no number of parts (section 7.1). */
static bool take_transformers(struct str *s, struct macro *m)
{
	if (s->n && ascii_is_digit(s->p[0])) {
		if (str_take_u64(s, 1000, &m->keep) != OK || m->keep == 0)
			return false;
	}
	m->reverse = str_itake(s, STR("r"));
	return true;
}

/* Behind "%{". */
static bool take_macro(struct str *s, enum spf_macro_grammar grammar, struct macro *ret)
{
	struct macro m = { .letter = 0 };
	struct str rest = *s;
	if (rest.n == 0)
		return false;
	m.letter = ascii_lower(rest.p[0]);
	m.escape = m.letter != rest.p[0];
	rest = str_skip(rest, 1);
	if (!letter_fits(m.letter, grammar) || !take_transformers(&rest, &m))
		return false;
	size_t n = 0;
	while (n < rest.n && is_delimiter(rest.p[n]))
		n++;
	m.delimiters = str_take_n(&rest, n);
	if (!str_take_char(&rest, '}'))
		return false;
	*s = rest;
	*ret = m;
	return true;
}

enum piece { PIECE_END, PIECE_LITERAL, PIECE_MACRO, PIECE_BAD };

/* Takes one literal (of one byte) or one macro off the text. */
static enum piece take_piece(struct str *s, enum spf_macro_grammar grammar, struct str *literal, struct macro *m)
{
	static const struct {
		struct str written, meant;
	} escapes[] = {
		{ STR_INIT("%%"), STR_INIT("%") },
		{ STR_INIT("%_"), STR_INIT(" ") },
		{ STR_INIT("%-"), STR_INIT("%20") },
	};
	if (s->n == 0)
		return PIECE_END;
	for (size_t i = 0; i < COUNT_OF(escapes); i++) {
		if (!str_take(s, escapes[i].written))
			continue;
		*literal = escapes[i].meant;
		return PIECE_LITERAL;
	}
	if (str_take(s, STR("%{")))
		return take_macro(s, grammar, m) ? PIECE_MACRO : PIECE_BAD;
	*literal = str_take_n(s, 1);
	char c = literal->p[0];
	bool fits = (c > ' ' && c <= '~' && c != '%') || (c == ' ' && grammar == SPF_MACRO_EXPLAIN);
	return fits ? PIECE_LITERAL : PIECE_BAD;
}

/* toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum ) */
static bool is_toplabel(struct str label)
{
	bool digits_only = true;
	for (size_t i = 0; i < label.n; i++) {
		if (!ascii_is_alnum(label.p[i]) && label.p[i] != '-')
			return false;
		digits_only = digits_only && ascii_is_digit(label.p[i]);
	}
	return label.n && !digits_only && label.p[0] != '-' && label.p[label.n - 1] != '-';
}

/* domain-end, when it is no macro: "." toplabel [ "." ], in what follows the last macro. */
static bool ends_in_toplabel(struct str tail)
{
	if (str_ends(tail, STR(".")))
		tail.n--;
	size_t dot = str_rfind(tail, '.');
	return dot != STR_NPOS && is_toplabel(str_skip(tail, dot + 1));
}

bool spf_macro_valid(struct str text, enum spf_macro_grammar grammar)
{
	struct str rest = text, literal, tail = text;
	struct macro m;
	enum piece piece;
	for (;;) {
		bool percent = rest.n && rest.p[0] == '%';
		piece = take_piece(&rest, grammar, &literal, &m);
		if (piece == PIECE_END || piece == PIECE_BAD)
			break;
		if (percent)
			tail = rest;
	}
	if (piece == PIECE_BAD)
		return false;
	return grammar != SPF_MACRO_DOMAIN || (text.n && (tail.n == 0 || ends_in_toplabel(tail)));
}

bool spf_macro_uses_validated(struct str text)
{
	struct str literal;
	struct macro m;
	enum piece piece;
	while ((piece = take_piece(&text, SPF_MACRO_EXPLAIN, &literal, &m)) == PIECE_LITERAL || piece == PIECE_MACRO)
		if (piece == PIECE_MACRO && m.letter == 'p')
			return true;
	return false;
}

static struct str value_of(struct arena *a, char letter, const struct spf_macro_values *v)
{
	char text[IP_REVERSE_MAX];
	switch (letter) {
	case 's':
		return arena_printf(a, STR_FMT "@" STR_FMT, STR_ARG(v->local), STR_ARG(v->sender_domain));
	case 'l':
		return v->local;
	case 'o':
		return v->sender_domain;
	case 'd':
		return v->domain;
	case 'i':
		return arena_dup(a, ip_dotted(v->ip, text));
	case 'p':
		return v->validated;
	case 'v':
		return v->ip.v6 ? STR("ip6") : STR("in-addr");
	case 'h':
		return v->helo;
	case 'c':
		return arena_dup(a, ip_format(v->ip, text));
	case 'r':
		return v->receiver;
	default:
		return arena_printf(a, "%llu", (unsigned long long)v->now);
	}
}

static void put_escaped(struct bufw *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (ascii_is_alnum(s.p[i]) || (s.p[i] && strchr("-._~", s.p[i])))
			bufw_char(out, s.p[i]);
		else
			bufw_printf(out, "%%%02X", (unsigned char)s.p[i]);
	}
}

static void put_part(struct bufw *out, const struct macro *m, struct str part)
{
	if (m->escape)
		put_escaped(out, part);
	else
		bufw_str(out, part);
}

static size_t part_count(struct str value, struct str delimiters)
{
	size_t n = 1;
	for (size_t i = 0; i < value.n; i++)
		n += str_find(delimiters, value.p[i]) != STR_NPOS;
	return n;
}

/* The next part from the left or, when reversed, from the right. */
static struct str take_part(struct str *value, struct str delimiters, bool from_right)
{
	size_t n = 0;
	while (n < value->n && str_find(delimiters, value->p[from_right ? value->n - 1 - n : n]) == STR_NPOS)
		n++;
	struct str part = from_right ? str_skip(*value, value->n - n) : str_first(*value, n);
	size_t gone = n < value->n ? n + 1 : n;
	*value = from_right ? str_first(*value, value->n - gone) : str_skip(*value, gone);
	return part;
}

/* Split at the delimiters, reversed, cut to the right-hand parts, joined with dots (section 7.3). */
static void put_macro(struct bufw *out, struct arena *a, const struct macro *m, const struct spf_macro_values *values)
{
	struct str value = value_of(a, m->letter, values);
	if (!m->reverse && m->keep == 0 && m->delimiters.n == 0) {
		put_part(out, m, value);
		return;
	}
	struct str delimiters = m->delimiters.n ? m->delimiters : STR(".");
	size_t count = part_count(value, delimiters), skip = m->keep && m->keep < count ? count - m->keep : 0;
	for (size_t i = 0; i < count; i++) {
		struct str part = take_part(&value, delimiters, m->reverse);
		if (i > skip)
			bufw_char(out, '.');
		if (i >= skip)
			put_part(out, m, part);
	}
}

static int expand(struct arena *a, struct str text, enum spf_macro_grammar grammar,
		  const struct spf_macro_values *values, struct buf *out)
{
	struct bufw w = { .b = out };
	struct str literal;
	struct macro m;
	enum piece piece;
	while ((piece = take_piece(&text, grammar, &literal, &m)) != PIECE_END && w.err == OK) {
		if (piece == PIECE_BAD)
			return E_SYNTAX;
		if (piece == PIECE_LITERAL)
			bufw_str(&w, literal);
		else
			put_macro(&w, a, &m, values);
	}
	return w.err;
}

static struct str cut_left(struct str domain)
{
	if (str_ends(domain, STR(".")))
		domain.n--;
	while (domain.n > SPF_DOMAIN_MAX)
		str_until(&domain, '.');
	return domain;
}

int spf_macro_expand_domain(struct arena *a, struct str text, const struct spf_macro_values *values, struct str *ret)
{
	struct buf out;
	buf_init(&out, SPF_EXPANSION_MAX);
	int r = expand(a, text, SPF_MACRO_DOMAIN, values, &out);
	if (r == OK)
		*ret = arena_dup(a, cut_left(buf_str(&out)));
	buf_done(&out);
	return r;
}

static bool is_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return true;
}

int spf_macro_expand_explanation(struct arena *a, struct str text, const struct spf_macro_values *values,
				 struct str *ret)
{
	struct buf out;
	buf_init(&out, SPF_EXPLANATION_MAX);
	int r = expand(a, text, SPF_MACRO_EXPLAIN, values, &out);
	if (r == OK && !is_printable(buf_str(&out)))
		r = E_SYNTAX;
	if (r == OK)
		*ret = arena_dup(a, buf_str(&out));
	buf_done(&out);
	return r;
}
