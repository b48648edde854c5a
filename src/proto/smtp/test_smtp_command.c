#include "proto/smtp/smtp_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void split(void **state)
{
	(void)state;
	static const struct { struct str line, verb, args; } rows[] = {
		{ STR_INIT("NOOP"), STR_INIT("NOOP"), STR_INIT("") },
		{ STR_INIT("NOOP  "), STR_INIT("NOOP"), STR_INIT("") },
		{ STR_INIT("MAIL FROM:<> SIZE=1 \t"), STR_INIT("MAIL"), STR_INIT("FROM:<> SIZE=1") },
		{ STR_INIT(""), STR_INIT(""), STR_INIT("") },
		{ STR_INIT(" QUIT"), STR_INIT(""), STR_INIT("QUIT") },
		{ STR_INIT("EHLO\tx"), STR_INIT("EHLO\tx"), STR_INIT("") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str verb, args;
		smtp_command_split(rows[i].line, &verb, &args);
		assert_true(str_eq(verb, rows[i].verb) && str_eq(args, rows[i].args));
	}
}

/* One line that says all about a parsed MAIL or RCPT. */
static struct str show_mail(struct arena *a, const struct smtp_mail *m)
{
	static const char *const bodies[] = { "7", "8", "b" }, *const rets[] = { "-", "full", "hdrs" };
	return arena_printf(a, STR_FMT "@" STR_FMT " %llu %s %d%d %d:" STR_FMT " %s " STR_FMT, STR_ARG(m->path.local),
			    STR_ARG(m->path.domain), (unsigned long long)m->size, bodies[m->body], m->smtputf8,
			    m->requiretls, m->auth, STR_ARG(m->auth_mailbox), rets[m->ret], STR_ARG(m->envid));
}

struct row { struct str args; int err; const char *want; };

static const struct row mails[] = {
	{ STR_INIT("FROM:<>"), OK, "@ 0 7 00 0: - " },
	{ STR_INIT("from:<a@b.test>"), OK, "a@b.test 0 7 00 0: - " },
	{ STR_INIT("FROM: <a@b.test>"), OK, "a@b.test 0 7 00 0: - " },
	{ STR_INIT("FROM:<a@b.test> SIZE=1000 BODY=8BITMIME"), OK, "a@b.test 1000 8 00 0: - " },
	{ STR_INIT("FROM:<a@b.test>  size=5  body=binarymime"), OK, "a@b.test 5 b 00 0: - " },
	{ STR_INIT("FROM:<a@b.test> BODY=7BIT"), OK, "a@b.test 0 7 00 0: - " },
	{ STR_INIT("FROM:<a@b.test> SIZE=18446744073709551615"), OK, "a@b.test 18446744073709551615 7 00 0: - " },
	{ STR_INIT("FROM:<a@b.test> SIZE=99999999999999999999"), OK, "a@b.test 18446744073709551615 7 00 0: - " },
	{ STR_INIT("FROM:<a@b.test> SIZE=000000000000000000001"), E_SYNTAX, "SIZE" },
	{ STR_INIT("FROM:<a@b.test> SIZE=-1"), E_SYNTAX, "SIZE" },
	{ STR_INIT("FROM:<a@b.test> SIZE"), E_SYNTAX, "SIZE" },
	{ STR_INIT("FROM:<a@b.test> SIZE="), E_SYNTAX, "" },
	{ STR_INIT("FROM:<a@b.test> SIZE=1 SIZE=1"), E_SYNTAX, "SIZE" },
	{ STR_INIT("FROM:<a@b.test> SMTPUTF8 REQUIRETLS"), OK, "a@b.test 0 7 11 0: - " },
	{ STR_INIT("FROM:<a@b.test> SMTPUTF8=1"), E_SYNTAX, "SMTPUTF8" },
	{ STR_INIT("FROM:<a@b.test> REQUIRETLS=x"), E_SYNTAX, "REQUIRETLS" },
	{ STR_INIT("FROM:<\xc3\xa4@b.test> SMTPUTF8"), OK, "\xc3\xa4@b.test 0 7 10 0: - " },
	{ STR_INIT("FROM:<\xc3\xa4@b.test>"), E_UNSUPPORTED, "" },
	{ STR_INIT("FROM:<\xff@b.test> SMTPUTF8"), E_SYNTAX, "" },
	{ STR_INIT("FROM:<a@b.test> AUTH=<>"), OK, "a@b.test 0 7 00 1: - " },
	{ STR_INIT("FROM:<a@b.test> AUTH=e+3Dmc2@example.com"), OK,
	  "a@b.test 0 7 00 1:e=mc2@example.com - " }, /* RFC 4954 section 5 */
	{ STR_INIT("FROM:<a@b.test> RET=HDRS ENVID=QQ314159"), OK,
	  "a@b.test 0 7 00 0: hdrs QQ314159" }, /* RFC 3461 section 10 */
	{ STR_INIT("FROM:<a@b.test> RET=full"), OK, "a@b.test 0 7 00 0: full " },
	{ STR_INIT("FROM:<a@b.test> RET=SOME"), E_SYNTAX, "RET" },
	{ STR_INIT("FROM:<a@b.test> ENVID=+4Z"), E_SYNTAX, "ENVID" },
	/* A12: a line break in xtext */
	{ STR_INIT("FROM:<a@b.test> AUTH=a+0D+0Ab@c.test"), E_SYNTAX, "AUTH" },
	{ STR_INIT("FROM:<a@b.test> ENVID=a+0A"), E_SYNTAX, "ENVID" },
	/* A10, A11: no domain; shell and template characters are plain bytes, or no path at all */
	{ STR_INIT("FROM:<;sleep 66;>"), E_SYNTAX, "" },
	{ STR_INIT("FROM:<a;b>"), E_SYNTAX, "" },
	{ STR_INIT("FROM:<${run{x}}@b.test>"), OK, "${run{x}}@b.test 0 7 00 0: - " },
	{ STR_INIT("FROM:<%u@b.test>"), OK, "%u@b.test 0 7 00 0: - " },
	/* form */
	{ STR_INIT(""), E_SYNTAX, "" },
	{ STR_INIT("FROM"), E_SYNTAX, "" },
	{ STR_INIT("FROM:a@b.test"), E_SYNTAX, "" },
	{ STR_INIT("FROM :<a@b.test>"), E_SYNTAX, "" },
	{ STR_INIT("FROM:<a@b.test"), E_SYNTAX, "" },
	{ STR_INIT("FROM:<a@b.test>SIZE=1"), E_SYNTAX, "" },
	{ STR_INIT("FROM:<a@b.test> X-NEW=1"), E_NOTFOUND, "" },
	{ STR_INIT("FROM:<a@b.test> -X=1"), E_SYNTAX, "" },
	{ STR_INIT("FROM:<a@b.test> BODY=8BITMIME=1"), E_SYNTAX, "" },
	{ STR_INIT("FROM:<a@b.test>\tSIZE=1"), E_SYNTAX, "" },
	/* A30: junk in the domain */
	{ STR_INIT("FROM:<a@[b.test>"), E_SYNTAX, "" },
	{ STR_INIT("FROM:<a@b_.test>"), E_SYNTAX, "" },
};

static void mail(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 64 << 10, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(mails); i++) {
		struct smtp_mail m;
		struct str name;
		int r = smtp_mail_parse(&a, mails[i].args, &m, &name);
		struct str got = r == OK ? show_mail(&a, &m) : name;
		if (r != mails[i].err || !str_eq(got, str_c(mails[i].want)))
			fail_msg("\"" STR_FMT "\": %s \"" STR_FMT "\"", STR_ARG(mails[i].args), err_name(r),
				 STR_ARG(got));
		arena_reset(&a);
	}
	arena_done(&a);
}

