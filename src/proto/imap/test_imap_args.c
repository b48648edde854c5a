#include "base/base.h"
#include "proto/imap/imap_command_args.h"
#include "proto/imap/imap_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

static void is_str(struct str got, const char *want)
{
	if (!str_eq(got, str_c(want)))
		fail_msg("got \"" STR_FMT "\", want \"%s\"", STR_ARG(got), want);
}

/* want NULL: refused, and nothing consumed */
struct row { const char *in, *want, *rest; };

static void run(int (*rule)(struct imap_args *, struct str *), const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct imap_args a = imap_args_of(str_c(rows[i].in), &arena, false);
		struct str got = STR("untouched");
		int r = rule(&a, &got);
		if ((r == OK) != (rows[i].want != NULL))
			fail_msg("%s: %s", rows[i].in, err_name(r));
		is_str(got, rows[i].want ? rows[i].want : "untouched");
		if (r == OK)
			is_str(a.rest, rows[i].rest);
		assert_true(r == OK || strlen(a.bad) > 0);
	}
}

static void astring_and_string(void **state)
{
	(void)state;
	static const struct row astrings[] = {
		{ "abc def", "abc", " def" },   { "a]b", "a]b", "" },          { "\"q \\\"x\\\\\" z", "q \"x\\", " z" },
		{ "{3}\r\na b c", "a b", " c" }, { "{3+}\r\na\r\n", "a\r\n", "" }, { "{0}\r\n x", "", " x" },
		{ "\"\"", "", "" },             { "", NULL, "" },              { "(x", NULL, "" },
		{ "\"open", NULL, "" },         { "\"bad \\n\"", NULL, "" },   { "\"x\r\n\"", NULL, "" },
		{ "{4}\r\nabc", NULL, "" },     { "{}\r\nabc", NULL, "" },     { "{3}abc", NULL, "" },
		{ "{99999999999999999999}\r\n", NULL, "" },
		{ "\"\xc3\xa4\"", "\xc3\xa4", "" },      /* UTF8-2 in quoted: RFC 9051 section 9 */
		{ "\"\xc3\"", NULL, "" }, { "\"\xe2\x82\"", NULL, "" },      /* A58: cut at the end */
		{ "\xc3\xa4", NULL, "" },
	};
	static const struct row atoms[] = {
		{ "abc]", "abc", "]" }, { "a+b", "a+b", "" }, { "a%", "a", "%" }, { "\\Seen", NULL, "" }, { "", NULL, "" },
	};
	static const struct row strings[] = { { "\"a\"", "a", "" }, { "a", NULL, "" }, { "{1}\r\na", "a", "" } };
	run(imap_astring, astrings, COUNT_OF(astrings));
	run(imap_atom, atoms, COUNT_OF(atoms));
	run(imap_string, strings, COUNT_OF(strings));
	struct imap_args a = imap_args_of(STR("{3}\r\na\0b"), &arena, false);
	struct str s;
	assert_int_equal(imap_string(&a, &s), E_SYNTAX);
}

static void nstring(void **state)
{
	(void)state;
	struct imap_args a = imap_args_of(STR("nil \"nil\" nilly"), &arena, false);
	struct str s;
	bool nil;
	assert_int_equal(imap_nstring(&a, &s, &nil), OK);
	assert_true(nil);
	assert_int_equal(imap_sp(&a), OK);
	assert_int_equal(imap_nstring(&a, &s, &nil), OK);
	assert_false(nil);
	assert_int_equal(imap_sp(&a), OK);
	assert_int_equal(imap_nstring(&a, &s, &nil), E_SYNTAX);
}

