/* Whatever the bytes: a summary that its own reader accepts, for exactly this message. */
#include "role/scan/scan_message.h"

#include "proto/mime/mime_summary.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct buf out;
	struct scan_result r;
	struct mime_summary s;
	arena_init(&a, SCAN_ARENA, NULL, NULL);
	buf_init(&out, MIME_SUMMARY_MAX);
	if (scan_message(&a, (struct str){ (const char *)data, n }, &out, &r) != OK)
		abort();
	if (mime_summary_read(r.summary, &s) != OK || s.size != n)
		abort();
	struct reader from = reader_of(r.from);
	while (from.err == OK && from.rest.n)
		if (str_has_control(read_str(&from, 320)))
			abort();
	if (reader_end(&from) != OK)
		abort();
	arena_done(&a);
	buf_done(&out);
	return 0;
}
