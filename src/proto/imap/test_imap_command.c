#include "base/base.h"
#include "proto/imap/imap_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const read_names[] = { "more", "continue", "command", "append", "bad", "toobig", "bye" };

/* Feeds the input in pieces of `piece` bytes and writes what the reader says, an event a line. What the role
 * would do is done: literals of APPEND are taken, refused commands left behind. */
static void transcript(const struct imap_limits *limits, struct str in, size_t piece, struct buf *out)
{
	struct imap_reader r;
	struct bufw w = { .b = out };
	struct str got = { 0 };
	size_t fed = 0;
	imap_reader_init(&r, limits);
	for (;;) {
		enum imap_read e = imap_reader_feed(&r, &got);
		if (e == IMAP_READ_MORE) {
			if (fed == in.n)
				break;
			got = str_first(str_skip(in, fed), piece);
			fed += got.n;
			continue;
		}
		bufw_printf(&w, "%s", read_names[e]);
		if (e == IMAP_READ_BYE)
			break;
		if (e == IMAP_READ_COMMAND || e == IMAP_READ_APPEND)
			bufw_printf(&w, " [" STR_FMT "] %s" STR_FMT " [" STR_FMT "]", STR_ARG(r.command.tag), r.command.uid ? "UID " : "",
				    STR_ARG(r.command.name), STR_ARG(r.command.args));
		if (e == IMAP_READ_BAD || e == IMAP_READ_TOOBIG)
			bufw_printf(&w, " [" STR_FMT "] %s", STR_ARG(r.command.tag), r.why);
		if (e == IMAP_READ_APPEND) {
			bufw_printf(&w, " %llu%s", (unsigned long long)r.message_size, r.message_waits ? " waits" : "");
			uint64_t left = r.message_size;
			while (left && (got.n || fed < in.n)) {
				if (!got.n) {
					got = str_first(str_skip(in, fed), piece);
					fed += got.n;
				}
				left -= str_take_n(&got, left < got.n ? (size_t)left : got.n).n;
			}
			imap_reader_append_taken(&r);
		} else if (e != IMAP_READ_CONTINUE) {
			imap_reader_next(&r);
		}
		bufw_char(&w, '\n');
	}
	if (imap_reader_idle(&r))
		bufw_c(&w, "idle");
	assert_int_equal(w.err, OK);
	imap_reader_done(&r);
}

static void expect(const struct imap_limits *limits, struct str in, const char *want)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 1 << 20 };
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		struct buf out;
		buf_init(&out, 1 << 20);
		transcript(limits, in, pieces[i], &out);
		assert_int_equal(buf_put_char(&out, '\0'), OK);
		assert_string_equal(out.p, want);
		buf_done(&out);
	}
}

static const struct { const char *in, *want; } rows[] = {
	{ "a NOOP\r\n", "command [a] NOOP []\nidle" },
	{ "a1 LOGIN joe \"p w\"\r\na2 NOOP\r\n", "command [a1] LOGIN [ joe \"p w\"]\ncommand [a2] NOOP []\nidle" },
	{ "a uid fetch 1:* FLAGS\r\n", "command [a] UID fetch [ 1:* FLAGS]\nidle" },
	{ "a LOGIN {3}\r\njoe {2}\r\npw\r\n", "continue\ncontinue\ncommand [a] LOGIN [ {3}\r\njoe {2}\r\npw]\nidle" },
	{ "a LOGIN {3+}\r\njoe {2+}\r\npw\r\n", "command [a] LOGIN [ {3+}\r\njoe {2+}\r\npw]\nidle" },
	{ "a LOGIN {0+}\r\n {0}\r\n\r\n", "continue\ncommand [a] LOGIN [ {0+}\r\n {0}\r\n]\nidle" },
	{ "a LOGIN {2+}\r\n\r\n x\r\n", "command [a] LOGIN [ {2+}\r\n\r\n x]\nidle" },
	/* braces that announce nothing: in quotes, or not at the line's end */
	{ "a X \"{3}\"\r\n", "command [a] X [ \"{3}\"]\nidle" },
	{ "a X {3} y\r\n", "command [a] X [ {3} y]\nidle" },
	{ "a X {+}\r\n", "command [a] X [ {+}]\nidle" },
	{ "a X {3++}\r\n", "command [a] X [ {3++}]\nidle" },
	{ "a X \"q\\\"{3}\\\\\"\r\n", "command [a] X [ \"q\\\"{3}\\\\\"]\nidle" },
	/* what is refused keeps the reader in step */
	{ "a X \"open\r\nb NOOP\r\n", "bad [a] quoted string is not closed\ncommand [b] NOOP []\nidle" },
	{ "a X \"open {5+}\r\nb NOOP\r\n", "bad [a] quoted string is not closed\ncommand [b] NOOP []\nidle" },
	{ "a NOOP\nb NOOP\r\n", "bad [a] line must end in CRLF\ncommand [b] NOOP []\nidle" },
	{ "a N\rOOP\r\nb NOOP\r\n", "bad [a] CR without LF\ncommand [b] NOOP []\nidle" },
	{ "\r\nb NOOP\r\n", "bad [*] a command begins with a tag\ncommand [b] NOOP []\nidle" },
	{ "+a NOOP\r\n", "bad [*] a command begins with a tag\nidle" },
	{ "a\r\n", "bad [a] command name expected\nidle" },
	{ "a UID\r\n", "command [a] UID []\nidle" },
	{ "a UID \r\n", "bad [a] command name expected\nidle" },
	{ "a FETCH 1 (FLAGS\r\n", "bad [a] parenthesis is not closed\nidle" },
	{ "a FETCH 1 FLAGS)\r\n", "bad [a] parenthesis closed but not open\nidle" },
	/* APPEND: the mailbox may be a literal, the message is never buffered */
	{ "a APPEND x {4}\r\nabcd\r\nb NOOP\r\n", "append [a] APPEND [ x {4}] 4 waits\ncommand [a] APPEND []\ncommand [b] NOOP []\nidle" },
	{ "a APPEND x (\\Seen) {4+}\r\nabcd\r\n", "append [a] APPEND [ x (\\Seen) {4+}] 4\ncommand [a] APPEND []\nidle" },
	{ "a APPEND {1}\r\nx {4}\r\nabcd\r\n", "continue\nappend [a] APPEND [ {1}\r\nx {4}] 4 waits\ncommand [a] APPEND []\nidle" },
	{ "a APPEND {1+}\r\nx ~{4+}\r\nabcd\r\n", "append [a] APPEND [ {1+}\r\nx ~{4+}] 4\ncommand [a] APPEND []\nidle" },
	{ "a APPEND x {2+}\r\nab (\\Seen) {2+}\r\ncd\r\n",      /* MULTIAPPEND */
	  "append [a] APPEND [ x {2+}] 2\nappend [a] APPEND [ (\\Seen) {2+}] 2\ncommand [a] APPEND []\nidle" },
	{ "a APPEND x (\\Seen {2+}\r\nab)\r\nb NOOP\r\n", "bad [a] message literal within parentheses\ncommand [b] NOOP []\nidle" },
	{ "a APPEND x {99999999}\r\nb NOOP\r\n", "toobig [a] message is too big\ncommand [b] NOOP []\nidle" },
	{ "a APPEND x {99999999+}\r\nb NOOP\r\n", "bye" },
};

