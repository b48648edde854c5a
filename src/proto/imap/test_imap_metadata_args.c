/* RFC 5464 sections 4.2, 4.3 and 5. */
#include "base/base.h"
#include "proto/imap/imap_metadata_args.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct { const char *in; bool set; int want; const char *mailbox; size_t n; unsigned depth; uint32_t maxsize; } rows[] = {
	{ " \"\" /shared/comment", false, OK, "", 1, 0, 0 },
	{ " \"INBOX\" /Private/Comment", false, OK, "INBOX", 1, 0, 0 },
	{ " \"INBOX\" (/shared/comment /private/comment)", false, OK, "INBOX", 2, 0, 0 },
	{ " INBOX (MAXSIZE 1024) (/shared/comment /private/comment)", false, OK, "INBOX", 2, 0, 1024 },
	{ " (DEPTH 1 MAXSIZE 5) INBOX (/private/filters/values)", false, OK, "INBOX", 1, 1, 5 },
	{ " INBOX (DEPTH infinity) /shared/a", false, OK, "INBOX", 1, IMAP_DEPTH_INFINITE, 0 },
	{ " INBOX /comment", false, E_SYNTAX, "", 0, 0, 0 }, { " INBOX /private/", false, E_SYNTAX, "", 0, 0, 0 },
	{ " INBOX /private/a*", false, E_SYNTAX, "", 0, 0, 0 }, { " INBOX /private//a", false, E_SYNTAX, "", 0, 0, 0 },
	{ " INBOX (DEPTH 2) /private/a", false, E_SYNTAX, "", 0, 0, 0 }, { " INBOX ()", false, E_SYNTAX, "", 0, 0, 0 }, { " INBOX", false, E_SYNTAX, "", 0, 0, 0 },
	{ " INBOX (/private/comment {3}\r\nabc)", true, OK, "INBOX", 1, 0, 0 },
	{ " INBOX (/private/comment NIL /shared/x \"y\")", true, OK, "INBOX", 2, 0, 0 },
	{ " INBOX (/private/comment)", true, E_SYNTAX, "", 0, 0, 0 }, { " INBOX /private/comment x", true, E_SYNTAX, "", 0, 0, 0 },
};

static void arguments(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena arena;
		struct imap_metadata m;
		arena_init(&arena, 1 << 16, NULL, NULL);
		struct imap_args a = imap_args_of(str_c(rows[i].in), &arena, false);
		int r = rows[i].set ? imap_setmetadata_args(&a, &m) : imap_getmetadata_args(&a, &m);
		if (r != rows[i].want)
			fail_msg("%s: %s", rows[i].in, a.bad);
		if (r == OK) {
			assert_true(str_eq(m.mailbox, str_c(rows[i].mailbox)));
			assert_true(m.n == rows[i].n && m.depth == rows[i].depth && m.maxsize == rows[i].maxsize);
		}
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(arguments) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
