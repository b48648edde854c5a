#include "proto/addr/addr_path.h"

#include <setjmp.h>
#include <stdarg.h>
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

static void assert_str(struct str got, struct str want)
{
	assert_int_equal(got.n, want.n);
	assert_memory_equal(got.p ? got.p : "", want.p, want.n);
}

#define L64 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"
#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

enum { MAIL = ADDR_NULL_OK, RCPT = ADDR_POSTMASTER_OK };

static void good_paths(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		unsigned flags;
		struct str local, domain, again;
	} rows[] = {
		{ STR_INIT("<user@example.com>"), RCPT, STR_INIT("user"), STR_INIT("example.com"),
		  STR_INIT("<user@example.com>") },
		{ STR_INIT("<>"), MAIL, STR_INIT(""), STR_INIT(""), STR_INIT("<>") },
		{ STR_INIT("<PostMaster>"), RCPT, STR_INIT("PostMaster"), STR_INIT(""), STR_INIT("<PostMaster>") },
		{ STR_INIT("<u@[192.0.2.1]>"), MAIL, STR_INIT("u"), STR_INIT("[192.0.2.1]"),
		  STR_INIT("<u@[192.0.2.1]>") },
		{ STR_INIT("<u@[IPv6:::1]>"), MAIL, STR_INIT("u"), STR_INIT("[IPv6:::1]"), STR_INIT("<u@[IPv6:::1]>") },
		/* RFC 5321 4.1.2: "Joe.\Blow" and "Joe.Blow" are the same mailbox */
		{ STR_INIT("<\"Joe.\\Blow\"@x.org>"), RCPT, STR_INIT("Joe.Blow"), STR_INIT("x.org"),
		  STR_INIT("<Joe.Blow@x.org>") },
		{ STR_INIT("<\"a b\"@x.org>"), RCPT, STR_INIT("a b"), STR_INIT("x.org"), STR_INIT("<\"a b\"@x.org>") },
		{ STR_INIT("<\"a\\\"\\\\b\"@x.org>"), RCPT, STR_INIT("a\"\\b"), STR_INIT("x.org"),
		  STR_INIT("<\"a\\\"\\\\b\"@x.org>") },
		{ STR_INIT("<\"a..b\"@x.org>"), RCPT, STR_INIT("a..b"), STR_INIT("x.org"),
		  STR_INIT("<\"a..b\"@x.org>") },
		/* A22 each is one name at one domain; the route is gone (appendix C) */
		{ STR_INIT("<user%ext@local.test>"), RCPT, STR_INIT("user%ext"), STR_INIT("local.test"),
		  STR_INIT("<user%ext@local.test>") },
		{ STR_INIT("<ext!user@local.test>"), RCPT, STR_INIT("ext!user"), STR_INIT("local.test"),
		  STR_INIT("<ext!user@local.test>") },
		{ STR_INIT("<\"user@ext\"@local.test>"), RCPT, STR_INIT("user@ext"), STR_INIT("local.test"),
		  STR_INIT("<\"user@ext\"@local.test>") },
		{ STR_INIT("<@local.test:user@ext.test>"), RCPT, STR_INIT("user"), STR_INIT("ext.test"),
		  STR_INIT("<user@ext.test>") },
		{ STR_INIT("<@a.test,@b.test:u@c.test>"), RCPT, STR_INIT("u"), STR_INIT("c.test"),
		  STR_INIT("<u@c.test>") },
		/* A11 templates are text */
		{ STR_INIT("<${run{x}}@x.org>"), RCPT, STR_INIT("${run{x}}"), STR_INIT("x.org"),
		  STR_INIT("<${run{x}}@x.org>") },
		{ STR_INIT("<%{user}@x.org>"), RCPT, STR_INIT("%{user}"), STR_INIT("x.org"),
		  STR_INIT("<%{user}@x.org>") },
		{ STR_INIT("<" L64 "@x.org>"), RCPT, STR_INIT(L64), STR_INIT("x.org"), STR_INIT("<" L64 "@x.org>") },
		/* A96 */
		{ STR_INIT("<j\xc3\xb6rg@b\xc3\xbc.example>"), MAIL | ADDR_UTF8, STR_INIT("j\xc3\xb6rg"),
		  STR_INIT("b\xc3\xbc.example"), STR_INIT("<j\xc3\xb6rg@b\xc3\xbc.example>") },
		{ STR_INIT("<\"\xe2\x82\xac x\"@x.org>"), MAIL | ADDR_UTF8, STR_INIT("\xe2\x82\xac x"),
		  STR_INIT("x.org"), STR_INIT("<\"\xe2\x82\xac x\"@x.org>") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct addr_path p;
		struct str s = rows[i].in;
		struct buf out;
		assert_int_equal(addr_path_take(&arena, &s, rows[i].flags, &p), OK);
		assert_int_equal(s.n, 0);
		assert_str(p.local, rows[i].local);
		assert_str(p.domain, rows[i].domain);
		buf_init(&out, 1024);
		struct bufw w = { &out, OK };
		addr_path_render(&w, &p);
		assert_int_equal(w.err, OK);
		assert_str(buf_str(&out), rows[i].again);
		buf_done(&out);
	}
}