static void commands_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		expect(&imap_limits_user, str_c(rows[i].in), rows[i].want);
	expect(&imap_limits_user, STR("a X\0\r\nb NOOP\r\n"), "bad [a] NUL is not allowed\ncommand [b] NOOP []\nidle");
}

/* A50: sizes are checked before the client is told to send. RFC 7888 section 5: LITERAL- stops at 4096. */
static void a50_literals_have_limits(void **state)
{
	(void)state;
	const struct imap_limits *g = &imap_limits_guest;
	expect(g, STR("a LOGIN {4294967295}\r\nb NOOP\r\n"), "toobig [a] literal is too big\ncommand [b] NOOP []\nidle");
	expect(g, STR("a LOGIN {99999999999999999999999999}\r\nb NOOP\r\n"), "toobig [a] literal is too big\ncommand [b] NOOP []\nidle");
	expect(g, STR("a LOGIN {4294967295+}\r\n"), "bye");
	expect(g, STR("a APPEND x {4000000}\r\nb NOOP\r\n"), "toobig [a] literal is too big\ncommand [b] NOOP []\nidle");

	char long_one[8192];
	struct buf in;
	memset(long_one, 'x', sizeof long_one);
	buf_init(&in, 1 << 20);
	assert_int_equal(buf_printf(&in, "a LOGIN {4097+}\r\n%.4097s\r\nb NOOP\r\n", long_one), OK);
	expect(g, buf_str(&in), "toobig [a] literal is too big\ncommand [b] NOOP []\nidle");
	buf_clear(&in);
	for (int i = 0; i < 3; i++)      /* many that are small each */
		assert_int_equal(buf_printf(&in, i ? " {4000+}\r\n%.4000s" : "a LOGIN {4000+}\r\n%.4000s", long_one), OK);
	assert_int_equal(buf_put_str(&in, STR("\r\nb NOOP\r\n")), OK);
	expect(g, buf_str(&in), "toobig [a] literal is too big\ncommand [b] NOOP []\nidle");
	buf_clear(&in);
	for (int i = 0; i < 200; i++)
		assert_int_equal(buf_printf(&in, i ? " {1+}\r\nx" : "a LOGIN {1+}\r\nx"), OK);
	assert_int_equal(buf_put_str(&in, STR("\r\nb NOOP\r\n")), OK);
	expect(g, buf_str(&in), "bad [a] too many items\ncommand [b] NOOP []\nidle");
	buf_done(&in);
}

