#include "proto/http/http_cookie.h"
#include "proto/http/http_response.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { SUNDAY = 784111777 /* RFC 9110 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT */ };

static void written(void **state)
{
	(void)state;
	struct http_response rs = { .status = 200, .content = STR("hello") };
	struct buf b;
	buf_init(&b, 1024);
	http_response_field(&rs, STR("Content-Type"), STR("text/plain"));
	http_response_replace(&rs, STR("content-type"), STR("text/html"));
	assert_int_equal(http_response_write(&b, &rs, false, true, SUNDAY), OK);
	assert_true(str_eq(buf_str(&b), STR("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")));
	buf_clear(&b);
	assert_int_equal(http_response_write(&b, &rs, true, false, SUNDAY), OK);
	assert_true(str_ends(buf_str(&b), STR("Content-Length: 5\r\nConnection: close\r\n\r\n")));
	buf_clear(&b);
	rs = (struct http_response){ .status = 304, .content = STR("never sent") };
	assert_int_equal(http_response_write(&b, &rs, false, true, SUNDAY), OK);
	assert_true(str_eq(buf_str(&b), STR("HTTP/1.1 304 Not Modified\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n")));
	buf_done(&b);
}

/* An answer can't be split by what somebody put into a field. */
static void not_split(void **state)
{
	static const struct http_field bad[] = {
		{ STR_INIT("Location"), STR_INIT("/a\r\nSet-Cookie: x=1") }, { STR_INIT("Location"), STR_INIT("/a\n") }, { STR_INIT("X"), STR_INIT("a\0b") },
		{ STR_INIT("X Y"), STR_INIT("a") }, { STR_INIT(""), STR_INIT("a") }, { STR_INIT("X:"), STR_INIT("a") },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct http_response rs = { .status = 200 };
		struct buf b;
		buf_init(&b, 1024);
		http_response_field(&rs, bad[i].name, bad[i].value);
		assert_int_equal(http_response_write(&b, &rs, false, true, 0), E_SYNTAX);
		assert_int_equal(b.n, 0);
		buf_done(&b);
	}
	struct http_response rs = { .status = 200, .content = STR("0123456789") };
	struct buf b;
	buf_init(&b, 60);
	assert_int_equal(http_response_write(&b, &rs, false, true, 0), E_TOOBIG);
	assert_int_equal(b.n, 0);
	for (int i = 0; i <= HTTP_RESPONSE_FIELDS_MAX; i++)
		http_response_field(&rs, STR("X"), STR(""));
	assert_int_equal(http_response_write(&b, &rs, false, true, 0), E_SYNTAX);
	buf_done(&b);
}

static void cookies(void **state)
{
	static const struct { struct str in; int err; struct str out; } rows[] = {
		{ STR_INIT("__Host-s=abc"), OK, STR_INIT("abc") },
		{ STR_INIT("a=b; __Host-s=abc; c=d"), OK, STR_INIT("abc") },
		{ STR_INIT("__Host-s=a=b"), OK, STR_INIT("a=b") },
		{ STR_INIT("__Host-s="), OK, STR_INIT("") },
		{ STR_INIT("a=b;__Host-s=abc"), OK, STR_INIT("abc") },
		{ STR_INIT("__host-s=abc"), E_NOTFOUND, { NULL, 0 } },
		{ STR_INIT("x__Host-s=abc"), E_NOTFOUND, { NULL, 0 } },
		{ STR_INIT("__Host-s=abc; __Host-s=def"), E_EXISTS, { NULL, 0 } },
		{ STR_INIT("__Host-s=\"abc\""), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT("__Host-s=a b"), E_SYNTAX, { NULL, 0 } },
		{ STR_INIT(""), E_NOTFOUND, { NULL, 0 } },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str got = STR("");
		int r = http_cookie_get(rows[i].in, STR("__Host-s"), &got);
		if (r != rows[i].err || !str_eq(got, rows[i].out))
			fail_msg(STR_FMT ": %s " STR_FMT, STR_ARG(rows[i].in), err_name(r), STR_ARG(got));
	}
	struct buf b;
	buf_init(&b, 256);
	assert_int_equal(http_cookie_write(&b, STR("__Host-s"), STR("abc"), HTTP_SAME_SITE_LAX, 60), OK);
	assert_true(str_eq(buf_str(&b), STR("__Host-s=abc; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60")));
	assert_int_equal(http_cookie_write(&b, STR("s"), STR("abc"), HTTP_SAME_SITE_LAX, 60), E_SYNTAX);
	assert_int_equal(http_cookie_write(&b, STR("__Host-s"), STR("a; Domain=evil"), HTTP_SAME_SITE_LAX, 60), E_SYNTAX);
	buf_done(&b);
}

/* RFC 9110 13.1.2 */
static void none_match(void **state)
{
	static const struct { struct str list; bool match; } rows[] = {
		{ STR_INIT("\"xyzzy\""), true }, { STR_INIT("W/\"xyzzy\""), true }, { STR_INIT("\"r2d2xxxx\", \"xyzzy\", \"c3piozzzz\""), true }, { STR_INIT("*"), true },
		{ STR_INIT(""), false }, { STR_INIT("\"XYZZY\""), false }, { STR_INIT("xyzzy"), false }, { STR_INIT("\"a\" \"xyzzy\""), false }, { STR_INIT("\"xyzzy"), false },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (http_none_match(rows[i].list, STR("\"xyzzy\"")) != rows[i].match)
			fail_msg(STR_FMT, STR_ARG(rows[i].list));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(written), cmocka_unit_test(not_split), cmocka_unit_test(cookies), cmocka_unit_test(none_match) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
