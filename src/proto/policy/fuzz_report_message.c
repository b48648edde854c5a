/* Whatever the bytes: a kept report is small, valid UTF-8 and has no control byte; packed bytes never grow past the limit. First byte: as a
 * whole mail, or as packed bytes. */
#include "proto/policy/report_message.h"

#include "proto/policy/report_unpack.h"

#include <setjmp.h>
#include <stdlib.h>

enum { MEMORY = 64 << 20, LIMIT = 1 << 20 };

static void full(void *ctx) { longjmp(*(jmp_buf *)ctx, 1); }

static void as_mail(struct str message)
{
	struct report_message r;
	struct arena a;
	jmp_buf stop;
	arena_init(&a, MEMORY, full, &stop);
	if (setjmp(stop) == 0 && report_message_read(&a, message, &r) == OK)
		if (r.json.n > REPORT_JSON_MAX || str_has_control(r.json) || !utf8_valid(r.json) || str_has_control(r.org) || str_has_control(r.domain))
			abort();
	arena_done(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf out;
	if (n == 0)
		return 0;
	struct str rest = { (const char *)data + 1, n - 1 };
	if (data[0] & 1) {
		as_mail(rest);
		return 0;
	}
	buf_init(&out, LIMIT);
	if (report_unpack(rest, &out) == OK && out.n > LIMIT)
		abort();
	buf_done(&out);
	return 0;
}
