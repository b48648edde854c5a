#include "base/base.h"
#include "proto/imap/imap_fetch_args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum {
	FAST = IMAP_FETCH_FLAGS | IMAP_FETCH_INTERNALDATE | IMAP_FETCH_SIZE,
	ALL = FAST | IMAP_FETCH_ENVELOPE,
	FULL = ALL | IMAP_FETCH_BODY
};

/* sections: their labels with a space behind each; "!" in front where \Seen is set */
static const struct { const char *in; int want; unsigned items; const char *sections; } rows[] = {
	{ " ALL", OK, ALL, "" },
	{ " fast", OK, FAST, "" },
	{ " FULL", OK, FULL, "" },
	{ " UID", OK, IMAP_FETCH_UID, "" },
	{ " (UID FLAGS UID)", OK, IMAP_FETCH_UID | IMAP_FETCH_FLAGS, "" },
	{ " (FLAGS ENVELOPE BODYSTRUCTURE)", OK, IMAP_FETCH_FLAGS | IMAP_FETCH_ENVELOPE | IMAP_FETCH_BODYSTRUCTURE, "" },
	{ " (BODY MODSEQ RFC822.SIZE)", OK, IMAP_FETCH_BODY | IMAP_FETCH_MODSEQ | IMAP_FETCH_SIZE, "" },
	{ " BODY[]", OK, 0, "!BODY[] " },
	{ " BODY.PEEK[]", OK, 0, "BODY[] " },
	{ " BODY.PEEK[]<0.1024>", OK, 0, "BODY[]<0> " },
	{ " BODY[1]", OK, 0, "!BODY[1] " },
	{ " BODY[1.2.3]<5.6>", OK, 0, "!BODY[1.2.3]<5> " },
	{ " BODY[HEADER]", OK, 0, "!BODY[HEADER] " },
	{ " BODY.PEEK[header.fields (from To \"X y\")]", OK, 0, "BODY[HEADER.FIELDS (from To \"X y\")] " },
	{ " BODY.PEEK[2.HEADER.FIELDS.NOT (a)]", OK, 0, "BODY[2.HEADER.FIELDS.NOT (a)] " },
	{ " (BODY.PEEK[1.MIME] BODY[1.TEXT] BODY.PEEK[TEXT])", OK, 0, "BODY[1.MIME] !BODY[1.TEXT] BODY[TEXT] " },
	{ " (RFC822 RFC822.HEADER RFC822.TEXT)", OK, 0, "!RFC822 RFC822.HEADER !RFC822.TEXT " },
	{ " (BINARY[1.2]<0.9> binary.peek[] BINARY.SIZE[3])", OK, 0, "!BINARY[1.2]<0> BINARY[] BINARY.SIZE[3] " },
	{ " BINARY[TEXT]", E_SYNTAX, 0, "" }, { " BINARY.SIZE[1]<0.1>", E_SYNTAX, 0, "" }, { " BINARY", E_SYNTAX, 0, "" },
	{ " FLAGS (CHANGEDSINCE 12345)", OK, IMAP_FETCH_FLAGS, "" },
	{ " FLAGS (CHANGEDSINCE 12345 VANISHED)", OK, IMAP_FETCH_FLAGS, "" },
	{ " (UID FLAGS) (PARTIAL -1:-30 CHANGEDSINCE 98305)", OK, IMAP_FETCH_UID | IMAP_FETCH_FLAGS, "" },
	{ " (PREVIEW (LAZY) EMAILID)", OK, IMAP_FETCH_PREVIEW | IMAP_FETCH_EMAILID, "" }, { " PREVIEW (X)", E_SYNTAX, 0, "" },
	{ " (SAVEDATE THREADID PREVIEW)", OK, IMAP_FETCH_SAVEDATE | IMAP_FETCH_THREADID | IMAP_FETCH_PREVIEW, "" },
	{ " (ALL)", E_SYNTAX, 0, "" },                 /* a macro stands alone: RFC 9051 section 6.4.5 */
	{ " ()", E_SYNTAX, 0, "" }, { " ", E_SYNTAX, 0, "" }, { "", E_SYNTAX, 0, "" }, { " (FLAGS", E_SYNTAX, 0, "" },
	{ " FLAGS UID", E_SYNTAX, 0, "" }, { " BODY.PEEK", E_SYNTAX, 0, "" }, { " BODY[MIME]", E_SYNTAX, 0, "" },
	{ " BODY[1.]", E_SYNTAX, 0, "" }, { " BODY[0]", E_SYNTAX, 0, "" }, { " BODY[1..2]", E_SYNTAX, 0, "" },
	{ " BODY[HEADER.FIELDS ()]", E_SYNTAX, 0, "" }, { " BODY[HEADER.FIELDS]", E_SYNTAX, 0, "" },
	{ " BODY[TEXT.1]", E_SYNTAX, 0, "" }, { " BODY[]<0.0>", E_SYNTAX, 0, "" }, { " BODY[]<5>", E_SYNTAX, 0, "" },
	{ " BODY[", E_SYNTAX, 0, "" }, { " FLAGS (CHANGEDSINCE)", E_SYNTAX, 0, "" }, { " FLAGS (VANISHED)", E_SYNTAX, 0, "" },
	{ " BODY[4294967296]", E_TOOBIG, 0, "" },
};

