#include "proto/mime/mime_check.h"
#include "proto/mime/mime_part_table.h"
#include "proto/mime/mime_section.h"
#include "proto/mime/mime_summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define MIB ((size_t)1024 * 1024)

static const char typical_header[] =
	"Return-Path: <anna@example.org>\r\n"
	"Received: from mx.example.org (mx.example.org [192.0.2.7])\r\n\tby mail.example.com with ESMTPS id 4F1A2\r\n"
	"\tfor <bob@example.com>; Thu, 15 Feb 2024 01:02:05 +0200\r\n"
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s1;\r\n\th=from:to:subject:date; bh=abcdef;\r\n"
	"\tb=QWxsIHlvdXIgYmFzZSBhcmUgYmVsb25nIHRvIHVzLiBBbGwgeW91ciBiYXNlIGFyZSBiZWxvbmc=\r\n"
	"Message-ID: <4f1a2.20240215@example.org>\r\n"
	"Date: Thu, 15 Feb 2024 01:02:03 +0200\r\n"
	"From: =?utf-8?q?Anna_M=C3=BCller?= <anna@example.org>\r\n"
	"To: Bob <bob@example.com>, \"Carl, C\" <carl@example.com>\r\n"
	"Cc: team: dora@example.net, emil@example.net;\r\n"
	"Subject: Re: =?utf-8?q?caf=C3=A9?= on Monday\r\n"
	"In-Reply-To: <one@example.com>\r\n"
	"References: <zero@example.com> <one@example.com>\r\n"
	"List-ID: Friends <friends.example.org>\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: text/plain; charset=utf-8\r\n"
	"Content-Transfer-Encoding: 8bit\r\n"
	"X-Mailer: Example 1.0\r\n"
	"\r\n";

static struct str typical(struct arena *a, size_t size)
{
	struct buf b;
	buf_init(&b, size + 4096);
	struct bufw w = { &b, OK };
	bufw_c(&w, typical_header);
	while (b.n < size)
		bufw_c(&w, "The quick brown fox jumps over the lazy dog, and then it does so once more.\r\n");
	assert_int_equal(w.err, OK);
	struct str s = arena_dup(a, buf_str(&b));
	buf_done(&b);
	return s;
}

struct built { struct arena a; struct buf record; struct mime_summary s; };

static void build(struct built *b, struct str message)
{
	arena_init(&b->a, 256 * MIB, NULL, NULL);
	buf_init(&b->record, MIME_SUMMARY_MAX);
	assert_int_equal(mime_summary_build(&b->a, message, &mime_limits_default, &b->record), OK);
	assert_true(b->record.n <= MIME_SUMMARY_MAX);
	assert_int_equal(mime_summary_read(buf_str(&b->record), &b->s), OK);
	assert_true(check_whole_envelope(b->s.envelope));
	assert_true(b->s.lost & MIME_LOST_BODY || check_whole_body(b->s.body, false));
	assert_true(b->s.lost & MIME_LOST_BODYSTRUCTURE || check_whole_body(b->s.bodystructure, true));
}

static void done(struct built *b)
{
	buf_done(&b->record);
	arena_done(&b->a);
}

static void assert_str(struct str got, const char *want)
{
	if (!str_eq(got, str_c(want)))
		print_message("got [" STR_FMT "] want [%s]\n", STR_ARG(got), want);
	assert_true(str_eq(got, str_c(want)));
}

