#include "proto/mime/mime_envelope.h"

#include "proto/addr/addr_list.h"
#include "proto/header/header.h"
#include "proto/mime/mime_wire.h"

const struct mime_envelope_limits mime_envelope_limits_default = { .addresses = 1000, .text = 8192 };

struct writer {
	struct arena *scratch;
	const struct mime_envelope_limits *limits;
	struct bufw *out;
	bool whole;
};

static void put_text(struct writer *w, struct str value)
{
	if (value.p)
		value = utf8_first(header_unfold(w->scratch, value), w->limits->text);
	mime_wire_nstring(w->out, value);
}

/* A string that must not be NIL, or NIL for nothing. */
static struct str part_of(const struct writer *w, struct str s, bool wanted)
{
	return s.n || wanted ? utf8_first(s.n ? s : STR(""), w->limits->text) : (struct str){ 0 };
}

static void put_address(struct writer *w, struct str name, struct str route, struct str local, struct str domain)
{
	bufw_char(w->out, '(');
	mime_wire_nstring(w->out, name);
	bufw_char(w->out, ' ');
	mime_wire_nstring(w->out, route);
	bufw_char(w->out, ' ');
	mime_wire_nstring(w->out, local);
	bufw_char(w->out, ' ');
	mime_wire_nstring(w->out, domain);
	bufw_char(w->out, ')');
}

static void put_addresses(struct writer *w, const struct addr_list *list)
{
	const struct str nil = { 0 };
	bool in_group = false;
	if (list->count == 0) {
		bufw_c(w->out, "NIL");
		return;
	}
	bufw_char(w->out, '(');
	for (size_t i = 0; i < list->count; i++) {
		const struct addr_item *a = &list->items[i];
		if (a->kind == ADDR_MAILBOX)
			put_address(w, part_of(w, a->name, false), part_of(w, a->route, false), part_of(w, a->local, true),
			            part_of(w, a->domain, true));
		else if (a->kind == ADDR_GROUP_START)
			put_address(w, nil, nil, part_of(w, a->name, true), nil);
		else
			put_address(w, nil, nil, nil, nil);
		if (a->kind != ADDR_MAILBOX)
			in_group = a->kind == ADDR_GROUP_START;
	}
	if (in_group)
		put_address(w, nil, nil, nil, nil);
	bufw_char(w->out, ')');
}

static void parse_addresses(struct writer *w, struct str value, struct addr_list *ret)
{
	*ret = (struct addr_list){ 0 };
	if (value.p)
		addr_list_parse(w->scratch, value, w->limits->addresses, ret);
	w->whole = w->whole && !ret->truncated;
}

static void put_originators(struct writer *w, const struct mime_fields *f)
{
	static const enum mime_field substitutes[] = { MIME_SENDER, MIME_REPLY_TO };
	struct addr_list from, other;
	parse_addresses(w, f->value[MIME_FROM], &from);
	put_addresses(w, &from);
	for (size_t i = 0; i < COUNT_OF(substitutes); i++) {
		parse_addresses(w, f->value[substitutes[i]], &other);
		bufw_char(w->out, ' ');
		put_addresses(w, other.count ? &other : &from);
	}
}

bool mime_envelope_of(struct arena *scratch, const struct mime_fields *fields, const struct mime_envelope_limits *limits,
                      struct bufw *out)
{
	static const enum mime_field recipients[] = { MIME_TO, MIME_CC, MIME_BCC };
	struct writer w = { scratch, limits, out, true };
	struct addr_list list;
	bufw_char(out, '(');
	put_text(&w, fields->value[MIME_DATE]);
	bufw_char(out, ' ');
	put_text(&w, fields->value[MIME_SUBJECT]);
	bufw_char(out, ' ');
	put_originators(&w, fields);
	for (size_t i = 0; i < COUNT_OF(recipients); i++) {
		parse_addresses(&w, fields->value[recipients[i]], &list);
		bufw_char(out, ' ');
		put_addresses(&w, &list);
	}
	bufw_char(out, ' ');
	put_text(&w, fields->value[MIME_IN_REPLY_TO]);
	bufw_char(out, ' ');
	put_text(&w, fields->value[MIME_MESSAGE_ID]);
	bufw_char(out, ')');
	return w.whole;
}

void mime_envelope_write(struct arena *scratch, struct str header, const struct mime_envelope_limits *limits, struct bufw *out)
{
	struct mime_fields fields;
	mime_fields_find(header, &fields);
	mime_envelope_of(scratch, &fields, limits, out);
}
