/* Collections of real and broken mail: the tree and the summary hold their contracts for each, and where a collection says what is
 * right, it is compared. */
#include "proto/mime/mime_bodystructure.h"
#include "proto/mime/mime_check.h"
#include "proto/mime/mime_decode.h"
#include "proto/mime/mime_envelope.h"
#include "proto/mime/mime_section.h"
#include "proto/mime/mime_summary.h"

#include <dirent.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#define MIB ((size_t)1024 * 1024)

static const char *suites(void)
{
	const char *dir = getenv("CERALACCA_SUITES");
	return dir ? dir : "../shared/suites";
}

static bool read_path(const char *path, struct buf *ret)
{
	char chunk[65536];
	FILE *f = fopen(path, "rb");
	if (!f)
		return false;
	buf_init(ret, 64 * MIB);
	for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0; )
		assert_int_equal(buf_put(ret, chunk, n), OK);
	fclose(f);
	return true;
}

static bool read_suite(const char *folder, const char *name, struct buf *ret)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s/%s", suites(), folder, name);
	return read_path(path, ret);
}

static void put_crlf(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r'))
			assert_int_equal(buf_put_char(out, '\r'), OK);
		assert_int_equal(buf_put_char(out, s.p[i]), OK);
	}
}

static struct str crlf_of(struct arena *a, struct str s)
{
	struct buf b;
	buf_init(&b, 64 * MIB);
	put_crlf(&b, s);
	struct str r = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return r;
}

/* Every part is reached by its numbers, and the section is its range. */
static void check_numbers(struct str message, const struct mime_tree *t)
{
	for (uint32_t i = 1; i < t->count; i++) {
		const struct mime_part *p = &t->parts[i], *of = &t->parts[p->parent];
		if (of->kind != MIME_MULTIPART)
			continue;
		struct mime_section s = { 0 };
		uint32_t at = i, path[64];
		size_t n = 0;
		while (at != 0 && n < 64) {
			uint32_t parent = t->parts[at].parent, number = 1;
			for (uint32_t k = t->parts[parent].first_child; k != at; k = t->parts[k].next)
				number++;
			if (t->parts[parent].kind == MIME_MULTIPART)
				path[n++] = number;
			else if (parent == 0 || t->parts[t->parts[parent].parent].kind != MIME_MULTIPART)
				path[n++] = 1;          /* a message that is itself the body of a message */
			at = parent;
		}
		for (s.depth = 0; s.depth < n; s.depth++)
			s.number[s.depth] = path[n - 1 - s.depth];
		struct mime_range r;
		uint32_t found;
		assert_int_equal(mime_section_locate(t->parts, t->count, &s, &r, &found), OK);
		assert_int_equal(found, i);
		assert_true(r.offset == p->body && r.length == p->body_len && r.offset + r.length <= message.n);
	}
}

static void check_message(struct str message)
{
	struct arena a, b;
	struct mime_tree t;
	struct mime_summary s;
	struct mime_part *parts;
	uint32_t count;
	struct buf out;
	arena_init(&a, 256 * MIB, NULL, NULL);
	arena_init(&b, 256 * MIB, NULL, NULL);
	buf_init(&out, MIME_SUMMARY_MAX);
	mime_parse(&a, message, &mime_limits_default, &t);
	assert_true(check_parts(t.parts, t.count, message.n));
	check_numbers(message, &t);
	assert_int_equal(mime_summary_of(&a, message, &t, &out), OK);
	assert_int_equal(mime_summary_read(buf_str(&out), &s), OK);
	assert_true(check_whole_envelope(s.envelope));
	assert_true(s.lost & MIME_LOST_BODY || check_whole_body(s.body, false));
	assert_true(s.lost & MIME_LOST_BODYSTRUCTURE || check_whole_body(s.bodystructure, true));
	assert_true(utf8_valid(s.subject) && utf8_valid(s.from) && utf8_valid(s.to) && utf8_valid(s.preview));
	assert_int_equal(mime_summary_parts(&b, &s, &parts, &count), OK);
	assert_int_equal(count, t.count);
	assert_true(check_parts(parts, count, message.n));
	for (uint32_t i = 0; i < count; i++)
		assert_true(parts[i].body == t.parts[i].body && parts[i].body_len == t.parts[i].body_len);
	buf_done(&out);
	arena_done(&b);
	arena_done(&a);
}