static void arguments(void **state)
{
	(void)state;
	struct arena arena;
	struct buf b;
	arena_init(&arena, 1 << 20, NULL, NULL);
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct imap_fetch f = { 0 };
		struct imap_args a = imap_args_of(str_c(rows[i].in), &arena, false);
		int r = imap_fetch_args(&a, &f);
		if (r != rows[i].want)
			fail_msg("%s: %s (%s)", rows[i].in, err_name(r), a.bad);
		assert_int_equal(f.items, rows[i].items);
		buf_clear(&b);
		for (size_t k = 0; k < f.section_count; k++)
			assert_int_equal(buf_printf(&b, "%s" STR_FMT " ", f.sections[k].peek ? "" : "!", STR_ARG(f.sections[k].label)), OK);
		if (!str_eq(buf_str(&b), str_c(rows[i].sections)))
			fail_msg("%s: " STR_FMT, rows[i].in, STR_ARG(buf_str(&b)));
	}
	buf_done(&b);
	arena_done(&arena);
}

static void details(void **state)
{
	(void)state;
	struct arena arena;
	struct imap_fetch f;
	arena_init(&arena, 1 << 20, NULL, NULL);
	struct imap_args a = imap_args_of(STR(" BODY[1.22.HEADER.FIELDS (Subject)]<7.9> (CHANGEDSINCE 18446744073709551615)"), &arena, false);
	assert_int_equal(imap_fetch_args(&a, &f), E_TOOBIG);      /* mod-sequences are 63 bits: RFC 7162 section 3.1.1 */
	a = imap_args_of(STR(" BODY[1.22.HEADER.FIELDS (Subject)]<7.9> (CHANGEDSINCE 5)"), &arena, false);
	assert_int_equal(imap_fetch_args(&a, &f), OK);
	assert_true(f.changed_since && f.since == 5);
	struct imap_section *s = f.sections;
	assert_true(s->part_depth == 2 && s->part[0] == 1 && s->part[1] == 22);
	assert_true(s->text == IMAP_SECTION_FIELDS && s->field_count == 1 && str_eq(s->fields[0], STR("Subject")));
	assert_true(s->partial && s->origin == 7 && s->length == 9);
	arena_done(&arena);
}

static void limits(void **state)
{
	(void)state;
	struct arena arena;
	struct buf b;
	struct imap_fetch f;
	arena_init(&arena, 1 << 22, NULL, NULL);
	buf_init(&b, 1 << 16);
	static const struct { const char *head, *piece, *tail; int times; } floods[] = {
		{ " BODY[1", ".1", "]", IMAP_PART_DEPTH_MAX },
		{ " (FLAGS", " BODY[]", ")", IMAP_SECTIONS_MAX + 1 },
		{ " BODY[HEADER.FIELDS (a", " a", ")]", IMAP_FIELDS_MAX },
	};
	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		buf_clear(&b);
		assert_int_equal(buf_put_str(&b, str_c(floods[i].head)), OK);
		for (int k = 0; k < floods[i].times; k++)
			assert_int_equal(buf_put_str(&b, str_c(floods[i].piece)), OK);
		assert_int_equal(buf_put_str(&b, str_c(floods[i].tail)), OK);
		struct imap_args a = imap_args_of(buf_str(&b), &arena, false);
		assert_int_equal(imap_fetch_args(&a, &f), E_TOOBIG);
	}
	buf_done(&b);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(arguments), cmocka_unit_test(details), cmocka_unit_test(limits) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
