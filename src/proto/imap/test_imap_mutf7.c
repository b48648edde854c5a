#include "base/base.h"
#include "proto/imap/imap_mutf7.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* utf8 NULL: the encoded form is refused. RFC 3501 section 5.1.3. */
static const struct { const char *encoded, *utf8; } rows[] = {
	{ "", "" },
	{ "INBOX", "INBOX" },
	{ "~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },      /* the RFC's */
	{ "p&AOQA5A-", "p\xc3\xa4\xc3\xa4" },
	{ "&-", "&" },
	{ "a&-b", "a&b" },
	{ "&APw-&-", "\xc3\xbc&" },
	{ "&-&APw-", "&\xc3\xbc" },
	{ "&2D3eAA-", "\xf0\x9f\x98\x80" },      /* a surrogate pair */
	{ "&AH8-", "\x7f" },
	{ "&AAk-", "\t" },
	{ "&U,BTFw-&ZeVnLIqe-", NULL },          /* superfluous shift: the RFC's example of what is not allowed */
	{ "&Jjo!", NULL },                       /* not ended: the RFC's */
	{ "&", NULL }, { "&A", NULL }, { "&-&", NULL }, { "&AOQ", NULL },
	{ "&AGE-", NULL },                       /* "a" encoded */
	{ "&ACY-", NULL },                       /* "&" encoded */
	{ "&AOR-", NULL },                       /* padding bits not zero */
	{ "&AOQA-", NULL },                      /* six bits too many */
	{ "&AO-", NULL }, { "&A-", NULL },
	{ "&2D0-", NULL }, { "&3gA-", NULL }, { "&3gDYPQ-", NULL }, { "&2D0AYQ-", NULL },      /* broken surrogates */
	{ "&AAA-", NULL },                       /* NUL */
	{ "&AO/-", NULL },                       /* "/" is no digit here */
	{ "\xc3\xa4", NULL }, { "a\tb", NULL },
};

static void both_ways(void **state)
{
	(void)state;
	struct arena arena;
	struct buf b;
	arena_init(&arena, 1 << 16, NULL, NULL);
	buf_init(&b, 1024);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str got;
		int r = imap_mutf7_decode(&arena, str_c(rows[i].encoded), &got);
		if ((r == OK) != (rows[i].utf8 != NULL))
			fail_msg("%s: %s", rows[i].encoded, err_name(r));
		if (r != OK)
			continue;
		assert_true(str_eq(got, str_c(rows[i].utf8)));
		buf_clear(&b);
		assert_int_equal(imap_mutf7_encode(&b, got), OK);
		assert_true(str_eq(buf_str(&b), str_c(rows[i].encoded)));
	}
	buf_clear(&b);
	assert_int_equal(imap_mutf7_encode(&b, STR("\xc3")), E_SYNTAX);      /* A58 */
	assert_int_equal(imap_mutf7_encode(&b, STR("a\xff")), E_SYNTAX);
	buf_done(&b);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(both_ways) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
