/* What submission and loop detection learn from scan. */
#include "role/scan/scan_message.h"

#include "proto/mime/mime_summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena a;
static struct buf out;

static struct scan_result scan(struct str message)
{
	struct scan_result r;
	arena_reset(&a);
	buf_clear(&out);
	assert_int_equal(scan_message(&a, message, &out, &r), OK);
	return r;
}

static void test_fields(void **state)
{
	(void)state;
	struct scan_result r = scan(STR("Received: a\r\nreceived: b\r\nFrom: Anna <Anna@Example.TEST>\r\nDate: x\r\nMessage-ID: <1@a>\r\nBcc: c@d\r\n\r\nReceived: no\r\n"));
	assert_int_equal(r.received, 2);
	assert_int_equal(r.flags, SCAN_HAS_MESSAGE_ID | SCAN_HAS_DATE | SCAN_HAS_BCC | 1u << SCAN_FROM_COUNT_SHIFT);
	struct reader from = reader_of(r.from);
	assert_true(str_eq(read_str(&from, 320), STR("anna@example.test")));
	assert_int_equal(reader_end(&from), OK);
}

/* A25, A27: every author of every From field is reported, so that none is overlooked. */
static void test_A25_A27_all_authors(void **state)
{
	(void)state;
	struct scan_result r = scan(STR("From: a@x.test, b@y.test\r\nFrom : c@z.test\r\nFROM: \"a@x.test\" <d@w.test>\r\n\r\n"));
	static const char *const want[] = { "a@x.test", "b@y.test", "c@z.test", "d@w.test" };
	struct reader from = reader_of(r.from);
	for (size_t i = 0; i < COUNT_OF(want); i++)
		assert_true(str_eq(read_str(&from, 320), str_c(want[i])));
	assert_int_equal(reader_end(&from), OK);
	assert_int_equal(r.flags >> SCAN_FROM_COUNT_SHIFT & 0xff, 3);
}

/* A55: a flood of addresses is cut, not refused. */
static void test_A55_flood(void **state)
{
	(void)state;
	struct buf m;
	buf_init(&m, 8 << 20);
	assert_int_equal(buf_put_str(&m, STR("From: ")), OK);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf_printf(&m, "u%d@example.test,\r\n ", i), OK);
	assert_int_equal(buf_put_str(&m, STR("\r\n\r\nbody\r\n")), OK);
	struct scan_result r = scan(buf_str(&m));
	struct reader from = reader_of(r.from);
	size_t n = 0;
	while (from.err == OK && from.rest.n) {
		read_str(&from, 320);
		n++;
	}
	assert_int_equal(n, SCAN_FROM_MAX);
	buf_done(&m);
}

static void test_empty(void **state)
{
	(void)state;
	struct mime_summary s;
	struct scan_result r = scan(STR(""));
	assert_int_equal(r.flags, 0);
	assert_int_equal(mime_summary_read(r.summary, &s), OK);
}

int main(void)
{
	arena_init(&a, SCAN_ARENA, NULL, NULL);
	buf_init(&out, MIME_SUMMARY_MAX);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields), cmocka_unit_test(test_A25_A27_all_authors), cmocka_unit_test(test_A55_flood), cmocka_unit_test(test_empty),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&a);
	buf_done(&out);
	return r;
}
