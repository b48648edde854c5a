#include "proto/mime/mime_check.h"
#include "proto/mime/mime_section.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MIB ((size_t)1024 * 1024)

static const struct { const char *text; int result; enum mime_section_what what; size_t depth, fields; } syntax[] = {
	{ "", OK, MIME_SECTION_ALL, 0, 0 },
	{ "1", OK, MIME_SECTION_ALL, 1, 0 },
	{ "1.2.3", OK, MIME_SECTION_ALL, 3, 0 },
	{ "4294967295", OK, MIME_SECTION_ALL, 1, 0 },
	{ "HEADER", OK, MIME_SECTION_HEADER, 0, 0 },
	{ "text", OK, MIME_SECTION_TEXT, 0, 0 },
	{ "1.mime", OK, MIME_SECTION_MIME, 1, 0 },
	{ "2.HEADER", OK, MIME_SECTION_HEADER, 1, 0 },
	{ "HEADER.FIELDS (From)", OK, MIME_SECTION_FIELDS, 0, 1 },
	{ "2.1.header.fields.not (a \"b c\" d)", OK, MIME_SECTION_FIELDS_NOT, 2, 3 },
	{ "MIME", E_SYNTAX, 0, 0, 0 },
	{ "0", E_SYNTAX, 0, 0, 0 },
	{ "1.", E_SYNTAX, 0, 0, 0 },
	{ ".1", E_SYNTAX, 0, 0, 0 },
	{ "1..2", E_SYNTAX, 0, 0, 0 },
	{ "1TEXT", E_SYNTAX, 0, 0, 0 },
	{ "4294967296", E_TOOBIG, 0, 0, 0 },
	{ "TEXT.1", E_SYNTAX, 0, 0, 0 },
	{ "HEADERS", E_SYNTAX, 0, 0, 0 },
	{ "HEADER.FIELDS", E_SYNTAX, 0, 0, 0 },
	{ "HEADER.FIELDS ()", E_SYNTAX, 0, 0, 0 },
	{ "HEADER.FIELDS (a", E_SYNTAX, 0, 0, 0 },
	{ "HEADER.FIELDS (a )", E_SYNTAX, 0, 0, 0 },
	{ "HEADER.FIELDS (a) x", E_SYNTAX, 0, 0, 0 },
	{ "HEADER.FIELDS (\"a)", E_SYNTAX, 0, 0, 0 },
	{ "1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
	  E_TOOBIG, 0, 0, 0 },
};

static void syntax_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(syntax); i++) {
		struct mime_section s;
		int r = mime_section_parse(str_c(syntax[i].text), &s);
		if (r != syntax[i].result)
			print_message("%s: %s\n", syntax[i].text, err_name(r));
		assert_int_equal(r, syntax[i].result);
		if (r != OK)
			continue;
		assert_int_equal(s.what, syntax[i].what);
		assert_int_equal(s.depth, syntax[i].depth);
		assert_int_equal(s.field_count, syntax[i].fields);
	}
}

/* The tree of RFC 3501 section 6.4.5: HEADER, 1 TEXT/PLAIN, 2 APPLICATION/OCTET-STREAM, 3 MESSAGE/RFC822 with 3.1 and 3.2,
 * 4 MULTIPART/MIXED with 4.1 IMAGE/GIF and 4.2 MESSAGE/RFC822 with 4.2.1 and 4.2.2 (MULTIPART/ALTERNATIVE 4.2.2.1, 4.2.2.2). */
static const char rfc3501[] =
	"Subject: top\r\nFrom: a@b\r\nContent-Type: multipart/mixed; boundary=A\r\n\r\n"
	"--A\r\n\r\none\r\n"
	"--A\r\nContent-Type: application/octet-stream\r\n\r\ntwo\r\n"
	"--A\r\nContent-Type: message/rfc822\r\n\r\nSubject: three\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
		"--B\r\n\r\nthree.one\r\n--B\r\nContent-Type: application/octet-stream\r\n\r\nthree.two\r\n--B--\r\n\r\n"
	"--A\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n"
		"--C\r\nContent-Type: image/gif\r\n\r\nfour.one\r\n"
		"--C\r\nContent-Type: message/rfc822\r\n\r\nSubject: four.two\r\nContent-Type: multipart/mixed; boundary=D\r\n\r\n"
			"--D\r\n\r\nfour.two.one\r\n"
			"--D\r\nContent-Type: multipart/alternative; boundary=E\r\n\r\n--E\r\n\r\nfirst\r\n--E\r\nContent-Type: text/richtext\r\n\r\nsecond\r\n--E--\r\n"
			"--D--\r\n"
		"--C--\r\n"
	"--A--\r\n";