static void bad_paths(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		unsigned flags;
		int err;
	} rows[] = {
		{ STR_INIT(""), MAIL, E_SYNTAX },
		{ STR_INIT("user@example.com"), MAIL, E_SYNTAX },
		{ STR_INIT("<user@example.com"), MAIL, E_SYNTAX },
		{ STR_INIT("<>"), RCPT, E_SYNTAX },
		{ STR_INIT("<user>"), RCPT, E_SYNTAX },
		{ STR_INIT("<postmaster>"), MAIL, E_SYNTAX },
		{ STR_INIT("<\"postmaster\">"), RCPT, E_SYNTAX },
		{ STR_INIT("<@a.test:postmaster>"), RCPT, E_SYNTAX },
		{ STR_INIT("<;sleep 66;>"), MAIL, E_SYNTAX }, /* A10 */
		{ STR_INIT("<;sleep${IFS}66;@>"), MAIL, E_SYNTAX },
		{ STR_INIT("<user@>"), MAIL, E_SYNTAX },
		{ STR_INIT("<@example.com>"), MAIL, E_SYNTAX },
		{ STR_INIT("<user@ext@local.test>"), RCPT, E_SYNTAX }, /* A22 */
		{ STR_INIT("<.user@x.org>"), RCPT, E_SYNTAX },
		{ STR_INIT("<user.@x.org>"), RCPT, E_SYNTAX },
		{ STR_INIT("<us..er@x.org>"), RCPT, E_SYNTAX },
		{ STR_INIT("<us er@x.org>"), RCPT, E_SYNTAX },
		{ STR_INIT("<\"\"@x.org>"), RCPT, E_SYNTAX },
		{ STR_INIT("<\"a@x.org>"), RCPT, E_SYNTAX },
		{ STR_INIT("<\"a\\\r\"@x.org>"), RCPT, E_SYNTAX }, /* A12 */
		{ STR_INIT("<\"a\n\"@x.org>"), RCPT, E_SYNTAX },
		{ STR_INIT("<a\0@x.org>"), RCPT, E_SYNTAX },
		{ STR_INIT("<u@[example.com>"), MAIL, E_SYNTAX }, /* A30 */
		{ STR_INIT("<u@[300.1.1.1]>"), MAIL, E_SYNTAX },
		{ STR_INIT("<u@a_b.example>"), MAIL, E_SYNTAX },
		{ STR_INIT("<@a.test,@b.test u@c.test>"), MAIL, E_SYNTAX },
		{ STR_INIT("<@a.test,b.test:u@c.test>"), MAIL, E_SYNTAX },
		{ STR_INIT("<" L64 "a@x.org>"), MAIL, E_TOOBIG },
		{ STR_INIT("<\"" L64 "a\"@x.org>"), MAIL, E_TOOBIG },
		{ STR_INIT("<" L64 "@" L63 "." L63 "." L63 ">"), MAIL, E_TOOBIG }, /* 258 octets */
		{ STR_INIT("<j\xc3\xb6rg@x.org>"), MAIL, E_UNSUPPORTED },          /* A96 */
		{ STR_INIT("<u@b\xc3\xbc.example>"), MAIL, E_UNSUPPORTED },
		{ STR_INIT("<@b\xc3\xbc.example:u@x.org>"), MAIL, E_UNSUPPORTED },
		{ STR_INIT("<j\xc3@x.org>"), MAIL | ADDR_UTF8, E_SYNTAX },
		{ STR_INIT("<j\xc2\x85@x.org>"), MAIL | ADDR_UTF8, E_SYNTAX },      /* C1 control */
		{ STR_INIT("<\"\\\xc3\xb6\"@x.org>"), MAIL | ADDR_UTF8, E_SYNTAX }, /* quoted-pairSMTP is ASCII */
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct addr_path p = { .local = STR("kept") };
		struct str s = rows[i].in;
		assert_int_equal(addr_path_take(&arena, &s, rows[i].flags, &p), rows[i].err);
		assert_ptr_equal(s.p, rows[i].in.p);
		assert_str(p.local, STR("kept"));
	}
}

