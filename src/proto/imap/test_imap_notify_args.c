/* RFC 5465 sections 3 to 8. */
#include "base/base.h"
#include "proto/imap/imap_notify_args.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct { const char *in; int want; size_t groups, mailboxes; unsigned events; } rows[] = {
	{ " NONE", OK, 0, 0, 0 },
	{ " SET (selected NONE)", OK, 1, 0, 0 },
	{ " SET STATUS (selected MessageNew (UID BODY.PEEK[HEADER.FIELDS (From)]) MessageExpunge)", E_SYNTAX, 0, 0, 0 },
	{ " SET STATUS (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (From To)]) MessageExpunge)) (subtree Lists (MailboxName))", OK, 2, 0, 3 },
	{ " SET (mailboxes (INBOX \"b c\") (FlagChange MessageNew MessageExpunge))", OK, 1, 2, 7 },
	{ " set (Selected-Delayed (MessageNew MessageExpunge))", OK, 1, 0, 3 },
	{ " SET (personal (SubscriptionChange AnnotationChange))", OK, 1, 0, IMAP_EVENT_SUBSCRIPTION | IMAP_EVENT_OTHER },
	{ " SET (inboxes (MessageNew))", E_SYNTAX, 0, 0, 0 }, { " SET (inboxes (FlagChange))", E_SYNTAX, 0, 0, 0 },
	{ " SET", E_SYNTAX, 0, 0, 0 }, { " SET STATUS", E_SYNTAX, 0, 0, 0 }, { " SET (bogus NONE)", E_SYNTAX, 0, 0, 0 }, { " SET (personal ())", E_SYNTAX, 0, 0, 0 },
	{ " SET (mailboxes NONE)", E_SYNTAX, 0, 0, 0 }, { " NONE x", E_SYNTAX, 0, 0, 0 }, { " SET (selected (MessageNew (UID MessageExpunge))", E_SYNTAX, 0, 0, 0 },
};

static void arguments(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena arena;
		struct imap_notify_args n;
		arena_init(&arena, 1 << 16, NULL, NULL);
		struct imap_args a = imap_args_of(str_c(rows[i].in), &arena, false);
		int r = imap_notify_args(&a, &n);
		if (r != rows[i].want)
			fail_msg("%s: %s", rows[i].in, a.bad);
		if (r == OK)
			assert_true(n.n == rows[i].groups && n.groups[0].count == rows[i].mailboxes && n.groups[0].events == rows[i].events);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(arguments) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
