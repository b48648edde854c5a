#include "proto/authres/authres.h"
#include "proto/header/header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 4 << 20, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void assert_str(struct str got, struct str want)
{
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p ? got.p : "", want.p, want.n);
}

static void writing(void **state)
{
	(void)state;
	struct authres_property spf[] = { { STR("smtp"), STR("mailfrom"), STR("ann@example.org") } };
	struct authres_property dkim[] = {
		{ STR("header"), STR("d"), STR("example.org") },
		{ STR("header"), STR("s"), STR("a \"quoted\" one\r\nX: y") },
	};
	const struct authres_result results[] = {
		{ .method = STR("spf"), .result = STR("pass"), .properties = spf, .count = 1 },
		{ .method = STR("dkim"),
		  .result = STR("fail"),
		  .comment = STR("bad (very) \\ \x01"),
		  .reason = STR("body hash"),
		  .properties = dkim,
		  .count = 2 },
	};
	struct buf out;
	buf_init(&out, 4096);
	assert_int_equal(authres_write(&out, STR("mx.example.net"), results, 2), OK);
	assert_str(buf_str(&out),
		   STR("Authentication-Results: mx.example.net;\r\n"
		       "\tspf=pass smtp.mailfrom=ann@example.org;\r\n"
		       "\tdkim=fail (bad \\(very\\) \\\\ ?) reason=\"body hash\" header.d=example.org\r\n"
		       "\theader.s=\"a \\\"quoted\\\" one??X: y\"\r\n"));
	buf_clear(&out);
	assert_int_equal(authres_write(&out, STR("mx.example.net"), NULL, 0), OK);
	assert_str(buf_str(&out), STR("Authentication-Results: mx.example.net; none\r\n"));
	buf_done(&out);
	buf_init(&out, 20);
	assert_int_equal(authres_write(&out, STR("mx.example.net"), NULL, 0), E_TOOBIG);
	assert_int_equal(out.n, 0);
	buf_done(&out);
}