static void rest_is_left_and_flags_are_set(void **state)
{
	(void)state;
	struct addr_path p;
	struct str s = STR("<@r.test:\"a\"@[192.0.2.1]> SIZE=10");
	assert_int_equal(addr_path_take(&arena, &s, MAIL, &p), OK);
	assert_str(s, STR(" SIZE=10"));
	assert_true(p.routed && p.quoted && p.literal && !p.null && !p.utf8 && !p.postmaster);
	s = STR("<Postmaster>");
	assert_int_equal(addr_path_take(&arena, &s, RCPT, &p), OK);
	assert_true(p.postmaster);
}

static void bare_mailboxes(void **state)
{
	(void)state;
	struct addr_path p;
	assert_int_equal(addr_mailbox_parse(&arena, STR("ann@example.org"), 0, &p), OK);
	assert_str(p.domain, STR("example.org"));
	assert_int_equal(addr_mailbox_parse(&arena, STR("ann@example.org "), 0, &p), E_SYNTAX);
	assert_int_equal(addr_mailbox_parse(&arena, STR("postmaster"), ADDR_POSTMASTER_OK, &p), E_SYNTAX);
	assert_int_equal(addr_mailbox_parse(&arena, STR("\xc3\xb6@example.org"), 0, &p), E_UNSUPPORTED);
}

static void details(void **state)
{
	(void)state;
	static const struct {
		struct str local, user, detail;
		bool found;
	} rows[] = {
		{ STR_INIT("ann+news"), STR_INIT("ann"), STR_INIT("news"), true },
		{ STR_INIT("ann+a+b"), STR_INIT("ann"), STR_INIT("a+b"), true },
		{ STR_INIT("ann+"), STR_INIT("ann"), STR_INIT(""), true },
		{ STR_INIT("+ann"), STR_INIT("+ann"), STR_INIT(""), false },
		{ STR_INIT("ann"), STR_INIT("ann"), STR_INIT(""), false },
		{ STR_INIT(""), STR_INIT(""), STR_INIT(""), false },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str user, detail;
		assert_int_equal(addr_split_detail(rows[i].local, '+', &user, &detail), rows[i].found);
		assert_str(user, rows[i].user);
		assert_str(detail, rows[i].detail);
	}
}

/* A17: megabytes that look like an address for as long as possible are refused in one pass. */
static void a17_floods(void **state)
{
	(void)state;
	static const struct {
		const char *head, *unit;
	} rows[] = {
		{ "<", ".!" },  { "<", "a." },    { "<\"", "\\a" }, { "<", "(" },
		{ "<", "@a," }, { "<@a", ",@a" }, { "<a@", "b." },  { "<a@", "[" },
	};
	enum { SIZE = 4 << 20 };
	char *text = mem_alloc(SIZE);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t n = strlen(rows[i].head), unit = strlen(rows[i].unit);
		memcpy(text, rows[i].head, n);
		for (; n + unit <= SIZE; n += unit)
			memcpy(text + n, rows[i].unit, unit);
		struct str s = { text, n };
		struct addr_path p;
		assert_int_not_equal(addr_path_take(&arena, &s, ADDR_UTF8, &p), OK);
	}
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(rest_is_left_and_flags_are_set, setup, teardown),
		cmocka_unit_test_setup_teardown(bare_mailboxes, setup, teardown),
		cmocka_unit_test_setup_teardown(details, setup, teardown),
		cmocka_unit_test_setup_teardown(a17_floods, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