static void mailbox_names(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{ "inbox", "INBOX", "" },           { "\"InBox\"", "INBOX", "" },      { "inbox/a", "INBOX/a", "" },
		{ "inboxes", "inboxes", "" },       { "{5}\r\niNbOx", "INBOX", "" },   { "Entw&APw-rfe", "Entw\xc3\xbcrfe", "" },
		{ "a&-b", "a&b", "" },              { "\"a&b\"", NULL, "" },           { "\"\xc3\xbc\"", NULL, "" },
		{ "{3}\r\na\tb", NULL, "" },
	};
	static const struct row patterns[] = {
		{ "*", "*", "" }, { "%/a ", "%/a", " " }, { "\"a b*\"", "a b*", "" }, { "&APw-%", "\xc3\xbc%", "" }, { "(", NULL, "" },
	};
	run(imap_mailbox, rows, COUNT_OF(rows));
	run(imap_list_mailbox, patterns, COUNT_OF(patterns));
	struct imap_args a = imap_args_of(STR("\"\xc3\xbc&\" x"), &arena, true);
	struct str s;
	assert_int_equal(imap_mailbox(&a, &s), OK);
	is_str(s, "\xc3\xbc&");
	a = imap_args_of(STR("a&b"), &arena, false);
	assert_int_equal(imap_mailbox(&a, &s), E_UNSUPPORTED);
	struct buf b;
	buf_init(&b, 4096);
	assert_int_equal(buf_printf(&b, "\"%01001d\"", 1), OK);
	a = imap_args_of(buf_str(&b), &arena, false);
	assert_int_equal(imap_mailbox(&a, &s), E_UNSUPPORTED);
	buf_done(&b);
}

static void numbers(void **state)
{
	(void)state;
	static const struct { const char *in; int number, nz, n64; uint64_t value; } rows[] = {
		{ "0", OK, E_SYNTAX, OK, 0 },
		{ "7", OK, OK, OK, 7 },
		{ "4294967295", OK, OK, OK, 4294967295u },
		{ "4294967296", E_TOOBIG, E_TOOBIG, OK, 4294967296u },
		{ "9223372036854775807", E_TOOBIG, E_TOOBIG, OK, INT64_MAX },
		{ "9223372036854775808", E_TOOBIG, E_TOOBIG, E_TOOBIG, 0 },
		{ "-1", E_SYNTAX, E_SYNTAX, E_SYNTAX, 0 },
		{ "", E_SYNTAX, E_SYNTAX, E_SYNTAX, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint32_t v = 0, nz = 0;
		uint64_t v64 = 0;
		struct imap_args a = imap_args_of(str_c(rows[i].in), &arena, false), b = a, c = a;
		assert_int_equal(imap_number(&a, &v), rows[i].number);
		assert_int_equal(imap_nz_number(&b, &nz), rows[i].nz);
		assert_int_equal(imap_number64(&c, &v64), rows[i].n64);
		assert_true(rows[i].n64 != OK || v64 == rows[i].value);
		assert_true(rows[i].number != OK || v == rows[i].value);
	}
}

static void dates(void **state)
{
	(void)state;
	static const struct { const char *in; int64_t day; } days[] = {
		{ "1-Jan-1970", 0 }, { "\"1-Feb-1994\"", 8797 }, { "01-feb-1994", 8797 }, { "29-Feb-2000", 11016 }, { "31-Dec-1969", -1 },
		{ "31-Dec-9999", 2932896 },
	};
	static const char *const bad[] = { "29-Feb-1900", "0-Jan-2000", "32-Jan-2000", "1-Foo-2000", "1-Jan-99", "\"1-Jan-2000", "1 Jan 2000", "" };
	for (size_t i = 0; i < COUNT_OF(days); i++) {
		int64_t d = 12345;
		struct imap_args a = imap_args_of(str_c(days[i].in), &arena, false);
		assert_int_equal(imap_date(&a, &d), OK);
		assert_int_equal(d, days[i].day);
		assert_int_equal(a.rest.n, 0);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		int64_t d;
		struct imap_args a = imap_args_of(str_c(bad[i]), &arena, false);
		assert_int_equal(imap_date(&a, &d), E_SYNTAX);
	}
}

static void date_times(void **state)
{
	(void)state;
	static const struct { const char *text; int64_t seconds; int zone; } rows[] = {
		{ "\"17-Jul-1996 02:44:25 -0700\"", 837596665, -420 }, { "\" 1-Jan-1970 00:00:00 +0000\"", 0, 0 },
		{ "\"31-Dec-1969 23:59:59 +0000\"", -1, 0 },           { "\" 1-Jan-2000 05:30:00 +0530\"", 946684800, 330 },
	};
	static const char *const bad[] = {
		"\"01-Jan-1970 24:00:00 +0000\"", "\"01-Jan-1970 00:60:00 +0000\"",
		"\"01-Jan-1970 00:00:00 0000\"", "\"01-Jan-1970 00:00:00 +000\"",  "01-Jan-1970 00:00:00 +0000", "\"",
	};
	struct buf b;
	buf_init(&b, 1024);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct date t;
		struct imap_args a = imap_args_of(str_c(rows[i].text), &arena, false);
		assert_int_equal(imap_date_time(&a, &t), OK);
		assert_int_equal(t.unix_seconds, rows[i].seconds);
		assert_int_equal(t.zone_minutes, rows[i].zone);
		struct bufw w = { .b = &b };
		buf_clear(&b);
		imap_write_date_time(&w, t);
		is_str(buf_str(&b), rows[i].text);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct date t;
		struct imap_args a = imap_args_of(str_c(bad[i]), &arena, false);
		assert_int_equal(imap_date_time(&a, &t), E_SYNTAX);
	}
	struct date t;
	struct imap_args a = imap_args_of(STR("\" 1-Jan-1970 00:00:01 +0000\""), &arena, false);
	assert_int_equal(imap_date_time(&a, &t), OK);
	assert_int_equal(t.unix_seconds, 1);
	/* B51: any number gives a date that fits the grammar */
	static const int64_t odd[] = { INT64_MIN, INT64_MAX, -62167219201, 253402300800 };
	for (size_t i = 0; i < COUNT_OF(odd); i++) {
		struct bufw w = { .b = &b };
		buf_clear(&b);
		imap_write_date_time(&w, (struct date){ odd[i], i % 2 ? INT32_MAX : -720 });
		assert_int_equal(b.n, 28);
		a = imap_args_of(buf_str(&b), &arena, false);
		assert_int_equal(imap_date_time(&a, &t), OK);
	}
	buf_done(&b);
}

