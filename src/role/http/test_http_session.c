#include "role/http/http_fake.h"

#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define H "Host: m.test\r\n"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

static unsigned count(struct str said, const char *what)
{
	unsigned n = 0;
	for (size_t at; (at = str_search(said, str_c(what))) != STR_NPOS; n++)
		said = str_skip(said, at + 1);
	return n;
}

static bool has(const struct fake *f, const char *what) { return count(buf_str(&f->said), what) > 0; }

static int talk(struct fake *f, bool tls, size_t step, struct str first, struct str second)
{
	static struct str segments[3];
	segments[0] = first;
	segments[1] = second;
	segments[2] = (struct str){ NULL, 0 };
	fake_init(f, tls);
	f->step = step;
	return fake_run(f, segments);
}

static struct fake f;

static void many_requests(void **state)
{
	(void)state;
	for (size_t step = 0; step < 4; step++) {
		assert_int_equal(talk(&f, true, step, STR("GET /robots.txt HTTP/1.1\r\n" H "\r\nHEAD / HTTP/1.1\r\n" H "\r\nGET /x HTTP/1.1\r\n" H "\r\n"),
			STR("GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n")), OK);
		assert_int_equal(f.exchanges, 4);
		assert_int_equal(count(buf_str(&f.said), "HTTP/1.1 200 OK\r\n"), 3);
		assert_int_equal(count(buf_str(&f.said), "Connection: close\r\n"), 1);
		fake_done(&f);
	}
}

static void ends(void **state)
{
	(void)state;
	static struct str none[] = { { NULL, 0 } };
	fake_init(&f, true);
	assert_int_equal(fake_run(&f, none), OK);
	assert_int_equal(f.said.n, 0);
	fake_done(&f);
	fake_init(&f, true);
	static struct str half[] = { STR_INIT("GET / HT"), { NULL, 0 } };
	f.end = E_TIMEOUT;
	assert_int_equal(fake_run(&f, half), OK);
	assert_true(has(&f, "HTTP/1.1 408 ") && has(&f, "Connection: close\r\n"));
	fake_done(&f);
	fake_init(&f, true);
	f.conf.http.requests = 2;
	static struct str three[] = { STR_INIT("GET /x HTTP/1.1\r\n" H "\r\nGET /x HTTP/1.1\r\n" H "\r\nGET /x HTTP/1.1\r\n" H "\r\n"), { NULL, 0 } };
	assert_int_equal(fake_run(&f, three), OK);
	assert_int_equal(f.exchanges, 2);
	fake_done(&f);
	fake_init(&f, true);
	f.session.stopping = true;
	assert_int_equal(fake_run(&f, three), OK);
	assert_int_equal(f.exchanges, 1);
	fake_done(&f);
}

