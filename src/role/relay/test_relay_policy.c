/* One row for each meeting of policies: what the mail asks for, what the DNS promises, what MTA-STS says, and what follows. */
#include "role/relay/relay_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum dane_kind { D_NONE, D_RECORDS, D_UNUSABLE, D_UNKNOWN };
enum sts_kind { S_NO, S_NONE, S_TESTING, S_ENFORCE };
enum { PASSWORD = 1, REQUIRETLS = 2, ANY = 4 };
#define WAIT QUEUE_DEFERRED
#define FAIL QUEUE_FAILED

static struct relay_dane dane_of(enum dane_kind kind)
{
	static const enum relay_dane_state states[] = { RELAY_DANE_NONE, RELAY_DANE_RECORDS, RELAY_DANE_RECORDS, RELAY_DANE_UNKNOWN };
	struct relay_dane d = { .state = states[kind], .base = STR("mx.test") };
	d.set.present = kind == D_RECORDS || kind == D_UNUSABLE;
	d.set.count = kind == D_RECORDS;
	return d;
}

static void test_A44_A45_decision(void **state)
{
	(void)state;
	static const struct {
		unsigned wish;
		bool authentic;
		enum dane_kind dane;
		enum sts_kind sts;
		bool listed;
		enum queue_outcome refused; /* 0: to be tried */
		enum relay_tls tls;
		enum relay_policy_type policy;
	} rows[] = {
		/* nobody asks for anything */
		{ 0, false, D_NONE, S_NO, true, 0, RELAY_TLS_OPPORTUNISTIC, RELAY_POLICY_NONE },
		{ 0, true, D_NONE, S_NO, true, 0, RELAY_TLS_OPPORTUNISTIC, RELAY_POLICY_NONE },
		{ 0, true, D_NONE, S_NONE, false, 0, RELAY_TLS_OPPORTUNISTIC, RELAY_POLICY_NONE },
		/* DANE */
		{ 0, true, D_RECORDS, S_NO, true, 0, RELAY_TLS_DANE, RELAY_POLICY_TLSA },
		{ 0, true, D_UNUSABLE, S_NO, true, 0, RELAY_TLS_ENCRYPTED, RELAY_POLICY_TLSA },
		{ 0, true, D_UNKNOWN, S_NO, true, WAIT, 0, RELAY_POLICY_TLSA },
		/* MTA-STS */
		{ 0, false, D_NONE, S_ENFORCE, true, 0, RELAY_TLS_VERIFIED, RELAY_POLICY_STS },
		{ 0, false, D_NONE, S_ENFORCE, false, WAIT, 0, RELAY_POLICY_STS },
		{ 0, false, D_NONE, S_TESTING, true, 0, RELAY_TLS_OPPORTUNISTIC, RELAY_POLICY_STS },
		{ 0, false, D_NONE, S_TESTING, false, 0, RELAY_TLS_OPPORTUNISTIC, RELAY_POLICY_STS },
		/* A45: DANE wins; what STS would allow does not help where DANE says no, and its list does not matter where DANE says yes */
		{ 0, true, D_RECORDS, S_ENFORCE, true, 0, RELAY_TLS_DANE, RELAY_POLICY_TLSA },
		{ 0, true, D_RECORDS, S_ENFORCE, false, 0, RELAY_TLS_DANE, RELAY_POLICY_TLSA },
		{ 0, true, D_RECORDS, S_TESTING, true, 0, RELAY_TLS_DANE, RELAY_POLICY_TLSA },
		{ 0, true, D_UNKNOWN, S_ENFORCE, true, WAIT, 0, RELAY_POLICY_TLSA },
		{ 0, true, D_UNUSABLE, S_ENFORCE, true, 0, RELAY_TLS_VERIFIED, RELAY_POLICY_TLSA },
		{ 0, true, D_UNUSABLE, S_TESTING, true, 0, RELAY_TLS_ENCRYPTED, RELAY_POLICY_TLSA },
		/* REQUIRETLS (RFC 8689 section 4.2.1) */
		{ REQUIRETLS, false, D_NONE, S_NO, true, FAIL, 0, RELAY_POLICY_NONE },
		{ REQUIRETLS, true, D_NONE, S_NO, true, 0, RELAY_TLS_VERIFIED, RELAY_POLICY_NONE },
		{ REQUIRETLS, true, D_RECORDS, S_NO, true, 0, RELAY_TLS_DANE, RELAY_POLICY_TLSA },
		{ REQUIRETLS, true, D_UNUSABLE, S_NO, true, 0, RELAY_TLS_VERIFIED, RELAY_POLICY_TLSA },
		{ REQUIRETLS, true, D_UNKNOWN, S_NO, true, WAIT, 0, RELAY_POLICY_TLSA },
		{ REQUIRETLS, false, D_NONE, S_ENFORCE, true, 0, RELAY_TLS_VERIFIED, RELAY_POLICY_STS },
		{ REQUIRETLS, false, D_NONE, S_ENFORCE, false, WAIT, 0, RELAY_POLICY_STS },
		{ REQUIRETLS, false, D_NONE, S_TESTING, true, FAIL, 0, RELAY_POLICY_STS },
		/* TLS-Required: No (section 3) lets everything pass, but not against REQUIRETLS */
		{ ANY, true, D_RECORDS, S_ENFORCE, false, 0, RELAY_TLS_OPPORTUNISTIC, RELAY_POLICY_TLSA },
		{ ANY, true, D_UNKNOWN, S_NO, true, 0, RELAY_TLS_OPPORTUNISTIC, RELAY_POLICY_TLSA },
		{ ANY, false, D_NONE, S_ENFORCE, false, 0, RELAY_TLS_OPPORTUNISTIC, RELAY_POLICY_STS },
		{ ANY | REQUIRETLS, false, D_NONE, S_NO, true, FAIL, 0, RELAY_POLICY_NONE },
		{ ANY | REQUIRETLS, true, D_RECORDS, S_NO, true, 0, RELAY_TLS_DANE, RELAY_POLICY_TLSA },
		/* a password of ours */
		{ PASSWORD, true, D_NONE, S_NO, true, 0, RELAY_TLS_VERIFIED, RELAY_POLICY_NONE },
		{ PASSWORD | ANY, true, D_NONE, S_NO, true, 0, RELAY_TLS_VERIFIED, RELAY_POLICY_NONE },
		{ PASSWORD, true, D_RECORDS, S_NO, true, 0, RELAY_TLS_DANE, RELAY_POLICY_TLSA },
		{ PASSWORD, true, D_UNKNOWN, S_NO, true, WAIT, 0, RELAY_POLICY_TLSA },
	};
	static struct str listed = STR_INIT("mx.test"), other = STR_INIT("*.elsewhere.test");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct relay_dane dane = dane_of(rows[i].dane);
		struct sts_policy sts = { .mode = rows[i].sts == S_ENFORCE   ? STS_ENFORCE
						  : rows[i].sts == S_TESTING ? STS_TESTING
									     : STS_NONE,
					  .mx = rows[i].listed ? &listed : &other, .mx_count = 1 };
		struct relay_wish wish = { (rows[i].wish & PASSWORD) != 0, (rows[i].wish & REQUIRETLS) != 0, (rows[i].wish & ANY) != 0 };
		struct relay_security s;
		struct relay_verdict v = { 0 };
		int r = relay_policy_decide(&wish, rows[i].authentic, &dane, rows[i].sts == S_NO ? NULL : &sts, STR("mx.test"), &s, &v);
		if ((r == OK) != (rows[i].refused == 0) || v.outcome != rows[i].refused || s.policy != rows[i].policy)
			fail_msg("row %zu: %d, outcome %d, policy %d", i, r, (int)v.outcome, (int)s.policy);
		if (r == OK && (s.tls != rows[i].tls || s.requiretls != wish.requiretls))
			fail_msg("row %zu: level %d", i, (int)s.tls);
		assert_true(r == OK || (r == E_DENIED && v.policy && v.text[0]));
		assert_true(s.tls != RELAY_TLS_DANE || s.dane);
	}
}

/* RFC 8461 section 5 and 8460: in testing mode mail goes, and the report tells what would have kept it. */
static void test_testing_is_judged(void **state)
{
	(void)state;
	struct str listed = STR("mx.test");
	struct sts_policy sts = { .mode = STS_TESTING, .mx = &listed, .mx_count = 1 };
	struct relay_dane none = dane_of(D_NONE);
	struct relay_wish wish = { 0 };
	struct relay_security s;
	struct relay_verdict v = { 0 };
	assert_int_equal(relay_policy_decide(&wish, false, &none, &sts, STR("mx.test"), &s, &v), OK);
	assert_true(s.judged == RELAY_TLS_VERIFIED && !s.not_listed);
	assert_int_equal(relay_policy_decide(&wish, false, &none, &sts, STR("mx.other"), &s, &v), OK);
	assert_true(s.not_listed && s.tls == RELAY_TLS_OPPORTUNISTIC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_A44_A45_decision),
		cmocka_unit_test(test_testing_is_judged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