static const struct row rcpts[] = {
	{ STR_INIT("TO:<a@b.test>"), OK, "a@b.test 0 ;" },
	{ STR_INIT("to: <a@b.test>"), OK, "a@b.test 0 ;" },
	{ STR_INIT("TO:<Postmaster>"), OK, "Postmaster@ 0 ;" },
	{ STR_INIT("TO:<>"), E_SYNTAX, "" },
	{ STR_INIT("TO:<a>"), E_SYNTAX, "" },
	/* A22: a source route is stripped, the rest is taken by the book */
	{ STR_INIT("TO:<@local.test:user@ext.test>"), OK, "user@ext.test 0 ;" },
	{ STR_INIT("TO:<user%ext@local.test>"), OK, "user%ext@local.test 0 ;" },
	{ STR_INIT("TO:<\"user@ext\"@local.test>"), OK, "user@ext@local.test 0 ;" },
	{ STR_INIT("TO:<user@ext@local.test>"), E_SYNTAX, "" },
	{ STR_INIT("TO:<\xc3\xa4@b.test>"), E_UNSUPPORTED, "" },
	{ STR_INIT("TO:<a@b.test> NOTIFY=NEVER"), OK, "a@b.test 1 ;" },
	{ STR_INIT("TO:<a@b.test> NOTIFY=SUCCESS,failure,DELAY"), OK, "a@b.test 14 ;" },
	{ STR_INIT("TO:<a@b.test> NOTIFY=SUCCESS,NEVER"), E_SYNTAX, "NOTIFY" },
	{ STR_INIT("TO:<a@b.test> NOTIFY=NEVER,DELAY"), E_SYNTAX, "NOTIFY" },
	{ STR_INIT("TO:<a@b.test> NOTIFY=DELAY,DELAY"), E_SYNTAX, "NOTIFY" },
	{ STR_INIT("TO:<a@b.test> NOTIFY=,"), E_SYNTAX, "NOTIFY" },
	{ STR_INIT("TO:<a@b.test> NOTIFY"), E_SYNTAX, "NOTIFY" },
	{ STR_INIT("TO:<a@b.test> ORCPT=rfc822;Bob+2Bx@b.test"), OK, "a@b.test 0 rfc822;Bob+x@b.test" },
	{ STR_INIT("TO:<a@b.test> ORCPT=rfc822;"), E_SYNTAX, "ORCPT" },
	{ STR_INIT("TO:<a@b.test> ORCPT=a@b.test"), E_SYNTAX, "ORCPT" },
	{ STR_INIT("TO:<a@b.test> ORCPT=utf-8;\\x{E4}@b.test"), OK, "a@b.test 0 utf-8;\\x{E4}@b.test" },
	{ STR_INIT("TO:<a@b.test> ORCPT=rfc822;\xc3\xa4@b.test"), E_SYNTAX, "ORCPT" },
	/* A12 */
	{ STR_INIT("TO:<a@b.test> ORCPT=rfc822;a+0D+0ARCPT"), E_SYNTAX, "ORCPT" },
	{ STR_INIT("TO:<a@b.test> SIZE=1"), E_NOTFOUND, "" },
	{ STR_INIT("FROM:<a@b.test>"), E_SYNTAX, "" },
};

