#include "proto/mime/mime_html.h"

struct out { char *p; size_t n; };

static void put(struct out *o, const char *p, size_t n)
{
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void put_code_point(struct out *o, uint32_t c)
{
	char bytes[4];
	size_t n = utf8_encode(c, bytes);
	if (n == 0)
		n = utf8_encode(0xfffd, bytes);
	put(o, bytes, n);
}

/* HTML 4 section 24, those that occur in mail, in order of strcmp. */
static const struct entity { const char *name; uint16_t code; } entities[] = {
	{ "AElig", 0xc6 }, { "Aacute", 0xc1 }, { "Acirc", 0xc2 }, { "Agrave", 0xc0 }, { "Aring", 0xc5 }, { "Atilde", 0xc3 },
	{ "Auml", 0xc4 }, { "Ccedil", 0xc7 }, { "ETH", 0xd0 }, { "Eacute", 0xc9 }, { "Ecirc", 0xca }, { "Egrave", 0xc8 },
	{ "Euml", 0xcb }, { "Iacute", 0xcd }, { "Icirc", 0xce }, { "Igrave", 0xcc }, { "Iuml", 0xcf }, { "Ntilde", 0xd1 },
	{ "OElig", 0x152 }, { "Oacute", 0xd3 }, { "Ocirc", 0xd4 }, { "Ograve", 0xd2 }, { "Oslash", 0xd8 }, { "Otilde", 0xd5 },
	{ "Ouml", 0xd6 }, { "Scaron", 0x160 }, { "THORN", 0xde }, { "Uacute", 0xda }, { "Ucirc", 0xdb }, { "Ugrave", 0xd9 },
	{ "Uuml", 0xdc }, { "Yacute", 0xdd }, { "aacute", 0xe1 }, { "acirc", 0xe2 }, { "acute", 0xb4 }, { "aelig", 0xe6 },
	{ "agrave", 0xe0 }, { "amp", '&' }, { "apos", '\'' }, { "aring", 0xe5 }, { "atilde", 0xe3 }, { "auml", 0xe4 },
	{ "bdquo", 0x201e }, { "bull", 0x2022 }, { "ccedil", 0xe7 }, { "cent", 0xa2 }, { "copy", 0xa9 }, { "deg", 0xb0 },
	{ "eacute", 0xe9 }, { "ecirc", 0xea }, { "egrave", 0xe8 }, { "emsp", 0x2003 }, { "ensp", 0x2002 }, { "eth", 0xf0 },
	{ "euml", 0xeb }, { "euro", 0x20ac }, { "frac12", 0xbd }, { "frac14", 0xbc }, { "gt", '>' }, { "hellip", 0x2026 },
	{ "iacute", 0xed }, { "icirc", 0xee }, { "iexcl", 0xa1 }, { "igrave", 0xec }, { "iquest", 0xbf }, { "iuml", 0xef },
	{ "laquo", 0xab }, { "larr", 0x2190 }, { "ldquo", 0x201c }, { "lsaquo", 0x2039 }, { "lsquo", 0x2018 }, { "lt", '<' },
	{ "mdash", 0x2014 }, { "micro", 0xb5 }, { "middot", 0xb7 }, { "minus", 0x2212 }, { "nbsp", 0xa0 }, { "ndash", 0x2013 },
	{ "ntilde", 0xf1 }, { "oacute", 0xf3 }, { "ocirc", 0xf4 }, { "oelig", 0x153 }, { "ograve", 0xf2 }, { "oslash", 0xf8 },
	{ "otilde", 0xf5 }, { "ouml", 0xf6 }, { "para", 0xb6 }, { "plusmn", 0xb1 }, { "pound", 0xa3 }, { "quot", '"' },
	{ "raquo", 0xbb }, { "rarr", 0x2192 }, { "rdquo", 0x201d }, { "reg", 0xae }, { "rsaquo", 0x203a }, { "rsquo", 0x2019 },
	{ "sbquo", 0x201a }, { "scaron", 0x161 }, { "sect", 0xa7 }, { "shy", 0xad }, { "sup2", 0xb2 }, { "sup3", 0xb3 },
	{ "szlig", 0xdf }, { "thorn", 0xfe }, { "times", 0xd7 }, { "trade", 0x2122 }, { "uacute", 0xfa }, { "ucirc", 0xfb },
	{ "ugrave", 0xf9 }, { "uuml", 0xfc }, { "yacute", 0xfd }, { "yen", 0xa5 }, { "yuml", 0xff }, { "zwj", 0x200d },
	{ "zwnj", 0x200c },
};
enum { ENTITY_NAME_MAX = 8 };

static uint32_t entity_named(struct str name)
{
	size_t low = 0, high = COUNT_OF(entities);
	while (low < high) {
		size_t mid = (low + high) / 2;
		int r = strncmp(name.p, entities[mid].name, name.n);
		if (r == 0 && entities[mid].name[name.n] == '\0')
			return entities[mid].code;
		if (r > 0)
			low = mid + 1;
		else
			high = mid;     /* a longer name stands behind its beginning */
	}
	return 0;
}

/* Numbers 128 to 159 are windows-1252 to every browser (HTML section 13.2.5.80). */
static uint32_t numeric_meaning(uint32_t c)
{
	static const uint16_t cp1252[32] = {
		0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
		0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
	};
	if (c >= 128 && c < 160)
		return cp1252[c - 128];
	return c ? c : 0xfffd;
}

/* "#65" or "#x41"; false and *s untouched when it is none. */
static bool take_number(struct str *s, uint32_t *ret)
{
	struct str r = *s;
	uint32_t value = 0;
	size_t digits = 0;
	if (!str_take_char(&r, '#'))
		return false;
	bool hex = str_itake(&r, STR("x"));
	for (; r.n && (ascii_is_digit(r.p[0]) || (hex && (r.p[0] | 0x20) >= 'a' && (r.p[0] | 0x20) <= 'f')); digits++) {
		uint32_t digit = (uint32_t)(ascii_is_digit(r.p[0]) ? r.p[0] - '0' : (r.p[0] | 0x20) - 'a' + 10);
		value = value > 0x10ffff ? value : value * (hex ? 16 : 10) + digit;
		r = str_skip(r, 1);
	}
	if (digits == 0)
		return false;
	*ret = numeric_meaning(value);
	*s = r;
	return true;
}

/* A character reference at "&". What is none is text. */
static void take_reference(struct str *s, struct out *o)
{
	uint32_t c = 0;
	struct str r = str_skip(*s, 1);
	if (!take_number(&r, &c)) {
		size_t n = 0;
		while (n < r.n && n <= ENTITY_NAME_MAX && ascii_is_alnum(r.p[n]))
			n++;
		if (n && n <= ENTITY_NAME_MAX)
			c = entity_named(str_first(r, n));
		r = str_skip(r, n);
	}
	if (c == 0) {
		put(o, "&", 1);
		*s = str_skip(*s, 1);
		return;
	}
	str_take_char(&r, ';');
	put_code_point(o, c);
	*s = r;
}

/* Behind the tag name: to the ">" that is in no quoted value. */
static struct str skip_attributes(struct str s)
{
	bool value = false;             /* a quote counts right behind "=" only */
	while (s.n) {
		char c = s.p[0];
		s = str_skip(s, 1);
		if (c == '>')
			return s;
		if (value && (c == '"' || c == '\'')) {
			size_t end = str_find(s, c);
			s = str_skip(s, end == STR_NPOS ? s.n : end + 1);
		}
		value = c == '=' || (value && ascii_is_space(c));
	}
	return s;
}

/* Behind a start tag whose content is no text: to its end tag. */
static struct str skip_raw_text(struct str s, struct str name)
{
	while (s.n) {
		size_t at = str_find(s, '<');
		s = str_skip(s, at == STR_NPOS ? s.n : at);
		if (s.n > name.n + 2 && s.p[1] == '/' && str_ieq(str_first(str_skip(s, 2), name.n), name))
			return skip_attributes(str_skip(s, name.n + 2));
		s = str_skip(s, 1);
	}
	return s;
}

static bool is_one_of(struct str name, const struct str *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (name.n == names[i].n && str_ieq(name, names[i]))
			return true;
	return false;
}

static void take_element(struct str *s, struct out *o)
{
	static const struct str raw[] = { STR_INIT("script"), STR_INIT("style"), STR_INIT("title") };
	static const struct str inline_names[] = {
		STR_INIT("a"), STR_INIT("b"), STR_INIT("i"), STR_INIT("u"), STR_INIT("s"), STR_INIT("em"), STR_INIT("strong"),
		STR_INIT("span"), STR_INIT("font"), STR_INIT("small"), STR_INIT("big"), STR_INIT("sub"), STR_INIT("sup"),
		STR_INIT("code"), STR_INIT("tt"), STR_INIT("img"), STR_INIT("wbr"), STR_INIT("o:p"), STR_INIT("mark"),
	};
	struct str r = str_skip(*s, 1);
	bool closing = str_take_char(&r, '/');
	size_t n = 0;
	while (n < r.n && !ascii_is_space(r.p[n]) && r.p[n] != '>' && r.p[n] != '/')
		n++;
	struct str name = str_take_n(&r, n);
	r = skip_attributes(r);
	if (!closing && is_one_of(name, raw, COUNT_OF(raw)))
		r = skip_raw_text(r, name);
	if (!is_one_of(name, inline_names, COUNT_OF(inline_names)))
		put(o, "\n", 1);
	*s = r;
}

/* At "<": a tag, a comment, a declaration, or just the sign. */
static void take_markup(struct str *s, struct out *o)
{
	char next = s->n > 1 ? s->p[1] : '\0';
	if (str_starts(*s, STR("<!--"))) {
		size_t end = str_search(str_skip(*s, 2), STR("-->"));   /* "<!-->" is a whole comment */
		*s = str_skip(*s, end == STR_NPOS ? s->n : end + 5);
	} else if (next == '!' || next == '?') {
		size_t end = str_find(*s, '>');
		*s = str_skip(*s, end == STR_NPOS ? s->n : end + 1);
	} else if (ascii_is_alpha(next) || (next == '/' && s->n > 2 && ascii_is_alpha(s->p[2]))) {
		take_element(s, o);
	} else {
		put(o, "<", 1);
		*s = str_skip(*s, 1);
	}
}

struct str mime_html_text(struct arena *a, struct str html, size_t max)
{
	struct out o = { .p = arena_alloc(a, html.n + 1) };
	while (html.n && o.n < max) {
		size_t plain = 0;
		while (plain < html.n && html.p[plain] != '<' && html.p[plain] != '&')
			plain++;
		put(&o, html.p, plain);
		html = str_skip(html, plain);
		if (html.n && html.p[0] == '<')
			take_markup(&html, &o);
		else if (html.n)
			take_reference(&html, &o);
	}
	return (struct str){ o.p, o.n };
}
