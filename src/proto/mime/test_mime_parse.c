#include "proto/mime/mime_bodystructure.h"
#include "proto/mime/mime_check.h"
#include "proto/mime/mime_decode.h"
#include "proto/mime/mime_envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define MIB ((size_t)1024 * 1024)

static struct arena arena;

static int start(void **state) { (void)state; arena_init(&arena, 512 * MIB, NULL, NULL); return 0; }
static int end(void **state) { (void)state; arena_done(&arena); return 0; }

static struct mime_tree parse(struct str message)
{
	struct mime_tree t;
	mime_parse(&arena, message, &mime_limits_default, &t);
	assert_true(check_parts(t.parts, t.count, message.n));
	return t;
}

/* "text/plain(multipart/mixed(...))": types, and of leaves the body. */
static void sketch(struct buf *out, struct str message, const struct mime_tree *t, uint32_t i)
{
	struct bufw w = { out, OK };
	const struct mime_part *p = &t->parts[i];
	bufw_str(&w, p->type);
	bufw_char(&w, '/');
	bufw_str(&w, p->subtype);
	bufw_char(&w, p->kind == MIME_LEAF ? '[' : '(');
	if (p->kind == MIME_LEAF)
		bufw_str(&w, mime_part_body(message, p));
	for (uint32_t k = p->first_child; k != MIME_NONE; k = t->parts[k].next)
		sketch(out, message, t, k);
	bufw_char(&w, p->kind == MIME_LEAF ? ']' : ')');
}

static struct str wire_of(struct str message, const struct mime_tree *t, enum mime_bodystructure_form form)
{
	struct buf b;
	buf_init(&b, 64 * MIB);
	struct bufw w = { &b, OK };
	mime_bodystructure_write(&arena, message, t, form, &w);
	assert_int_equal(w.err, OK);
	struct str s = arena_dup(&arena, buf_str(&b));
	buf_done(&b);
	assert_true(check_whole_body(s, form == MIME_BODYSTRUCTURE));
	return s;
}

static void assert_str(struct str got, const char *want)
{
	if (!str_eq(got, str_c(want)))
		print_message("got  [" STR_FMT "]\nwant [%s]\n", STR_ARG(got), want);
	assert_true(str_eq(got, str_c(want)));
}

#define MIXED(b) "Content-Type: multipart/mixed; boundary=" b "\r\n\r\n"