static void every_field(void **state)
{
	struct built b;
	struct arena a;
	(void)state;
	arena_init(&a, MIB, NULL, NULL);
	struct str message = typical(&a, 5000);
	build(&b, message);
	const struct mime_summary *s = &b.s;
	assert_int_equal(s->size, message.n);
	assert_int_equal(s->header_len, sizeof typical_header - 1);
	assert_int_equal(s->lost, 0);
	assert_int_equal(s->flags, 0);
	assert_true(s->has_date && s->date == 1707951723 && s->zone_minutes == 120);
	assert_str(s->header, typical_header);
	assert_str(s->message_id, "4f1a2.20240215@example.org");
	assert_str(s->in_reply_to, "one@example.com");
	assert_int_equal(s->reference_count, 2);
	assert_str(s->references[1], "one@example.com");
	assert_str(s->subject, "Re: caf\xc3\xa9 on Monday");
	assert_str(s->base_subject, "caf\xc3\xa9 on Monday");
	assert_true(s->is_reply);
	assert_str(s->from, "Anna M\xc3\xbcller <anna@example.org>");
	assert_str(s->to, "Bob <bob@example.com>, Carl, C <carl@example.com>");
	assert_str(s->cc, "dora@example.net, emil@example.net");
	assert_str(s->bcc, "");
	assert_str(s->sort_from, "anna");
	assert_str(s->sort_to, "bob");
	assert_str(s->sort_cc, "team");      /* of a group its name, as in the envelope */
	assert_str(s->display_from, "Anna M\xc3\xbcller");
	assert_str(s->display_to, "Bob");
	assert_str(s->list_id, "friends.example.org");
	assert_str(str_first(s->preview, 19), "The quick brown fox");
	assert_int_equal(s->preview.n, 256);
	assert_str(s->envelope, "(\"Thu, 15 Feb 2024 01:02:03 +0200\" \"Re: =?utf-8?q?caf=C3=A9?= on Monday\" "
		"((\"=?utf-8?q?Anna_M=C3=BCller?=\" NIL \"anna\" \"example.org\")) ((\"=?utf-8?q?Anna_M=C3=BCller?=\" NIL \"anna\" \"example.org\")) "
		"((\"=?utf-8?q?Anna_M=C3=BCller?=\" NIL \"anna\" \"example.org\")) "
		"((\"Bob\" NIL \"bob\" \"example.com\")(\"Carl, C\" NIL \"carl\" \"example.com\")) "
		"((NIL NIL \"team\" NIL)(NIL NIL \"dora\" \"example.net\")(NIL NIL \"emil\" \"example.net\")(NIL NIL NIL NIL)) NIL "
		"\"<one@example.com>\" \"<4f1a2.20240215@example.org>\")");
	done(&b);
	arena_done(&a);
}

static void header_fields_without_the_message(void **state)
{
	struct built b;
	struct mime_section section;
	struct buf out;
	(void)state;
	buf_init(&out, 4096);
	build(&b, STR("Subject: x\r\nFrom: a@b\r\n\r\nbody\r\n"));
	assert_int_equal(mime_section_parse(STR("HEADER.FIELDS (subject)"), &section), OK);
	assert_int_equal(mime_section_render(b.s.header, &section, &out), OK);
	assert_str(buf_str(&out), "Subject: x\r\n\r\n");
	buf_done(&out);
	done(&b);
}

static void nothing_at_all(void **state)
{
	static const char *const messages[] = { "", "\r\n", "\n", "x", ":", "\r", "--", "From ", "Content-Type: multipart/mixed" };
	(void)state;
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		struct built b;
		build(&b, str_c(messages[i]));
		assert_int_equal(b.s.size, strlen(messages[i]));
		assert_false(b.s.has_date);
		done(&b);
	}
}

/* The record stays within its bound whatever comes, and says what it lost. A55. */
static void a55_bounded(void **state)
{
	static const struct { const char *field, *unit; size_t times; unsigned lost; } rows[] = {
		{ "To: ", "a@example.org, ", 500000, MIME_LOST_HEADER | MIME_LOST_ENVELOPE | MIME_LOST_TEXTS },
		{ "To: ", "\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\" <\"\\\"\\\"\\\"\\\"\\\"\\\"\"@e>,\r\n ", 50000, MIME_LOST_HEADER | MIME_LOST_ENVELOPE },
		{ "To: x\r\n", "To: x\r\n", 500000, MIME_LOST_HEADER },
		{ "Subject: ", "long \r\n ", 500000, MIME_LOST_HEADER | MIME_LOST_TEXTS },
		{ "References: ", "<1234567890@example.org>\r\n ", 1000, MIME_LOST_HEADER | MIME_LOST_REFERENCES },
		{ "Content-Type: text/plain; charset=", "x", 3000000, MIME_LOST_HEADER },
		{ "Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\nContent-Type: text/plain; name=\"1234567890 1234567890 1234567890 1234567890\"\r\n\r\nx\r\n", 5000,
		  MIME_LOST_BODYSTRUCTURE },
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct buf m;
		arena_init(&a, 256 * MIB, NULL, NULL);
		buf_init(&m, 64 * MIB);
		struct bufw w = { &m, OK };
		bufw_c(&w, rows[i].field);
		for (size_t k = 0; k < rows[i].times; k++)
			bufw_c(&w, rows[i].unit);
		bufw_c(&w, "\r\n\r\nbody\r\n");
		struct built b;
		build(&b, buf_str(&m));
		if ((b.s.lost & rows[i].lost) != rows[i].lost)
			print_message("row %zu: lost %x\n", i, b.s.lost);
		assert_int_equal(b.s.lost & rows[i].lost, rows[i].lost);
		done(&b);
		buf_done(&m);
		arena_done(&a);
	}
}

