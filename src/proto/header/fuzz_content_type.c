#include "proto/header/content_type.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check(struct arena *a, const struct content_type *ct, size_t n)
{
	struct str value;
	require(ct->count <= CONTENT_PARAMS_MAX && ct->type.n + ct->subtype.n <= n);
	for (size_t i = 0; i < ct->count; i++)
		require(ct->params[i].name.n && ct->params[i].name.n + ct->params[i].value.n <= n);
	if (content_param_text(a, ct, STR("name"), &value))
		require(utf8_valid(value) && !str_has_control(value));
	if (content_param_find(a, ct, STR("boundary"), &value))
		require(value.n <= 6 * n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct content_type ct;
	struct str s = { (const char *)data, n };
	arena_init(&a, 64 << 20, NULL, NULL);
	content_type_parse(&a, s, &ct);
	check(&a, &ct, n);
	content_disposition_parse(&a, s, &ct);
	check(&a, &ct, n);
	arena_done(&a);
	return 0;
}
