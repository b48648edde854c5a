#include "base/base.h"
#include "proto/imap/imap_search_args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const names[] = {
	"and", "or", "flags", "keyword", "seq", "uid", "before", "on", "since", "sentbefore", "senton", "sentsince",
	"savedbefore", "savedon", "savedsince", "older", "younger", "emailid", "larger", "smaller", "modseq", "header", "body", "text",
};

static void dump(struct bufw *w, const struct imap_search_key *k)
{
	if (k->negated)
		bufw_char(w, '!');
	bufw_c(w, names[k->key]);
	switch (k->key) {
	case IMAP_KEY_AND: case IMAP_KEY_OR:
		bufw_char(w, '(');
		for (const struct imap_search_key *c = k->child; c; c = c->next) {
			dump(w, c);
			if (c->next)
				bufw_char(w, ' ');
		}
		bufw_char(w, ')');
		break;
	case IMAP_KEY_FLAGS:
		bufw_printf(w, "[%x=%x]", k->mask, k->want);
		break;
	case IMAP_KEY_SEQUENCE: case IMAP_KEY_UID:
		bufw_char(w, '[');
		if (k->set.saved)
			bufw_char(w, '$');
		imap_set_write(w, &k->set);
		bufw_char(w, ']');
		break;
	case IMAP_KEY_BEFORE: case IMAP_KEY_ON: case IMAP_KEY_SINCE:
	case IMAP_KEY_SENTBEFORE: case IMAP_KEY_SENTON: case IMAP_KEY_SENTSINCE:
	case IMAP_KEY_SAVEDBEFORE: case IMAP_KEY_SAVEDON: case IMAP_KEY_SAVEDSINCE:
		bufw_printf(w, "[%lld]", (long long)k->day);
		break;
	case IMAP_KEY_LARGER: case IMAP_KEY_SMALLER: case IMAP_KEY_MODSEQ: case IMAP_KEY_OLDER: case IMAP_KEY_YOUNGER:
		bufw_printf(w, "[%llu]", (unsigned long long)k->number);
		break;
	case IMAP_KEY_HEADER: case IMAP_KEY_BODY: case IMAP_KEY_TEXT: case IMAP_KEY_KEYWORD: case IMAP_KEY_EMAILID:
		bufw_printf(w, "[" STR_FMT ":" STR_FMT "]", STR_ARG(k->field), STR_ARG(k->text));
		break;
	}
}

static const struct { const char *in; int want; unsigned returns; const char *tree; } rows[] = {
	{ " ALL", OK, 0, "and(and())" },
	{ " UNSEEN DELETED", OK, 0, "and(flags[1=0] flags[8=8])" },
	{ " NEW", OK, 0, "and(flags[21=20])" },
	{ " OLD RECENT", OK, 0, "and(flags[20=0] flags[20=20])" },
	{ " not seen", OK, 0, "and(!flags[1=1])" },
	{ " NOT NOT NOT SEEN", OK, 0, "and(!flags[1=1])" },
	{ " KEYWORD $Junk UNKEYWORD x", OK, 0, "and(keyword[:$Junk] !keyword[:x])" },
	{ " NOT UNKEYWORD x", OK, 0, "and(keyword[:x])" },
	{ " OR SEEN DELETED", OK, 0, "and(or(flags[1=1] flags[8=8]))" },
	{ " OR SEEN OR DRAFT OR FLAGGED DELETED ALL", OK, 0, "and(or(flags[1=1] flags[10=10] flags[4=4] flags[8=8]) and())" },
	{ " OR OR SEEN DRAFT DELETED", OK, 0, "and(or(or(flags[1=1] flags[10=10]) flags[8=8]))" },
	{ " OR NOT OR SEEN DRAFT DELETED", OK, 0, "and(or(!or(flags[1=1] flags[10=10]) flags[8=8]))" },
	{ " (SEEN (DRAFT)) 1:3", OK, 0, "and(and(flags[1=1] and(flags[10=10])) seq[1:3])" },
	{ " 2,4 NOT UID 5", OK, 0, "and(seq[2,4] !uid[5])" },
	{ " $", OK, 0, "and(seq[$])" },
	{ " UID $ SMALLER 4096 LARGER 9223372036854775807", OK, 0, "and(uid[$] smaller[4096] larger[9223372036854775807])" },
	{ " SINCE 1-Feb-1994 SENTON 1-Jan-1970", OK, 0, "and(since[8797] senton[0])" },
	{ " BEFORE 2-Jan-1970 ON 3-Jan-1970 SENTBEFORE 4-Jan-1970 SENTSINCE 5-Jan-1970", OK, 0, "and(before[1] on[2] sentbefore[3] sentsince[4])" },
	{ " FROM smith SUBJECT \"a b\" HEADER X-y \"\"", OK, 0, "and(header[From:smith] header[Subject:a b] header[X-y:])" },
	{ " TO a CC b BCC c BODY {3}\r\nd e TEXT f", OK, 0, "and(header[To:a] header[Cc:b] header[Bcc:c] body[:d e] text[:f])" },
	{ " MODSEQ 620162338", OK, 0, "and(modseq[620162338])" },
	{ " MODSEQ \"/flags/\\\\draft\" all 620162338 SEEN", OK, 0, "and(modseq[620162338] flags[1=1])" },
	{ " CHARSET UTF-8 SUBJECT {2}\r\n\xc3\xa4", OK, 0, "and(header[Subject:\xc3\xa4])" },      /* B47 */
	{ " SUBJECT \"\xc3\xa4\"", OK, 0, "and(header[Subject:\xc3\xa4])" },
	{ " RETURN (MIN COUNT) CHARSET us-ascii ALL", OK, IMAP_RETURN_GIVEN | IMAP_RETURN_MIN | IMAP_RETURN_COUNT, "and(and())" },
	{ " RETURN () ALL", OK, IMAP_RETURN_GIVEN | IMAP_RETURN_ALL, "and(and())" },
	{ " return (save max all) ALL", OK, IMAP_RETURN_GIVEN | IMAP_RETURN_SAVE | IMAP_RETURN_MAX | IMAP_RETURN_ALL, "and(and())" },
	{ " RETURN (PARTIAL -1:-100) YOUNGER 60 OLDER 5", OK, IMAP_RETURN_GIVEN | IMAP_RETURN_PARTIAL, "and(younger[60] older[5])" },
	{ " RETURN (CONTEXT UPDATE) SAVEDSINCE 1-Jan-1970 EMAILID M1f", OK, IMAP_RETURN_GIVEN | IMAP_RETURN_CONTEXT | IMAP_RETURN_UPDATE,
	  "and(savedsince[0] emailid[:M1f])" },
	{ " RETURN (PARTIAL 1:2 ALL) ALL", E_SYNTAX, 0, NULL }, { " RETURN (PARTIAL 1) ALL", E_SYNTAX, 0, NULL },
	{ " RETURN (PARTIAL 1:*) ALL", E_SYNTAX, 0, NULL }, { " RETURN (PARTIAL -1:2) ALL", E_SYNTAX, 0, NULL }, { " YOUNGER 0", E_SYNTAX, 0, NULL },
	{ " CHARSET ISO-8859-1 SUBJECT {1}\r\n\xe4", E_UNSUPPORTED, 0, NULL },
	{ " CHARSET bogus ALL", E_UNSUPPORTED, 0, NULL },
	{ " SUBJECT {1}\r\n\xe4", E_SYNTAX, 0, NULL },
	{ "", E_SYNTAX, 0, NULL }, { " ", E_SYNTAX, 0, NULL }, { " ()", E_SYNTAX, 0, NULL }, { " (ALL", E_SYNTAX, 0, NULL },
	{ " ALL)", E_SYNTAX, 0, NULL }, { " OR ALL", E_SYNTAX, 0, NULL }, { " NOT", E_SYNTAX, 0, NULL }, { " NOT ", E_SYNTAX, 0, NULL },
	{ " BOGUS", E_SYNTAX, 0, NULL }, { " SUBJECT", E_SYNTAX, 0, NULL }, { " SINCE 1-1-1994", E_SYNTAX, 0, NULL },
	{ " RETURN (BOGUS) ALL", E_SYNTAX, 0, NULL }, { " RETURN ALL", E_SYNTAX, 0, NULL }, { " 0", E_SYNTAX, 0, NULL },
	{ " ALL CHARSET UTF-8", E_SYNTAX, 0, NULL }, { " MODSEQ \"x\" some 1", E_SYNTAX, 0, NULL }, { " ALL  ALL", E_SYNTAX, 0, NULL },
};

