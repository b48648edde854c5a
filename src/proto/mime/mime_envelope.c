#include "proto/mime/mime_envelope.h"

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
	size_t count = list->count < w->limits->addresses ? list->count : w->limits->addresses;
	w->whole = w->whole && count == list->count && !list->truncated;
	if (count == 0) {
		bufw_c(w->out, "NIL");
		return;
	}
	bufw_char(w->out, '(');
	for (size_t i = 0; i < count; i++) {
		const struct addr_item *a = &list->items[i];
		if (a->kind == ADDR_MAILBOX)
			put_address(w, part_of(w, a->name, false), part_of(w, a->route, false),
			            part_of(w, a->local, true), part_of(w, a->domain, true));
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

void mime_addresses_parse(struct arena *a, const struct mime_fields *fields, size_t max, struct mime_addresses *ret)
{
	*ret = (struct mime_addresses){ 0 };
	for (size_t i = MIME_FROM; i <= MIME_BCC; i++)
		if (fields->value[i].p)
			addr_list_parse(a, fields->value[i], max, &ret->of[i]);
}

bool mime_envelope_of(struct arena *scratch, const struct mime_fields *fields, const struct mime_addresses *addresses,
                      const struct mime_envelope_limits *limits, struct bufw *out)
{
	static const enum mime_field originators[] = { MIME_FROM, MIME_SENDER, MIME_REPLY_TO };
	static const enum mime_field recipients[] = { MIME_TO, MIME_CC, MIME_BCC };
	struct writer w = { scratch, limits, out, true };
	bufw_char(out, '(');
	put_text(&w, fields->value[MIME_DATE]);
	bufw_char(out, ' ');
	put_text(&w, fields->value[MIME_SUBJECT]);
	for (size_t i = 0; i < COUNT_OF(originators); i++) {
		const struct addr_list *list = &addresses->of[originators[i]];
		bufw_char(out, ' ');
		put_addresses(&w, list->count ? list : &addresses->of[MIME_FROM]);
	}
	for (size_t i = 0; i < COUNT_OF(recipients); i++) {
		bufw_char(out, ' ');
		put_addresses(&w, &addresses->of[recipients[i]]);
	}
	bufw_char(out, ' ');
	put_text(&w, fields->value[MIME_IN_REPLY_TO]);
	bufw_char(out, ' ');
	put_text(&w, fields->value[MIME_MESSAGE_ID]);
	bufw_char(out, ')');
	return w.whole;
}

void mime_envelope_write(struct arena *scratch, struct str header, const struct mime_envelope_limits *limits,
                         struct bufw *out)
{
	struct mime_fields fields;
	struct mime_addresses addresses;
	mime_fields_find(header, &fields);
	mime_addresses_parse(scratch, &fields, limits->addresses, &addresses);
	(void)mime_envelope_of(scratch, &fields, &addresses, limits, out);
}
