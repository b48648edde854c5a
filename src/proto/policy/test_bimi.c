#include "proto/header/test_suite.h"
#include "proto/policy/bimi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static void records(void **state)
{
	(void)state;
	static const struct {
		struct str txt;
		int want;
		struct str location, authority;
		bool declined;
	} rows[] = {
		{ STR_INIT("v=BIMI1; l=https://e.example/l.svg; a=https://e.example/c.pem"), OK,
		  STR_INIT("https://e.example/l.svg"), STR_INIT("https://e.example/c.pem"), false },
		{ STR_INIT("v=BIMI1; l=https://e.example/l.svg; a="), OK, STR_INIT("https://e.example/l.svg"),
		  STR_INIT(""), false },
		{ STR_INIT("v=BIMI1; l=; a=;"), OK, STR_INIT(""), STR_INIT(""), true },
		{ STR_INIT("v=BIMI1; l=http://e.example/l.svg"), E_SYNTAX, STR_INIT(""), STR_INIT(""), false },
		{ STR_INIT("v=BIMI1; l=https://"), E_SYNTAX, STR_INIT(""), STR_INIT(""), false },
		{ STR_INIT("v=BIMI1"), E_SYNTAX, STR_INIT(""), STR_INIT(""), false },
		{ STR_INIT("v=bimi1; l="), E_SYNTAX, STR_INIT(""), STR_INIT(""), false },
		{ STR_INIT("l=https://e.example/l.svg; v=BIMI1"), E_SYNTAX, STR_INIT(""), STR_INIT(""), false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bimi_record r = { .declined = false };
		assert_int_equal(bimi_record_parse(rows[i].txt, &r), rows[i].want);
		assert_true(str_eq(r.location, rows[i].location) && str_eq(r.authority, rows[i].authority));
		assert_int_equal(r.declined, rows[i].declined);
	}
}

static void written(void **state)
{
	(void)state;
	static const struct { struct str location, authority; const char *want; } rows[] = {
		{ STR_INIT("https://e.example/l.svg"), STR_INIT("https://e.example/c.pem"), "v=BIMI1; l=https://e.example/l.svg; a=https://e.example/c.pem" },
		{ STR_INIT("https://e.example/l.svg"), STR_INIT(""), "v=BIMI1; l=https://e.example/l.svg; a=" },
		{ STR_INIT(""), STR_INIT(""), NULL },
		{ STR_INIT("http://e.example/l.svg"), STR_INIT(""), NULL },
		{ STR_INIT("https://e.example/l.svg"), STR_INIT("c.pem"), NULL },
		{ STR_INIT("https://e.example/l.svg;a=https://x.example/"), STR_INIT(""), NULL },
		{ STR_INIT("https://e.example/\"\nx IN A"), STR_INIT(""), NULL },
		{ STR_INIT("https://e.example/\"l.svg"), STR_INIT(""), NULL },
		{ STR_INIT("https://e.example/\\l.svg"), STR_INIT(""), NULL },
	};
	arena_init(&arena, 1 << 20, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bimi_record r;
		struct str text = STR("");
		assert_int_equal(bimi_record_write(&arena, rows[i].location, rows[i].authority, &text), rows[i].want ? OK : E_SYNTAX);
		if (!rows[i].want)
			continue;
		assert_true(str_eq(text, str_c(rows[i].want)));
		assert_int_equal(bimi_record_parse(text, &r), OK);
		assert_true(str_eq(r.location, rows[i].location) && str_eq(r.authority, rows[i].authority));
	}
	arena_done(&arena);
}

#define SVG(attributes, inside)                                                                                        \
	STR_INIT("<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.2\" baseProfile=\"tiny-ps\"" attributes ">"    \
		 "<title>t</title>" inside "</svg>")

/* A79, A80 */
static void logos(void **state)
{
	(void)state;
	static const struct {
		struct str svg;
		enum bimi_svg want;
	} rows[] = {
		{ SVG("", "<rect width='1' height='1' fill='url(#g)'/>"), BIMI_SVG_OK },
		{ SVG("", "<rect fill='url(http://e.example/x)'/>"), BIMI_SVG_REFERENCE },
		{ SVG("", "<rect style='fill: URL( //127.0.0.1/x)'/>"), BIMI_SVG_REFERENCE },
		{ SVG("", "<rect style='@import \"x\"'/>"), BIMI_SVG_REFERENCE },
		{ SVG("", "<use href='&#x68;ttp://e.example/#a'/>"), BIMI_SVG_REFERENCE },
		{ SVG("", "<rect onload='alert(1)'/>"), BIMI_SVG_INVALID_ELEMENT },
		{ SVG("", "<foreignObject/>"), BIMI_SVG_INVALID_ELEMENT },
		{ SVG("", "<style>x</style>"), BIMI_SVG_INVALID_ELEMENT },
		{ SVG(" y='0'", ""), BIMI_SVG_INVALID_ROOT },
		{ STR_INIT("<svg baseProfile='tiny-ps'><title> </title></svg>"), BIMI_SVG_NO_TITLE },
		{ STR_INIT("<svg baseProfile='tiny-ps'><g><title>t</title></g></svg>"), BIMI_SVG_NO_TITLE },
		{ STR_INIT("<!DOCTYPE svg [<!ENTITY a 'b'>]><svg baseProfile='tiny-ps'><title>&a;</title></svg>"),
		  BIMI_SVG_INVALID_FILE },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		arena_init(&arena, 1 << 20, NULL, NULL);
		assert_int_equal(bimi_svg_check(&arena, rows[i].svg), rows[i].want);
		arena_done(&arena);
	}
	char *big = mem_alloc(BIMI_SVG_MAX + 1);
	assert_int_equal(bimi_svg_check(&arena, (struct str){ big, BIMI_SVG_MAX + 1 }), BIMI_SVG_TOO_BIG);
	mem_free(big);
}

/* All faults, not just the first. */
static void faults(void **state)
{
	(void)state;
	static const struct { struct str svg; unsigned want; } rows[] = {
		{ SVG("", ""), 0 },
		{ STR_INIT("<svg x='0'><script/><use href='http://e.example/'/></svg>"),
		  1U << BIMI_SVG_INVALID_PROFILE | 1U << BIMI_SVG_INVALID_ROOT | 1U << BIMI_SVG_INVALID_ELEMENT | 1U << BIMI_SVG_REFERENCE |
			  1U << BIMI_SVG_NO_TITLE },
		{ STR_INIT("<svg x='0'>"), 1U << BIMI_SVG_INVALID_FILE },
		{ STR_INIT("<html><script/></html>"), 1U << BIMI_SVG_INVALID_FILE },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		arena_init(&arena, 1 << 20, NULL, NULL);
		assert_int_equal(bimi_svg_faults(&arena, rows[i].svg), rows[i].want);
		arena_done(&arena);
	}
}

/* The suite's names of what is wrong. */
static const char *code_of(enum bimi_svg r)
{
	static const char *const codes[] = {
		[BIMI_SVG_OK] = "",
		[BIMI_SVG_INVALID_FILE] = "INVALID_SVG_FILE",
		[BIMI_SVG_INVALID_PROFILE] = "INVALID_BASE_PROFILE",
		[BIMI_SVG_INVALID_ROOT] = "LOGO_INVALID_ROOT_ATTRS",
		[BIMI_SVG_NO_TITLE] = "LOGO_MISSING_TITLE",
		[BIMI_SVG_INVALID_ELEMENT] = "LOGO_INVALID_ELEMENT",
		[BIMI_SVG_REFERENCE] = "LOGO_INCLUDES_REFERENCE",
		[BIMI_SVG_TOO_BIG] = "",
	};
	return codes[r];
}

static void suite(void **state)
{
	(void)state;
	json_t *rows = test_suite_load("bimi/svg-cases.json"), *row;
	size_t i, passed = 0;
	if (!rows)
		skip();
	json_array_foreach(rows, i, row)
	{
		arena_init(&arena, 1 << 20, NULL, NULL);
		enum bimi_svg r = bimi_svg_check(&arena, test_suite_str(json_object_get(row, "svg")));
		struct str want = test_suite_str(json_object_get(row, "code"));
		bool ok = (r == BIMI_SVG_OK) == json_is_true(json_object_get(row, "valid")) &&
			  str_eq(want, str_c(code_of(r)));
		if (!ok)
			fprintf(stderr, "%s: %s\n", json_string_value(json_object_get(row, "name")),
				bimi_svg_reason(r));
		passed += ok;
		arena_done(&arena);
	}
	fprintf(stderr, "svg-cases.json: %zu of %zu\n", passed, json_array_size(rows));
	assert_int_equal(json_array_size(rows), 35);
	assert_int_equal(passed, 35);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(records), cmocka_unit_test(written), cmocka_unit_test(logos), cmocka_unit_test(faults),
					    cmocka_unit_test(suite) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
