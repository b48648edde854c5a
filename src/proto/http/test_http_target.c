#include "proto/http/http_percent.h"
#include "proto/http/http_target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena a;

static int fresh(void **state)
{
	(void)state;
	arena_init(&a, 1 << 20, NULL, NULL);
	return 0;
}

static int gone(void **state)
{
	(void)state;
	arena_done(&a);
	return 0;
}

/* A82: a path means one thing or is refused. */
static void a82_paths(void **state)
{
	static const struct { struct str in; int err; struct str out; } rows[] = {
		{ STR_INIT("/"), OK, STR_INIT("/") },
		{ STR_INIT("/a/b.css"), OK, STR_INIT("/a/b.css") },
		{ STR_INIT("/a/"), OK, STR_INIT("/a/") },
		{ STR_INIT("/%61"), OK, STR_INIT("/a") },
		{ STR_INIT("/%C3%A4"), OK, STR_INIT("/\xc3\xa4") },
		{ STR_INIT("/a+b"), OK, STR_INIT("/a+b") },
		{ STR_INIT("/..."), OK, STR_INIT("/...") },
		{ STR_INIT("/.well-known/x"), OK, STR_INIT("/.well-known/x") },
		{ STR_INIT(""), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("*"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/.."), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a/../b"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a/%2e%2E/b"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a/./b"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("//a"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a//b"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a%2Fb"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a%2fb"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a%5cb"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a%00"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a%0d%0ab"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a%"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a%4"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/a%4g"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("/%c0%ae"), E_SYNTAX, { NULL, 0 } },                 /* an overlong "." */
		{ STR_INIT("/%ff"), E_SYNTAX, { NULL, 0 } },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str got = STR("");
		int r = http_path_decode(&a, rows[i].in, &got);
		if (r != rows[i].err || !str_eq(got, rows[i].out))
			fail_msg(STR_FMT ": %s " STR_FMT, STR_ARG(rows[i].in), err_name(r), STR_ARG(got));
	}
}

static void hosts(void **state)
{
	static const struct { struct str in; int err; struct str name; uint16_t port; } rows[] = {
		{ STR_INIT("mail.example.org"), OK, STR_INIT("mail.example.org"), 0 },
		{ STR_INIT("mail.example.org:8443"), OK, STR_INIT("mail.example.org"), 8443 },
		{ STR_INIT("127.0.0.1:80"), OK, STR_INIT("127.0.0.1"), 80 },
		{ STR_INIT("[::1]"), OK, STR_INIT("[::1]"), 0 },
		{ STR_INIT("[::1]:1"), OK, STR_INIT("[::1]"), 1 },
		{ STR_INIT("[::1"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("[]"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("[::1]x"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("::1"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT(""), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT(":80"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("a:"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("a:0"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("a:65536"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("a:000080"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("a b"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("a%2eb"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("u:p@a"), E_SYNTAX, { NULL, 0 }, 0 },
		{ STR_INIT("a\0b"), E_SYNTAX, { NULL, 0 }, 0 },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str name = STR("");
		uint16_t port = 0;
		int r = http_host_parse(rows[i].in, &name, &port);
		if (r != rows[i].err || !str_eq(name, rows[i].name) || port != rows[i].port)
			fail_msg(STR_FMT ": %s " STR_FMT " %u", STR_ARG(rows[i].in), err_name(r), STR_ARG(name), port);
	}
}

/* WHATWG URL 5.1; RFC 6749 appendix B has the last value. */
static void forms(void **state)
{
	(void)state;
	struct http_form f;
	struct str v = STR("");
	assert_int_equal(http_form_parse(&a, STR("a=1&b=x+y&&c&d=%26%3D&e=a=b&a2=%20%25%26%2B%C2%A3%E2%82%AC"), &f), OK);
	assert_int_equal(f.count, 6);
	assert_true(http_form_get(&f, STR("b"), &v) == OK && str_eq(v, STR("x y")));
	assert_true(http_form_get(&f, STR("c"), &v) == OK && v.n == 0);
	assert_true(http_form_get(&f, STR("d"), &v) == OK && str_eq(v, STR("&=")));
	assert_true(http_form_get(&f, STR("e"), &v) == OK && str_eq(v, STR("a=b")));
	assert_true(http_form_get(&f, STR("a2"), &v) == OK && str_eq(v, STR(" %&+\xc2\xa3\xe2\x82\xac")));
	assert_int_equal(http_form_get(&f, STR("A"), &v), E_NOTFOUND);
	assert_int_equal(http_form_parse(&a, STR("a=1&a=2&t=one%0D%0Atwo"), &f), OK);
	assert_int_equal(http_form_get(&f, STR("a"), &v), E_EXISTS);
	assert_true(http_form_text(&f, STR("a")).n == 0 && str_eq(http_form_text(&f, STR("t")), STR("one\r\ntwo")));
	static const struct str bad[] = { STR_INIT("a=%"), STR_INIT("a=%zz"), STR_INIT("a=%00"), STR_INIT("%ff=1"), STR_INIT("a=%1b"), STR_INIT("a=\xff") };
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(http_form_parse(&a, bad[i], &f), E_SYNTAX);
}

static void too_many_pairs(void **state)
{
	(void)state;
	char text[2 * HTTP_FORM_PAIRS_MAX + 2];
	struct http_form f;
	for (size_t i = 0; i < sizeof text; i += 2)
		memcpy(text + i, "a&", 2);
	assert_int_equal(http_form_parse(&a, (struct str){ text, 2 * HTTP_FORM_PAIRS_MAX }, &f), OK);
	assert_int_equal(http_form_parse(&a, (struct str){ text, sizeof text }, &f), E_TOOBIG);
}

static void encoded(void **state)
{
	(void)state;
	struct buf b;
	bool first = true;
	buf_init(&b, 256);
	struct bufw w = { .b = &b };
	http_form_put(&w, &first, STR("state"), STR("a&b=c d/\xc3\xa4~"));
	http_form_put(&w, &first, STR("x"), STR("\r\n"));
	assert_true(w.err == OK && str_eq(buf_str(&b), STR("state=a%26b%3Dc%20d%2F%C3%A4~&x=%0D%0A")));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a82_paths, fresh, gone), cmocka_unit_test_setup_teardown(hosts, fresh, gone),
		cmocka_unit_test_setup_teardown(forms, fresh, gone), cmocka_unit_test_setup_teardown(too_many_pairs, fresh, gone),
		cmocka_unit_test_setup_teardown(encoded, fresh, gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
