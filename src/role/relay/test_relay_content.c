/* The form of a message on the wire, checked by our own reader of DATA, and what it asks of the next hop. */
#include "role/relay/relay_content.h"

#include "proto/smtp/smtp_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct buf wire, back;

static void to_wire(struct str message)
{
	struct relay_wire w = { 0 };
	struct str run;
	buf_clear(&wire);
	while (relay_wire_next(&w, &message, &run))
		assert_int_equal(buf_put_str(&wire, run), OK);
	assert_int_equal(buf_put_str(&wire, relay_wire_end(&w)), OK);
	assert_int_equal(buf_put_str(&wire, STR(".\r\n")), OK);
}

static void from_wire(void)
{
	struct smtp_data d;
	struct str input = buf_str(&wire), run;
	smtp_data_init(&d, SMTP_DATA_STRICT, 1 << 20);
	buf_clear(&back);
	while (smtp_data_next(&d, &input, &run))
		assert_int_equal(buf_put_str(&back, run), OK);
	assert_true(d.ended);
	assert_false(d.bare);
	assert_int_equal(input.n, 0);
}

/* B33: one, two, three dots, dot and text, no final line end. */
static void test_B33_dots(void **state)
{
	(void)state;
	static const struct { struct str message, wire; } rows[] = {
		{ STR_INIT(""), STR_INIT(".\r\n") },
		{ STR_INIT("a\r\n"), STR_INIT("a\r\n.\r\n") },
		{ STR_INIT("a"), STR_INIT("a\r\n.\r\n") },
		{ STR_INIT("."), STR_INIT("..\r\n.\r\n") },
		{ STR_INIT(".\r\n"), STR_INIT("..\r\n.\r\n") },
		{ STR_INIT("a\r\n.\r\n..\r\n...\r\n.x\r\nb.\r\n"), STR_INIT("a\r\n..\r\n...\r\n....\r\n..x\r\nb.\r\n.\r\n") },
		{ STR_INIT("\r\n\r\n.\r\n\r\n"), STR_INIT("\r\n\r\n..\r\n\r\n.\r\n") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		to_wire(rows[i].message);
		assert_true(str_eq(buf_str(&wire), rows[i].wire));
	}
}

/* A03: no bare CR or LF ever leaves, and none of the known smuggling forms ends the message. */
static void test_A03_line_ends(void **state)
{
	(void)state;
	static const struct { struct str message, back; } rows[] = {
		{ STR_INIT("a\nb\r\n"), STR_INIT("a\r\nb\r\n") },
		{ STR_INIT("a\rb\r\n"), STR_INIT("a\r\nb\r\n") },
		{ STR_INIT("a\n.\nb\r\n"), STR_INIT("a\r\n.\r\nb\r\n") },
		{ STR_INIT("a\n.\r\nb\r\n"), STR_INIT("a\r\n.\r\nb\r\n") },
		{ STR_INIT("a\r\n.\nb\r\n"), STR_INIT("a\r\n.\r\nb\r\n") },
		{ STR_INIT("a\r.\rb\r\n"), STR_INIT("a\r\n.\r\nb\r\n") },
		{ STR_INIT("a\r\n.\rb\r\n"), STR_INIT("a\r\n.\r\nb\r\n") },
		{ STR_INIT("a\r\r\n"), STR_INIT("a\r\n\r\n") },
		{ STR_INIT("a\n\r\n"), STR_INIT("a\r\n\r\n") },
		{ STR_INIT("\r"), STR_INIT("\r\n") },
		{ STR_INIT("a\r"), STR_INIT("a\r\n") },
		{ STR_INIT("\n"), STR_INIT("\r\n") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		to_wire(rows[i].message);
		from_wire();
		assert_true(str_eq(buf_str(&back), rows[i].back));
	}
}

/* Every short string over the bytes that matter goes through unharmed: our strict reader takes it and finds its end. */
static void test_A03_B33_all_short(void **state)
{
	(void)state;
	static const char alphabet[] = { '\r', '\n', '.', 'a' };
	char m[7];
	for (unsigned n = 0; n <= 7; n++)
		for (unsigned k = 0; k < 1u << 2 * n; k++) {
			for (unsigned i = 0; i < n; i++)
				m[i] = alphabet[k >> 2 * i & 3];
			to_wire((struct str){ m, n });
			from_wire();
		}
}

static void test_return_path(void **state)
{
	(void)state;
	static const struct { struct str message, start; } rows[] = {
		{ STR_INIT("Return-Path: <a@b>\r\nReceived: x\r\n\r\n"), STR_INIT("Received: x\r\n\r\n") },
		{ STR_INIT("return-path: <a@b>\r\n\tfolded\r\nReturn-Path: <>\r\nTo: x\r\n\r\n"), STR_INIT("To: x\r\n\r\n") },
		{ STR_INIT("To: x\r\nReturn-Path: <a@b>\r\n\r\n"), STR_INIT("To: x\r\nReturn-Path: <a@b>\r\n\r\n") },
		{ STR_INIT("Return-Path-X: y\r\n\r\n"), STR_INIT("Return-Path-X: y\r\n\r\n") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_true(str_eq(relay_content_start(rows[i].message), rows[i].start));
}

static void test_look(void **state)
{
	(void)state;
	static const struct { struct str message; bool header, body, binary; size_t size; } rows[] = {
		{ STR_INIT("A: b\r\n\r\nc\r\n"), false, false, false, 11 },
		{ STR_INIT("A: b\r\n\r\nc"), false, false, false, 11 },
		{ STR_INIT("A: \xc3\xa4\r\n\r\nc\r\n"), true, false, false, 12 },
		{ STR_INIT("A: b\r\n\r\n\xc3\xa4\r\n"), false, true, false, 12 },
		{ STR_INIT("A: b\r\n\r\nc\nd\r\n"), false, false, true, 14 },
		{ STR_INIT("A: b\r\n\r\nc\rd\r\n"), false, false, true, 13 },
		{ STR_INIT("A: b\r\n\r\nc\0d\r\n"), false, false, true, 13 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct relay_content c;
		relay_content_look(rows[i].message, &c);
		assert_int_equal(c.header_8bit, rows[i].header);
		assert_int_equal(c.body_8bit, rows[i].body);
		assert_int_equal(c.binary, rows[i].binary);
		assert_int_equal(c.size, rows[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_B33_dots), cmocka_unit_test(test_A03_line_ends), cmocka_unit_test(test_A03_B33_all_short),
		cmocka_unit_test(test_return_path), cmocka_unit_test(test_look),
	};
	buf_init(&wire, 1 << 20);
	buf_init(&back, 1 << 20);
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	buf_done(&wire);
	buf_done(&back);
	return r;
}
