#include "proto/addr/addr_domain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

static void domains(void **state)
{
	(void)state;
	static const struct {
		struct str domain;
		bool ascii, utf8;
	} rows[] = {
		{ STR_INIT("example.com"), true, true },
		{ STR_INIT("localhost"), true, true },     /* RFC 5321 2.3.5: one label is syntax enough */
		{ STR_INIT("1and1.example"), true, true }, /* RFC 1123 2.1 */
		{ STR_INIT("xn--bcher-kva.example"), true, true },
		{ STR_INIT(L63 ".example"), true, true },
		{ STR_INIT(L63 "x.example"), false, false },           /* label of 64 */
		{ STR_INIT(L63 "." L63 "." L63 "." L63), true, true }, /* 255 */
		{ STR_INIT(L63 "." L63 "." L63 "." L63 ".x"), false, false },
		{ STR_INIT("b\xc3\xbc"
			   "cher.example"),
		  false, true },                             /* RFC 6531 3.3 */
		{ STR_INIT("b\xc3.example"), false, false }, /* cut UTF-8 */
		{ STR_INIT("a\xe3\x80\x82"
			   "b"),
		  false, false }, /* U+3002 is a dot to IDNA */
		{ STR_INIT("a\xe2\x80\x8b"
			   "b.example"),
		  false, false }, /* A94 zero-width space */
		{ STR_INIT(""), false, false },
		{ STR_INIT("."), false, false },
		{ STR_INIT("example.com."), false, false },
		{ STR_INIT(".example.com"), false, false },
		{ STR_INIT("a..b"), false, false },
		{ STR_INIT("-a.example"), false, false },
		{ STR_INIT("a-.example"), false, false },
		{ STR_INIT("my_host.example"), false, false },
		{ STR_INIT("[example.com"), false, false }, /* A30 */
		{ STR_INIT("exa%mple.com"), false, false },
		{ STR_INIT("exa mple.com"), false, false },
		{ STR_INIT("a\0b.example"), false, false },
		{ STR_INIT("a\x7f.example"), false, false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(addr_domain_valid(rows[i].domain, false), rows[i].ascii);
		assert_int_equal(addr_domain_valid(rows[i].domain, true), rows[i].utf8);
	}
}

static void literals(void **state)
{
	(void)state;
	static const struct {
		struct str literal;
		bool valid;
	} rows[] = {
		{ STR_INIT("[192.0.2.1]"), true },
		{ STR_INIT("[IPv6:2001:db8::1]"), true },
		{ STR_INIT("[ipv6:::1]"), true },
		{ STR_INIT("[IPv6:::ffff:192.0.2.1]"), true },
		{ STR_INIT("[192.0.2.256]"), false },
		{ STR_INIT("[192.0.2]"), false },
		{ STR_INIT("[2001:db8::1]"), false },
		{ STR_INIT("[IPv6:192.0.2.1]"), false },
		{ STR_INIT("[IPv6:1:2:3:4:5:6:7:8:9]"), false },
		{ STR_INIT("[]"), false },
		{ STR_INIT("[192.0.2.1"), false },
		{ STR_INIT("192.0.2.1]"), false },
		{ STR_INIT("[192.0.2.1\0]"), false },
		{ STR_INIT("[x400:foo]"), false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(addr_literal_valid(rows[i].literal), rows[i].valid);
}

static void ehlo(void **state)
{
	(void)state;
	static const struct {
		struct str argument;
		int strict, lenient;
		enum addr_ehlo kind;
	} rows[] = {
		{ STR_INIT("mail.example.org"), OK, OK, ADDR_EHLO_DOMAIN },
		{ STR_INIT("[192.0.2.7]"), OK, OK, ADDR_EHLO_LITERAL },
		{ STR_INIT("my_pc"), E_SYNTAX, OK, ADDR_EHLO_ODD },
		{ STR_INIT("[::1]"), E_SYNTAX, OK, ADDR_EHLO_ODD },
		{ STR_INIT("host."), E_SYNTAX, OK, ADDR_EHLO_ODD },
		{ STR_INIT(""), E_SYNTAX, E_SYNTAX, 0 },
		{ STR_INIT("two words"), E_SYNTAX, E_SYNTAX, 0 },
		{ STR_INIT("b\xc3\xbc"
			   "cher"),
		  E_SYNTAX, E_SYNTAX, 0 },
		{ STR_INIT("a\0b"), E_SYNTAX, E_SYNTAX, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum addr_ehlo kind = ADDR_EHLO_DOMAIN;
		assert_int_equal(addr_ehlo_parse(rows[i].argument, false, &kind), rows[i].strict);
		assert_int_equal(addr_ehlo_parse(rows[i].argument, true, &kind), rows[i].lenient);
		if (rows[i].lenient == OK)
			assert_int_equal(kind, rows[i].kind);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(domains), cmocka_unit_test(literals),
					    cmocka_unit_test(ehlo) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