static void store_arguments(void **state)
{
	(void)state;
	static const struct { const char *in; int want; int mode; bool silent, unchanged; unsigned system; size_t keywords; } rows[] = {
		{ " 1:2 +FLAGS (\\Seen \\Deleted)", OK, IMAP_STORE_ADD, false, false, IMAP_SEEN | IMAP_DELETED, 0 },
		{ " 1 -flags.silent $Junk NonJunk $junk", OK, IMAP_STORE_REMOVE, true, false, 0, 2 },
		{ " 1 FLAGS ()", OK, IMAP_STORE_REPLACE, false, false, 0, 0 },
		{ " $ (UNCHANGEDSINCE 12121230045) FLAGS.SILENT (\\Draft)", OK, IMAP_STORE_REPLACE, true, true, IMAP_DRAFT, 0 },
		{ " 1 FLAGS (\\Recent)", E_SYNTAX, 0, false, false, 0, 0 },
		{ " 1 FLAGS (\\Seen", E_SYNTAX, 0, false, false, 0, 0 },
		{ " 1 FLAGS", E_SYNTAX, 0, false, false, 0, 0 },
		{ " 1 FLAGS ", E_SYNTAX, 0, false, false, 0, 0 },
		{ " 1 FLAGZ ()", E_SYNTAX, 0, false, false, 0, 0 },
		{ " 1 FLAGS () x", E_SYNTAX, 0, false, false, 0, 0 },
		{ " 1 (CHANGEDSINCE 1) FLAGS ()", E_SYNTAX, 0, false, false, 0, 0 },
		{ " 0 FLAGS ()", E_SYNTAX, 0, false, false, 0, 0 },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct imap_store s = { 0 };
		struct imap_args a = imap_args_of(str_c(rows[i].in), &arena, false);
		assert_int_equal(imap_store_args(&a, &s), rows[i].want);
		assert_int_equal(s.mode, rows[i].mode);
		assert_int_equal(s.silent, rows[i].silent);
		assert_int_equal(s.unchanged_since, rows[i].unchanged);
		assert_int_equal(s.flags.system, rows[i].system);
		assert_int_equal(s.flags.n, rows[i].keywords);
	}
}