static size_t check_folder(const char *path, unsigned depth)
{
	size_t count = 0;
	DIR *d = opendir(path);
	if (!d || depth > 6) {
		if (d)
			closedir(d);
		return 0;
	}
	for (struct dirent *e; (e = readdir(d)); ) {
		char sub[1024];
		struct stat st;
		snprintf(sub, sizeof sub, "%s/%s", path, e->d_name);
		if (e->d_name[0] == '.' || stat(sub, &st) != 0)
			continue;
		struct buf bytes;
		if (S_ISDIR(st.st_mode)) {
			count += check_folder(sub, depth + 1);
		} else if (read_path(sub, &bytes)) {
			struct arena a;
			arena_init(&a, 128 * MIB, NULL, NULL);
			check_message(buf_str(&bytes));
			check_message(crlf_of(&a, buf_str(&bytes)));
			arena_done(&a);
			buf_done(&bytes);
			count++;
		}
	}
	closedir(d);
	return count;
}

static void all_files_of(const char *folder)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s", suites(), folder);
	size_t count = check_folder(path, 0);
	if (count == 0) {
		print_message("%s: absent, skipped\n", path);
		skip();
	}
	print_message("%s: %zu files\n", folder, count);
}

static void python(void **state) { (void)state; all_files_of("mime-python"); }
static void mimekit(void **state) { (void)state; all_files_of("mime-mimekit"); }
static void mail_parser_files(void **state) { (void)state; all_files_of("mime-mail-parser"); }
static void mime4j(void **state) { (void)state; all_files_of("mime-mime4j"); }
static void misc(void **state) { (void)state; all_files_of("mime-misc"); }
static void spam_corpus(void **state) { (void)state; all_files_of("spam-corpus-sa-public"); }
static void imaptest_files(void **state) { (void)state; all_files_of("imap-imaptest"); }

/* --- imaptest: scripts beside an mbox --- */

/* Message number from 1 of an mbox, with CRLF. */
static bool mbox_message(struct arena *a, struct str mbox, uint64_t number, struct str *ret)
{
	struct buf b;
	uint64_t at = 0;
	buf_init(&b, 16 * MIB);
	while (mbox.n) {
		size_t lf = str_find(mbox, '\n');
		struct str line = str_take_n(&mbox, lf == STR_NPOS ? mbox.n : lf + 1);
		if (str_starts(line, STR("From ")))
			at++;
		else if (at == number)
			put_crlf(&b, line);
	}
	*ret = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return ret->n > 0;
}

/* "* 1 fetch (body[1.2] {{{", then lines, then "}}})": what stands between, with CRLF. */
static struct str script_block(struct arena *a, struct str *script)
{
	size_t end = str_search(*script, STR("\n}}}"));
	assert_true(end != STR_NPOS);
	return crlf_of(a, str_take_n(script, end));
}

struct script { struct arena a; struct str text, mbox; unsigned compared; };

static struct str fetch_answer(struct script *sc, uint64_t number, struct str what)
{
	struct str message;
	struct mime_tree t;
	struct mime_section section;
	struct buf out, decoded;
	assert_true(mbox_message(&sc->a, sc->mbox, number, &message));
	mime_parse(&sc->a, message, &mime_limits_default, &t);
	buf_init(&out, MIB);
	buf_init(&decoded, MIB);
	bool binary = str_istarts(what, STR("binary")), size = str_istarts(what, STR("binary.size"));
	struct str spec = str_skip(what, str_find(what, '[') + 1);
	spec = str_first(spec, str_rfind(spec, ']'));
	assert_int_equal(mime_section_parse(spec, &section), OK);
	assert_int_equal(mime_section_write(message, t.parts, t.count, &section, &out), OK);
	if (binary && section.depth) {
		uint32_t part;
		struct mime_range range;
		assert_int_equal(mime_section_locate(t.parts, t.count, &section, &range, &part), OK);
		assert_int_equal(mime_decode(t.parts[part].encoding, buf_str(&out), &decoded), OK);
	} else {
		assert_int_equal(buf_put_str(&decoded, buf_str(&out)), OK);
	}
	struct str answer = size ? arena_printf(&sc->a, "%zu", decoded.n) : arena_dup(&sc->a, buf_str(&decoded));
	buf_done(&decoded);
	buf_done(&out);
	return answer;
}

static void compare(struct script *sc, struct str what, struct str got, struct str want)
{
	if (!str_eq(got, want)) {
		print_message(STR_FMT "\ngot:  [" STR_FMT "]\nwant: [" STR_FMT "]\n", STR_ARG(what), STR_ARG(got), STR_ARG(want));
		fail();
	}
	sc->compared++;
}

