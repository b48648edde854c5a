#include "role/resolver/resolver_trust.h"

#include "proto/dns/dns_rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* A44: what was proven once is not given up again. */
static void test_A44_trust(void **state)
{
	(void)state;
	static const struct { enum resolver_trust before; int err; uint32_t security; enum resolver_trust after; } rows[] = {
		{ RESOLVER_UNPROVEN, OK, DNS_SECURE, RESOLVER_VALIDATES },
		{ RESOLVER_UNPROVEN, OK, DNS_BOGUS, RESOLVER_STRIPPED },
		{ RESOLVER_UNPROVEN, OK, DNS_INSECURE, RESOLVER_STRIPPED },
		{ RESOLVER_UNPROVEN, E_TIMEOUT, 0, RESOLVER_UNPROVEN },
		{ RESOLVER_UNPROVEN, E_IO, 0, RESOLVER_UNPROVEN },
		{ RESOLVER_STRIPPED, OK, DNS_SECURE, RESOLVER_VALIDATES },
		{ RESOLVER_STRIPPED, OK, DNS_BOGUS, RESOLVER_STRIPPED },
		{ RESOLVER_STRIPPED, E_IO, 0, RESOLVER_STRIPPED },
		{ RESOLVER_VALIDATES, OK, DNS_BOGUS, RESOLVER_VALIDATES },
		{ RESOLVER_VALIDATES, OK, DNS_INSECURE, RESOLVER_VALIDATES },
		{ RESOLVER_VALIDATES, E_IO, 0, RESOLVER_VALIDATES },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(resolver_trust_after(rows[i].before, rows[i].err, rows[i].security), rows[i].after);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_A44_trust) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