static void programs(void **state)
{
	(void)state;
	struct arena arena;
	struct buf b;
	arena_init(&arena, 1 << 20, NULL, NULL);
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct imap_search s = { 0 };
		struct imap_args a = imap_args_of(str_c(rows[i].in), &arena, false);
		int r = imap_search_args(&a, &s);
		if (r != rows[i].want)
			fail_msg("%s: %s (%s)", rows[i].in, err_name(r), a.bad);
		assert_int_equal(s.returns, rows[i].returns);
		if (r != OK)
			continue;
		struct bufw w = { .b = &b };
		buf_clear(&b);
		dump(&w, s.root);
		if (!str_eq(buf_str(&b), str_c(rows[i].tree)))
			fail_msg("%s: " STR_FMT, rows[i].in, STR_ARG(buf_str(&b)));
	}
	buf_done(&b);
	arena_done(&arena);
}

static int flood(const char *piece, int times, const char *tail)
{
	struct arena arena;
	struct buf b;
	struct imap_search s;
	arena_init(&arena, 8 << 20, NULL, NULL);
	buf_init(&b, 1 << 20);
	assert_int_equal(buf_put_char(&b, ' '), OK);
	for (int i = 0; i < times; i++)
		assert_int_equal(buf_put_str(&b, str_c(piece)), OK);
	assert_int_equal(buf_put_str(&b, str_c(tail)), OK);
	struct imap_args a = imap_args_of(buf_str(&b), &arena, false);
	int r = imap_search_args(&a, &s);
	buf_done(&b);
	arena_done(&arena);
	return r;
}

/* A51: neither deep nor wide programs cost stack or memory without bound; what clients really write passes. */
static void a51_nesting(void **state)
{
	(void)state;
	assert_int_equal(flood("NOT ", 100000, "ALL"), OK);
	assert_int_equal(flood("(", 100000, "ALL"), E_TOOBIG);
	assert_int_equal(flood("OR ", 100000, "ALL"), E_TOOBIG);
	assert_int_equal(flood("OR SEEN ", 100000, "ALL"), E_TOOBIG);
	assert_int_equal(flood("ALL ", 100000, "ALL"), E_TOOBIG);
	assert_int_equal(flood("OR HEADER Message-ID <x@y> ", 2000, "ALL"), OK);
	assert_int_equal(flood("NOT OR (SEEN) ", 100000 / 2, "ALL"), E_TOOBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(programs), cmocka_unit_test(a51_nesting) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