/* RFC 8601 appendix B: examples 2, 3, 4, 5 and 8. */
static void reading(void **state)
{
	(void)state;
	static const struct {
		struct str value;
		size_t results;
		struct str method, result, type, name, property;
	} rows[] = {
		{ STR_INIT(" example.org 1; none"), 0, STR_INIT(""), STR_INIT(""), STR_INIT(""), STR_INIT(""),
		  STR_INIT("") },
		{ STR_INIT(" example.com;\r\n\tspf=pass smtp.mailfrom=example.net"), 1, STR_INIT("spf"),
		  STR_INIT("pass"), STR_INIT("smtp"), STR_INIT("mailfrom"), STR_INIT("example.net") },
		{ STR_INIT(" example.com;\r\n\tauth=pass (cram-md5) smtp.auth=sender@example.net;\r\n\tspf=pass "
			   "smtp.mailfrom=example.net"),
		  2, STR_INIT("auth"), STR_INIT("pass"), STR_INIT("smtp"), STR_INIT("auth"),
		  STR_INIT("sender@example.net") },
		{ STR_INIT(" foo.example.net (foobar) 1 (baz);\r\n\tdkim (Because I like it) / 1 (One yay) = (wait for "
			   "it) fail\r\n"
			   "\tpolicy (A dot can go here) . (like that) expired\r\n\t(this surprised me) = (as I wasn't "
			   "expecting it) 1362471462"),
		  1, STR_INIT("dkim"), STR_INIT("fail"), STR_INIT("policy"), STR_INIT("expired"),
		  STR_INIT("1362471462") },
		{ STR_INIT("\"example.com\"; dkim=pass reason=\"good; signature\" header.i=\"some one\"@example.com"),
		  1, STR_INIT("dkim"), STR_INIT("pass"), STR_INIT("header"), STR_INIT("i"),
		  STR_INIT("some one@example.com") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct authres r;
		assert_int_equal(authres_parse(&arena, rows[i].value, &r), OK);
		assert_int_equal(r.count, rows[i].results);
		if (r.count == 0)
			continue;
		assert_str(r.results[0].method, rows[i].method);
		assert_str(r.results[0].result, rows[i].result);
		assert_str(r.results[0].properties[0].type, rows[i].type);
		assert_str(r.results[0].properties[0].name, rows[i].name);
		assert_str(r.results[0].properties[0].value, rows[i].property);
	}
}

static void refusing(void **state)
{
	(void)state;
	static const struct str rows[] = {
		STR_INIT(""),
		STR_INIT("example.com"),
		STR_INIT("example.com; spf"),
		STR_INIT("example.com; spf="),
		STR_INIT("example.com; =pass"),
		STR_INIT("example.com; spf=pass smtp=x"),
		STR_INIT("example.com; spf=pass smtp.mailfrom"),
		STR_INIT("example.com; spf=pass a.b=\"x"),
		STR_INIT("; spf=pass"),
	};
	struct authres r;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(authres_parse(&arena, rows[i], &r), E_SYNTAX);
}

static void claims(void **state)
{
	(void)state;
	static const struct {
		struct str value;
		bool ours;
	} rows[] = {
		{ STR_INIT(" mx.example.net; none"), true },
		{ STR_INIT(" MX.Example.NET;none"), true },
		{ STR_INIT("\r\n\t mx.example.net\r\n\t; dkim=pass"), true },
		{ STR_INIT(" mx.example.net 1; spf=pass"), true },
		{ STR_INIT(" mx.example.net/1; spf=pass"), true },
		{ STR_INIT(" mx.example.net.; spf=pass"), true },
		{ STR_INIT(" \"mx.example.net\"; spf=pass"), true },
		{ STR_INIT(" \"mx.\\example.net\"; spf=pass"), true },
		{ STR_INIT(" (other.example;) mx.example.net (x) 1; spf=pass"), true },
		{ STR_INIT(" mx.exam\r\n ple.net; spf=pass"), true },
		{ STR_INIT(" mx.example(x).net; spf=pass"), true },
		{ STR_INIT(" (unclosed mx.example.net; spf=pass"), true },
		{ STR_INIT(" \"mx.example.net; spf=pass"), true },
		{ STR_INIT(" mx.example.net"), true },
		{ STR_INIT(" other.example; spf=pass (mx.example.net;)"), false },
		{ STR_INIT(" (mx.example.net;) other.example; spf=pass"), false },
		{ STR_INIT(" other.example; x=pass a.b=\"mx.example.net; spf=pass\""), false },
		{ STR_INIT(" xmx.example.net; spf=pass"), false },
		{ STR_INIT(" mx.example.network; spf=pass"), false },
		{ STR_INIT(" (unclosed other.example; spf=pass"), false },
		{ STR_INIT(""), false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(authres_claims(&arena, rows[i].value, STR("mx.example.net")), rows[i].ours);
}

/* A32: seven forged fields, folded, in different case, before and after Received. */
static void a32_forged(void **state)
{
	(void)state;
	static const struct str ids[] = { STR_INIT("mx.example.net"), STR_INIT("mx2.example.net") };
	struct str header = STR("Authentication-Results: mx.example.net; dmarc=pass header.from=bank.example\r\n"
				"Received: from a by b\r\n"
				"authentication-RESULTS: MX.EXAMPLE.NET;\r\n\tdmarc=pass\r\n"
				"Authentication-Results:\r\n (hi)\r\n mx.example.net 1; spf=pass\r\n"
				"Authentication-Results : mx.example.net; spf=pass\r\n"
				"Authentication-Results: other.example; spf=pass (mx.example.net)\r\n"
				"not a field, mx.example.net\r\n"
				"Authentication-Results: \"mx.example.net\"; dkim=pass\r\n"
				"X-Authentication-Results: mx.example.net; dkim=pass\r\n"
				"Authentication-Results: mx2.example.net; dkim=pass\n"
				"Subject: x\r\n"
				"Authentication-Results: mx.example.net\r\n"
				"\r\nbody: Authentication-Results: mx.example.net\r\n");
	struct buf out;
	size_t removed;
	buf_init(&out, 4096);
	assert_int_equal(authres_strip(&arena, header, ids, 2, &out, &removed), OK);
	assert_int_equal(removed, 7);
	assert_str(buf_str(&out), STR("Received: from a by b\r\n"
				      "Authentication-Results: other.example; spf=pass (mx.example.net)\r\n"
				      "not a field, mx.example.net\r\n"
				      "X-Authentication-Results: mx.example.net; dkim=pass\r\n"
				      "Subject: x\r\n"
				      "\r\nbody: Authentication-Results: mx.example.net\r\n"));
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writing, setup, teardown),
		cmocka_unit_test_setup_teardown(reading, setup, teardown),
		cmocka_unit_test_setup_teardown(refusing, setup, teardown),
		cmocka_unit_test_setup_teardown(claims, setup, teardown),
		cmocka_unit_test_setup_teardown(a32_forged, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
