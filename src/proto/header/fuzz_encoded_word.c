#include "proto/header/charset.h"
#include "proto/header/encoded_word.h"

#include <stdlib.h>

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Always one line of valid UTF-8, bounded by the input. The first byte cuts off a charset name for the converter alone.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	if (n == 0)
		return 0;
	struct str rest = { (const char *)data + 1, n - 1 };
	arena_init(&a, 64 << 20, NULL, NULL);
	struct str text = encoded_word_decode(&a, rest);
	require(utf8_valid(text) && !str_has_control(text));
	require(text.n <= CHARSET_GROWTH * n + 16);
	struct str charset = str_take_n(&rest, data[0] % 24u);
	struct str converted = charset_to_utf8(&a, charset, rest, NULL);
	require(utf8_valid(converted) && converted.n <= CHARSET_GROWTH * rest.n + 16);
	arena_done(&a);
	return 0;
}
