#include "proto/spf/spf_macro.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* What is valid expands, within its bounds; the values are hostile too. A domain-spec is an explain-string as well. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct str text = { (const char *)data, n }, got;
	struct str local = str_first(str_until(&text, '\n'), 64), helo = str_first(str_until(&text, '\n'), 255);
	struct spf_macro_values v = { .local = local,
				      .sender_domain = STR("a.b.example"),
				      .domain = STR("b.example"),
				      .helo = helo,
				      .validated = STR("unknown"),
				      .receiver = STR("r.example"),
				      .now = n };
	v.ip.v6 = n % 2;
	arena_init(&a, 64 << 20, NULL, NULL);
	bool domain = spf_macro_valid(text, SPF_MACRO_DOMAIN), string = spf_macro_valid(text, SPF_MACRO_STRING);
	bool explain = spf_macro_valid(text, SPF_MACRO_EXPLAIN);
	require((!domain || string) && (!string || explain));
	if (domain && spf_macro_expand_domain(&a, text, &v, &got) == OK)
		require(got.n <= SPF_DOMAIN_MAX);
	int r = spf_macro_expand_explanation(&a, text, &v, &got);
	require(r != OK || (explain && got.n <= SPF_EXPLANATION_MAX && str_is_ascii(got) && !str_has_control(got)));
	require(!spf_macro_uses_validated(text) || str_find(text, '%') != STR_NPOS);
	arena_done(&a);
	return 0;
}
