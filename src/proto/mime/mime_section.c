#include "proto/mime/mime_section.h"

#include "proto/header/header.h"

/* section-part: numbers with dots between them. What follows the last dot is left in *s. */
static int parse_numbers(struct str *s, struct mime_section *ret)
{
	while (s->n && ascii_is_digit(s->p[0])) {
		uint64_t number;
		int r = str_take_u64(s, UINT32_MAX, &number);
		if (r != OK)
			return r;
		if (number == 0)
			return E_SYNTAX;
		if (ret->depth == MIME_SECTION_MAX_DEPTH)
			return E_TOOBIG;
		ret->number[ret->depth++] = (uint32_t)number;
		if (s->n && (!str_take_char(s, '.') || s->n == 0))
			return E_SYNTAX;
	}
	return OK;
}

static int take_name(struct str *s, struct str *ret)
{
	size_t n;
	if (str_take_char(s, '"')) {
		n = str_find(*s, '"');
		if (n == STR_NPOS || str_find(str_first(*s, n), '\\') != STR_NPOS)
			return E_SYNTAX;
		*ret = str_take_n(s, n);
		return str_take_char(s, '"') ? OK : E_SYNTAX;
	}
	for (n = 0; n < s->n && s->p[n] > ' ' && s->p[n] != 0x7f && !strchr("(){%*\"\\", s->p[n]); )
		n++;
	*ret = str_take_n(s, n);
	return n ? OK : E_SYNTAX;
}

/* header-list */
static int parse_names(struct str s, struct mime_section *ret)
{
	if (!str_take(&s, STR(" (")))
		return E_SYNTAX;
	do {
		if (ret->field_count == MIME_SECTION_MAX_FIELDS)
			return E_TOOBIG;
		int r = take_name(&s, &ret->fields[ret->field_count]);
		if (r != OK)
			return r;
		ret->field_count++;
	} while (str_take_char(&s, ' '));
	return str_eq(s, STR(")")) ? OK : E_SYNTAX;
}

int mime_section_parse(struct str text, struct mime_section *ret)
{
	static const struct { struct str name; enum mime_section_what what; } words[] = {
		{ STR_INIT("HEADER.FIELDS.NOT"), MIME_SECTION_FIELDS_NOT },
		{ STR_INIT("HEADER.FIELDS"), MIME_SECTION_FIELDS },
		{ STR_INIT("HEADER"), MIME_SECTION_HEADER }, { STR_INIT("TEXT"), MIME_SECTION_TEXT },
		{ STR_INIT("MIME"), MIME_SECTION_MIME },
	};
	struct mime_section s = { .what = MIME_SECTION_ALL };
	int r = parse_numbers(&text, &s);
	if (r != OK)
		return r;
	for (size_t i = 0; s.what == MIME_SECTION_ALL && i < COUNT_OF(words); i++)
		if (str_itake(&text, words[i].name))
			s.what = words[i].what;
	if (s.what == MIME_SECTION_FIELDS || s.what == MIME_SECTION_FIELDS_NOT)
		r = parse_names(text, &s);
	else if (text.n || (s.what == MIME_SECTION_MIME && s.depth == 0))
		r = E_SYNTAX;
	if (r == OK)
		*ret = s;
	return r;
}

/* Part number n below part i. A message, the root being one, numbers the parts of its multipart, or its body as 1. */
static uint32_t numbered_part(const struct mime_part *parts, uint32_t i, bool is_root, uint32_t n)
{
	if (parts[i].kind == MIME_MESSAGE && !is_root) {
		i = parts[i].first_child;
		is_root = true;
	}
	if (parts[i].kind != MIME_MULTIPART)
		return is_root && n == 1 ? i : MIME_NONE;
	for (i = parts[i].first_child; i != MIME_NONE && n > 1; n--)
		i = parts[i].next;
	return i;
}

int mime_section_locate(const struct mime_part *parts, uint32_t count, const struct mime_section *section,
                        struct mime_range *ret, uint32_t *ret_part)
{
	uint32_t i = count ? 0 : MIME_NONE;
	for (size_t k = 0; k < section->depth && i != MIME_NONE; k++)
		i = numbered_part(parts, i, k == 0, section->number[k]);
	if (i == MIME_NONE)
		return E_NOTFOUND;
	const struct mime_part *p = &parts[i], *message = p;
	if (section->depth && p->kind == MIME_MESSAGE)
		message = &parts[p->first_child];
	else if (section->depth)
		message = NULL;                 /* HEADER and TEXT need a message */
	bool whole = section->what == MIME_SECTION_ALL && section->depth == 0, header = false;
	if (section->what == MIME_SECTION_MIME) {
		header = true;
	} else if (section->what != MIME_SECTION_ALL) {
		header = section->what != MIME_SECTION_TEXT;
		if (!message)
			return E_NOTFOUND;
		p = message;
	}
	*ret = header ? (struct mime_range){ p->header, p->header_len } : (struct mime_range){ p->body, p->body_len };
	if (whole)
		*ret = (struct mime_range){ 0, p->header_len + p->body_len };
	if (ret_part)
		*ret_part = i;
	return OK;
}

static bool is_named(const struct mime_section *section, struct str name)
{
	for (size_t i = 0; i < section->field_count; i++)
		if (section->fields[i].n == name.n && str_ieq(section->fields[i], name))
			return true;
	return false;
}

int mime_section_render(struct str header, const struct mime_section *section, struct buf *out)
{
	struct bufw w = { out, OK };
	bool named = section->what == MIME_SECTION_FIELDS;
	size_t start = out->n;
	struct header_field f;
	while (header_next(&header, &f)) {
		if (is_named(section, f.name) != named)
			continue;
		bufw_str(&w, f.whole);
		if (!str_ends(f.whole, STR("\n")))
			bufw_c(&w, "\r\n");
	}
	bufw_c(&w, "\r\n");
	if (w.err != OK)
		out->n = start;
	return w.err;
}

int mime_section_write(struct str message, const struct mime_part *parts, uint32_t count,
                       const struct mime_section *section, struct buf *out)
{
	struct mime_range range;
	int r = mime_section_locate(parts, count, section, &range, NULL);
	if (r != OK)
		return r;
	struct str bytes = str_first(str_skip(message, range.offset), range.length);
	if (section->what == MIME_SECTION_FIELDS || section->what == MIME_SECTION_FIELDS_NOT)
		return mime_section_render(bytes, section, out);
	return buf_put_str(out, bytes);
}
