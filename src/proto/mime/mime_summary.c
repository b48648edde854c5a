#include "proto/mime/mime_summary.h"

#include "proto/header/base_subject.h"
#include "proto/header/charset.h"
#include "proto/header/date.h"
#include "proto/header/encoded_word.h"
#include "proto/header/header.h"
#include "proto/header/header_text.h"
#include "proto/header/message_id.h"
#include "proto/mime/mime_bodystructure.h"
#include "proto/mime/mime_envelope.h"
#include "proto/mime/mime_part_table.h"
#include "proto/mime/mime_text.h"

/* The strings of a record in their order, and the most that each may be long. */
static const struct { size_t offset, max; } strings[] = {
	{ offsetof(struct mime_summary, envelope), MIME_SUMMARY_ENVELOPE },
	{ offsetof(struct mime_summary, body), MIME_SUMMARY_MAX },
	{ offsetof(struct mime_summary, bodystructure), MIME_SUMMARY_MAX },
	{ offsetof(struct mime_summary, header), MIME_SUMMARY_HEADER },
	{ offsetof(struct mime_summary, preview), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, message_id), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, in_reply_to), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, subject), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, base_subject), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, from), MIME_SUMMARY_RECIPIENTS },
	{ offsetof(struct mime_summary, to), MIME_SUMMARY_RECIPIENTS },
	{ offsetof(struct mime_summary, cc), MIME_SUMMARY_RECIPIENTS },
	{ offsetof(struct mime_summary, bcc), MIME_SUMMARY_RECIPIENTS },
	{ offsetof(struct mime_summary, sort_from), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, sort_to), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, sort_cc), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, display_from), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, display_to), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, list_id), MIME_SUMMARY_TEXT },
	{ offsetof(struct mime_summary, parts), MIME_SUMMARY_MAX },
};

static struct str *string_of(struct mime_summary *s, size_t i)
{
	return (void *)((char *)s + strings[i].offset);
}

static uint64_t zigzag(int64_t v) { return (uint64_t)v << 1 ^ (uint64_t)(v >> 63); }
static int64_t unzigzag(uint64_t v) { return (int64_t)(v >> 1 ^ (0 - (v & 1))); }

enum { BIT_DATE = 1 << 0, BIT_REPLY = 1 << 1 };

static void write_record(struct mime_summary *s, struct bufw *w)
{
	write_u8(w, MIME_SUMMARY_VERSION);
	write_varint(w, s->size);
	write_varint(w, s->header_len);
	write_varint(w, s->lines);
	write_varint(w, s->flags);
	write_varint(w, s->lost);
	write_u8(w, (uint8_t)((s->has_date ? BIT_DATE : 0) | (s->is_reply ? BIT_REPLY : 0)));
	write_varint(w, zigzag(s->date));
	write_varint(w, zigzag(s->zone_minutes));
	for (size_t i = 0; i < COUNT_OF(strings); i++)
		write_str(w, *string_of(s, i));
	write_varint(w, s->reference_count);
	for (size_t i = 0; i < s->reference_count; i++)
		write_str(w, s->references[i]);
}

/* Upper bound of what write_record writes. */
static size_t record_size(struct mime_summary *s)
{
	enum { NUMBERS = 80, LENGTH = 5 };
	size_t total = NUMBERS;
	for (size_t i = 0; i < COUNT_OF(strings); i++)
		total += LENGTH + string_of(s, i)->n;
	for (size_t i = 0; i < s->reference_count; i++)
		total += LENGTH + s->references[i].n;
	return total;
}

/* What is left without these is smaller than MIME_SUMMARY_MAX in any case. */
static void shed(struct mime_summary *s)
{
	const struct { struct str *what; unsigned mark; } optional[] = {
		{ &s->header, MIME_LOST_HEADER }, { &s->body, MIME_LOST_BODY },
		{ &s->bodystructure, MIME_LOST_BODYSTRUCTURE }, { &s->parts, MIME_LOST_PARTS },
		{ &s->to, MIME_LOST_TEXTS }, { &s->cc, MIME_LOST_TEXTS }, { &s->bcc, MIME_LOST_TEXTS },
	};
	while (record_size(s) > MIME_SUMMARY_MAX) {
		size_t largest = 0;
		for (size_t i = 1; i < COUNT_OF(optional); i++)
			if (optional[i].what->n > optional[largest].what->n)
				largest = i;
		*optional[largest].what = STR("");
		s->lost |= optional[largest].mark;
	}
}

