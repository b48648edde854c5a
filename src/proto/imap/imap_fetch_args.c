#include "proto/imap/imap_fetch_args.h"

#include "base/buf.h"
#include "proto/imap/imap_write.h"

static const struct { struct str name; unsigned items; } macros[] = {
	{ STR_INIT("ALL"), IMAP_FETCH_FLAGS | IMAP_FETCH_INTERNALDATE | IMAP_FETCH_SIZE | IMAP_FETCH_ENVELOPE },
	{ STR_INIT("FAST"), IMAP_FETCH_FLAGS | IMAP_FETCH_INTERNALDATE | IMAP_FETCH_SIZE },
	{ STR_INIT("FULL"),
	  IMAP_FETCH_FLAGS | IMAP_FETCH_INTERNALDATE | IMAP_FETCH_SIZE | IMAP_FETCH_ENVELOPE | IMAP_FETCH_BODY },
};

static const struct { struct str name; unsigned item; } items[] = {
	{ STR_INIT("UID"), IMAP_FETCH_UID },
	{ STR_INIT("FLAGS"), IMAP_FETCH_FLAGS },
	{ STR_INIT("INTERNALDATE"), IMAP_FETCH_INTERNALDATE },
	{ STR_INIT("RFC822.SIZE"), IMAP_FETCH_SIZE },
	{ STR_INIT("ENVELOPE"), IMAP_FETCH_ENVELOPE },
	{ STR_INIT("BODYSTRUCTURE"), IMAP_FETCH_BODYSTRUCTURE },
	{ STR_INIT("MODSEQ"), IMAP_FETCH_MODSEQ },
	{ STR_INIT("SAVEDATE"), IMAP_FETCH_SAVEDATE },
	{ STR_INIT("EMAILID"), IMAP_FETCH_EMAILID },
	{ STR_INIT("THREADID"), IMAP_FETCH_THREADID },
};

/* RFC 3501's names for whole sections, answered under the name they were asked by. */
static const struct { struct str name; enum imap_section_text text; bool peek; } old_names[] = {
	{ STR_INIT("RFC822"), IMAP_SECTION_ALL, false },
	{ STR_INIT("RFC822.HEADER"), IMAP_SECTION_HEADER, true },
	{ STR_INIT("RFC822.TEXT"), IMAP_SECTION_TEXT, false },
};

static const struct { struct str name; enum imap_section_form form; bool peek; } forms[] = {
	{ STR_INIT("BODY.PEEK"), IMAP_FORM_BODY, true },
	{ STR_INIT("BINARY"), IMAP_FORM_BINARY, false },
	{ STR_INIT("BINARY.PEEK"), IMAP_FORM_BINARY, true },
	{ STR_INIT("BINARY.SIZE"), IMAP_FORM_BINARY_SIZE, true },
};

static const struct { struct str name; enum imap_section_text text; bool needs_part; } texts[] = {
	{ STR_INIT("HEADER"), IMAP_SECTION_HEADER, false },
	{ STR_INIT("HEADER.FIELDS"), IMAP_SECTION_FIELDS, false },
	{ STR_INIT("HEADER.FIELDS.NOT"), IMAP_SECTION_FIELDS_NOT, false },
	{ STR_INIT("TEXT"), IMAP_SECTION_TEXT, false },
	{ STR_INIT("MIME"), IMAP_SECTION_MIME, true },
};

static int too_many(struct imap_args *a, const char *why)
{
	a->bad = why;
	return E_TOOBIG;
}

/* header-list = "(" header-fld-name *(SP header-fld-name) ")" */
static int header_list(struct imap_args *a, struct imap_section *s)
{
	size_t cap = 0;
	int r = imap_char(a, '(');
	while (r == OK) {
		if (s->field_count == IMAP_FIELDS_MAX)
			return too_many(a, "too many header fields");
		struct str *f = arena_push(a->arena, &s->fields, &s->field_count, &cap, sizeof *f);
		r = imap_astring(a, f);
		if (r == OK && !str_take_char(&a->rest, ' '))
			return imap_char(a, ')');
	}
	return r;
}