/* A record that ends anywhere, or has any byte changed, is refused or read within its bounds. */
static void hostile_records(void **state)
{
	struct built b;
	struct arena a;
	(void)state;
	arena_init(&a, 64 * MIB, NULL, NULL);
	build(&b, STR("From: a@b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\n--b--\r\n"));
	struct mime_summary s;
	for (size_t n = 0; n < b.record.n; n++)
		assert_int_equal(mime_summary_read(str_first(buf_str(&b.record), n), &s), E_PROTO);
	for (size_t i = 0; i < b.record.n; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct mime_part *parts;
			uint32_t count;
			b.record.p[i] = (char)(b.record.p[i] ^ 1 << bit);
			if (mime_summary_read(buf_str(&b.record), &s) == OK && mime_summary_parts(&a, &s, &parts, &count) == OK)
				for (uint32_t k = 0; k < count; k++)
					assert_true(parts[k].body + parts[k].body_len <= s.size);
			b.record.p[i] = (char)(b.record.p[i] ^ 1 << bit);
		}
	}
	b.record.p[0]++;
	assert_int_equal(mime_summary_read(buf_str(&b.record), &s), E_UNSUPPORTED);
	done(&b);
	arena_done(&a);
}

static void no_room(void **state)
{
	struct arena a;
	struct buf out;
	(void)state;
	arena_init(&a, MIB, NULL, NULL);
	buf_init(&out, 100);
	assert_int_equal(buf_put_str(&out, STR("before")), OK);
	assert_int_equal(mime_summary_build(&a, STR("Subject: x\r\n\r\n"), &mime_limits_default, &out), E_TOOBIG);
	assert_str(buf_str(&out), "before");
	buf_done(&out);
	arena_done(&a);
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Prints what a build costs of processor time; asserts nothing about it. */
static void figures(void **state)
{
	enum { ROUNDS = 3000 };
	struct arena a, scratch;
	struct buf out;
	struct mime_tree tree;
	(void)state;
	arena_init(&a, 64 * MIB, NULL, NULL);
	arena_init(&scratch, 64 * MIB, NULL, NULL);
	buf_init(&out, MIME_SUMMARY_MAX);
	struct str small = typical(&a, 5000), large = typical(&a, 16 * MIB);
	double t0 = seconds();
	for (unsigned i = 0; i < ROUNDS; i++) {
		mime_parse(&scratch, small, &mime_limits_default, &tree);
		arena_reset(&scratch);
	}
	double t1 = seconds();
	for (unsigned i = 0; i < ROUNDS; i++) {
		buf_clear(&out);
		assert_int_equal(mime_summary_build(&scratch, small, &mime_limits_default, &out), OK);
		arena_reset(&scratch);
	}
	double t2 = seconds();
	mime_parse(&scratch, large, &mime_limits_default, &tree);
	double t3 = seconds();
	struct str mixed = arena_printf(&a, "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n%.*s\r\n--b--\r\n",
	                                (int)large.n, large.p);
	double t4 = seconds();
	mime_parse(&scratch, mixed, &mime_limits_default, &tree);
	double t5 = seconds();
	print_message("5 KB: parse %.2f us, summary %.2f us (%zu bytes)\n", (t1 - t0) / ROUNDS * 1e6, (t2 - t1) / ROUNDS * 1e6, out.n);
	print_message("16 MiB: %.1f GB/s alone, %.1f GB/s in a multipart\n", (double)large.n / (t3 - t2) / 1e9,
	              (double)mixed.n / (t5 - t4) / 1e9);
	buf_done(&out);
	arena_done(&scratch);
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field), cmocka_unit_test(header_fields_without_the_message), cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(a55_bounded), cmocka_unit_test(hostile_records), cmocka_unit_test(no_room), cmocka_unit_test(figures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