struct builder {
	struct arena *a;
	struct str message;
	const struct mime_tree *tree;
	struct mime_fields fields;
	struct mime_addresses addresses;
	struct mime_summary s;
	struct buf wire;                /* envelope, body and bodystructure, one behind the other */
	size_t envelope, body, bodystructure;
};

static struct str cut_text(struct builder *b, struct str s, size_t max)
{
	if (s.n > max)
		b->s.lost |= MIME_LOST_TEXTS;
	return s.n ? utf8_first(s, max) : STR("");
}

static void build_envelope(struct builder *b)
{
	static const struct mime_envelope_limits smaller[] = { { 100, 500 }, { 10, 60 } };
	struct bufw w = { &b->wire, OK };
	if (!mime_envelope_of(b->a, &b->fields, &b->addresses, &mime_envelope_limits_default, &w))
		b->s.lost |= MIME_LOST_ENVELOPE;
	for (size_t i = 0; (w.err != OK || b->wire.n > MIME_SUMMARY_ENVELOPE) && i < COUNT_OF(smaller); i++) {
		b->s.lost |= MIME_LOST_ENVELOPE;
		buf_clear(&b->wire);
		w.err = OK;
		(void)mime_envelope_of(b->a, &b->fields, &b->addresses, &smaller[i], &w);
	}
	b->envelope = b->wire.n;
}

/* Length of the wire form that was appended; 0 and marked lost when it is too long. */
static size_t build_structure(struct builder *b, enum mime_bodystructure_form form, unsigned mark)
{
	size_t start = b->wire.n;
	struct bufw w = { &b->wire, OK };
	mime_bodystructure_write(b->a, b->message, b->tree, form, &w);
	if (w.err == OK && b->wire.n - start <= MIME_SUMMARY_MAX)
		return b->wire.n - start;
	b->wire.n = start;
	b->s.lost |= mark;
	return 0;
}

static void build_parts(struct builder *b)
{
	struct buf table;
	buf_init(&table, MIME_SUMMARY_MAX);
	struct bufw w = { &table, b->tree->count > MIME_PART_TABLE_ROWS ? E_TOOBIG : OK };
	mime_part_table_write(b->tree->parts, b->tree->count, &w);
	if (w.err == OK)
		b->s.parts = arena_dup(b->a, buf_str(&table));
	else
		b->s.lost |= MIME_LOST_PARTS;
	buf_done(&table);
}

static void put_address(struct header_text *t, struct str name, const struct addr_item *item)
{
	if (name.n) {
		header_text_str(t, name);
		header_text_str(t, STR(" <"));
	}
	header_text_str(t, item->local);
	if (item->domain.n) {
		header_text_char(t, '@');
		header_text_str(t, item->domain);
	}
	if (name.n)
		header_text_char(t, '>');
}

struct address_texts { struct str all, sort, display; };

static struct str address_text(struct arena *a, struct str name, const struct addr_item *item)
{
	struct header_text t = { .a = a };
	put_address(&t, name, item);
	return header_text_view(&t);
}

