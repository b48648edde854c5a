#include "proto/xml/xml_pull.h"

static const struct str replacement = STR_INIT("\xef\xbf\xbd");

/* Char (XML 1.0 section 2.2) */
static bool is_char(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) ||
	       (c >= 0x10000 && c <= 0x10ffff);
}

static bool is_name_byte(char c) { return ascii_is_alnum(c) || (unsigned char)c > 0x7f || (c && strchr("_:-.", c)); }
static bool is_name_start(char c) { return is_name_byte(c) && !ascii_is_digit(c) && c != '-' && c != '.'; }

void xml_pull_init(struct xml_pull *x, struct arena *a, struct str document)
{
	*x = (struct xml_pull){ .a = a, .rest = document };
	str_take(&x->rest, STR("\xef\xbb\xbf"));
}

static void skip_space(struct str *s)
{
	while (s->n && ascii_is_space(s->p[0]))
		*s = str_skip(*s, 1);
}

static int take_name(struct str *s, struct str *ret)
{
	size_t n = 0;
	while (n < s->n && is_name_byte(s->p[n]))
		n++;
	if (n == 0 || !is_name_start(s->p[0]))
		return E_SYNTAX;
	if (n > XML_NAME_MAX)
		return E_TOOBIG;
	*ret = str_take_n(s, n);
	return OK;
}

static struct str local_name(struct str name) { return str_skip(name, str_rfind(name, ':') + 1); }

/* CharRef, behind "&#": decimal or "x" hexadecimal. */
static int take_char_ref(struct str s, uint32_t *ret)
{
	bool hex = str_take_char(&s, 'x');
	uint32_t c = 0;
	if (s.n == 0 || s.n > 7)
		return E_SYNTAX;
	for (size_t i = 0; i < s.n; i++) {
		char d = ascii_lower(s.p[i]);
		bool letter = hex && d >= 'a' && d <= 'f';
		if (!ascii_is_digit(d) && !letter)
			return E_SYNTAX;
		c = c * (hex ? 16 : 10) + (uint32_t)(letter ? d - 'a' + 10 : d - '0');
	}
	if (!is_char(c))
		return E_SYNTAX;
	*ret = c;
	return OK;
}

/* At "&": appends what the reference stands for. */
static int take_reference(struct str *s, char *out, size_t *n)
{
	static const struct {
		struct str name;
		char c;
	} entities[] = {
		{ STR_INIT("lt"), '<' },   { STR_INIT("gt"), '>' },    { STR_INIT("amp"), '&' },
		{ STR_INIT("quot"), '"' }, { STR_INIT("apos"), '\'' },
	};
	enum { REFERENCE_MAX = 12 };
	size_t end = str_find(str_first(*s, REFERENCE_MAX), ';');
	uint32_t c;
	if (end == STR_NPOS)
		return E_SYNTAX;
	struct str name = str_skip(str_first(*s, end), 1);
	*s = str_skip(*s, end + 1);
	if (str_take_char(&name, '#')) {
		int r = take_char_ref(name, &c);
		if (r == OK)
			*n += utf8_encode(c, out + *n);
		return r;
	}
	for (size_t i = 0; i < COUNT_OF(entities); i++) {
		if (!str_eq(name, entities[i].name))
			continue;
		out[(*n)++] = entities[i].c;
		return OK;
	}
	return E_UNSUPPORTED;
}

/* Nothing in it needs decoding: the common case, which costs no memory. */
static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '&' || (unsigned char)s.p[i] > 0x7f || !is_char((unsigned char)s.p[i]))
			return false;
	return true;
}

/* Text or an attribute's value; references only where they are such (not in CDATA). A bad byte grows to three. */
static int decode(struct arena *a, struct str s, bool references, struct str *ret)
{
	if (is_plain(s)) {
		*ret = s;
		return OK;
	}
	char *out = arena_alloc(a, 3 * s.n + 4);
	size_t n = 0;
	while (s.n) {
		if (references && s.p[0] == '&') {
			int r = take_reference(&s, out, &n);
			if (r != OK)
				return r;
			continue;
		}
		uint32_t c = utf8_take(&s);
		bool good = c != UTF8_BAD && is_char(c);
		if (good) {
			n += utf8_encode(c, out + n);
		} else {
			memcpy(out + n, replacement.p, replacement.n);
			n += replacement.n;
		}
	}
	*ret = (struct str){ out, n };
	return OK;
}

/* Attribute = Name Eq AttValue */
static int take_attribute(struct xml_pull *x)
{
	struct str name, value;
	int r = take_name(&x->rest, &name);
	if (r != OK)
		return r;
	skip_space(&x->rest);
	if (!str_take_char(&x->rest, '='))
		return E_SYNTAX;
	skip_space(&x->rest);
	char quote = x->rest.n ? x->rest.p[0] : '\0';
	size_t end = quote == '"' || quote == '\'' ? str_find(str_skip(x->rest, 1), quote) : STR_NPOS;
	if (end == STR_NPOS)
		return E_SYNTAX;
	value = str_first(str_skip(x->rest, 1), end);
	x->rest = str_skip(x->rest, end + 2);
	if (str_find(value, '<') != STR_NPOS)
		return E_SYNTAX;
	if (x->attribute_count == XML_ATTRIBUTES_MAX)
		return E_TOOBIG;
	r = decode(x->a, value, true, &value);
	if (r == OK)
		x->attributes[x->attribute_count++] = (struct xml_attribute){ local_name(name), value };
	return r;
}

