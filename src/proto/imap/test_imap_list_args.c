#include "base/base.h"
#include "proto/imap/imap_list_args.h"
#include "proto/imap/imap_list_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

static const struct { const char *pattern, *name; bool want; } matches[] = {
	{ "*", "", true },          { "*", "a/b/c", true },      { "%", "a", true },        { "%", "a/b", false },      { "%", "", true },
	{ "", "", true },           { "", "a", false },          { "a", "a", true },        { "a", "ab", false },       { "a%", "a/b", false },
	{ "a*", "a/b", true },      { "a/%", "a/b", true },      { "a/%", "a/b/c", false }, { "%/%", "a/b", true },     { "%/%", "a", false },
	{ "*b", "a/b", true },      { "*b*", "xxbxx", true },    { "%b", "ab", true },      { "%*%", "a/b/c", true },   { "%%", "a/b", false },
	{ "a*%", "a", true },       { "*test4", "x/test3/test4", true }, { "%t*4", "x/test3/test4", false },
	{ "x/%t*4", "x/test3/test4", true }, { "x/%3/%4", "x/test3/test4", true },
	{ "inbox", "INBOX", true }, { "InBoX", "INBOX", true },  { "inb%", "INBOX", true }, { "inbox/%", "INBOX/a", true },
	{ "inbox/A", "INBOX/a", false }, { "inbox", "INBOXES", false }, { "trash", "Trash", false },
	{ "*aab", "aaaaaaaaab", true }, { "*a*a*a*b", "aaaaaaaaaaaa", false }, { "%\xc3\xbc", "a\xc3\xbc", true },
};

static bool match(struct arena *arena, struct str pattern, struct str name)
{
	struct imap_pattern p;
	assert_int_equal(imap_pattern_init(&p, arena, pattern), OK);
	return imap_pattern_match(&p, name, '/');
}

static void patterns(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, 1 << 20, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(matches); i++)
		if (match(&arena, str_c(matches[i].pattern), str_c(matches[i].name)) != matches[i].want)
			fail_msg("%s on %s", matches[i].pattern, matches[i].name);
	/* a pattern that spans words */
	char long_name[300];
	memset(long_name, 'n', sizeof long_name);
	struct str name = { long_name, sizeof long_name };
	struct str pattern = arena_printf(&arena, "*" STR_FMT, STR_ARG(name));
	assert_true(match(&arena, pattern, name));
	assert_false(match(&arena, pattern, str_skip(name, 1)));
	arena_done(&arena);
}

/* A52: a long alternating pattern over a thousand long names. The work is bounded by name x words; the
 * clock only guards against the exponential. */
static void a52_wildcards_are_linear(void **state)
{
	(void)state;
	struct arena arena;
	char pattern[1000], name[1000];
	struct imap_pattern p;
	arena_init(&arena, 1 << 20, NULL, NULL);
	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = "*a%a"[i % 4];
	memset(name, 'a', sizeof name);
	name[sizeof name - 1] = 'b';
	clock_t from = clock();
	assert_int_equal(imap_pattern_init(&p, &arena, (struct str){ pattern, sizeof pattern }), OK);
	for (int i = 0; i < 1000; i++)
		assert_false(imap_pattern_match(&p, (struct str){ name, sizeof name }, '/'));
	assert_true((clock() - from) / CLOCKS_PER_SEC < 20);
	memset(pattern, 'a', sizeof pattern);
	struct str big = { arena_alloc(&arena, IMAP_PATTERN_MAX + 1), IMAP_PATTERN_MAX + 1 };
	assert_int_equal(imap_pattern_init(&p, &arena, big), E_TOOBIG);
	arena_done(&arena);
}

