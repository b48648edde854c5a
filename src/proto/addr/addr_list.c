#include "proto/addr/addr_list.h"

#include "proto/header/header_text.h"

/* What follows an address without a comma starts the next element, and the address waits in pending: if the element
 * turns out to be no address, its text can still be the pending one's name ("<a@b> (Ann)", "<a@b> Ann").
 *
 * Inside an element two readings run side by side until "<" or "@" decides: all of it a phrase, or its last word a
 * local part. */
struct parser {
	struct arena *a;
	struct str rest;
	struct addr_list *list;
	size_t cap, max;
	bool in_group, in_angle, gap; /* gap: white space or a comment before the next token */
	bool no_more_quotes;          /* no closing quote is left: don't search again */

	struct header_text phrase, route, local, domain;
	size_t name_n; /* of phrase: what is the name when the last word is the local part */
	size_t words;
	bool has_at, in_domain, glue; /* glue: the last token was a dot or "@" */
	struct str comment;           /* the last one, raw, without its parentheses */
	struct addr_item pending;
	bool has_pending;
	struct str pending_comment;
};

static bool is_special(char c) { return c && strchr("(),:;<>@.\"", c); }
static bool is_blank(char c) { return ascii_is_space(c); }
static bool is_control(char c) { return ((unsigned char)c < ' ' && !is_blank(c)) || c == 0x7f; }

static struct str keep(struct parser *p, const struct header_text *t)
{
	return t->n ? arena_dup(p->a, header_text_view(t)) : STR("");
}

static void emit(struct parser *p, struct addr_item item)
{
	if (p->list->count == p->max) {
		p->list->truncated = true;
		p->rest = str_skip(p->rest, p->rest.n);
		return;
	}
	struct addr_item *at = arena_push(p->a, &p->list->items, &p->list->count, &p->cap, sizeof *at);
	*at = item;
}

static void clear_element(struct parser *p)
{
	p->phrase.n = p->route.n = p->local.n = p->domain.n = p->name_n = p->words = 0;
	p->has_at = p->in_domain = p->glue = p->in_angle = p->gap = false;
	p->comment = STR("");
}

/* Text of a comment, or any raw text: quoted pairs and folding resolved, white space runs one space. */
static struct str plain_text(struct parser *p, struct str raw)
{
	struct header_text t = { .a = p->a };
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\' && i + 1 < raw.n)
			i++;
		if (!is_blank(raw.p[i]))
			header_text_char(&t, raw.p[i]);
		else if (t.n && t.p[t.n - 1] != ' ')
			header_text_char(&t, ' ');
	}
	return str_trim(header_text_view(&t));
}

static void flush_pending(struct parser *p)
{
	if (!p->has_pending)
		return;
	p->has_pending = false;
	if (p->pending.name.n == 0 && p->pending_comment.n)
		p->pending.name = plain_text(p, p->pending_comment);
	emit(p, p->pending);
}

/* The element is an address and complete. */
static void make_pending(struct parser *p)
{
	struct header_text name = p->phrase;
	name.n = p->name_n;
	while (name.n && name.p[name.n - 1] == ' ')
		name.n--;
	flush_pending(p);
	p->pending = (struct addr_item){ ADDR_MAILBOX, keep(p, &name), keep(p, &p->route), keep(p, &p->local),
					 keep(p, &p->domain) };
	p->pending_comment = p->comment;
	p->has_pending = true;
	if (p->local.n == 0 || p->domain.n == 0)
		p->list->malformed = true;
	clear_element(p);
}

/* Words without any address: a name for the pending address, else an address without domain (one word) or only a name.
 */
static void end_words(struct parser *p)
{
	p->list->malformed = true;
	if (p->has_pending) {
		if (p->pending.name.n == 0)
			p->pending.name = keep(p, &p->phrase);
		clear_element(p);
		return;
	}
	if (p->words > 1) {
		p->name_n = p->phrase.n;
		p->local.n = 0;
	}
	make_pending(p);
}

static void end_element(struct parser *p)
{
	if (p->in_angle || p->has_at)
		make_pending(p);
	else if (p->phrase.n)
		end_words(p);
	flush_pending(p);
	clear_element(p);
}

static void start_address(struct parser *p)
{
	if (p->has_pending)
		p->list->malformed = true;
	flush_pending(p);
}

/* A word: atom, dot, or the inside of a quoted string. */
static void add_phrase(struct parser *p, struct str word)
{
	if (p->gap && p->phrase.n)
		header_text_char(&p->phrase, ' ');
	header_text_str(&p->phrase, word);
}