/* An address list as text for people. Raw 8-bit local parts and domains become valid UTF-8. */
static void build_addresses(struct builder *b, enum mime_field field, struct address_texts *ret)
{
	*ret = (struct address_texts){ STR(""), STR(""), STR("") };
	const struct addr_list *list = &b->addresses.of[field];
	struct header_text all = { .a = b->a };
	bool first = true;
	for (size_t i = 0; i < list->count && all.n <= MIME_SUMMARY_RECIPIENTS; i++) {
		struct addr_item item = list->items[i];
		if (i == 0 && item.kind == ADDR_GROUP_START)      /* its name stands where a mailbox would (RFC 9051, env-address) */
			ret->sort = ret->display = cut_text(b, encoded_word_decode(b->a, item.name), MIME_SUMMARY_TEXT);
		if (item.kind != ADDR_MAILBOX)
			continue;
		item.local = charset_repair_utf8(b->a, item.local);
		item.domain = charset_repair_utf8(b->a, item.domain);
		struct str name = item.name.n ? encoded_word_decode(b->a, item.name) : STR("");
		if (i == 0) {
			ret->sort = cut_text(b, item.local, MIME_SUMMARY_TEXT);
			ret->display = cut_text(b, name.n ? name : address_text(b->a, name, &item), MIME_SUMMARY_TEXT);
		}
		if (!first)
			header_text_str(&all, STR(", "));
		put_address(&all, name, &item);
		first = false;
	}
	if (list->truncated)
		b->s.lost |= MIME_LOST_TEXTS;
	ret->all = cut_text(b, header_text_view(&all), MIME_SUMMARY_RECIPIENTS);
}

static void build_texts(struct builder *b)
{
	struct address_texts from, to, cc, bcc;
	build_addresses(b, MIME_FROM, &from);
	build_addresses(b, MIME_TO, &to);
	build_addresses(b, MIME_CC, &cc);
	build_addresses(b, MIME_BCC, &bcc);
	struct mime_summary *s = &b->s;
	s->from = from.all;
	s->to = to.all;
	s->cc = cc.all;
	s->bcc = bcc.all;
	s->sort_from = from.sort;
	s->sort_to = to.sort;
	s->sort_cc = cc.sort;
	s->display_from = from.display;
	s->display_to = to.display;
	struct str subject = b->fields.value[MIME_SUBJECT];
	if (subject.p) {
		s->subject = cut_text(b, encoded_word_decode(b->a, subject), MIME_SUMMARY_TEXT);
		s->base_subject = cut_text(b, base_subject_of_utf8(b->a, s->subject, &s->is_reply), MIME_SUMMARY_TEXT);
	}
	s->preview = mime_preview(b->a, b->message, b->tree->parts, b->tree->count);
}

static struct str normal_id(struct builder *b, struct str id)
{
	return cut_text(b, message_id_normalize(b->a, id), MIME_SUMMARY_TEXT);
}

static void build_references(struct builder *b)
{
	struct str ring[MIME_SUMMARY_REFERENCES], rest = b->fields.value[MIME_REFERENCES], id;
	size_t seen = 0;
	while (rest.n && message_id_next(&rest, &id))
		ring[seen++ % MIME_SUMMARY_REFERENCES] = id;
	size_t count = seen < MIME_SUMMARY_REFERENCES ? seen : MIME_SUMMARY_REFERENCES;
	if (count < seen)
		b->s.lost |= MIME_LOST_REFERENCES;
	for (size_t i = 0; i < count; i++)
		b->s.references[i] = normal_id(b, ring[(seen - count + i) % MIME_SUMMARY_REFERENCES]);
	b->s.reference_count = count;
}

static void build_ids(struct builder *b)
{
	struct str id, rest = b->fields.value[MIME_IN_REPLY_TO], list = b->fields.value[MIME_LIST_ID];
	struct date date;
	if (b->fields.value[MIME_MESSAGE_ID].p && message_id_first(b->fields.value[MIME_MESSAGE_ID], &id))
		b->s.message_id = normal_id(b, id);
	if (rest.p && message_id_next(&rest, &id))
		b->s.in_reply_to = normal_id(b, id);
	if (list.p) {
		enum { GROWTH = 3 };            /* of a byte that is made valid UTF-8 */
		struct str text = header_unfold(b->a, list);
		text = cut_text(b, message_id_next(&list, &id) ? id : text, MIME_SUMMARY_TEXT / GROWTH);
		b->s.list_id = charset_repair_utf8(b->a, text);
	}
	build_references(b);
	if (b->fields.value[MIME_DATE].p && date_parse(b->fields.value[MIME_DATE], &date) == OK) {
		b->s.has_date = true;
		b->s.date = date.unix_seconds;
		b->s.zone_minutes = date.zone_minutes;
	}
}