/* An untagged line that shows one section: "1 fetch (body[2.1] {{{" or "1 fetch (binary.size[1] 65)". Partial answers and
 * several in one line are the server's business. */
static void compare_line(struct script *sc, struct str line)
{
	uint64_t number;
	if (!str_take(&line, STR("* ")) || str_take_u64(&line, 1000, &number) != OK || !str_itake(&line, STR(" fetch (")))
		return;
	size_t close = str_rfind(line, ']');
	if (!(str_istarts(line, STR("body[")) || str_istarts(line, STR("binary"))) || close == STR_NPOS || close != str_find(line, ']'))
		return;
	struct str what = str_first(line, close + 1), rest = str_skip(line, close + 1);
	if (str_eq(rest, STR(" {{{"))) {
		struct str want = script_block(&sc->a, &sc->text);
		if (str_starts(sc->text, STR("\n}}})")))
			compare(sc, what, fetch_answer(sc, number, what), want);
	} else if (str_istarts(what, STR("binary.size")) && str_take_char(&rest, ' ') && str_ends(rest, STR(")"))) {
		compare(sc, what, fetch_answer(sc, number, what), str_first(rest, rest.n - 1));
	}
}

/* "* 1 FETCH (ENVELOPE (...))", compared without case as imaptest does. */
static void compare_wire(struct script *sc, struct str line)
{
	uint64_t number;
	struct str message, got = STR("");
	struct mime_tree t;
	if (!str_take(&line, STR("* ")) || str_take_u64(&line, 1000, &number) != OK || !str_itake(&line, STR(" FETCH (")))
		return;
	bool envelope = str_itake(&line, STR("ENVELOPE "));
	if (!envelope && !str_itake(&line, STR("BODY (")))
		return;
	struct str want = envelope ? str_first(line, line.n - 1) : (struct str){ line.p - 1, line.n };
	assert_true(mbox_message(&sc->a, sc->mbox, number, &message));
	mime_parse(&sc->a, message, &mime_limits_default, &t);
	struct buf out;
	buf_init(&out, MIB);
	struct bufw w = { &out, OK };
	if (envelope)
		mime_envelope_write(&sc->a, mime_part_header(message, &t.parts[0]), &mime_envelope_limits_default, &w);
	else
		mime_bodystructure_write(&sc->a, message, &t, MIME_BODY, &w);
	got = buf_str(&out);
	if (!str_ieq(got, want))
		print_message("got  " STR_FMT "\nwant " STR_FMT "\n", STR_ARG(got), STR_ARG(want));
	assert_true(str_ieq(got, want));
	sc->compared++;
	buf_done(&out);
}

static void run_script(const char *name, unsigned at_least)
{
	char mbox_name[256];
	struct script sc = { .compared = 0 };
	struct buf text, mbox;
	snprintf(mbox_name, sizeof mbox_name, "%s.mbox", name);
	if (!read_suite("imap-imaptest", name, &text))
		skip();
	assert_true(read_suite("imap-imaptest", mbox_name, &mbox));
	arena_init(&sc.a, 64 * MIB, NULL, NULL);
	sc.text = buf_str(&text);
	sc.mbox = buf_str(&mbox);
	while (sc.text.n) {
		struct str line = str_until(&sc.text, '\n');
		compare_wire(&sc, line);
		compare_line(&sc, line);
	}
	print_message("%s: %u answers compared\n", name, sc.compared);
	assert_true(sc.compared >= at_least);
	arena_done(&sc.a);
	buf_done(&mbox);
	buf_done(&text);
}

static void imaptest_scripts(void **state)
{
	(void)state;
	run_script("fetch-envelope", 6);
	run_script("fetch-bodystructure", 1);
	run_script("fetch-body-mime", 14);
	run_script("fetch-body-message-rfc822", 5);
	run_script("fetch-body-message-rfc822-x2", 9);
	run_script("fetch-body-message-rfc822-mime", 13);
	run_script("fetch-binary-mime", 8);
	run_script("fetch-binary-mime-qp", 2);
}