/* Feeds `piece` again and again; returns how many bytes went in before the reader said BYE. */
static size_t flood(const struct imap_limits *limits, struct str head, struct str piece, size_t *ret_memory)
{
	struct imap_reader r;
	size_t fed = head.n;
	imap_reader_init(&r, limits);
	enum imap_read e = imap_reader_feed(&r, &head);
	for (int i = 0; i < 10000000 && e == IMAP_READ_MORE; i++) {
		struct str in = piece;
		e = imap_reader_feed(&r, &in);
		fed += piece.n;
	}
	assert_int_equal(e, IMAP_READ_BYE);
	*ret_memory = r.bytes.cap;
	imap_reader_done(&r);
	return fed;
}

/* A49, A50: whatever state the flood is in, memory stays flat and patience ends. */
static void a49_floods_end(void **state)
{
	(void)state;
	static const struct { const char *head, *piece; } floods[] = {
		{ "a NOOP ", "((((((((((((((((" }, { "a NOOP ", "(()(()(()(()(()(()" }, { "a NOOP ", "))))))))))))))" },
		{ "", "tttttttttttttttt" },        { "a LOGIN \"", "qqqqqqqqqqqqqqqq" }, { "a LOGIN ", "{1+}\r\nx" },
		{ "a LOGIN ", "                 " }, { "a LOGIN {4000+}\r\n", "yyyyyyyyyyyyyyyy" }, { "\"", "\\\"\\\"\\\"\\\"" },
	};
	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		size_t memory, fed = flood(&imap_limits_guest, str_c(floods[i].head), str_c(floods[i].piece), &memory);
		assert_in_range(fed, 1, imap_limits_guest.bytes + imap_limits_guest.discard + 64);
		assert_in_range(memory, 1, imap_limits_guest.bytes);
	}
}

/* B48: a list of ten thousand UIDs is a command like others after login. */
static void b48_long_uid_lists(void **state)
{
	(void)state;
	struct imap_reader r;
	struct buf in;
	buf_init(&in, 1 << 20);
	assert_int_equal(buf_put_str(&in, STR("a UID FETCH 1")), OK);
	for (unsigned i = 0; i < 10000; i++)
		assert_int_equal(buf_printf(&in, ",%u", 100000 + 2 * i), OK);
	assert_int_equal(buf_put_str(&in, STR(" FLAGS\r\n")), OK);
	imap_reader_init(&r, &imap_limits_user);
	struct str s = buf_str(&in);
	assert_int_equal(imap_reader_feed(&r, &s), IMAP_READ_COMMAND);
	assert_true(r.command.args.n > 70000);
	imap_reader_next(&r);
	assert_true(r.bytes.cap <= 1024);      /* an idle session gives the memory back */
	imap_reader_done(&r);
	buf_done(&in);
}

static void append_is_refused(void **state)
{
	(void)state;
	struct imap_reader r;
	imap_reader_init(&r, &imap_limits_user);
	struct str s = STR("a APPEND none {4+}\r\nabcd (\\Seen) {5+}\r\nefghi\r\nb NOOP\r\n");
	assert_int_equal(imap_reader_feed(&r, &s), IMAP_READ_APPEND);
	imap_reader_append_refuse(&r, "no such mailbox");
	assert_int_equal(imap_reader_feed(&r, &s), IMAP_READ_BAD);
	assert_string_equal(r.why, "no such mailbox");
	imap_reader_next(&r);
	assert_int_equal(imap_reader_feed(&r, &s), IMAP_READ_COMMAND);
	imap_reader_next(&r);

	s = STR("c APPEND none {4}\r\nd NOOP\r\n");      /* waits: its octets never come */
	assert_int_equal(imap_reader_feed(&r, &s), IMAP_READ_APPEND);
	imap_reader_append_refuse(&r, "no such mailbox");
	assert_int_equal(imap_reader_feed(&r, &s), IMAP_READ_BAD);
	imap_reader_next(&r);
	assert_int_equal(imap_reader_feed(&r, &s), IMAP_READ_COMMAND);
	assert_true(str_eq(r.command.tag, STR("d")));
	imap_reader_done(&r);
}

static void lines_are_read(void **state)
{
	(void)state;
	struct imap_reader r;
	struct str line, s = STR("DO");
	imap_reader_init(&r, &imap_limits_guest);
	assert_int_equal(imap_reader_line(&r, &s, &line), IMAP_READ_MORE);      /* B44: DONE in pieces */
	s = STR("NE\r\nb NOOP\r\n");
	assert_int_equal(imap_reader_line(&r, &s, &line), IMAP_READ_COMMAND);
	assert_true(str_eq(line, STR("DONE")));
	imap_reader_next(&r);
	assert_int_equal(imap_reader_feed(&r, &s), IMAP_READ_COMMAND);
	imap_reader_next(&r);
	enum imap_read e = IMAP_READ_MORE;
	for (int i = 0; i < 10000 && e == IMAP_READ_MORE; i++) {
		s = STR("xxxxxxxxxxxxxxxx");
		e = imap_reader_line(&r, &s, &line);
	}
	assert_int_equal(e, IMAP_READ_BYE);
	imap_reader_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_cut),
		cmocka_unit_test(a50_literals_have_limits),
		cmocka_unit_test(a49_floods_end),
		cmocka_unit_test(b48_long_uid_lists),
		cmocka_unit_test(append_is_refused),
		cmocka_unit_test(lines_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