static void flag_limits(void **state)
{
	(void)state;
	struct buf b;
	struct imap_flags f;
	buf_init(&b, 1 << 16);
	for (int i = 0; i < IMAP_KEYWORDS_MAX + 1; i++)
		assert_int_equal(buf_printf(&b, i ? " k%d" : "(k%d", i), OK);
	assert_int_equal(buf_put_char(&b, ')'), OK);
	struct imap_args a = imap_args_of(buf_str(&b), &arena, false);
	assert_int_equal(imap_flag_list(&a, &f), E_TOOBIG);
	buf_clear(&b);
	assert_int_equal(buf_printf(&b, "(%0129d)", 1), OK);
	a = imap_args_of(buf_str(&b), &arena, false);
	assert_int_equal(imap_flag_list(&a, &f), E_TOOBIG);
	buf_done(&b);
}

static void select_and_append(void **state)
{
	(void)state;
	struct imap_select m;
	struct imap_args a = imap_args_of(STR(" inbox (CONDSTORE)"), &arena, false);
	assert_int_equal(imap_select_args(&a, &m), OK);
	assert_true(m.condstore && !m.qresync);
	/* RFC 7162 section 3.2.5 */
	a = imap_args_of(STR(" INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))"), &arena, false);
	assert_int_equal(imap_select_args(&a, &m), OK);
	assert_true(m.qresync && m.condstore && m.uidvalidity == 67890007 && m.modseq == 20050715194045000 && m.known.n == 3);
	a = imap_args_of(STR(" INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541 (1,500 41,540)))"), &arena, false);
	assert_int_equal(imap_select_args(&a, &m), OK);
	a = imap_args_of(STR(" INBOX (QRESYNC (67890007 90060115194045000 (1:3 4:6)))"), &arena, false);
	assert_int_equal(imap_select_args(&a, &m), OK);
	assert_int_equal(m.known.n, 0);
	static const char *const bad_selects[] = { " x (QRESYNC)", " x (QRESYNC ())", " x (QRESYNC (1))", " x (QRESYNC (0 1))", " x (QRESYNC (1 2 1:*))",
		" x (QRESYNC (1 2 $))", " x (QRESYNC (1 2 3 (1)))", " x (QRESYNC (1 2 3 (1 2))", " x (BOGUS)", " x ()" };
	for (size_t i = 0; i < COUNT_OF(bad_selects); i++) {
		a = imap_args_of(str_c(bad_selects[i]), &arena, false);
		assert_int_equal(imap_select_args(&a, &m), E_SYNTAX);
	}

	struct imap_append p;
	a = imap_args_of(STR(" (\\Seen $x) \"17-Jul-1996 02:44:25 -0700\" {310}"), &arena, false);
	assert_int_equal(imap_append_message(&a, &p), OK);
	assert_true(p.dated && p.date.unix_seconds == 837596665 && !p.binary && !p.parts);
	assert_int_equal(p.flags.system, IMAP_SEEN);
	a = imap_args_of(STR(" ~{310+}"), &arena, false);
	assert_int_equal(imap_append_message(&a, &p), OK);
	assert_true(p.binary && !p.dated && p.flags.n == 0);
	a = imap_args_of(STR(" CATENATE (URL \"/x/;UID=1\" TEXT {2}\r\nhi) {3}"), &arena, false);
	assert_int_equal(imap_append_message(&a, &p), OK);
	assert_true(p.part_count == 2 && p.parts[0].url && !p.parts[1].url && str_eq(a.rest, STR(" {3}")));
	static const char *const bad[] = { "", " (\\Seen)", " \"x\" {1}", " {1} x", " (\\Bogus) {1}", " CATENATE", " CATENATE (TEXT x)" };
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		a = imap_args_of(str_c(bad[i]), &arena, false);
		assert_int_equal(imap_append_message(&a, &p), E_SYNTAX);
	}
}