static const struct { const char *in; int want; bool extended; unsigned select, returns, status; size_t patterns; } lists[] = {
	{ " \"\" \"*\"", OK, false, 0, 0, 0, 1 },
	{ " inbox/ %", OK, false, 0, 0, 0, 1 },
	{ " () \"\" %", OK, true, 0, 0, 0, 1 },
	{ " (SUBSCRIBED RECURSIVEMATCH) \"\" *", OK, true, IMAP_LIST_SUBSCRIBED | IMAP_LIST_RECURSIVEMATCH, 0, 0, 1 },
	{ " (special-use) \"\" *", OK, true, IMAP_LIST_SPECIAL_USE, 0, 0, 1 },
	{ " \"\" (a b* \"c d\")", OK, true, 0, 0, 0, 3 },
	{ " \"\" % RETURN (CHILDREN SUBSCRIBED SPECIAL-USE)", OK, true, 0,
	  IMAP_LIST_CHILDREN | IMAP_LIST_SUBSCRIBED | IMAP_LIST_SPECIAL_USE, 0, 1 },
	{ " \"\" % RETURN (STATUS (MESSAGES UNSEEN) CHILDREN)", OK, true, 0, IMAP_LIST_STATUS | IMAP_LIST_CHILDREN,
	  IMAP_STATUS_MESSAGES | IMAP_STATUS_UNSEEN, 1 },
	{ " \"\" % RETURN ()", OK, true, 0, 0, 0, 1 },
	{ " (RECURSIVEMATCH) \"\" *", E_SYNTAX, false, 0, 0, 0, 0 },
	{ " (RECURSIVEMATCH REMOTE) \"\" *", E_SYNTAX, false, 0, 0, 0, 0 },
	{ " (imaptest) \"\" \"\"", E_SYNTAX, false, 0, 0, 0, 0 },
	{ " \"\" \"\" return (imaptest)", E_SYNTAX, false, 0, 0, 0, 0 },
	{ " \"\" ()", E_SYNTAX, false, 0, 0, 0, 0 },
	{ " \"\" % RETURN (STATUS ())", E_SYNTAX, false, 0, 0, 0, 0 },
	{ " \"\" % RETURN (STATUS)", E_SYNTAX, false, 0, 0, 0, 0 },
	{ " \"\"", E_SYNTAX, false, 0, 0, 0, 0 },
	{ " \"\" % x", E_SYNTAX, false, 0, 0, 0, 0 },
};

static void arguments(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, 1 << 20, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct imap_list l = { 0 };
		struct imap_args a = imap_args_of(str_c(lists[i].in), &arena, false);
		if (imap_list_args(&a, &l) != lists[i].want)
			fail_msg("%s", lists[i].in);
		assert_int_equal(l.extended, lists[i].extended);
		assert_int_equal(l.select, lists[i].select);
		assert_int_equal(l.returns, lists[i].returns);
		assert_int_equal(l.status, lists[i].status);
		assert_int_equal(l.pattern_count, lists[i].patterns);
	}
	arena_done(&arena);
}

static void status(void **state)
{
	(void)state;
	struct arena arena;
	struct str mailbox;
	unsigned items;
	arena_init(&arena, 1 << 20, NULL, NULL);
	struct imap_args a = imap_args_of(STR(" inbox (messages UIDNEXT uidvalidity unseen deleted size HIGHESTMODSEQ recent)"), &arena, false);
	assert_int_equal(imap_status_args(&a, &mailbox, &items), OK);
	assert_int_equal(items, 0xff);
	static const char *const bad[] = { " inbox", " inbox ()", " inbox (X)", " inbox (MESSAGES", " inbox MESSAGES", " inbox (MESSAGES )" };
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		a = imap_args_of(str_c(bad[i]), &arena, false);
		assert_int_equal(imap_status_args(&a, &mailbox, &items), E_SYNTAX);
	}
	assert_true(str_eq(imap_status_name(IMAP_STATUS_SIZE), STR("SIZE")));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns), cmocka_unit_test(a52_wildcards_are_linear), cmocka_unit_test(arguments), cmocka_unit_test(status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
