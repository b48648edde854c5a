#include "proto/header/charset.h"
#include "proto/header/encoded_word.h"
#include "proto/header/header.h"
#include "proto/header/test_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 512 << 20, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void check(struct str in, struct str want)
{
	struct str got = encoded_word_decode(&arena, in);
	if (!str_eq(got, want))
		fail_msg("<" STR_FMT "> gave <" STR_FMT ">, not <" STR_FMT ">", STR_ARG(in), STR_ARG(got),
			 STR_ARG(want));
}

static void words(void **state)
{
	(void)state;
	static const struct {
		struct str in, want;
	} rows[] = {
		/* RFC 2047 section 8 */
		{ STR_INIT("=?US-ASCII?Q?Keith_Moore?="), STR_INIT("Keith Moore") },
		{ STR_INIT("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?="), STR_INIT("Keld J\xc3\xb8rn Simonsen") },
		{ STR_INIT("(=?ISO-8859-1?Q?a?=)"), STR_INIT("(a)") },
		{ STR_INIT("(=?ISO-8859-1?Q?a?= b)"), STR_INIT("(a b)") },
		{ STR_INIT("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)"), STR_INIT("(ab)") },
		{ STR_INIT("(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)"), STR_INIT("(ab)") },
		{ STR_INIT("(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)"), STR_INIT("(ab)") },
		{ STR_INIT("(=?ISO-8859-1?Q?a_b?=)"), STR_INIT("(a b)") },
		{ STR_INIT("(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)"), STR_INIT("(a b)") },
		/* RFC 2231 section 5 */
		{ STR_INIT("=?US-ASCII*EN?Q?Keith_Moore?="), STR_INIT("Keith Moore") },
		/* a character over two words */
		{ STR_INIT("=?utf-8?Q?=e2=82?= =?UTF-8?Q?=ac?="), STR_INIT("\xe2\x82\xac") },
		{ STR_INIT("=?utf-8?B?4oI=?= =?utf-8?B?rA==?="), STR_INIT("\xe2\x82\xac") },
		{ STR_INIT("=?utf-8?B?4oI=?= =?utf-8?Q?=AC?="), STR_INIT("\xe2\x82\xac") },
		{ STR_INIT("=?iso-2022-jp?B?GyRCJCIbKEI=?="), STR_INIT("\xe3\x81\x82") },
		{ STR_INIT("=?gb18030?B?hDGkNw==?="), STR_INIT("\xef\xbf\xbd") },
		{ STR_INIT("=?x-nowhere?Q?gr=FC=DFe?="), STR_INIT("gr\xc3\xbc\xc3\x9f"
								  "e") },
		{ STR_INIT("=?x-nowhere?Q?gr=C3=BC?="), STR_INIT("gr\xc3\xbc") },
		/* raw bytes */
		{ STR_INIT("gr\xfc\xdf"
			   "e"),
		  STR_INIT("gr\xc3\xbc\xc3\x9f"
			   "e") },
		{ STR_INIT("gr\xc3\xbc"), STR_INIT("gr\xc3\xbc") },
		{ STR_INIT("=?utf-8?Q?a=F0=9F?="), STR_INIT("a\xef\xbf\xbd\xef\xbf\xbd") }, /* A58 */
		/* control bytes by the back door */
		{ STR_INIT("=?utf-8?Q?a=0D=0ABcc:_x=00?="), STR_INIT("a  Bcc: x") },
		{ STR_INIT("=?utf-8?B?YQ0KYg==?="), STR_INIT("a  b") },
		/* not quite */
		{ STR_INIT("=?utf-8?X?a?="), STR_INIT("=?utf-8?X?a?=") },
		{ STR_INIT("=?utf-8?Q?a"), STR_INIT("=?utf-8?Q?a") },
		{ STR_INIT("=?utf-8?Q?=4?="), STR_INIT("=4") },
		{ STR_INIT("=??Q?a?="), STR_INIT("=??Q?a?=") },
		{ STR_INIT("a =?utf-8?Q?b?= c"), STR_INIT("a b c") },
		{ STR_INIT("a\r\n\tb  c"), STR_INIT("a b  c") },
		{ STR_INIT(""), STR_INIT("") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(rows[i].in, rows[i].want);
}

static void charsets(void **state)
{
	(void)state;
	static const struct {
		struct str name, bytes, want;
		bool unknown;
	} rows[] = {
		{ STR_INIT("utf-8"), STR_INIT("\xc3\xa9\xff"), STR_INIT("\xc3\xa9\xef\xbf\xbd"), false },
		{ STR_INIT("US-ASCII"), STR_INIT("abc"), STR_INIT("abc"), false },
		{ STR_INIT("iso-8859-1"), STR_INIT("\x80\xe9"), STR_INIT("\xe2\x82\xac\xc3\xa9"), false },
		{ STR_INIT("KOI8-R"), STR_INIT("\xd0\xd2"), STR_INIT("\xd0\xbf\xd1\x80"), false },
		{ STR_INIT("Shift_JIS"), STR_INIT("\x82\xa0"), STR_INIT("\xe3\x81\x82"), false },
		{ STR_INIT("utf-16be"), STR_INIT("\xd8\x3d\xde\x00"), STR_INIT("\xf0\x9f\x98\x80"), false },
		{ STR_INIT("utf-16be"), STR_INIT("\xd8\x3d"), STR_INIT("\xef\xbf\xbd"), false },
		{ STR_INIT("nonsense"), STR_INIT("\xe9"), STR_INIT("\xc3\xa9"), true },
		{ STR_INIT("../../etc/passwd"), STR_INIT("\xe9"), STR_INIT("\xc3\xa9"), true },
		{ STR_INIT("ibm-37,swaplfnl"), STR_INIT("a"), STR_INIT("a"), true },
		{ STR_INIT(""), STR_INIT("\xc3\xa9"), STR_INIT("\xc3\xa9"), true },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool unknown;
		struct str got = charset_to_utf8(&arena, rows[i].name, rows[i].bytes, &unknown);
		assert_true(str_eq(got, rows[i].want));
		assert_int_equal(unknown, rows[i].unknown);
	}
}

/* A surrogate pair that falls across two rounds of conversion. */
static void pair_over_chunks(void **state)
{
	(void)state;
	for (size_t lead = 505; lead < 520; lead++) {
		char bytes[2 * 520 + 4] = { 0 };
		for (size_t i = 0; i < lead; i++)
			bytes[2 * i + 1] = 'a';
		memcpy(bytes + 2 * lead, "\xd8\x3d\xde\x00", 4);
		struct str got = charset_to_utf8(&arena, STR("utf-16be"), (struct str){ bytes, 2 * lead + 4 }, NULL);
		assert_int_equal(got.n, lead + 4);
		assert_memory_equal(got.p + lead, "\xf0\x9f\x98\x80", 4);
	}
}

static void cache_is_bounded(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++)
		for (int part = 1; part <= 15; part++) {
			struct str name = arena_printf(&arena, "iso-8859-%d", part);
			assert_true(str_eq(charset_to_utf8(&arena, name, STR("abc"), NULL), STR("abc")));
		}
	charset_thread_done();
	assert_true(charset_known(STR("koi8-r")));
	charset_thread_done();
}

/* A55 */
static void floods(void **state)
{
	(void)state;
	static const char *const units[] = {
		"=?", "=?a?q?", "=?utf-8?q?a?= ", "?=", "=?utf-8?q?=C3?=", "\xff", "=?x?b?YQ==?=", " ", "=?a?q? "
	};
	enum { SIZE = 256 << 10 };
	char *text = mem_alloc(SIZE);
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		size_t n = 0, unit = strlen(units[i]);
		for (; n + unit <= SIZE; n += unit)
			memcpy(text + n, units[i], unit);
		struct arena a;
		arena_init(&a, 256 << 20, NULL, NULL);
		assert_true(utf8_valid(encoded_word_decode(&a, (struct str){ text, n })));
		arena_done(&a);
	}
	mem_free(text);
}

