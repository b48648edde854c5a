#include "proto/policy/bimi.h"

#include "proto/policy/tag_list.h"
#include "proto/xml/xml_pull.h"

static bool is_https(struct str uri)
{
	for (size_t i = 0; i < uri.n; i++)
		if (uri.p[i] <= ' ' || uri.p[i] > '~')
			return false;
	return str_istarts(uri, STR("https://")) && uri.n > strlen("https://");
}

int bimi_record_parse(struct str txt, struct bimi_record *ret)
{
	struct bimi_record r = { .declined = false };
	struct tag tag;
	bool has_location = false;
	if (!tag_list_is(txt, STR("BIMI1")))
		return E_SYNTAX;
	while (tag_next(&txt, &tag)) {
		bool location = str_ieq(tag.name, STR("l")), authority = str_ieq(tag.name, STR("a"));
		if (!location && !authority)
			continue;
		if (tag.value.n && !is_https(tag.value))
			return E_SYNTAX;
		has_location = has_location || location;
		*(location ? &r.location : &r.authority) = tag.value;
	}
	if (!has_location)
		return E_SYNTAX;
	r.declined = r.location.n == 0 && r.authority.n == 0;
	*ret = r;
	return OK;
}

static bool is_writable(struct str uri)
{
	return is_https(uri) && uri.n <= BIMI_URI_MAX && str_find(uri, ';') == STR_NPOS && str_find(uri, '"') == STR_NPOS &&
	       str_find(uri, '\\') == STR_NPOS;
}

int bimi_record_write(struct arena *a, struct str location, struct str authority, struct str *ret)
{
	if (!is_writable(location) || (authority.n && !is_writable(authority)))
		return E_SYNTAX;
	*ret = arena_printf(a, "v=BIMI1; l=" STR_FMT "; a=" STR_FMT, STR_ARG(location), STR_ARG(authority));
	return OK;
}

const char *bimi_svg_reason(enum bimi_svg result)
{
	static const char *const reasons[] = {
		[BIMI_SVG_OK] = "a proper SVG Tiny PS file",
		[BIMI_SVG_INVALID_FILE] = "not an SVG file",
		[BIMI_SVG_INVALID_PROFILE] = "baseProfile is not tiny-ps",
		[BIMI_SVG_INVALID_ROOT] = "the root element has x or y",
		[BIMI_SVG_NO_TITLE] = "there is no title",
		[BIMI_SVG_INVALID_ELEMENT] = "an element or attribute is not of SVG Tiny PS",
		[BIMI_SVG_REFERENCE] = "something refers to outside the file",
		[BIMI_SVG_TOO_BIG] = "the file is larger than 32 KiB",
	};
	return reasons[result];
}

static bool is_allowed_element(struct str name)
{
	static const struct str allowed[] = {
		STR_INIT("svg"),
		STR_INIT("title"),
		STR_INIT("desc"),
		STR_INIT("metadata"),
		STR_INIT("defs"),
		STR_INIT("g"),
		STR_INIT("path"),
		STR_INIT("rect"),
		STR_INIT("circle"),
		STR_INIT("ellipse"),
		STR_INIT("line"),
		STR_INIT("polyline"),
		STR_INIT("polygon"),
		STR_INIT("text"),
		STR_INIT("textArea"),
		STR_INIT("linearGradient"),
		STR_INIT("radialGradient"),
		STR_INIT("stop"),
		STR_INIT("solidColor"),
		STR_INIT("use"),
		STR_INIT("font"),
		STR_INIT("font-face"),
		STR_INIT("glyph"),
		STR_INIT("hkern"),
	};
	for (size_t i = 0; i < COUNT_OF(allowed); i++)
		if (str_eq(name, allowed[i]))
			return true;
	return false;
}

/* "url(" anywhere but before "#". */
static bool has_outer_url(struct str value)
{
	size_t at;
	while ((at = str_isearch(value, STR("url("))) != STR_NPOS) {
		value = str_skip(value, at + strlen("url("));
		struct str target = str_trim(value);
		if (target.n == 0 || target.p[0] != '#')
			return true;
	}
	return str_isearch(value, STR("@import")) != STR_NPOS;
}

static bool refers_outside(const struct xml_attribute *at)
{
	struct str value = str_trim(at->value);
	bool reference = str_ieq(at->name, STR("href")) || str_ieq(at->name, STR("src"));
	return (reference && !str_starts(value, STR("#"))) || has_outer_url(value);
}

/* What was found: the first thing wrong, and all of them. */
struct findings {
	enum bimi_svg first;
	unsigned all;
};

static void note(struct findings *f, bool wrong, enum bimi_svg what)
{
	if (!wrong)
		return;
	f->first = f->all ? f->first : what;
	f->all |= 1U << what;
}

static void check_attributes(const struct xml_pull *x, struct findings *f)
{
	for (size_t i = 0; i < x->attribute_count; i++) {
		note(f, refers_outside(&x->attributes[i]), BIMI_SVG_REFERENCE);
		note(f, str_istarts(x->attributes[i].name, STR("on")), BIMI_SVG_INVALID_ELEMENT);
	}
}

static void check_root(const struct xml_pull *x, struct findings *f)
{
	const struct str *profile = xml_pull_attribute(x, STR("baseProfile"));
	note(f, !profile || !str_eq(*profile, STR("tiny-ps")), BIMI_SVG_INVALID_PROFILE);
	note(f, xml_pull_attribute(x, STR("x")) || xml_pull_attribute(x, STR("y")), BIMI_SVG_INVALID_ROOT);
}

static void check_start(const struct xml_pull *x, struct findings *f)
{
	if (x->depth == 1)
		check_root(x, f);
	check_attributes(x, f);
	note(f, !is_allowed_element(x->name), BIMI_SVG_INVALID_ELEMENT);
}

/* What only looks like XML, or is another kind of it, has no further faults worth a word. */
static void not_svg(struct findings *f) { *f = (struct findings){ BIMI_SVG_INVALID_FILE, 1U << BIMI_SVG_INVALID_FILE }; }

static struct findings look_through(struct arena *a, struct str svg)
{
	struct findings f = { BIMI_SVG_OK, 0 };
	struct xml_pull x;
	enum xml_event event;
	bool in_title = false, titled = false, other = false;
	note(&f, svg.n > BIMI_SVG_MAX, BIMI_SVG_TOO_BIG);
	if (f.all)
		return f;
	xml_pull_init(&x, a, svg);
	do {
		if (xml_pull_next(&x, &event) != OK) {
			other = true;
			break;
		}
		other = other || (event == XML_START && x.depth == 1 && !str_eq(x.name, STR("svg")));
		if (event == XML_START)
			check_start(&x, &f);
		if (event == XML_START || event == XML_END)
			in_title = event == XML_START && x.depth == 2 && str_eq(x.name, STR("title"));
		titled = titled || (in_title && event == XML_TEXT && str_trim(x.text).n);
	} while (event != XML_EOF);
	note(&f, !titled, BIMI_SVG_NO_TITLE);
	if (other)
		not_svg(&f);
	return f;
}

enum bimi_svg bimi_svg_check(struct arena *a, struct str svg) { return look_through(a, svg).first; }

unsigned bimi_svg_faults(struct arena *a, struct str svg) { return look_through(a, svg).all; }