static const struct row { const char *name, *message, *want; unsigned flags; } structures[] = {
	{ "plain", "A: b\r\n\r\nbody\r\n", "text/plain[body\r\n]", 0 },
	{ "no empty line", "A: b\r\n", "text/plain[]", 0 },
	{ "two parts, preamble and epilogue", MIXED("b") "pre\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nepi\r\n",
	  "multipart/mixed(text/plain[one]text/plain[two])", 0 },
	{ "bare LF", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n",
	  "multipart/mixed(text/plain[one]text/plain[two])", 0 },
	{ "blanks behind the boundary, RFC 2046 5.1.1", MIXED("b") "--b \t\r\n\r\none\r\n--b-- \r\n", "multipart/mixed(text/plain[one])", 0 },
	{ "delimiter first in the body of a part", MIXED("b") "--b\r\n\r\n--b\r\n\r\n\r\n--b--", "multipart/mixed(text/plain[]text/plain[])", 0 },
	{ "not at the start of a line", MIXED("b") "--b\r\n\r\nx --b\r\n--c\r\n--b--", "multipart/mixed(text/plain[x --b\r\n--c])", 0 },
	{ "digest, RFC 2046 5.1.5", "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\ny\r\n--b--",
	  "multipart/digest(message/rfc822(text/plain[y]))", 0 },
	{ "message", "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny\r\n", "message/rfc822(text/plain[y\r\n])", 0 },
	{ "delimiters after the close are epilogue", MIXED("b") "--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
	  "multipart/mixed(text/plain[one])", 0 },
	/* A54: the outer multipart closes inside the inner one */
	{ "A54 outer delimiter inside the inner", MIXED("out") "--out\r\n" MIXED("inn") "--inn\r\n\r\none\r\n--out--\r\n--inn\r\n\r\ntwo\r\n--inn--\r\n",
	  "multipart/mixed(multipart/mixed(text/plain[one]))", MIME_UNCLOSED },
	{ "A54 outer delimiter inside a message", MIXED("b") "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
	  "multipart/mixed(message/rfc822(text/plain[])text/plain[two])", MIME_BAD_HEADER },
	{ "A54 same boundary twice", MIXED("b") "--b\r\n" MIXED("b") "--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo\r\n--b--\r\n",
	  "multipart/mixed(multipart/mixed(text/plain[one])text/plain[two])", MIME_AMBIGUOUS },
	/* A74: shapes that scanners and clients read differently; the reading is ours, and it is marked */
	{ "A74 two boundary parameters", "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--a--\r\n",
	  "multipart/mixed(text/plain[one\r\n--b\r\n\r\ntwo])", MIME_AMBIGUOUS },
	{ "A74 two Content-Type fields", "Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--",
	  "text/plain[--b\r\n\r\nx\r\n--b--]", MIME_AMBIGUOUS },
	{ "A74 no end boundary", MIXED("b") "--b\r\n\r\none\r\n", "multipart/mixed(text/plain[one\r\n])", MIME_UNCLOSED },
	{ "A74 one boundary begins the other", MIXED("a") "--a\r\n" MIXED("ab") "--ab\r\n\r\none\r\n--ab--\r\n--a--\r\n",
	  "multipart/mixed(multipart/mixed(text/plain[one]))", MIME_AMBIGUOUS },
	{ "A74 text behind the boundary", MIXED("b") "--bc\r\n\r\none\r\n--b--\r\n", "multipart/mixed(text/plain[one])", MIME_AMBIGUOUS },
	{ "A74 encoded multipart", "Content-Transfer-Encoding: base64\r\n" MIXED("b") "--b\r\n\r\nx\r\n--b--", "multipart/mixed(text/plain[x])", MIME_AMBIGUOUS },
	{ "A74 two encodings", "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\nx", "text/plain[x]", MIME_AMBIGUOUS },
	/* B50: nothing of this may spoil the grammar */
	{ "B50 no boundary", "Content-Type: multipart/mixed\r\n\r\nx\r\n", "multipart/mixed(text/plain[x\r\n])", MIME_NO_PARTS },
	{ "B50 empty boundary", "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\nx\r\n", "multipart/mixed(text/plain[--\r\nx\r\n])", MIME_NO_PARTS },
	{ "B50 no delimiter", MIXED("b") "x\r\n", "multipart/mixed(text/plain[x\r\n])", MIME_NO_PARTS },
	{ "B50 only the close", MIXED("b") "--b--\r\n", "multipart/mixed(text/plain[--b--\r\n])", MIME_NO_PARTS },
	{ "B50 no subtype", "Content-Type: text\r\n\r\nx", "text/plain[x]", 0 },
	{ "B50 no subtype of multipart", "Content-Type: multipart; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--", "multipart/mixed(text/plain[x])", 0 },
	{ "B50 no subtype of another", "Content-Type: image\r\n\r\nx", "application/octet-stream[x]", 0 },
	{ "B50 type with odd bytes", "Content-Type: multi\x01part/x; boundary=b\r\n\r\n--b\r\n\r\nx", "application/octet-stream[--b\r\n\r\nx]", 0 },
	{ "B50 empty Content-Type", "Content-Type:\r\n\r\nx", "text/plain[x]", 0 },
	{ "B50 empty parameters", "Content-Type: text/plain; ;; =; =x; charset=; name\r\n\r\nx", "text/plain[x]", 0 },
	{ "B50 unknown encoding", "Content-Transfer-Encoding: \"x\\\"y\"\r\n\r\nx", "text/plain[x]", 0 },
	{ "B50 8-bit in parameters", "Content-Type: text/plain; charset=\"\xe4\"; name=\"a\\\"b\\\\\"\r\nContent-Disposition: \xff; filename=\xc3\xa4\r\n\r\nx", "text/plain[x]", 0 },
	{ "B50 empty message part", "Content-Type: message/rfc822\r\n\r\n", "message/rfc822(text/plain[])", 0 },
};