static void id_and_enable(void **state)
{
	(void)state;
	struct imap_id_pair pairs[IMAP_ID_PAIRS_MAX];
	size_t n = 99;
	struct imap_args a = imap_args_of(STR(" (\"name\" \"x\" \"version\" NIL)"), &arena, false);
	assert_int_equal(imap_id_args(&a, pairs, &n), OK);
	assert_int_equal(n, 2);
	assert_true(!pairs[0].nil && pairs[1].nil);
	a = imap_args_of(STR(" NIL"), &arena, false);
	assert_int_equal(imap_id_args(&a, pairs, &n), OK);
	assert_int_equal(n, 0);
	a = imap_args_of(STR(" ()"), &arena, false);
	assert_int_equal(imap_id_args(&a, pairs, &n), OK);
	struct buf b;
	buf_init(&b, 4096);
	assert_int_equal(buf_put_str(&b, STR(" (\"a\" \"b\"")), OK);
	for (int i = 0; i < IMAP_ID_PAIRS_MAX; i++)
		assert_int_equal(buf_put_str(&b, STR(" \"a\" \"b\"")), OK);
	assert_int_equal(buf_put_char(&b, ')'), OK);
	a = imap_args_of(buf_str(&b), &arena, false);
	assert_int_equal(imap_id_args(&a, pairs, &n), E_SYNTAX);
	buf_done(&b);
	struct str names[IMAP_ENABLE_MAX];
	a = imap_args_of(STR(" CONDSTORE X-UNKNOWN"), &arena, false);
	assert_int_equal(imap_enable_args(&a, names, &n), OK);
	assert_int_equal(n, 2);
	a = imap_args_of(STR(""), &arena, false);
	assert_int_equal(imap_enable_args(&a, names, &n), E_SYNTAX);
}

static void writing(void **state)
{
	(void)state;
	static const struct { struct str in; bool utf8; const char *string, *astring, *mailbox; } rows[] = {
		{ STR_INIT("abc"), false, "\"abc\"", "abc", "abc" },
		{ STR_INIT(""), false, "\"\"", "\"\"", "\"\"" },
		{ STR_INIT("NIL"), false, "\"NIL\"", "\"NIL\"", "\"NIL\"" },
		{ STR_INIT("a \"b\\"), false, "\"a \\\"b\\\\\"", "\"a \\\"b\\\\\"", "\"a \\\"b\\\\\"" },
		{ STR_INIT("a\r\nb"), false, "{4}\r\na\r\nb", "{4}\r\na\r\nb", "a&AA0ACg-b" },
		{ STR_INIT("\xc3\xbc"), false, "{2}\r\n\xc3\xbc", "{2}\r\n\xc3\xbc", "&APw-" },
		{ STR_INIT("\xc3\xbc"), true, "\"\xc3\xbc\"", "\"\xc3\xbc\"", "\"\xc3\xbc\"" },
		{ STR_INIT("\xfc"), true, "{1}\r\n\xfc", "{1}\r\n\xfc", "{1}\r\n\xfc" },      /* B49: raw latin1 */
		{ STR_INIT("a\0b"), false, "{3}\r\na?b", "{3}\r\na?b", "a&AAA-b" },
		{ STR_INIT("a%b"), false, "\"a%b\"", "\"a%b\"", "\"a%b\"" },
	};
	struct buf b;
	buf_init(&b, 1024);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bufw w = { .b = &b };
		buf_clear(&b);
		imap_write_string(&w, rows[i].in, rows[i].utf8);
		is_str(buf_str(&b), rows[i].string);
		buf_clear(&b);
		imap_write_astring(&w, rows[i].in, rows[i].utf8);
		is_str(buf_str(&b), rows[i].astring);
		buf_clear(&b);
		imap_write_mailbox(&w, rows[i].in, rows[i].utf8);
		is_str(buf_str(&b), rows[i].mailbox);
	}
	struct bufw w = { .b = &b };
	buf_clear(&b);
	imap_write_text(&w, STR("a\r\n* BYE\xff."));
	is_str(buf_str(&b), "a??* BYE?.");
	buf_clear(&b);
	assert_true(imap_flags_write(&w, IMAP_SEEN | IMAP_ANSWERED | IMAP_RECENT));
	is_str(buf_str(&b), "\\Answered \\Seen \\Recent");
	assert_false(imap_flags_write(&w, 0));
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(astring_and_string, setup, teardown),
		cmocka_unit_test_setup_teardown(nstring, setup, teardown),
		cmocka_unit_test_setup_teardown(mailbox_names, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(dates, setup, teardown),
		cmocka_unit_test_setup_teardown(date_times, setup, teardown),
		cmocka_unit_test_setup_teardown(store_arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(flag_limits, setup, teardown),
		cmocka_unit_test_setup_teardown(select_and_append, setup, teardown),
		cmocka_unit_test_setup_teardown(id_and_enable, setup, teardown),
		cmocka_unit_test_setup_teardown(writing, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
