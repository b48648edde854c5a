#include "proto/header/charset.h"

#include "proto/header/header_text.h"

#include <unicode/ucnv.h>
#include <unicode/udata.h>

enum { NAME_MAX_LEN = 63, CACHE_SIZE = 8, PIVOT = 512 };

/* The most recently used converter stands first. */
struct cached {
	char name[NAME_MAX_LEN + 1];
	UConverter *converter;
};
static _Thread_local struct cached cache[CACHE_SIZE];

void charset_init(void)
{
	UErrorCode err = U_ZERO_ERROR;
	udata_setFileAccess(UDATA_NO_FILES, &err);
}

void charset_thread_done(void)
{
	for (size_t i = 0; i < CACHE_SIZE; i++) {
		if (cache[i].converter)
			ucnv_close(cache[i].converter);
		cache[i] = (struct cached){ 0 };
	}
}

/* ICU takes options behind a comma, and looks for files by names it does not know: only plain names reach it. */
static bool plain_name(struct str name, char out[NAME_MAX_LEN + 1])
{
	for (size_t i = 0; i < name.n; i++)
		if (!ascii_is_alnum(name.p[i]) && !strchr("-_.:+()", name.p[i] ? name.p[i] : ','))
			return false;
	if (name.n == 0 || str_to_c(name, out, NAME_MAX_LEN + 1) != OK)
		return false;
	for (size_t i = 0; i < name.n; i++)
		out[i] = ascii_lower(out[i]);
	return true;
}

static void move_to_front(size_t at, struct cached c)
{
	memmove(&cache[1], &cache[0], at * sizeof cache[0]);
	cache[0] = c;
}

/* NULL for an unknown name. Belongs to the cache. */
static UConverter *converter_of(struct str charset)
{
	struct cached c = { 0 };
	UErrorCode err = U_ZERO_ERROR;
	if (!plain_name(charset, c.name))
		return NULL;
	for (size_t i = 0; i < CACHE_SIZE; i++)
		if (cache[i].converter && strcmp(cache[i].name, c.name) == 0) {
			move_to_front(i, cache[i]);
			return cache[0].converter;
		}
	c.converter = ucnv_open(c.name, &err);
	if (U_FAILURE(err))
		return NULL;
	if (cache[CACHE_SIZE - 1].converter)
		ucnv_close(cache[CACHE_SIZE - 1].converter);
	move_to_front(CACHE_SIZE - 1, c);
	return c.converter;
}

/* UTF-16 units to the text. A pair may be cut at the end of a chunk: its first half waits in *high. */
static void put_utf16(struct header_text *out, const UChar *p, const UChar *end, UChar *high)
{
	for (; p < end; p++) {
		if (*high && U16_IS_TRAIL(*p)) {
			header_text_code_point(out, (uint32_t)U16_GET_SUPPLEMENTARY(*high, *p));
			*high = 0;
			continue;
		}
		if (*high)
			header_text_code_point(out, 0xfffd);
		*high = U16_IS_LEAD(*p) ? *p : 0;
		if (!*high)
			header_text_code_point(out, U16_IS_SURROGATE(*p) ? 0xfffd : *p);
	}
}

static struct str convert(struct arena *a, UConverter *converter, struct str bytes)
{
	struct header_text out = { .a = a };
	const char *from = bytes.p, *end = bytes.p + bytes.n;
	UChar high = 0;
	UErrorCode err;
	ucnv_reset(converter);
	do {
		UChar pivot[PIVOT], *to = pivot;
		err = U_ZERO_ERROR;
		ucnv_toUnicode(converter, &to, pivot + PIVOT, &from, end, NULL, true, &err);
		put_utf16(&out, pivot, to, &high);
	} while (err == U_BUFFER_OVERFLOW_ERROR);
	if (high || U_FAILURE(err))
		header_text_code_point(&out, 0xfffd);
	return header_text_view(&out);
}

struct str charset_repair_utf8(struct arena *a, struct str bytes)
{
	if (utf8_valid(bytes))
		return bytes;
	struct header_text out = { .a = a };
	while (bytes.n)
		header_text_code_point(&out, utf8_take(&bytes));
	return header_text_view(&out);
}

static bool is_utf8_name(struct str charset)
{
	return str_ieq(charset, STR("utf-8")) || str_ieq(charset, STR("us-ascii")) || str_ieq(charset, STR("utf8")) ||
	       str_ieq(charset, STR("ascii"));
}

bool charset_known(struct str charset) { return is_utf8_name(charset) || converter_of(charset); }

/* HTML's rule, and every mail reader's: what says Latin-1 is windows-1252. */
static struct str effective_name(struct str charset)
{
	return str_ieq(charset, STR("iso-8859-1")) ? STR("windows-1252") : charset;
}

struct str charset_to_utf8(struct arena *a, struct str charset, struct str bytes, bool *ret_unknown)
{
	bool is_utf8 = is_utf8_name(charset);
	UConverter *converter = is_utf8 ? NULL : converter_of(effective_name(charset));
	bool unknown = !is_utf8 && !converter;
	if (ret_unknown)
		*ret_unknown = unknown;
	if (bytes.n == 0)
		return STR("");
	if (is_utf8 || (unknown && utf8_valid(bytes)))
		return charset_repair_utf8(a, bytes);
	if (unknown)
		converter = converter_of(STR("windows-1252"));
	return converter ? convert(a, converter, bytes) : charset_repair_utf8(a, bytes);
}