static void structure_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(structures); i++) {
		const struct row *row = &structures[i];
		struct str message = str_c(row->message);
		struct mime_tree t = parse(message);
		struct buf b;
		buf_init(&b, MIB);
		sketch(&b, message, &t, 0);
		if (!str_eq(buf_str(&b), str_c(row->want)) || (t.flags & row->flags) != row->flags)
			print_message("%s: flags %x\n", row->name, t.flags);
		assert_str(buf_str(&b), row->want);
		assert_int_equal(t.flags & row->flags, row->flags);
		if (!row->flags)
			assert_int_equal(t.flags & (MIME_AMBIGUOUS | MIME_UNCLOSED | MIME_NO_PARTS | MIME_LIMITED), 0);
		wire_of(message, &t, MIME_BODY);
		wire_of(message, &t, MIME_BODYSTRUCTURE);
		buf_done(&b);
	}
}

/* A74: whatever the shape, what any reader could take for content is content of some leaf of ours, decoded or as it stands; and
 * the message is marked, so that a scanner can look at the raw bytes as well. */
static void a74_nothing_hidden(void **state)
{
	static const struct { const char *message; unsigned marked; } rows[] = {
		{ "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--b\r\n\r\nNEEDLE\r\n--b--\r\n", MIME_AMBIGUOUS | MIME_NO_PARTS },
		{ "Content-Type: multipart/mixed; boundary=a; boundary=b\r\n\r\n--a\r\n\r\nx\r\n--b\r\n\r\nNEEDLE\r\n--a--\r\n", MIME_AMBIGUOUS },
		{ "Content-Type: text/plain\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nNEEDLE\r\n--b--", MIME_AMBIGUOUS },
		{ "Content-Transfer-Encoding: base64\r\n\r\nTk*VF\r\nR-Ex_F", 0 },
		{ "Content-Transfer-Encoding: base64\r\n\r\nTkU=RUQ=TEU=", 0 },
		{ MIXED("b") "--b\r\nContent-Transfer-Encoding: base64\r\n\r\nTkVFRExF", MIME_UNCLOSED },
		{ "Content-Type: multipart/mixed\r\nContent-Transfer-Encoding: base64\r\n\r\nTkVFRExF", MIME_NO_PARTS },
		{ "Content-Transfer-Encoding : base64\r\n\r\nTkVFRExF", MIME_AMBIGUOUS },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str m = str_c(rows[i].message);
		struct mime_tree t = parse(m);
		bool found = false;
		for (uint32_t k = 0; k < t.count; k++)
			found |= t.parts[k].kind == MIME_LEAF &&
			         str_search(mime_decode_part(&arena, m, &t.parts[k], MIB), STR("NEEDLE")) != STR_NPOS;
		if (!found || (t.flags & rows[i].marked) != rows[i].marked)
			print_message("row %zu: flags %x\n", i, t.flags);
		assert_true(found);
		assert_int_equal(t.flags & rows[i].marked, rows[i].marked);
	}
}

static void details(void **state)
{
	(void)state;
	struct str m = STR("CONTENT-TYPE: Text/HTML; charset=\"UTF-8\"; name*0=\"long \"; name*1=\"name.html\"\r\n"
		"Content-Transfer-Encoding: Quoted-Printable (comment)\r\nContent-ID: <x@y>\r\nContent-Disposition: Attachment\r\n\r\na=\r\nb\r\n");
	struct mime_tree t = parse(m);
	assert_str(t.parts[0].type, "text");
	assert_str(t.parts[0].subtype, "html");
	assert_str(t.parts[0].charset, "UTF-8");
	assert_str(t.parts[0].name, "long name.html");
	assert_str(t.parts[0].id, "<x@y>");
	assert_int_equal(t.parts[0].encoding, MIME_QP);
	assert_int_equal(t.parts[0].lines, 2);
	assert_int_equal(t.parts[0].flags, MIME_PART_ATTACHMENT);
	assert_int_equal(t.flags, MIME_HAS_ATTACHMENT);
}