static void rcpt(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 64 << 10, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(rcpts); i++) {
		struct smtp_rcpt p;
		struct str got;
		int r = smtp_rcpt_parse(&a, rcpts[i].args, false, &p, &got);
		if (r == OK)
			got = arena_printf(&a, STR_FMT "@" STR_FMT " %u " STR_FMT ";" STR_FMT, STR_ARG(p.path.local),
			                   STR_ARG(p.path.domain), p.notify, STR_ARG(p.orcpt_type), STR_ARG(p.orcpt));
		if (r != rcpts[i].err || !str_eq(got, str_c(rcpts[i].want)))
			fail_msg("\"" STR_FMT "\": %s \"" STR_FMT "\"", STR_ARG(rcpts[i].args), err_name(r),
				 STR_ARG(got));
		arena_reset(&a);
	}
	arena_done(&a);
}

/* RFC 5321 section 4.5.3.1 and RFC 3461: what is too long. A17: and found out in linear time. */
static void too_long(void **state)
{
	(void)state;
	struct arena a;
	struct smtp_mail m;
	struct smtp_rcpt p;
	struct str name;
	static char line[2048];
	arena_init(&a, 64 << 10, NULL, NULL);
	int n = snprintf(line, sizeof line, "FROM:<%065d@b.test>", 0);
	assert_int_equal(smtp_mail_parse(&a, (struct str){ line, (size_t)n }, &m, &name), E_TOOBIG);
	n = snprintf(line, sizeof line, "FROM:<a@b.test> ENVID=%0101d", 0);
	assert_int_equal(smtp_mail_parse(&a, (struct str){ line, (size_t)n }, &m, &name), E_SYNTAX);
	n = snprintf(line, sizeof line, "TO:<a@b.test> ORCPT=rfc822;%0500d", 0);
	assert_int_equal(smtp_rcpt_parse(&a, (struct str){ line, (size_t)n }, false, &p, &name), E_SYNTAX);
	arena_done(&a);
}