static void add_word(struct parser *p, struct str word)
{
	bool apart = p->gap && !p->glue;
	if (!p->in_angle && p->in_domain && apart && p->domain.n) {
		p->list->malformed = true; /* a@b c: the comma is missing, or it is the name behind */
		make_pending(p);
		apart = false;
	}
	if (!p->in_angle) {
		if (apart && p->local.n && !p->has_at) {
			p->local.n = 0;
			p->name_n = p->phrase.n;
		}
		p->words += apart || p->words == 0;
		add_phrase(p, word);
	} else if (apart && (p->local.n || p->domain.n)) {
		p->list->malformed = true;
	}
	header_text_str(p->in_domain ? &p->domain : &p->local, word);
	p->gap = p->glue = false;
}

static void add_dot(struct parser *p)
{
	if (!p->in_angle) {
		p->words += p->words == 0;
		add_phrase(p, STR("."));
	}
	header_text_char(p->in_domain ? &p->domain : &p->local, '.');
	p->gap = false;
	p->glue = true;
}

/* In "a@b@c" the last one divides: what stood behind the first belongs to the local part. */
static void add_at(struct parser *p)
{
	if (p->has_at) {
		p->list->malformed = true;
		header_text_char(&p->local, '@');
		header_text_str(&p->local, header_text_view(&p->domain));
		p->domain.n = 0;
	}
	if (!p->in_angle) {
		if (!p->has_at)
			start_address(p);
		add_phrase(p, STR("@"));
	}
	p->has_at = p->in_domain = p->glue = true;
	p->gap = false;
}

static void take_comment(struct parser *p)
{
	size_t depth = 1, n = 1;
	struct str s = p->rest;
	for (; n < s.n && depth; n++) {
		if (s.p[n] == '\\')
			n++;
		else if (s.p[n] == '(' && depth < ADDR_COMMENT_DEPTH)
			depth++;
		else if (s.p[n] == ')')
			depth--;
	}
	if (depth)
		p->list->malformed = true;
	struct str whole = str_take_n(&p->rest, n), inside = str_skip(whole, 1);
	inside.n -= depth == 0;
	bool behind = p->has_pending && p->phrase.n == 0 && !p->in_angle;
	*(behind ? &p->pending_comment : &p->comment) = inside;
	p->gap = true;
}

/* The closing quote's index, or STR_NPOS. s starts at the opening one. */
static size_t closing_quote(struct str s)
{
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i;
	}
	return STR_NPOS;
}

/* Quoted pairs resolved, folding reduced to its white space. */
static struct str unquote(struct parser *p, struct str s)
{
	if (str_find(s, '\\') == STR_NPOS && str_find(s, '\n') == STR_NPOS && str_find(s, '\r') == STR_NPOS)
		return s;
	struct header_text t = { .a = p->a };
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		if (s.p[i] != '\r' && s.p[i] != '\n')
			header_text_char(&t, s.p[i]);
	}
	return header_text_view(&t);
}

static void take_quoted(struct parser *p)
{
	size_t end = p->no_more_quotes ? STR_NPOS : closing_quote(p->rest);
	if (end == STR_NPOS) {
		p->no_more_quotes = true;
		p->list->malformed = true;
		add_word(p, str_take_n(&p->rest, 1));
		return;
	}
	struct str inside = str_skip(str_take_n(&p->rest, end), 1);
	p->rest = str_skip(p->rest, 1);
	add_word(p, unquote(p, inside));
}

/* domain-literal: up to its bracket, white space dropped. */
static void take_literal(struct parser *p)
{
	struct str s = p->rest;
	size_t n = 0;
	while (n < s.n && s.p[n] != ']' && s.p[n] != ',' && s.p[n] != '>')
		n++;
	if (n == s.n || s.p[n] != ']')
		p->list->malformed = true;
	else
		n++;
	s = str_take_n(&p->rest, n);
	for (size_t i = 0; i < s.n; i++)
		if (!is_blank(s.p[i]))
			header_text_char(&p->domain, s.p[i]);
	if (!p->in_angle)
		add_phrase(p, header_text_view(&p->domain));
	p->gap = p->glue = false;
}

/* Length of an encoded word at the front, or 0: RFC 2047 forbids specials inside of one in a phrase, mailers put them
 * there. Looks at most three question marks far. */
static size_t encoded_word_length(struct str s)
{
	size_t n = 2, marks = 0;
	if (!str_starts(s, STR("=?")))
		return 0;
	for (; n < s.n && !is_blank(s.p[n]); n++)
		if (s.p[n] == '?' && ++marks == 3)
			return n + 1 < s.n && s.p[n + 1] == '=' ? n + 2 : 0;
	return 0;
}

