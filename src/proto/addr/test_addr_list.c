#include "proto/addr/addr_list.h"

#include "proto/header/encoded_word.h"
#include "proto/header/header.h"
#include "proto/header/test_suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 256 << 20, NULL, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

/* One line a list: "name|route|local|domain" an address, "name{" and "}" around a group, spaces between; "!" first:
 * malformed. */
static struct str show(const struct addr_list *list)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	struct bufw w = { &b, OK };
	if (list->malformed)
		bufw_char(&w, '!');
	for (size_t i = 0; i < list->count; i++) {
		const struct addr_item *it = &list->items[i];
		if (i)
			bufw_char(&w, ' ');
		if (it->kind != ADDR_GROUP_END)
			bufw_str(&w, it->name);
		if (it->kind == ADDR_MAILBOX) {
			const struct str parts[] = { it->route, it->local, it->domain };
			for (size_t k = 0; k < COUNT_OF(parts); k++) {
				bufw_char(&w, '|');
				bufw_str(&w, parts[k]);
			}
		} else {
			bufw_char(&w, it->kind == ADDR_GROUP_START ? '{' : '}');
		}
	}
	struct str text = arena_dup(&arena, buf_str(&b));
	buf_done(&b);
	return text;
}

static void check(struct str in, struct str want)
{
	struct addr_list list;
	addr_list_parse(&arena, in, 1000, &list);
	struct str got = show(&list);
	if (!str_eq(got, want))
		fail_msg("<" STR_FMT "> gave <" STR_FMT ">, not <" STR_FMT ">", STR_ARG(in), STR_ARG(got),
			 STR_ARG(want));
}

