#include "proto/addr/addr_normal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static void assert_str(struct str got, struct str want)
{
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p ? got.p : "", want.p, want.n);
}

/* A94 */
static void locals(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		int err;
		struct str want;
	} rows[] = {
		{ STR_INIT("Ann.Lee"), OK, STR_INIT("ann.lee") },
		{ STR_INIT("J\xc3\x96RG"), OK, STR_INIT("j\xc3\xb6rg") },
		{ STR_INIT("jo\xcc\x88rg"), OK, STR_INIT("j\xc3\xb6rg") }, /* combining diaeresis */
		{ STR_INIT("stra\xc3\x9f"
			   "e"),
		  OK, STR_INIT("strasse") },                              /* sharp s */
		{ STR_INIT("m\xc4\xb1ke"), OK, STR_INIT("m\xc4\xb1ke") }, /* dotless i is not i */
		{ STR_INIT("\xe2\x84\xaa"
			   "ate"),
		  OK, STR_INIT("kate") },                                /* Kelvin sign is K, canonically */
		{ STR_INIT("\xef\xbd\x81nn"), E_SYNTAX, STR_INIT("") },  /* full-width a */
		{ STR_INIT("a\xe2\x80\x8bnn"), E_SYNTAX, STR_INIT("") }, /* zero-width space */
		{ STR_INIT("a\xe2\x80\x8dnn"), E_SYNTAX, STR_INIT("") }, /* zero-width joiner */
		{ STR_INIT("a\xc2\xadnn"), E_SYNTAX, STR_INIT("") },     /* soft hyphen */
		{ STR_INIT("o\xef\xac\x83"
			   "ce"),
		  OK, STR_INIT("office") },                           /* ffi ligature: folding has it */
		{ STR_INIT("\xcd\xb8"), E_SYNTAX, STR_INIT("") },     /* U+0378 is unassigned */
		{ STR_INIT("\xee\x80\x80"), E_SYNTAX, STR_INIT("") }, /* private use */
		{ STR_INIT("a\xc3"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a\nb"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT(""), E_SYNTAX, STR_INIT("") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str got;
		assert_int_equal(addr_local_normalize(&arena, rows[i].in, &got), rows[i].err);
		if (rows[i].err == OK)
			assert_str(got, rows[i].want);
	}
}

static void domains(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		int err;
		struct str want;
	} rows[] = {
		{ STR_INIT("Example.COM"), OK, STR_INIT("example.com") },
		{ STR_INIT("[IPv6:2001:DB8::1]"), OK, STR_INIT("[ipv6:2001:db8::1]") },
		{ STR_INIT("B\xc3\xbc"
			   "cher.example"),
		  OK, STR_INIT("xn--bcher-kva.example") },
		{ STR_INIT("fa\xc3\x9f.de"), OK, STR_INIT("xn--fa-hia.de") }, /* IDNA2008 nontransitional */
		{ STR_INIT("xn--a.example"), OK, STR_INIT("xn--a.example") },
		{ STR_INIT("my_host.example"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT("a\xe2\x80\xa6"
			   "b.example"),
		  E_SYNTAX, STR_INIT("") },                                   /* maps to three dots */
		{ STR_INIT("\xe2\x84\x80.example"), E_SYNTAX, STR_INIT("") }, /* maps to a/c */
		{ STR_INIT("a b.example"), E_SYNTAX, STR_INIT("") },
		{ STR_INIT(""), E_SYNTAX, STR_INIT("") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str got;
		assert_int_equal(addr_domain_normalize(&arena, rows[i].in, &got), rows[i].err);
		if (rows[i].err == OK)
			assert_str(got, rows[i].want);
	}
}

static void keys(void **state)
{
	(void)state;
	struct str got;
	assert_int_equal(addr_normalize(&arena, STR("Ann"), STR("B\xc3\xbc.EXAMPLE"), &got), OK);
	assert_str(got, STR("ann@xn--b-eha.example"));
	assert_int_equal(addr_normalize(&arena, STR("Ann"), STR(""), &got), E_SYNTAX);
}

/* A95 */
static void display(void **state)
{
	(void)state;
	assert_str(addr_domain_unicode(&arena, STR("XN--bcher-kva.example")), STR("b\xc3\xbc"
										  "cher.example"));
	assert_str(addr_domain_unicode(&arena, STR("xn--a.example")), STR("xn--a.example"));
	assert_str(addr_domain_unicode(&arena, STR("xn--\x01.example")), STR("xn--\x01.example"));
	assert_str(addr_domain_unicode(&arena, STR("Plain.example")), STR("plain.example"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locals),
		cmocka_unit_test(domains),
		cmocka_unit_test(keys),
		cmocka_unit_test(display),
	};
	arena_init(&arena, 1 << 20, NULL, NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_done(&arena);
	return failed;
}
