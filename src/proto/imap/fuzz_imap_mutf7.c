/* One spelling a name: what decodes encodes to itself, what encodes decodes to itself. */
#include "base/base.h"
#include "proto/imap/imap_mutf7.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena arena;
	struct buf b;
	struct str in = { (const char *)data, n }, out, back;
	arena_init(&arena, 16 * n + 4096, NULL, NULL);
	buf_init(&b, 8 * n + 16);
	if (imap_mutf7_decode(&arena, in, &out) == OK) {
		check(utf8_valid(out));
		check(imap_mutf7_encode(&b, out) == OK && str_eq(buf_str(&b), in));
	}
	buf_clear(&b);
	int r = imap_mutf7_encode(&b, in);
	check((r == OK) == utf8_valid(in));
	if (r == OK && str_find(in, '\0') == STR_NPOS) {
		check(str_is_ascii(buf_str(&b)) && !str_has_control(buf_str(&b)));
		check(imap_mutf7_decode(&arena, buf_str(&b), &back) == OK && str_eq(back, in));
	}
	buf_done(&b);
	arena_done(&arena);
	return 0;
}