/* The suite puts a space in front of an encoded word that is glued to text; we keep what was written. */
static bool told_otherwise(struct str header)
{
	return str_starts(header, STR("[SUSPECTED SPAM]=?")) || str_starts(header, STR("Some text =?utf-8?Q?"));
}

/* The suite also collapses white space around folding. */
static struct str one_space(struct str s)
{
	struct str text = arena_dup(&arena, s);
	char *p = (char *)(uintptr_t)text.p;
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++)
		if (p[i] != ' ' || n == 0 || p[n - 1] != ' ')
			p[n++] = p[i];
	return (struct str){ p, n };
}

static void suite(void **state)
{
	(void)state;
	json_t *rows = test_suite_load("mime-mail-parser/unstructured.json"), *row;
	if (!rows)
		skip();
	size_t i, told = 0;
	json_array_foreach(rows, i, row)
	{
		struct str header = test_suite_str(json_object_get(row, "header"));
		struct str block = arena_printf(&arena, "Subject:" STR_FMT, STR_ARG(header));
		struct header_field f;
		if (told_otherwise(header) || !header_next(&block, &f))
			continue;
		struct str want = test_suite_str(json_object_get(row, "expected"));
		assert_true(str_eq(one_space(encoded_word_decode(&arena, f.value)), one_space(want)));
		told++;
	}
	assert_int_equal(told, 26);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(words, setup, teardown),
		cmocka_unit_test_setup_teardown(charsets, setup, teardown),
		cmocka_unit_test_setup_teardown(pair_over_chunks, setup, teardown),
		cmocka_unit_test_setup_teardown(cache_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(floods, setup, teardown),
		cmocka_unit_test_setup_teardown(suite, setup, teardown),
	};
	charset_init();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	charset_thread_done();
	return failed;
}