/* section-part = nz-number *("." nz-number), and the "." in front of section-text */
static int section_part(struct imap_args *a, struct imap_section *s)
{
	size_t cap = 0;
	while (a->rest.n && ascii_is_digit(a->rest.p[0])) {
		if (s->part_depth == IMAP_PART_DEPTH_MAX)
			return too_many(a, "part number is too deep");
		uint32_t *part = arena_push(a->arena, &s->part, &s->part_depth, &cap, sizeof *part);
		int r = imap_nz_number(a, part);
		if (r != OK)
			return r;
		if (imap_next_is(a, ']'))
			return OK;
		r = imap_char(a, '.');
		if (r != OK)
			return r;
	}
	return imap_next_is(a, ']') && s->part_depth ? imap_args_bad(a, "part number expected") : OK;
}

static int section_text(struct imap_args *a, struct imap_section *s)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (!imap_word(a, texts[i].name))
			continue;
		s->text = texts[i].text;
		if (texts[i].needs_part && !s->part_depth)
			return imap_args_bad(a, "MIME needs a part number");
		if (s->text != IMAP_SECTION_FIELDS && s->text != IMAP_SECTION_FIELDS_NOT)
			return OK;
		int r = imap_sp(a);
		return r == OK ? header_list(a, s) : r;
	}
	return imap_args_bad(a, "unknown section");
}

/* section = "[" [section-spec] "]" */
static int section(struct imap_args *a, struct imap_section *s)
{
	int r = imap_char(a, '[');
	if (r == OK)
		r = section_part(a, s);
	if (r == OK && !imap_next_is(a, ']'))
		r = section_text(a, s);
	return r == OK ? imap_char(a, ']') : r;
}

/* partial = "<" number64 "." nz-number64 ">" */
static int partial(struct imap_args *a, struct imap_section *s)
{
	if (!str_take_char(&a->rest, '<'))
		return OK;
	int r = imap_number64(a, &s->origin);
	if (r == OK)
		r = imap_char(a, '.');
	if (r == OK)
		r = imap_number64(a, &s->length);
	if (r == OK && s->length == 0)
		r = imap_args_bad(a, "length of a partial fetch must not be zero");
	s->partial = r == OK;
	return r == OK ? imap_char(a, '>') : r;
}

static struct str text_name(enum imap_section_text text)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (texts[i].text == text)
			return texts[i].name;
	return STR("");
}

static size_t label_room(const struct imap_section *s)
{
	enum { NUMBER = 21, LITERAL = 26 };
	size_t room = 64 + NUMBER * (s->part_depth + 1);
	for (size_t i = 0; i < s->field_count; i++)
		room += 2 * s->fields[i].n + LITERAL;
	return room;
}

/* "BODY[1.2.HEADER.FIELDS (From To)]<0>": written once a command, copied once a message. */
static int label(struct imap_args *a, struct imap_section *s)
{
	struct buf b = imap_buf_in(a->arena, label_room(s));
	struct bufw w = { .b = &b };
	static const char *const names[] = { "BODY[", "BINARY[", "BINARY.SIZE[" };
	bufw_c(&w, names[s->form]);
	for (size_t i = 0; i < s->part_depth; i++) {
		bufw_c(&w, i ? "." : "");
		bufw_u64(&w, s->part[i]);
	}
	if (s->text != IMAP_SECTION_ALL && s->part_depth)
		bufw_char(&w, '.');
	bufw_str(&w, text_name(s->text));
	for (size_t i = 0; i < s->field_count; i++) {
		bufw_c(&w, i ? " " : " (");
		imap_write_astring(&w, s->fields[i], false);
	}
	bufw_c(&w, s->field_count ? ")]" : "]");
	if (s->partial) {
		bufw_char(&w, '<');
		bufw_u64(&w, s->origin);
		bufw_char(&w, '>');
	}
	s->label = buf_str(&b);
	return w.err;
}

static int add_section(struct imap_args *a, struct imap_fetch *f, const struct imap_section *s)
{
	if (f->section_count == IMAP_SECTIONS_MAX)
		return too_many(a, "too many body sections");
	struct imap_section *to = arena_push(a->arena, &f->sections, &f->section_count, &f->section_cap, sizeof *to);
	*to = *s;
	return OK;
}

static int body_section(struct imap_args *a, struct imap_fetch *f, enum imap_section_form form, bool peek)
{
	struct imap_section s = { .form = form, .peek = peek };
	int r = section(a, &s);
	if (r == OK && form != IMAP_FORM_BODY && s.text != IMAP_SECTION_ALL)
		r = imap_args_bad(a, "BINARY takes a part number");
	if (r == OK && form != IMAP_FORM_BINARY_SIZE)
		r = partial(a, &s);
	if (r == OK)
		r = label(a, &s);
	return r == OK ? add_section(a, f, &s) : r;
}