static const struct { const char *section, *want; } answers[] = {
	{ "1", "one" }, { "2", "two" }, { "2.MIME", "Content-Type: application/octet-stream\r\n\r\n" }, { "1.MIME", "\r\n" },
	{ "3.HEADER", "Subject: three\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n" },
	{ "3.MIME", "Content-Type: message/rfc822\r\n\r\n" },
	{ "3.TEXT", "--B\r\n\r\nthree.one\r\n--B\r\nContent-Type: application/octet-stream\r\n\r\nthree.two\r\n--B--\r\n" },
	{ "3.1", "three.one" }, { "3.2", "three.two" }, { "3.2.MIME", "Content-Type: application/octet-stream\r\n\r\n" },
	{ "3.HEADER.FIELDS (subject)", "Subject: three\r\n\r\n" },
	{ "4.1", "four.one" }, { "4.1.MIME", "Content-Type: image/gif\r\n\r\n" }, { "4.MIME", "Content-Type: multipart/mixed; boundary=C\r\n\r\n" },
	{ "4.2.1", "four.two.one" }, { "4.2.2.1", "first" }, { "4.2.2.2", "second" },
	{ "4.2.HEADER.FIELDS.NOT (content-type)", "Subject: four.two\r\n\r\n" },
	{ "HEADER.FIELDS (from SUBJECT x)", "Subject: top\r\nFrom: a@b\r\n\r\n" },
	{ "HEADER.FIELDS (x)", "\r\n" },
	{ "HEADER.FIELDS.NOT (from subject)", "Content-Type: multipart/mixed; boundary=A\r\n\r\n" },
	{ "", rfc3501 },
	{ "5", NULL }, { "1.1", NULL }, { "1.HEADER", NULL }, { "1.TEXT", NULL }, { "4.HEADER", NULL }, { "3.3", NULL }, { "3.1.1", NULL },
	{ "4294967295", NULL },
};

static void check_answer(struct str message, const char *section, const char *want)
{
	struct arena a;
	struct mime_tree t;
	struct mime_section s;
	struct buf out;
	arena_init(&a, MIB, NULL, NULL);
	buf_init(&out, MIB);
	mime_parse(&a, message, &mime_limits_default, &t);
	assert_int_equal(mime_section_parse(str_c(section), &s), OK);
	int r = mime_section_write(message, t.parts, t.count, &s, &out);
	if (r != (want ? OK : E_NOTFOUND) || (want && !str_eq(buf_str(&out), str_c(want))))
		print_message("%s: %s [" STR_FMT "]\n", section, err_name(r), STR_ARG(buf_str(&out)));
	assert_int_equal(r, want ? OK : E_NOTFOUND);
	assert_true(!want || str_eq(buf_str(&out), str_c(want)));
	buf_done(&out);
	arena_done(&a);
}

static void rfc3501_tree(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++)
		check_answer(str_c(rfc3501), answers[i].section, answers[i].want);
}

static void single_part(void **state)
{
	static const char plain[] = "Subject: x\r\n\r\nbody\r\n";
	(void)state;
	check_answer(str_c(plain), "1", "body\r\n");
	check_answer(str_c(plain), "TEXT", "body\r\n");
	check_answer(str_c(plain), "1.MIME", "Subject: x\r\n\r\n");
	check_answer(str_c(plain), "HEADER", "Subject: x\r\n\r\n");
	check_answer(str_c(plain), "2", NULL);
	check_answer(str_c(plain), "1.1", NULL);
	check_answer(str_c("Subject: no end"), "HEADER.FIELDS (subject)", "Subject: no end\r\n\r\n");
	check_answer(str_c("Content-Type: multipart/mixed\r\n\r\nx"), "1", "x");
	check_answer(str_c("Content-Type: multipart/mixed\r\n\r\nx"), "1.MIME", "");
}

static void ceiling(void **state)
{
	struct mime_section s;
	struct buf out;
	(void)state;
	buf_init(&out, 10);
	assert_int_equal(mime_section_parse(STR("HEADER.FIELDS (subject)"), &s), OK);
	assert_int_equal(mime_section_render(STR("Subject: long enough\r\n\r\n"), &s, &out), E_TOOBIG);
	assert_int_equal(out.n, 0);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syntax_rows), cmocka_unit_test(rfc3501_tree), cmocka_unit_test(single_part), cmocka_unit_test(ceiling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