/* Behind "<". */
static int take_start(struct xml_pull *x)
{
	struct str name;
	int r = take_name(&x->rest, &name);
	x->attribute_count = 0;
	while (r == OK) {
		bool spaced = x->rest.n && ascii_is_space(x->rest.p[0]);
		skip_space(&x->rest);
		if (str_take(&x->rest, STR("/>"))) {
			x->pending_end = true;
			break;
		}
		if (str_take_char(&x->rest, '>'))
			break;
		r = spaced ? take_attribute(x) : E_SYNTAX;
	}
	if (r != OK)
		return r;
	if (x->depth == XML_DEPTH_MAX)
		return E_TOOBIG;
	if (x->depth == 0 && x->root_seen)
		return E_SYNTAX;
	x->root_seen = true;
	x->open[x->depth++] = name;
	x->name = local_name(name);
	return OK;
}

static void close_element(struct xml_pull *x) { x->name = local_name(x->open[--x->depth]); }

/* Behind "</". */
static int take_end(struct xml_pull *x)
{
	struct str name;
	int r = take_name(&x->rest, &name);
	if (r != OK)
		return r;
	skip_space(&x->rest);
	if (!str_take_char(&x->rest, '>') || x->depth == 0 || !str_eq(x->open[x->depth - 1], name))
		return E_SYNTAX;
	close_element(x);
	return OK;
}

/* Comments and processing instructions, the XML declaration among them. False: none is here. */
static bool skip_markup(struct xml_pull *x, int *reterr)
{
	static const struct {
		struct str open, close;
	} rows[] = {
		{ STR_INIT("<!--"), STR_INIT("-->") },
		{ STR_INIT("<?"), STR_INIT("?>") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (!str_take(&x->rest, rows[i].open))
			continue;
		size_t end = str_search(x->rest, rows[i].close);
		*reterr = end == STR_NPOS ? E_SYNTAX : OK;
		x->rest = str_skip(x->rest, end == STR_NPOS ? x->rest.n : end + rows[i].close.n);
		return true;
	}
	return false;
}

/* Behind "<![CDATA[". */
static int take_cdata(struct xml_pull *x)
{
	size_t end = str_search(x->rest, STR("]]>"));
	if (end == STR_NPOS || x->depth == 0)
		return E_SYNTAX;
	struct str raw = str_first(x->rest, end);
	x->rest = str_skip(x->rest, end + strlen("]]>"));
	return decode(x->a, raw, false, &x->text);
}

static int take_text(struct xml_pull *x)
{
	size_t end = str_find(x->rest, '<');
	struct str raw = str_take_n(&x->rest, end == STR_NPOS ? x->rest.n : end);
	if (x->depth == 0)
		return str_trim(raw).n ? E_SYNTAX : OK;
	return decode(x->a, raw, true, &x->text);
}

static int take_markup(struct xml_pull *x, enum xml_event *ret)
{
	if (str_take(&x->rest, STR("<![CDATA["))) {
		*ret = XML_TEXT;
		return take_cdata(x);
	}
	if (str_istarts(x->rest, STR("<!")))
		return str_istarts(x->rest, STR("<!DOCTYPE")) ? E_UNSUPPORTED : E_SYNTAX;
	if (str_take(&x->rest, STR("</"))) {
		*ret = XML_END;
		return take_end(x);
	}
	*ret = XML_START;
	return str_take_char(&x->rest, '<') ? take_start(x) : E_SYNTAX;
}

int xml_pull_next(struct xml_pull *x, enum xml_event *ret)
{
	int r = OK;
	if (x->pending_end) {
		x->pending_end = false;
		close_element(x);
		*ret = XML_END;
		return OK;
	}
	while (x->rest.n && r == OK) {
		if (skip_markup(x, &r))
			continue;
		if (x->rest.p[0] == '<')
			return take_markup(x, ret);
		bool inside = x->depth > 0;
		r = take_text(x);
		if (inside) {
			*ret = XML_TEXT;
			return r;
		}
	}
	if (r == OK && (x->depth || !x->root_seen))
		r = E_SYNTAX;
	if (r == OK)
		*ret = XML_EOF;
	return r;
}

const struct str *xml_pull_attribute(const struct xml_pull *x, struct str name)
{
	for (size_t i = 0; i < x->attribute_count; i++)
		if (str_eq(x->attributes[i].name, name))
			return &x->attributes[i].value;
	return NULL;
}

void xml_put_text(struct bufw *w, struct str text)
{
	static const char *const escapes[128] = {
		['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;", ['\''] = "&apos;"
	};
	while (text.n) {
		struct str before = text;
		uint32_t c = utf8_take(&text);
		if (c == UTF8_BAD || !is_char(c))
			bufw_str(w, replacement);
		else if (c < COUNT_OF(escapes) && escapes[c])
			bufw_c(w, escapes[c]);
		else
			bufw_put(w, before.p, before.n - text.n);
	}
}