static void bdat(void **state)
{
	(void)state;
	static const struct { struct str args; int err; uint64_t size; bool last; } rows[] = {
		{ STR_INIT("0"), OK, 0, false },
		{ STR_INIT("1000"), OK, 1000, false },
		{ STR_INIT("86 last"), OK, 86, true },
		{ STR_INIT("9223372036854775807"), OK, INT64_MAX, false },
		{ STR_INIT("9223372036854775808"), E_TOOBIG, 0, false },
		{ STR_INIT(""), E_SYNTAX, 0, false },
		{ STR_INIT("-1"), E_SYNTAX, 0, false },
		{ STR_INIT("1 2"), E_SYNTAX, 0, false },
		{ STR_INIT("1 LAST LAST"), E_SYNTAX, 0, false },
		{ STR_INIT("LAST"), E_SYNTAX, 0, false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct smtp_bdat b = { 0 };
		assert_int_equal(smtp_bdat_parse(rows[i].args, &b), rows[i].err);
		assert_true(b.size == rows[i].size && b.last == rows[i].last);
	}
}

static void auth(void **state)
{
	(void)state;
	static const struct { struct str args; int err; const char *mechanism, *initial; } rows[] = {
		{ STR_INIT("PLAIN"), OK, "PLAIN", NULL },
		{ STR_INIT("PLAIN dGVzdA=="), OK, "PLAIN", "dGVzdA==" },
		{ STR_INIT("EXTERNAL ="), OK, "EXTERNAL", "" },
		{ STR_INIT("SCRAM-SHA-256 abcd"), OK, "SCRAM-SHA-256", "abcd" },
		{ STR_INIT(""), E_SYNTAX, NULL, NULL },
		{ STR_INIT("PLAIN a b"), E_SYNTAX, NULL, NULL },
		{ STR_INIT("PL.AIN"), E_SYNTAX, NULL, NULL },
		{ STR_INIT("ABCDEFGHIJKLMNOPQRSTU"), E_SYNTAX, NULL, NULL },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct smtp_auth a;
		assert_int_equal(smtp_auth_parse(rows[i].args, &a), rows[i].err);
		if (rows[i].err != OK)
			continue;
		assert_true(str_eq(a.mechanism, str_c(rows[i].mechanism)));
		assert_int_equal(a.has_initial, rows[i].initial != NULL);
		assert_true(str_eq(a.initial, str_c(rows[i].initial)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(split),
		cmocka_unit_test(mail),
		cmocka_unit_test(rcpt),
		cmocka_unit_test(too_long),
		cmocka_unit_test(bdat),
		cmocka_unit_test(auth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
