/* A message: the tree, the wire forms, the record and its reading back, every section, the texts. */
#include "proto/mime/mime_check.h"
#include "proto/mime/mime_decode.h"
#include "proto/mime/mime_section.h"
#include "proto/mime/mime_summary.h"
#include "proto/mime/mime_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
	if (!good)
		abort();
}

static void check_sections(struct str message, const struct mime_part *parts, uint32_t count)
{
	static const enum mime_section_what kinds[] = {
		MIME_SECTION_ALL, MIME_SECTION_HEADER, MIME_SECTION_TEXT, MIME_SECTION_MIME, MIME_SECTION_FIELDS,
		MIME_SECTION_FIELDS_NOT,
	};
	struct buf out;
	buf_init(&out, message.n * 2 + 64);
	for (uint32_t n = 0; n < 64; n++) {
		for (size_t k = 0; k < COUNT_OF(kinds); k++) {
			struct mime_section s = {
				.what = kinds[k], .number = { n & 3, n >> 2 & 3, n >> 4 }, .field_count = 1,
			};
			struct mime_range r;
			uint32_t part;
			while (s.depth < 3 && s.number[s.depth])
				s.depth++;
			s.fields[0] = STR("Subject");
			if (mime_section_locate(parts, count, &s, &r, &part) != OK)
				continue;
			require(part < count && r.offset <= message.n && r.length <= message.n - r.offset);
			buf_clear(&out);
			require(mime_section_write(message, parts, count, &s, &out) == OK);
		}
	}
	buf_done(&out);
}

static void check_texts(struct arena *a, struct str message, const struct mime_part *parts, uint32_t count)
{
	struct mime_text_iter it;
	struct str text;
	mime_text_start(&it, message, parts, count, MIME_TEXT_ATTACHED, 4096);
	while (mime_text_next(&it, a, &text, NULL))
		require(utf8_valid(text));
}

static bool same_tree(const struct mime_part *a, const struct mime_part *b)
{
	return a->parent == b->parent && a->first_child == b->first_child && a->next == b->next && a->kind == b->kind &&
	       a->encoding == b->encoding && a->header == b->header && a->body == b->body &&
	       a->body_len == b->body_len && a->lines == b->lines && a->flags == b->flags;
}

static void check_message(struct str message, const struct mime_limits *limits)
{
	struct arena a;
	struct mime_tree t;
	struct mime_summary s;
	struct mime_part *parts;
	struct buf record;
	uint32_t count;
	arena_init(&a, (size_t)256 * 1024 * 1024, NULL, NULL);
	buf_init(&record, MIME_SUMMARY_MAX);
	mime_parse(&a, message, limits, &t);
	require(check_parts(t.parts, t.count, message.n));
	require(mime_summary_of(&a, message, &t, &record) == OK);
	require(mime_summary_read(buf_str(&record), &s) == OK);
	require(check_whole_envelope(s.envelope));
	require(s.lost & MIME_LOST_BODY || check_whole_body(s.body, false));
	require(s.lost & MIME_LOST_BODYSTRUCTURE || check_whole_body(s.bodystructure, true));
	require(utf8_valid(s.subject) && utf8_valid(s.base_subject) && utf8_valid(s.preview) && utf8_valid(s.list_id));
	require(utf8_valid(s.from) && utf8_valid(s.to) && utf8_valid(s.cc) && utf8_valid(s.display_from));
	require(utf8_valid(s.sort_from) && utf8_valid(s.sort_to));
	require(mime_summary_parts(&a, &s, &parts, &count) == OK && count == t.count);
	require(check_parts(parts, count, message.n));
	for (uint32_t i = 0; i < count; i++)
		require(same_tree(&parts[i], &t.parts[i]));
	check_sections(message, parts, count);
	check_texts(&a, message, parts, count);
	buf_done(&record);
	arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mime_limits small = { .depth = 3, .parts = 5, .header_bytes = 60, .fields = 3 };
	struct str message = { (const char *)data, size };
	check_message(message, &mime_limits_default);
	check_message(message, &small);
	return 0;
}