static void protection(void **state)
{
	static const struct { const char *message; unsigned flags; } rows[] = {
		{ "Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature; name=s.asc\r\n\r\ny\r\n--b--",
		  MIME_IS_SIGNED | MIME_IS_MULTIPART },
		{ "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n\r\n", MIME_IS_SIGNED | MIME_HAS_ATTACHMENT },
		{ "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\n", MIME_IS_ENCRYPTED },
		{ "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--", MIME_IS_ENCRYPTED | MIME_IS_MULTIPART },
		{ "Subject: \xe4\r\n\r\n", MIME_HEADER_8BIT },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(parse(str_c(rows[i].message)).flags, rows[i].flags);
}

/* RFC 3501 section 8 and section 7.4.2 (the example of BODYSTRUCTURE's multipart). */
static void wire_examples(void **state)
{
	(void)state;
	struct str m = STR("Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n"
		"Subject: IMAP4rev1 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n"
		"cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\nMessage-Id: <B27397-0100000@cac.washington.edu>\r\n"
		"MIME-Version: 1.0\r\nContent-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n");
	struct mime_tree t = parse(m);
	assert_str(wire_of(m, &t, MIME_BODY), "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\") NIL NIL \"7bit\" 0 0)");
	struct buf b;
	buf_init(&b, MIB);
	struct bufw w = { &b, OK };
	mime_envelope_write(&arena, mime_part_header(m, &t.parts[0]), &mime_envelope_limits_default, &w);
	assert_str(buf_str(&b), "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev1 WG mtg summary and minutes\" "
		"((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) "
		"((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) "
		"((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL "
		"\"<B27397-0100000@cac.washington.edu>\")");
	buf_done(&b);
	m = STR("Content-Type: multipart/mixed; boundary=b\r\nContent-Language: en, de\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
		"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII; NAME=\"cc.diff\"\r\nContent-ID: <960723163407.20117h@cac.washington.edu>\r\n"
		"Content-Description: Compiler diff\r\nContent-MD5: Q2hlY2s=\r\nContent-Disposition: attachment; filename=cc.diff\r\n"
		"Content-Location: http://example.org/\r\nContent-Transfer-Encoding: BASE64\r\n\r\nYQ==\r\n\r\n--b--\r\n");
	t = parse(m);
	assert_str(wire_of(m, &t, MIME_BODYSTRUCTURE), "((\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 1 0 NIL NIL NIL NIL)"
		"(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"US-ASCII\" \"NAME\" \"cc.diff\") \"<960723163407.20117h@cac.washington.edu>\" \"Compiler diff\" "
		"\"base64\" 6 1 \"Q2hlY2s=\" (\"attachment\" (\"filename\" \"cc.diff\")) NIL \"http://example.org/\") \"mixed\" "
		"(\"boundary\" \"b\") NIL (\"en\" \"de\") NIL)");
}

/* B49: raw 8-bit goes into literals, an unclosed quote or a NUL spoils nothing. */
static void b49_envelope(void **state)
{
	static const struct { const char *header, *want; } rows[] = {
		{ "", "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "Subject: \xe4\r\n", "(NIL {1}\r\n\xe4 NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "Subject: a \"b\\c\"\r\n", "(NIL \"a \\\"b\\\\c\\\"\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "Subject:\r\n", "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "Subject: a\r\n b\r\n", "(NIL \"a b\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "Subject: one\r\nSubject: two\r\n", "(NIL \"one\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ "To: undisclosed-recipients:;\r\n", "(NIL NIL NIL NIL NIL ((NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)" },
		{ "To: a: b@c\r\n", "(NIL NIL NIL NIL NIL ((NIL NIL \"a\" NIL)(NIL NIL \"b\" \"c\")(NIL NIL NIL NIL)) NIL NIL NIL NIL)" },
		{ "To: root\r\n", "(NIL NIL NIL NIL NIL ((NIL NIL \"root\" \"\")) NIL NIL NIL NIL)" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf b;
		buf_init(&b, MIB);
		struct bufw w = { &b, OK };
		mime_envelope_write(&arena, str_c(rows[i].header), &mime_envelope_limits_default, &w);
		assert_str(buf_str(&b), rows[i].want);
		assert_true(check_whole_envelope(buf_str(&b)));
		buf_done(&b);
	}
}

static struct str repeat(const char *head, const char *unit, size_t times, const char *tail)
{
	struct buf b;
	buf_init(&b, 512 * MIB);
	struct bufw w = { &b, OK };
	bufw_c(&w, head);
	for (size_t i = 0; i < times; i++)
		bufw_c(&w, unit);
	bufw_c(&w, tail);
	assert_int_equal(w.err, OK);
	struct str s = arena_dup(&arena, buf_str(&b));
	buf_done(&b);
	return s;
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A54: 500 nested messages; the BODYSTRUCTURE in less than a second. Beyond the depth the rest is content of its part. */
static void a54_depth(void **state)
{
	(void)state;
	struct str m = repeat("", "Content-Type: message/rfc822\r\n\r\n", 500, "Subject: x\r\n\r\nend\r\n");
	double before = seconds();
	struct mime_tree t = parse(m);
	wire_of(m, &t, MIME_BODYSTRUCTURE);
	assert_true(seconds() - before < 1);
	assert_true(t.flags & MIME_LIMITED);
	assert_int_equal(t.count, mime_limits_default.depth + 2u);
	const struct mime_part *last = &t.parts[t.count - 1];
	assert_int_equal(last->flags, MIME_PART_IMPLIED);
	assert_int_equal(last->body + last->body_len, m.n);
}

static void a54_nested_multiparts(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, MIB);
	for (unsigned i = 0; i < 500; i++)
		assert_int_equal(buf_printf(&b, "Content-Type: multipart/mixed; boundary=\"<%u>\"\r\n\r\n--<%u>\r\n", i, i), OK);
	for (unsigned i = 500; i-- > 0; )
		assert_int_equal(buf_printf(&b, "\r\n--<%u>--\r\n", i), OK);
	struct mime_tree t = parse(buf_str(&b));
	wire_of(buf_str(&b), &t, MIME_BODYSTRUCTURE);
	assert_true(t.flags & MIME_LIMITED);
	assert_true(t.count <= mime_limits_default.depth + 2u);
	buf_done(&b);
}

static void part_limit(void **state)
{
	(void)state;
	struct str m = repeat(MIXED("b"), "--b\r\n\r\nx\r\n", 5000, "--b--\r\n");
	struct mime_tree t = parse(m);
	assert_int_equal(t.count, mime_limits_default.parts);
	assert_true(t.flags & MIME_LIMITED);
	const struct mime_part *last = &t.parts[t.count - 1];
	assert_int_equal(last->body + last->body_len, m.n);
	wire_of(m, &t, MIME_BODY);
}

/* A55, A56: floods cost linear time. Limits are generous: sanitizers run here. */
static void floods(void **state)
{
	static const struct { const char *name, *head, *unit; size_t times; const char *tail; } rows[] = {
		{ "A55 fields", "", "To: a@example.org\r\n", 500000, "\r\nx" },
		{ "A55 one folded field", "To: ", "aaaaaaaaa,\r\n ", 1000000, "\r\n\r\nx" },
		{ "A56 pieces", "Content-Type: text/plain", "; name*7*=utf-8''x", 100000, "\r\n\r\nx" },
		{ "empty lines", MIXED("b") "--b\r\n\r\n", "\n", 4000000, "--b--" },
		{ "almost delimiters", MIXED("bbbbbbbbbbbbbbbbbbbb") "--bbbbbbbbbbbbbbbbbbbb\r\n\r\n", "--bbbbbbbbbbbbbbbbbbb\r\n", 1000000, "" },
		{ "content types", "", "Content-Type: multipart/mixed; boundary=b\r\n", 200000, "\r\n--b\r\n\r\nx" },
		{ "messages in a multipart", MIXED("b"), "--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\n", 100000, "" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct str m = repeat(rows[i].head, rows[i].unit, rows[i].times, rows[i].tail);
		double before = seconds();
		struct mime_tree t = parse(m);
		wire_of(m, &t, MIME_BODYSTRUCTURE);
		double took = seconds() - before;
		if (took > 2)
			print_message("%s: %.2f s for %zu bytes\n", rows[i].name, took, m.n);
		assert_true(took < 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a74_nothing_hidden, start, end),
		cmocka_unit_test_setup_teardown(structure_rows, start, end), cmocka_unit_test_setup_teardown(details, start, end),
		cmocka_unit_test_setup_teardown(protection, start, end), cmocka_unit_test_setup_teardown(wire_examples, start, end),
		cmocka_unit_test_setup_teardown(b49_envelope, start, end), cmocka_unit_test_setup_teardown(a54_depth, start, end),
		cmocka_unit_test_setup_teardown(a54_nested_multiparts, start, end), cmocka_unit_test_setup_teardown(part_limit, start, end),
		cmocka_unit_test_setup_teardown(floods, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