/* Where we read differently, and why. */
static const struct { const char *file, *why; } otherwise[] = {
	{ "rfc/008", "the line break behind an inner close delimiter belongs to its part" },
	{ "malformed/001", "the longest boundary counts, not the innermost" },
	{ "malformed/004", "a delimiter line ends at its line end" },
	{ "malformed/007", "a delimiter ends a header" },
	{ "malformed/008", "the longest boundary counts" },
	{ "malformed/009", "an outer delimiter ends an inner part" },
	{ "malformed/011", "an outer delimiter ends an inner part" },
	{ "malformed/012", "an outer delimiter ends an inner part" },
	{ "malformed/016", "the longest boundary counts" },
	{ "malformed/019", "as rfc/008" },
	{ "malformed/020", "as rfc/008" },
	{ "malformed/021", "as rfc/008" },
	{ "malformed/022", "the part ends at the delimiter, with a header that has no end as well" },
	{ "thirdparty/005", "a boundary in the middle of a line is none" },
	{ "thirdparty/015", "a delimiter ends a header" },
	{ "testmsgs/missing-inner-start-boundary.msg", "a multipart without parts has an implied one" },
	{ "testmsgs/missing-inner-boundary.msg", "an implied part" },
	{ "testmsgs/multipartnopart.msg", "an implied part" },
	{ "testmsgs/missing-boundary.msg", "an implied part" },
	{ "mimetools-testmsgs/badbound.msg", "an implied part" },
	{ "testmsgs/weird-boundary.msg", "blanks at the end of a boundary do not count" },
	{ "testmsgs/very-long-boundary.msg", "blanks at the end of a boundary do not count" },
	{ "testmsgs/base64encoded-rfc822message-nested.msg", "an encoded message is not decoded for its structure" },
	{ "testmsgs/bad-newlines-multiple-parts-base64.msg", "an encoded message" },
	{ "mimetools-testmsgs/multi-2gifs-base64.msg", "an encoded message" },
};

static const char *why_otherwise(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(otherwise); i++)
		if (strcmp(otherwise[i].file, name) == 0)
			return otherwise[i].why;
	return NULL;
}

/* --- mail-parser: trees with offsets, of the message with CRLF --- */

struct tally { unsigned files, parts, same; };

static void compare_tree(const struct mime_tree *t, uint32_t i, json_t *parts, size_t index, struct tally *tally)
{
	json_t *want = json_array_get(parts, index), *children = json_object_get(json_object_get(want, "body"), "Multipart");
	json_int_t header = json_integer_value(json_object_get(want, "offset_header"));
	json_int_t body = json_integer_value(json_object_get(want, "offset_body"));
	json_int_t end = json_integer_value(json_object_get(want, "offset_end"));
	tally->parts++;
	if (i == MIME_NONE)
		return;
	const struct mime_part *p = &t->parts[i];
	tally->same += (json_int_t)p->header == header && (json_int_t)p->body == body && (json_int_t)(p->body + p->body_len) == end;
	uint32_t k = p->first_child;
	for (size_t c = 0; c < json_array_size(children); c++) {
		compare_tree(t, k, parts, (size_t)json_integer_value(json_array_get(children, c)), tally);
		k = k == MIME_NONE ? k : t->parts[k].next;
	}
}

static void mail_parser_file(const char *name, struct tally *total)
{
	char path[128];
	struct buf eml, text;
	struct arena a;
	struct mime_tree t;
	struct tally tally = { 0 };
	snprintf(path, sizeof path, "%s.crlf.json", name);
	if (!read_suite("mime-mail-parser", path, &text))
		return;
	snprintf(path, sizeof path, "%s.eml", name);
	assert_true(read_suite("mime-mail-parser", path, &eml));
	arena_init(&a, 64 * MIB, NULL, NULL);
	mime_parse(&a, crlf_of(&a, buf_str(&eml)), &mime_limits_default, &t);
	json_t *want = json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL);
	assert_non_null(want);
	compare_tree(&t, 0, json_object_get(want, "parts"), 0, &tally);
	if ((tally.same == tally.parts) == (why_otherwise(name) != NULL))
		print_message("%s: %u of %u parts agree\n", name, tally.same, tally.parts);
	assert_true((tally.same == tally.parts) != (why_otherwise(name) != NULL));
	total->files++;
	total->parts += tally.parts;
	total->same += tally.same;
	json_decref(want);
	arena_done(&a);
	buf_done(&eml);
	buf_done(&text);
}