static int old_name(struct imap_args *a, struct imap_fetch *f, size_t i)
{
	return add_section(a, f, &(struct imap_section){
		.text = old_names[i].text, .peek = old_names[i].peek, .label = old_names[i].name });
}

/* "PREVIEW" [SP "(" "LAZY" ")"]: previews are made at arrival, so that nothing is lazier than another (RFC 8970) */
static int preview(struct imap_args *a, struct imap_fetch *f)
{
	f->items |= IMAP_FETCH_PREVIEW;
	if (!str_take(&a->rest, STR(" (")))
		return OK;
	return imap_word(a, STR("LAZY")) ? imap_char(a, ')') : imap_args_bad(a, "LAZY expected");
}

static int fetch_att(struct imap_args *a, struct imap_fetch *f)
{
	if (imap_word(a, STR("PREVIEW")))
		return preview(a, f);
	for (size_t i = 0; i < COUNT_OF(items); i++)
		if (imap_word(a, items[i].name)) {
			f->items |= items[i].item;
			return OK;
		}
	for (size_t i = 0; i < COUNT_OF(old_names); i++)
		if (imap_word(a, old_names[i].name))
			return old_name(a, f, i);
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (imap_word(a, forms[i].name))
			return body_section(a, f, forms[i].form, forms[i].peek);
	if (!imap_word(a, STR("BODY")))
		return imap_args_bad(a, "unknown data item");
	if (imap_next_is(a, '['))
		return body_section(a, f, IMAP_FORM_BODY, false);
	f->items |= IMAP_FETCH_BODY;
	return OK;
}

static bool macro(struct imap_args *a, struct imap_fetch *f)
{
	for (size_t i = 0; i < COUNT_OF(macros); i++)
		if (imap_word(a, macros[i].name)) {
			f->items = macros[i].items;
			return true;
		}
	return false;
}

static int fetch_atts(struct imap_args *a, struct imap_fetch *f)
{
	if (macro(a, f))
		return OK;
	if (!str_take_char(&a->rest, '('))
		return fetch_att(a, f);
	int r;
	do {
		r = fetch_att(a, f);
	} while (r == OK && str_take_char(&a->rest, ' '));
	return r == OK ? imap_char(a, ')') : r;
}

static int modifier(struct imap_args *a, struct imap_fetch *f)
{
	bool *const flags[] = { &f->vanished, &f->changed_since, &f->partial };
	static const struct str names[] = { STR_INIT("VANISHED"), STR_INIT("CHANGEDSINCE"), STR_INIT("PARTIAL") };
	size_t i = 0;
	while (i < COUNT_OF(names) && !imap_word(a, names[i]))
		i++;
	if (i == COUNT_OF(names))
		return imap_args_bad(a, "unknown fetch modifier");
	*flags[i] = true;
	if (flags[i] == &f->vanished)
		return OK;
	int r = imap_sp(a);
	if (r != OK)
		return r;
	return flags[i] == &f->partial ? imap_partial(a, &f->range) : imap_number64(a, &f->since);
}

/* fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")" (RFC 7162 section 3.1.4.1 and 3.2.6, RFC 9394 section 3.2) */
static int modifiers(struct imap_args *a, struct imap_fetch *f)
{
	if (a->rest.n == 0)
		return OK;
	if (!str_take(&a->rest, STR(" (")))
		return imap_args_bad(a, "unexpected argument");
	int r;
	do {
		r = modifier(a, f);
	} while (r == OK && str_take_char(&a->rest, ' '));
	if (r == OK && f->vanished && !f->changed_since)
		r = imap_args_bad(a, "VANISHED needs CHANGEDSINCE");
	return r == OK ? imap_char(a, ')') : r;
}

int imap_fetch_args(struct imap_args *a, struct imap_fetch *ret)
{
	struct imap_args at = *a;
	struct imap_fetch f = { 0 };
	int r = imap_sp(&at);
	if (r == OK)
		r = fetch_atts(&at, &f);
	if (r == OK)
		r = modifiers(&at, &f);
	if (r == OK)
		r = imap_args_end(&at);
	a->bad = at.bad;
	if (r != OK)
		return r;
	a->rest = at.rest;
	*ret = f;
	return OK;
}
