#include "proto/header/header.h"

#include "proto/header/base_subject.h"
#include "proto/header/message_id.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool inside(struct str part, struct str whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void check_field(struct arena *a, const struct header_field *f)
{
	struct str value = f->value, id;
	bool reply;
	require(f->name.n && inside(f->name, f->whole) && inside(f->value, f->whole));
	require(str_find(f->name, ':') == STR_NPOS && str_find(f->name, '\n') == STR_NPOS &&
		str_find(f->name, ' ') == STR_NPOS);
	struct str line = header_unfold(a, f->value);
	require(str_find(line, '\n') == STR_NPOS && str_find(line, '\r') == STR_NPOS && line.n <= f->value.n);
	while (message_id_next(&value, &id)) {
		require(id.n && id.n <= MESSAGE_ID_MAX && inside(id, f->value));
		struct str normal = message_id_normalize(a, id);
		require(normal.n <= id.n);
	}
	struct str base = base_subject(a, f->value, &reply);
	require(utf8_valid(base) && !str_has_control(base));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct str message = { (const char *)data, n }, block = message;
	struct header_field f;
	const char *last = block.p;
	arena_init(&a, 64 << 20, NULL, NULL);
	size_t end = header_end(message);
	require(end <= n);
	while (header_next(&block, &f)) {
		require(f.whole.p >= last && inside(f.whole, str_first(message, end)));
		last = f.whole.p + f.whole.n;
		check_field(&a, &f);
	}
	require(block.n == 0 || block.p[0] == '\n' || block.p[0] == '\r');
	arena_done(&a);
	return 0;
}