static void contents(void **state)
{
	(void)state;
	/* RFC 9110 10.1.1 */
	assert_int_equal(talk(&f, true, 0, STR("POST /oauth/token HTTP/1.1\r\n" H FORM "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"), STR("a=b")), OK);
	assert_true(str_starts(buf_str(&f.said), STR("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 ")));
	fake_done(&f);
	assert_int_equal(talk(&f, true, 0, STR("POST /oauth/token HTTP/1.1\r\n" H FORM "Expect: 100-continue\r\nContent-Length: 3\r\n\r\na=b"), STR("")), OK);
	assert_false(has(&f, "100 Continue"));
	fake_done(&f);
	static const struct { struct str in; const char *status; } rows[] = {
		{ STR_INIT("POST /oauth/token HTTP/1.1\r\n" H FORM "Content-Length: 99999\r\n\r\n"), "413" },
		{ STR_INIT("POST /oauth/token HTTP/1.1\r\n" H FORM "Transfer-Encoding: chunked\r\n\r\nFFFFF\r\n"), "413" },
		{ STR_INIT("POST /oauth/token HTTP/1.1\r\n" H FORM "Transfer-Encoding: chunked\r\n\r\nx\r\n"), "400" },
		{ STR_INIT("POST /oauth/token HTTP/1.1\r\n" H "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"), "415" },
		{ STR_INIT("POST /oauth/token HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n"), "415" },
		{ STR_INIT("POST /oauth/token HTTP/1.1\r\n" H FORM "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\na=b"), "415" },
		{ STR_INIT("POST /oauth/token HTTP/1.1\r\n" H FORM "Content-Length: 3\r\n\r\na=%"), "400" },
		{ STR_INIT("GET / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\na=b"), "413" },
		{ STR_INIT("GET /?a=% HTTP/1.1\r\n" H "\r\n"), "400" },
		{ STR_INIT("POST /oauth/token HTTP/1.1\r\n" H FORM "Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"), "400" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int r = talk(&f, true, i % 3, rows[i].in, STR(""));
		char want[32];
		snprintf(want, sizeof want, "HTTP/1.1 %s ", rows[i].status);
		if ((r != OK && r != E_CLOSED) || !str_starts(buf_str(&f.said), str_c(want)) || f.exchanges != 1)
			fail_msg("row %zu: " STR_FMT, i, STR_ARG(buf_str(&f.said)));
		fake_done(&f);
	}
}

/* In clear: a redirect with our own name, or nothing. */
static void clear(void **state)
{
	(void)state;
	assert_int_equal(talk(&f, false, 0, STR("GET /sign-in?to=%2F HTTP/1.1\r\nHost: M.test:8080\r\n\r\n"), STR("")), OK);
	assert_true(has(&f, "HTTP/1.1 308 ") && has(&f, "\r\nLocation: https://m.test/sign-in?to=%2F\r\n") && !has(&f, "Strict-Transport"));
	fake_done(&f);
	assert_int_equal(talk(&f, false, 0, STR("POST /sign-in HTTP/1.1\r\n" H FORM "Content-Length: 26\r\n\r\nuser=anna&password=secret1"), STR("")), OK);
	assert_true(has(&f, "HTTP/1.1 403 ") && !f.sign_ins && f.session.turned_out);
	fake_done(&f);
}

/* Trouble of AUTH is told as ours, and is no answer to the question. */
static void auth_is_away(void **state)
{
	static const struct { int err; const char *status; } rows[] = { { E_BUSY, "503" }, { E_TIMEOUT, "503" }, { E_CLOSED, "503" }, { E_IO, "500" } };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		static struct str in[] = { STR_INIT("GET /device HTTP/1.1\r\n" H "Cookie: __Host-session=" FAKE_COOKIE "\r\n\r\n"), { NULL, 0 } };
		char want[32];
		fake_init(&f, true);
		f.auth_error = rows[i].err;
		assert_int_equal(fake_run(&f, in), OK);
		snprintf(want, sizeof want, "HTTP/1.1 %s ", rows[i].status);
		assert_true(str_starts(buf_str(&f.said), str_c(want)));
		fake_done(&f);
	}
}

/* The token of the fake's cookies: what the page puts into its form. */
static struct str csrf_of(const struct fake *from)
{
	struct str said = buf_str(&from->said), mark = STR("name=\"csrf\" value=\"");
	size_t at = str_search(said, mark);
	assert_true(at != STR_NPOS);
	struct str rest = str_skip(said, at + mark.n);
	return str_until(&rest, '"');
}

static void signing_in(void **state)
{
	static const struct { const char *user, *password; const char *status, *text; } rows[] = {
		{ "anna", "secret", "303", "Set-Cookie: __Host-session=" FAKE_COOKIE "; Path=/; Secure; HttpOnly; SameSite=Lax" },
		{ "anna", "wrong", "401", "role=\"alert\"" }, { "two", "secret", "200", "name=\"pending\" value=\"cp_again\"" },
	};
	char csrf[64], in[1024];
	(void)state;
	assert_int_equal(talk(&f, true, 0, STR("GET /sign-in HTTP/1.1\r\n" H "\r\n"), STR("")), OK);
	assert_int_equal(str_to_c(csrf_of(&f), csrf, sizeof csrf), OK);
	assert_true(has(&f, "Set-Cookie: __Host-visit=WlpaWlpaWlpaWlpaWlpaWg; "));
	fake_done(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char content[512], want[32];
		snprintf(content, sizeof content, "csrf=%s&to=%%2Fdevice&user=%s&password=%s", csrf, rows[i].user, rows[i].password);
		snprintf(in, sizeof in, "POST /sign-in HTTP/1.1\r\n" H FORM "Cookie: __Host-visit=WlpaWlpaWlpaWlpaWlpaWg\r\nContent-Length: %zu\r\n\r\n%s", strlen(content), content);
		assert_int_equal(talk(&f, true, 0, str_c(in), STR("")), OK);
		snprintf(want, sizeof want, "HTTP/1.1 %s ", rows[i].status);
		assert_true(str_starts(buf_str(&f.said), str_c(want)) && has(&f, rows[i].text) && f.sign_ins == 1);
		assert_true(has(&f, "secret") == false && has(&f, "wrong.") == (i == 1));
		fake_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_requests), cmocka_unit_test(ends), cmocka_unit_test(contents), cmocka_unit_test(clear), cmocka_unit_test(auth_is_away),
		cmocka_unit_test(signing_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
