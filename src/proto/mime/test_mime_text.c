#include "proto/mime/mime_html.h"
#include "proto/mime/mime_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define MIB ((size_t)1024 * 1024)

static void assert_str(struct str got, const char *want)
{
	if (!str_eq(got, str_c(want)))
		print_message("got [" STR_FMT "] want [%s]\n", STR_ARG(got), want);
	assert_true(str_eq(got, str_c(want)));
}

static void html_rows(void **state)
{
	static const struct { const char *html, *want; } rows[] = {
		{ "plain", "plain" }, { "a<b>b</b>c", "abc" }, { "a<br>b<p class=\"x\">c</p>", "a\nb\nc\n" },
		{ "a &lt;&amp;&gt; b", "a <&> b" }, { "&euro;&#8364;&#x20AC;&#128;", "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac" },
		{ "&auml&Ouml;&szlig;", "\xc3\xa4\xc3\x96\xc3\x9f" }, { "&bogus; & &; &#; &#x; x&", "&bogus; & &; &#; &#x; x&" },
		{ "&#0;&#1114112;&#xD800;", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, { "&#99999999999999999999;", "\xef\xbf\xbd" },
		{ "&sup2;&sup3;&frac12;&AElig;&zwnj;", "\xc2\xb2\xc2\xb3\xc2\xbd\xc3\x86\xe2\x80\x8c" },
		{ "<style>p{}</style>x<SCRIPT type=\"a>b\">if (a<b) y</script >z", "\nx\nz" }, { "<title>t</title>x", "\nx" },
		{ "<script>x", "\n" }, { "<!-- a > b -->x<!-->y<!DOCTYPE html>z", "xyz" }, { "<!-- open", "" },
		{ "1 < 2 <3 <", "1 < 2 <3 <" }, { "<a href='x>y' title = \"p>q\">l</a>", "l" }, { "<p it's>x", "\nx" }, { "<a", "" }, { "</", "</" },
		{ "<a href=\"open>x", "" },
	};
	struct arena a;
	(void)state;
	arena_init(&a, MIB, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_str(mime_html_text(&a, str_c(rows[i].html), SIZE_MAX), rows[i].want);
	arena_done(&a);
}

static void html_is_linear(void **state)
{
	static const char *const units[] = { "<", "<!--", "<a ", "<a x=\"", "&", "&#", "<script>", "</", "<script></" };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		struct arena a;
		struct buf b;
		struct timespec from, to;
		arena_init(&a, 64 * MIB, NULL, NULL);
		buf_init(&b, 16 * MIB);
		while (b.n < 2 * MIB)
			assert_int_equal(buf_put_str(&b, str_c(units[i])), OK);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		assert_true(mime_html_text(&a, buf_str(&b), SIZE_MAX).n <= b.n);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		assert_true(to.tv_sec - from.tv_sec < 5);
		buf_done(&b);
		arena_done(&a);
	}
}

static void previews(void **state)
{
	static const struct { const char *message, *want; } rows[] = {
		{ "\r\n  Hello,\r\n\r\n\tworld! \r\n", "Hello, world!" }, { "\r\n", "" }, { "Subject: x\r\n", "" },
		{ "Content-Type: text/html\r\n\r\n<html><head><title>T</title><style>x</style></head><body><p>Hello&nbsp;<b>you</b></p>", "Hello you" },
		{ "Content-Type: text/html\r\n\r\n&zwnj;&nbsp;&#8203;&shy;x\xef\xbb\xbfy", "xy" },
		{ "Content-Type: image/png\r\n\r\nabc", "" },
		{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Disposition: attachment\r\n\r\nfile\r\n--b\r\n\r\ntext\r\n--b--", "text" },
		{ "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n \r\n--b\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--b--", "html" },
		{ "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B$3$s\x1b(B", "\xe3\x81\x93\xe3\x82\x93" },
		{ "\r\na\x01\x02z\x7f", "a z" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct mime_tree t;
		arena_init(&a, MIB, NULL, NULL);
		mime_parse(&a, str_c(rows[i].message), &mime_limits_default, &t);
		assert_str(mime_preview(&a, str_c(rows[i].message), t.parts, t.count), rows[i].want);
		arena_done(&a);
	}
}

/* RFC 8970 section 3.1: at most 256 characters, whatever their bytes; text that begins late in HTML is found. */
static void preview_length(void **state)
{
	static const struct { const char *head, *unit; size_t times; const char *tail; size_t chars; } rows[] = {
		{ "\r\n", "\xc3\xbc", 1000, "", 256 }, { "\r\n", "\xf0\x9f\x98\x80", 1000, "", 256 }, { "\r\n", "a ", 1000, "", 255 },
		{ "Content-Type: text/html\r\n\r\n<style>", "p { color: red }\r\n", 3000, "</style><p>late", 4 },
		{ "\r\n", "\r\n", 3000, "late", 4 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct mime_tree t;
		struct buf m;
		size_t chars = 0;
		arena_init(&a, 8 * MIB, NULL, NULL);
		buf_init(&m, MIB);
		struct bufw w = { &m, OK };
		bufw_c(&w, rows[i].head);
		for (size_t k = 0; k < rows[i].times; k++)
			bufw_c(&w, rows[i].unit);
		bufw_c(&w, rows[i].tail);
		mime_parse(&a, buf_str(&m), &mime_limits_default, &t);
		for (struct str p = mime_preview(&a, buf_str(&m), t.parts, t.count); p.n; chars++)
			assert_true(utf8_take(&p) != UTF8_BAD);
		assert_int_equal(chars, rows[i].chars);
		buf_done(&m);
		arena_done(&a);
	}
}

static void iteration(void **state)
{
	static const char message[] = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: image/png\r\n\r\nx\r\n"
		"--b\r\nContent-Type: text/html\r\n\r\n<b>two</b>\r\n--b\r\nContent-Disposition: attachment\r\n\r\nthree\r\n"
		"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: s\r\n\r\nfour\r\n--b--";
	static const char *const all[] = { "one", "two", "three", "four" }, *const inside[] = { "one", "two", "four" };
	struct arena a;
	struct mime_tree t;
	struct mime_text_iter it;
	struct str text;
	size_t n = 0;
	(void)state;
	arena_init(&a, MIB, NULL, NULL);
	mime_parse(&a, str_c(message), &mime_limits_default, &t);
	mime_text_start(&it, str_c(message), t.parts, t.count, MIME_TEXT_ATTACHED, MIB);
	while (mime_text_next(&it, &a, &text, NULL))
		assert_str(text, all[n++]);
	assert_int_equal(n, COUNT_OF(all));
	mime_text_start(&it, str_c(message), t.parts, t.count, 0, MIB);
	for (n = 0; mime_text_next(&it, &a, &text, NULL); n++)
		assert_str(text, inside[n]);
	assert_int_equal(n, COUNT_OF(inside));
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html_rows), cmocka_unit_test(html_is_linear), cmocka_unit_test(previews), cmocka_unit_test(preview_length),
		cmocka_unit_test(iteration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
