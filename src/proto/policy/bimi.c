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

static enum bimi_svg check_attributes(const struct xml_pull *x)
{
	for (size_t i = 0; i < x->attribute_count; i++) {
		if (refers_outside(&x->attributes[i]))
			return BIMI_SVG_REFERENCE;
		if (str_istarts(x->attributes[i].name, STR("on")))
			return BIMI_SVG_INVALID_ELEMENT;
	}
	return BIMI_SVG_OK;
}

static enum bimi_svg check_root(const struct xml_pull *x)
{
	const struct str *profile = xml_pull_attribute(x, STR("baseProfile"));
	if (!str_eq(x->name, STR("svg")))
		return BIMI_SVG_INVALID_FILE;
	if (!profile || !str_eq(*profile, STR("tiny-ps")))
		return BIMI_SVG_INVALID_PROFILE;
	if (xml_pull_attribute(x, STR("x")) || xml_pull_attribute(x, STR("y")))
		return BIMI_SVG_INVALID_ROOT;
	return BIMI_SVG_OK;
}

static enum bimi_svg check_start(const struct xml_pull *x)
{
	enum bimi_svg r = x->depth == 1 ? check_root(x) : BIMI_SVG_OK;
	if (r == BIMI_SVG_OK)
		r = check_attributes(x);
	return r == BIMI_SVG_OK && !is_allowed_element(x->name) ? BIMI_SVG_INVALID_ELEMENT : r;
}

enum bimi_svg bimi_svg_check(struct arena *a, struct str svg)
{
	struct xml_pull x;
	enum xml_event event;
	enum bimi_svg first = BIMI_SVG_OK;
	bool in_title = false, titled = false;
	if (svg.n > BIMI_SVG_MAX)
		return BIMI_SVG_TOO_BIG;
	xml_pull_init(&x, a, svg);
	do {
		if (xml_pull_next(&x, &event) != OK)
			return BIMI_SVG_INVALID_FILE;
		if (event == XML_START && first == BIMI_SVG_OK)
			first = check_start(&x);
		if (event == XML_START || event == XML_END)
			in_title = event == XML_START && x.depth == 2 && str_eq(x.name, STR("title"));
		titled = titled || (in_title && event == XML_TEXT && str_trim(x.text).n);
	} while (event != XML_EOF);
	return first == BIMI_SVG_OK && !titled ? BIMI_SVG_NO_TITLE : first;
}
