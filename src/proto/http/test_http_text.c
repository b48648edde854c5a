#include "proto/http/http_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

typedef void writer(struct bufw *w, struct str s);

static void check(writer *write, struct str in, struct str out)
{
	struct buf b;
	buf_init(&b, 4096);
	struct bufw w = { .b = &b };
	write(&w, in);
	if (w.err != OK || !str_eq(buf_str(&b), out))
		fail_msg(STR_FMT " became " STR_FMT, STR_ARG(in), STR_ARG(buf_str(&b)));
	buf_done(&b);
}

/* A79: what a client, a person or another server named themselves stays text. */
static void a79_html(void **state)
{
	(void)state;
	check(http_html_text, STR("a < b & \"c\" 'd' \xc3\xa4"), STR("a &lt; b &amp; &quot;c&quot; &#39;d&#39; \xc3\xa4"));
	check(http_html_text, STR("<script>"), STR("&lt;script&gt;"));
	check(http_html_text, STR("x\x01y\xffz\x7f\n"), STR("x\xef\xbf\xbdy\xef\xbf\xbdz\xef\xbf\xbd\n"));
	check(http_html_text, STR("\xc0\xbc"), STR("\xef\xbf\xbd\xef\xbf\xbd"));        /* an overlong "<" */
}

static void json(void **state)
{
	(void)state;
	check(http_json_string, STR("a\"b\\c\n\x01"), STR("\"a\\u0022b\\u005cc\\u000a\\u0001\""));
	check(http_json_string, STR("</script>\xe2\x80\xa8"), STR("\"\\u003c/script\\u003e\\u2028\""));
	check(http_json_string, STR("\xc3\xa4\xff"), STR("\"\xc3\xa4\xef\xbf\xbd\""));
	check(http_json_string, STR(""), STR("\"\""));
}

static void languages(void **state)
{
	static const struct str tags[] = { STR_INIT("en"), STR_INIT("it") };
	static const struct { struct str list; unsigned want; } rows[] = {
		{ STR_INIT(""), 0 }, { STR_INIT("it"), 1 }, { STR_INIT("it-IT,it;q=0.9,en;q=0.8"), 1 }, { STR_INIT("en, it"), 0 }, { STR_INIT("de, it;q=0.3, en;q=0.2"), 1 },
		{ STR_INIT("fr"), 0 }, { STR_INIT("it;q=0"), 0 }, { STR_INIT("it;q=0.001"), 1 }, { STR_INIT("IT"), 1 }, { STR_INIT("ita"), 0 }, { STR_INIT("it;q=2"), 0 },
		{ STR_INIT("it;q=1.000"), 1 }, { STR_INIT("it;x=1"), 0 }, { STR_INIT(",,;,it"), 1 }, { STR_INIT("it;q="), 0 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (http_language(rows[i].list, tags, 2) != rows[i].want)
			fail_msg(STR_FMT, STR_ARG(rows[i].list));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a79_html), cmocka_unit_test(json), cmocka_unit_test(languages) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