static void take_atom(struct parser *p)
{
	struct str s = p->rest;
	size_t n = encoded_word_length(s), whole = n;
	if (n == 0)
		while (n < s.n && !is_blank(s.p[n]) && !is_special(s.p[n]))
			n++;
	if (n == 0)
		n = 1;
	struct str atom = str_take_n(&p->rest, n);
	for (size_t i = 0; i < atom.n; i++)
		if (is_control(atom.p[i]) || atom.p[i] == '\\' || (whole && is_special(atom.p[i]) && atom.p[i] != '.'))
			p->list->malformed = true;
	add_word(p, atom);
}

/* obs-route = "@a,@b:", where "<" was just read. */
static void take_route(struct parser *p)
{
	struct str s = p->rest;
	size_t n = 0;
	while (n < s.n && !strchr(":<>\";", s.p[n] ? s.p[n] : ';'))
		n++;
	if (n == s.n || s.p[n] != ':')
		return;
	for (size_t i = 0; i < n; i++)
		if (!is_blank(s.p[i]))
			header_text_char(&p->route, s.p[i]);
	p->rest = str_skip(s, n + 1);
}

static void open_angle(struct parser *p)
{
	p->rest = str_skip(p->rest, 1);
	if (p->in_angle) {
		p->list->malformed = true;
		make_pending(p);
	}
	start_address(p);
	if (p->has_at)
		p->list->malformed = true; /* a@b <c@d>: a mailbox in the place of a phrase */
	p->name_n = p->phrase.n;
	p->local.n = p->domain.n = 0;
	p->has_at = p->in_domain = p->glue = false;
	p->in_angle = true;
	while (p->rest.n && is_blank(p->rest.p[0]))
		p->rest = str_skip(p->rest, 1);
	if (str_starts(p->rest, STR("@")))
		take_route(p);
}

static void close_angle(struct parser *p)
{
	p->rest = str_skip(p->rest, 1);
	if (p->in_angle)
		make_pending(p);
	else
		p->list->malformed = true;
}

static void end_group(struct parser *p)
{
	if (p->in_group)
		emit(p, (struct addr_item){ ADDR_GROUP_END, STR(""), STR(""), STR(""), STR("") });
	p->in_group = false;
}

static void take_colon(struct parser *p)
{
	p->rest = str_skip(p->rest, 1);
	if (p->in_angle || p->has_at) {
		p->list->malformed = true;
		add_word(p, STR(":"));
		return;
	}
	if (p->has_pending || p->in_group || p->phrase.n == 0)
		p->list->malformed = true;
	flush_pending(p);
	end_group(p);
	emit(p, (struct addr_item){ ADDR_GROUP_START, keep(p, &p->phrase), STR(""), STR(""), STR("") });
	p->in_group = true;
	clear_element(p);
}

static void take_semicolon(struct parser *p)
{
	p->rest = str_skip(p->rest, 1);
	if (p->in_angle || !p->in_group)
		p->list->malformed = true;
	end_element(p);
	end_group(p);
}

static void take_comma(struct parser *p)
{
	p->rest = str_skip(p->rest, 1);
	if (p->in_angle)
		p->list->malformed = true;
	end_element(p);
}

static void take_space(struct parser *p)
{
	p->rest = str_skip(p->rest, 1);
	p->gap = true;
}

static void take_dot(struct parser *p)
{
	p->rest = str_skip(p->rest, 1);
	add_dot(p);
}

static void take_at(struct parser *p)
{
	p->rest = str_skip(p->rest, 1);
	add_at(p);
}

static void take_bracket(struct parser *p)
{
	if (p->in_domain && p->domain.n == 0)
		take_literal(p);
	else
		take_atom(p);
}

static void (*const actions[256])(struct parser *) = {
	[' '] = take_space,  ['\t'] = take_space, ['\r'] = take_space,    ['\n'] = take_space,  ['('] = take_comment,
	['"'] = take_quoted, ['<'] = open_angle,  ['>'] = close_angle,    ['@'] = take_at,      ['.'] = take_dot,
	[','] = take_comma,  [':'] = take_colon,  [';'] = take_semicolon, ['['] = take_bracket,
};

void addr_list_parse(struct arena *a, struct str value, size_t max_items, struct addr_list *ret)
{
	struct parser p = {
		.a = a,
		.rest = value,
		.list = ret,
		.max = max_items,
		.phrase = { .a = a },
		.route = { .a = a },
		.local = { .a = a },
		.domain = { .a = a },
	};
	*ret = (struct addr_list){ 0 };
	clear_element(&p);
	while (p.rest.n) {
		void (*action)(struct parser *) = actions[(unsigned char)p.rest.p[0]];
		(action ? action : take_atom)(&p);
	}
	if (p.in_angle || p.in_group)
		ret->malformed = true;
	end_element(&p);
	end_group(&p);
}
