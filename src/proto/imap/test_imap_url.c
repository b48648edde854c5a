/* RFC 5092 section 7.2, RFC 4469 section 5. */
#include "base/base.h"
#include "proto/imap/imap_url.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct { const char *in; int want; const char *mailbox; uint32_t uidvalidity, uid; const char *section; uint64_t length; } rows[] = {
	{ "/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER", OK, "Drafts", 385759045, 20, "HEADER", 0 },
	{ "/inbox/;uid=1", OK, "INBOX", 0, 1, "", 0 },
	{ "/a/b%20%C3%BC/;UID=3/;SECTION=1.2.MIME/;PARTIAL=5.10", OK, "a/b \xc3\xbc", 0, 3, "1.2.MIME", 10 },
	{ "/x/;UID=3/;PARTIAL=5", OK, "x", 0, 3, "", 0 },
	{ "", E_SYNTAX, "", 0, 0, "", 0 }, { "/", E_SYNTAX, "", 0, 0, "", 0 }, { "imap://joe@host/x/;UID=1", E_SYNTAX, "", 0, 0, "", 0 },
	{ "/x", E_SYNTAX, "", 0, 0, "", 0 }, { "/x/;UID=0", E_SYNTAX, "", 0, 0, "", 0 }, { "/x/;UID=1/;UID=2", E_SYNTAX, "", 0, 0, "", 0 },
	{ "/x/;SECTION=1/;UID=2", E_SYNTAX, "", 0, 0, "", 0 }, { "/x/;UID=99999999999", E_SYNTAX, "", 0, 0, "", 0 }, { "/%zz/;UID=1", E_SYNTAX, "", 0, 0, "", 0 },
	{ "/%0a/;UID=1", E_SYNTAX, "", 0, 0, "", 0 }, { "/%ff/;UID=1", E_SYNTAX, "", 0, 0, "", 0 }, { "/x/;UID=1/;PARTIAL=1.0", E_SYNTAX, "", 0, 0, "", 0 },
	{ "/x;UIDVALIDITY=/;UID=1", E_SYNTAX, "", 0, 0, "", 0 }, { "/;UID=1", E_SYNTAX, "", 0, 0, "", 0 },
};

static void urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct imap_url u = { 0 };
		arena_init(&a, 1 << 16, NULL, NULL);
		if (imap_url_parse(&a, str_c(rows[i].in), &u) != rows[i].want)
			fail_msg("%s", rows[i].in);
		assert_true(str_eq(u.mailbox, str_c(rows[i].mailbox)) && str_eq(u.section, str_c(rows[i].section)));
		assert_true(u.uid == rows[i].uid && u.uidvalidity == rows[i].uidvalidity && u.length == rows[i].length);
		arena_done(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(urls) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