static void mail_parser_trees(void **state)
{
	static const char *const folders[] = { "rfc", "malformed", "thirdparty" };
	struct tally tally = { 0 };
	(void)state;
	for (size_t f = 0; f < COUNT_OF(folders); f++) {
		for (unsigned n = 0; n < 30; n++) {
			char name[64];
			snprintf(name, sizeof name, "%s/%03u", folders[f], n);
			mail_parser_file(name, &tally);
		}
	}
	if (tally.files == 0)
		skip();
	print_message("mail-parser: %u files, %u of %u parts at the same offsets\n", tally.files, tally.same, tally.parts);
}

/* --- mime4j: event trees --- */

/* "M(P(BB))": a message that holds a multipart of two bodies. */
static void sketch_xml(struct buf *out, struct str xml)
{
	static const struct { struct str tag; const char *as; } tags[] = {
		{ STR_INIT("<message>"), "M(" }, { STR_INIT("</message>"), ")" }, { STR_INIT("<multipart>"), "P(" },
		{ STR_INIT("</multipart>"), ")" }, { STR_INIT("<body>"), "B" },
	};
	for (size_t at; (at = str_find(xml, '<')) != STR_NPOS; xml = str_skip(xml, at + 1))
		for (size_t i = 0; i < COUNT_OF(tags); i++)
			if (str_starts(str_skip(xml, at), tags[i].tag))
				assert_int_equal(buf_put_str(out, str_c(tags[i].as)), OK);
}

static void sketch_tree(struct buf *out, const struct mime_part *parts, uint32_t i)
{
	static const char *const begin[] = { [MIME_LEAF] = "B", [MIME_MULTIPART] = "P(", [MIME_MESSAGE] = "M(" };
	assert_int_equal(buf_put_str(out, str_c(begin[parts[i].kind])), OK);
	for (uint32_t k = parts[i].first_child; k != MIME_NONE; k = parts[k].next)
		sketch_tree(out, parts, k);
	if (parts[i].kind != MIME_LEAF)
		assert_int_equal(buf_put_char(out, ')'), OK);
}

static bool mime4j_file(const char *folder, const char *file)
{
	char name[512];
	struct buf xml, msg, want, got;
	struct arena a;
	struct mime_tree t;
	snprintf(name, sizeof name, "%s/%.*s.xml", folder, (int)strlen(file) - 4, file);
	if (!read_suite("mime-mime4j", name, &xml))
		return false;
	snprintf(name, sizeof name, "%s/%s", folder, file);
	assert_true(read_suite("mime-mime4j", name, &msg));
	arena_init(&a, 64 * MIB, NULL, NULL);
	buf_init(&want, MIB);
	buf_init(&got, MIB);
	sketch_xml(&want, buf_str(&xml));
	mime_parse(&a, buf_str(&msg), &mime_limits_default, &t);
	assert_int_equal(buf_put_str(&got, STR("M(")), OK);
	sketch_tree(&got, t.parts, 0);
	assert_int_equal(buf_put_char(&got, ')'), OK);
	bool same = str_eq(buf_str(&got), buf_str(&want)), expected = why_otherwise(name) == NULL;
	if (same != expected)
		print_message("%s: " STR_FMT ", expected " STR_FMT "\n", name, STR_ARG(buf_str(&got)), STR_ARG(buf_str(&want)));
	assert_int_equal(same, expected);
	buf_done(&got);
	buf_done(&want);
	buf_done(&msg);
	buf_done(&xml);
	arena_done(&a);
	return same;
}

static void mime4j_trees(void **state)
{
	static const char *const folders[] = { "testmsgs", "mimetools-testmsgs" };
	unsigned files = 0, same = 0;
	(void)state;
	for (size_t f = 0; f < COUNT_OF(folders); f++) {
		char path[1024];
		snprintf(path, sizeof path, "%s/mime-mime4j/%s", suites(), folders[f]);
		DIR *d = opendir(path);
		for (struct dirent *e; d && (e = readdir(d)); ) {
			if (!str_ends(str_c(e->d_name), STR(".msg")))
				continue;
			files++;
			same += mime4j_file(folders[f], e->d_name);
		}
		if (d)
			closedir(d);
	}
	if (files == 0)
		skip();
	print_message("mime4j: %u of %u trees agree\n", same, files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imaptest_scripts), cmocka_unit_test(mail_parser_trees), cmocka_unit_test(mime4j_trees),
		cmocka_unit_test(python), cmocka_unit_test(mimekit), cmocka_unit_test(mail_parser_files), cmocka_unit_test(mime4j),
		cmocka_unit_test(misc), cmocka_unit_test(imaptest_files), cmocka_unit_test(spam_corpus),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