static void lists(void **state)
{
	(void)state;
	static const struct {
		struct str in, want;
	} rows[] = {
		{ STR_INIT(""), STR_INIT("") },
		{ STR_INIT("a@b.test"), STR_INIT("||a|b.test") },
		{ STR_INIT(" From Real <u@d.org>"), STR_INIT("From Real||u|d.org") },
		/* IMAP ENVELOPE: what imaptest expects */
		{ STR_INIT("user@domain (Real Name)"), STR_INIT("Real Name||user|domain") },
		{ STR_INIT("group: g1@d1.org, g2@d2.org;, group2: g3@d3.org;"),
		  STR_INIT("group{ ||g1|d1.org ||g2|d2.org } group2{ ||g3|d3.org }") },
		{ STR_INIT("group:;, group2: (foo) ;"), STR_INIT("group{ } group2{ }") },
		{ STR_INIT("<@route:user@domain>"), STR_INIT("|@route|user|domain") },
		/* RFC 5322 appendix A.1.2, A.1.3, A.5, A.6 */
		{ STR_INIT("\"Joe Q. Public\" <john.q.public@example.com>"),
		  STR_INIT("Joe Q. Public||john.q.public|example.com") },
		{ STR_INIT("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
		  STR_INIT("||boss|nil.test Giant; \"Big\" Box||sysservices|example.net") },
		{ STR_INIT("Undisclosed recipients:;"), STR_INIT("Undisclosed recipients{ }") },
		{ STR_INIT("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"),
		  STR_INIT("Pete||pete|silly.test") },
		{ STR_INIT("Chris Jones <c@(Chris's host.)public.example>"),
		  STR_INIT("Chris Jones||c|public.example") },
		{ STR_INIT("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"),
		  STR_INIT("Hidden recipients{ }") },
		{ STR_INIT("Joe Q. Public <john.q.public@example.com>"),
		  STR_INIT("Joe Q. Public||john.q.public|example.com") },
		{ STR_INIT("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example"),
		  STR_INIT("Mary Smith|@node.test|mary|example.net ||jdoe|test.example") },
		{ STR_INIT("<@a.test, @b.test : u@c.test>"), STR_INIT("|@a.test,@b.test|u|c.test") },
		{ STR_INIT("\"a b\" . c@d.test"), STR_INIT("||a b.c|d.test") },
		{ STR_INIT("u@[192.0. 2.1]"), STR_INIT("||u|[192.0.2.1]") },
		{ STR_INIT("John\r\n\tDoe <a\r\n @b.test>"), STR_INIT("John Doe||a|b.test") },
		{ STR_INIT("\"John\r\n Doe\" <a@b.test>"), STR_INIT("John Doe||a|b.test") },
		{ STR_INIT("(Ann (the) first) <a@b.test>"), STR_INIT("Ann (the) first||a|b.test") },
		{ STR_INIT("<a@b.test> (one\r\n  two)"), STR_INIT("one two||a|b.test") },
		/* repaired */
		{ STR_INIT("a@b.test; c@d.test"), STR_INIT("!||a|b.test ||c|d.test") },
		{ STR_INIT("a@b.test c@d.test"), STR_INIT("!||a|b.test ||c|d.test") },
		{ STR_INIT("A <a@b.test> C <c@d.test>"), STR_INIT("!A||a|b.test C||c|d.test") },
		{ STR_INIT("<a@b.test> Ann"), STR_INIT("!Ann||a|b.test") },
		{ STR_INIT("<a@b.test, <c@d.test>"), STR_INIT("!||a|b.test ||c|d.test") },
		{ STR_INIT("Ann <a@b.test"), STR_INIT("!Ann||a|b.test") },
		{ STR_INIT("Ann a@b.test"), STR_INIT("Ann||a|b.test") },
		{ STR_INIT("\"Ann <a@b.test>"), STR_INIT("!\"Ann||a|b.test") },
		{ STR_INIT("a@b.test (Ann"), STR_INIT("!Ann||a|b.test") },
		{ STR_INIT("g: a@b.test"), STR_INIT("!g{ ||a|b.test }") },
		{ STR_INIT("g: h: a@b.test;"), STR_INIT("!g{ } h{ ||a|b.test }") },
		{ STR_INIT("root"), STR_INIT("!||root|") },
		{ STR_INIT("no address here"), STR_INIT("!no address here|||") },
		{ STR_INIT("<>"), STR_INIT("!|||") },
		{ STR_INIT("a@b@c.test"), STR_INIT("!||a@b|c.test") },
		/* A28: all parties see one thing, and it is marked; the last two are legal */
		{ STR_INIT("attacker@evil.test, victim@bank.test"),
		  STR_INIT("||attacker|evil.test ||victim|bank.test") },
		{ STR_INIT("victim@bank.test <attacker@evil.test>"),
		  STR_INIT("!victim@bank.test||attacker|evil.test") },
		{ STR_INIT("<attacker@evil.test><victim@bank.test>"),
		  STR_INIT("!||attacker|evil.test ||victim|bank.test") },
		{ STR_INIT("<victim@bank.test\0>, a@evil.test"), STR_INIT("!||victim|bank.test\0 ||a|evil.test") },
		{ STR_INIT("\"victim@bank.test,\"@evil.test"), STR_INIT("||victim@bank.test,|evil.test") },
		{ STR_INIT("(a@b.test,) <c@d.test>"), STR_INIT("a@b.test,||c|d.test") },
		/* A29: nothing inside an encoded word is an address */
		{ STR_INIT("=?utf-8?q?=3Cvictim=40bank.test=3E?= <a@evil.test>"),
		  STR_INIT("=?utf-8?q?=3Cvictim=40bank.test=3E?=||a|evil.test") },
		{ STR_INIT("=?utf-8?q?victim@bank.test?= <a@evil.test>"),
		  STR_INIT("!=?utf-8?q?victim@bank.test?=||a|evil.test") },
		{ STR_INIT("=?utf-8?q?Smith,_John?= <j@x.test>"), STR_INIT("!=?utf-8?q?Smith,_John?=||j|x.test") },
		{ STR_INIT("=?utf-8?q?x=40bank.test?=@evil.test"), STR_INIT("||=?utf-8?q?x=40bank.test?=|evil.test") },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check(rows[i].in, rows[i].want);
}

/* A55, A17: half a million addresses, and shapes that a careless parser reads again and again. */
static void a55_floods(void **state)
{
	(void)state;
	static const char *const units[] = { "a@b.test, ", "(",   "((",  "<",      "\"",      "\\\"", "@",      "a@",
					     ".!",         "<@",  "=?",  "=?a?q?", "a@[",     "g:",   "<a@b> ", "a ",
					     ";",          "<  ", "(a)", "\"a\" ", "=?a?q?,", "a@b " };
	enum { SIZE = 5 << 20 };
	char *text = mem_alloc(SIZE);
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		size_t n = 0, unit = strlen(units[i]);
		for (; n + unit <= SIZE; n += unit)
			memcpy(text + n, units[i], unit);
		struct addr_list list;
		struct arena a;
		arena_init(&a, 512 << 20, NULL, NULL);
		addr_list_parse(&a, (struct str){ text, n }, 1000, &list);
		assert_true(list.count <= 1000);
		if (i == 0)
			assert_true(list.truncated && list.count == 1000);
		arena_done(&a);
	}
	mem_free(text);
}

/* How the suite tells its addresses differs in these: it keeps comments inside names, reads comments as members, keeps
 * white space in domains, and reads URIs of List-* fields. */
static bool told_otherwise(struct str header)
{
	static const struct str marks[] = { STR_INIT("Pete("),         STR_INIT("A Group("),
					    STR_INIT("(Empty list)"),  STR_INIT("machine(comment)"),
					    STR_INIT("@node.test"),    STR_INIT("<http://"),
					    STR_INIT("<ftp://"),       STR_INIT("mailto:"),
					    STR_INIT("NO (posting"),   STR_INIT("<nsb@thumper"),
					    STR_INIT("Name (comment)") };
	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (str_search(header, marks[i]) != STR_NPOS)
			return true;
	return false;
}

static void expect_item(const struct addr_list *list, size_t *at, enum addr_kind kind, const json_t *name,
			const json_t *address)
{
	assert_true(*at < list->count);
	const struct addr_item *it = &list->items[(*at)++];
	struct str got = arena_printf(&arena, STR_FMT "@" STR_FMT, STR_ARG(it->local), STR_ARG(it->domain));
	assert_int_equal(it->kind, kind);
	if (kind == ADDR_GROUP_END)
		return;
	struct str shown = encoded_word_decode(&arena, it->name), want = str_trim(test_suite_str(name));
	if (!str_eq(shown, want) || (kind == ADDR_MAILBOX && !str_eq(got, test_suite_str(address))))
		fail_msg("<" STR_FMT "> <" STR_FMT ">, not <" STR_FMT "> <" STR_FMT ">", STR_ARG(shown), STR_ARG(got),
			 STR_ARG(want), STR_ARG(test_suite_str(address)));
}

static void expect_all(const struct addr_list *list, size_t *at, const json_t *addresses)
{
	size_t i;
	json_t *one;
	json_array_foreach(addresses, i, one)
	    expect_item(list, at, ADDR_MAILBOX, json_object_get(one, "name"), json_object_get(one, "address"));
}

static void expect_groups(const struct addr_list *list, size_t *at, const json_t *groups)
{
	size_t i;
	json_t *group;
	json_array_foreach(groups, i, group)
	{
		json_t *name = json_object_get(group, "name");
		if (json_is_string(name))
			expect_item(list, at, ADDR_GROUP_START, name, NULL);
		expect_all(list, at, json_object_get(group, "addresses"));
		if (json_is_string(name))
			expect_item(list, at, ADDR_GROUP_END, NULL, NULL);
	}
}

static void suite(void **state)
{
	(void)state;
	json_t *rows = test_suite_load("mime-mail-parser/address.json"), *row;
	if (!rows)
		skip();
	size_t i, told = 0;
	json_array_foreach(rows, i, row)
	{
		struct str header = test_suite_str(json_object_get(row, "header"));
		json_t *expected = json_object_get(row, "expected");
		struct str block = arena_printf(&arena, "To:" STR_FMT "\n", STR_ARG(header));
		struct header_field f;
		struct addr_list list;
		size_t at = 0;
		if (told_otherwise(header) || !header_next(&block, &f))
			continue;
		addr_list_parse(&arena, f.value, 1000, &list);
		expect_all(&list, &at, json_object_get(expected, "List"));
		expect_groups(&list, &at, json_object_get(expected, "Group"));
		assert_int_equal(at, list.count);
		told++;
	}
	assert_int_equal(told, 41);
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists, setup, teardown),
		cmocka_unit_test_setup_teardown(a55_floods, setup, teardown),
		cmocka_unit_test_setup_teardown(suite, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