/* Views of b->wire: it does not change any more. */
static void set_wire_views(struct builder *b)
{
	struct str all = buf_str(&b->wire);
	b->s.envelope = str_take_n(&all, b->envelope);
	b->s.body = str_take_n(&all, b->body);
	b->s.bodystructure = str_take_n(&all, b->bodystructure);
}

int mime_summary_of(struct arena *scratch, struct str message, const struct mime_tree *tree, struct buf *out)
{
	const struct mime_part *top = &tree->parts[0];
	struct builder b = { .a = scratch, .message = message, .tree = tree };
	struct str header = mime_part_header(message, top);
	buf_init(&b.wire, 4 * MIME_SUMMARY_MAX);
	mime_fields_find(header, &b.fields);
	mime_addresses_parse(scratch, &b.fields, mime_envelope_limits_default.addresses, &b.addresses);
	b.s.size = message.n;
	b.s.header_len = top->header_len;
	b.s.lines = tree->lines;
	b.s.flags = tree->flags;
	if (header.n <= MIME_SUMMARY_HEADER)
		b.s.header = header;
	else
		b.s.lost |= MIME_LOST_HEADER;
	build_envelope(&b);
	b.body = build_structure(&b, MIME_BODY, MIME_LOST_BODY);
	b.bodystructure = build_structure(&b, MIME_BODYSTRUCTURE, MIME_LOST_BODYSTRUCTURE);
	set_wire_views(&b);
	build_parts(&b);
	build_texts(&b);
	build_ids(&b);
	shed(&b.s);
	int r = buf_reserve(out, record_size(&b.s));
	if (r == OK) {
		struct bufw w = { out, OK };
		write_record(&b.s, &w);
		r = w.err;
	}
	buf_done(&b.wire);
	return r;
}

int mime_summary_build(struct arena *scratch, struct str message, const struct mime_limits *limits, struct buf *out)
{
	struct mime_tree tree;
	mime_parse(scratch, message, limits, &tree);
	return mime_summary_of(scratch, message, &tree, out);
}

static int read_numbers(struct reader *r, struct mime_summary *s)
{
	s->size = read_varint(r);
	s->header_len = read_varint(r);
	s->lines = read_varint(r);
	s->flags = (unsigned)read_varint(r);
	s->lost = (unsigned)read_varint(r);
	uint8_t bits = read_u8(r);
	s->has_date = bits & BIT_DATE;
	s->is_reply = bits & BIT_REPLY;
	s->date = unzigzag(read_varint(r));
	int64_t zone = unzigzag(read_varint(r));
	s->zone_minutes = (int)zone;
	bool sane = s->header_len <= s->size && s->lines <= s->size && zone > -100 * 60 && zone < 100 * 60;
	return r->err == OK && sane ? OK : E_PROTO;
}

int mime_summary_read(struct str record, struct mime_summary *ret)
{
	struct reader r = reader_of(record);
	struct mime_summary s = { 0 };
	uint8_t version = read_u8(&r);
	if (r.err == OK && version != MIME_SUMMARY_VERSION)
		return E_UNSUPPORTED;
	if (read_numbers(&r, &s) != OK)
		return E_PROTO;
	for (size_t i = 0; i < COUNT_OF(strings); i++)
		*string_of(&s, i) = read_str(&r, strings[i].max);
	uint64_t count = read_varint(&r);
	if (r.err != OK || count > MIME_SUMMARY_REFERENCES)
		return E_PROTO;
	for (s.reference_count = 0; s.reference_count < count; s.reference_count++)
		s.references[s.reference_count] = read_str(&r, MIME_SUMMARY_TEXT);
	if (reader_end(&r) != OK)
		return E_PROTO;
	*ret = s;
	return OK;
}

int mime_summary_parts(struct arena *a, const struct mime_summary *summary, struct mime_part **ret, uint32_t *ret_count)
{
	if (summary->parts.n == 0)
		return E_NOTFOUND;
	return mime_part_table_read(a, summary->parts, summary->size, ret, ret_count);
}
