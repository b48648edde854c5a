/* A stored record, changed by anybody: refused, or every view inside it and the part table sound. */
#include "proto/mime/mime_check.h"
#include "proto/mime/mime_section.h"
#include "proto/mime/mime_summary.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct str record, struct str view)
{
	if (view.n && (view.p < record.p || view.p + view.n > record.p + record.n))
		abort();
}

static void check_views(struct str record, const struct mime_summary *s)
{
	inside(record, s->envelope);
	inside(record, s->body);
	inside(record, s->bodystructure);
	inside(record, s->header);
	inside(record, s->preview);
	inside(record, s->to);
	inside(record, s->list_id);
	inside(record, s->parts);
	for (size_t i = 0; i < s->reference_count; i++)
		inside(record, s->references[i]);
	if (s->reference_count > MIME_SUMMARY_REFERENCES || s->header_len > s->size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str record = { (const char *)data, size };
	struct arena a;
	struct mime_summary s;
	struct mime_part *parts;
	uint32_t count;
	if (mime_summary_read(record, &s) != OK)
		return 0;
	check_views(record, &s);
	arena_init(&a, (size_t)64 * 1024 * 1024, NULL, NULL);
	if (mime_summary_parts(&a, &s, &parts, &count) == OK && !check_parts(parts, count, s.size))
		abort();
	arena_done(&a);
	return 0;
}
