/* The message as it is delivered: bytes, trace fields, edits on submission, limits. Rows of THREATS are named at the
 * test. */
#include "role/smtp/smtp_content.h"
#include "role/smtp/smtp_fake.h"
#include "role/smtp/smtp_trace.h"

#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define END { NULL, 0 }
#define S(text) STR_INIT(text)
#define SIGN_IN S("EHLO c.test\r\n"), S("AUTH PLAIN AGFsaWNlQGxvY2FsLnRlc3QAc2VjcmV0\r\n")
#define DATE "Wed, 14 Feb 2007 23:02:03 +0000"
#define RECEIVED_BY "\r\n\tby mx.local.test with "
#define RECEIVED_ID "\r\n\tid 0000000000001234"
#define RECEIVED_DATE ";\r\n\t" DATE "\r\n"

static bool says(struct fake *f, const char *text)
{
	return str_search(buf_str(&f->said), str_c(text)) != STR_NPOS;
}

static void expect(struct fake *f, const char *want)
{
	struct str got = buf_str(&f->message);
	if (f->delivered != 1 || !str_eq(got, str_c(want)))
		fail_msg("said:\n" STR_FMT "\ngot:\n" STR_FMT "\nwant:\n%s", STR_ARG(buf_str(&f->said)), STR_ARG(got),
			 want);
}

/* RFC 5321 section 4.4: Return-Path and Received, B33: the bytes between are what was sent, dots and all. B35: all that
 * we add ends in CRLF. */
static void inbound(void **state)
{
	(void)state;
	static const struct str in[] = { S("EHLO c.test\r\n"),
					 S("MAIL FROM:<a@b.test>\r\nRCPT TO:<Bob@LOCAL.test>\r\nDATA\r\n"),
					 S("From: a@b.test\r\nReturn-Path: <forged@b.test>\r\nBcc: "
					   "x@y.test\r\nSubject: dots\r\n\r\n..\r\n...\r\n..x\r\n .\r\nend.\r\n.\r\n"),
					 END };
	for (size_t step = 0; step < 4; step++) {
		struct fake f;
		fake_init(&f, SERVICE_SMTP);
		f.step = step;
		(void)fake_run(&f, in);
		expect(&f, "Return-Path: <a@b.test>\r\nReceived: from c.test ([192.0.2.1])" RECEIVED_BY
			   "ESMTP" RECEIVED_ID " for <bob@local.test>" RECEIVED_DATE
			   "From: a@b.test\r\nBcc: x@y.test\r\nSubject: dots\r\n\r\n.\r\n..\r\n.x\r\n .\r\nend.\r\n");
		assert_true(says(&f, "250 2.0.0 Accepted, id 0000000000001234-42\r\n"));
		assert_true(str_eq(buf_str(&f.sender), STR("a@b.test")));
		assert_true(f.flags & DELIVERY_ALL_OR_NOTHING);
		fake_done(&f);
	}
}

/* Several recipients learn nothing of each other; a null sender (B32); DSN parameters arrive (RFC 3461). */
static void envelope(void **state)
{
	(void)state;
	static const struct str in[] = { S("EHLO c.test\r\n"),
					 S("MAIL FROM:<> BODY=8BITMIME RET=HDRS ENVID=e+2B1 SMTPUTF8\r\nRCPT "
					   "TO:<bob@local.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bob@x.test\r\n"
					   "RCPT TO:<carol@local.test> NOTIFY=NEVER\r\nDATA\r\n"),
					 S("x: y\r\n\r\n.\r\n"), END };
	struct fake f;
	fake_init(&f, SERVICE_SMTP);
	(void)fake_run(&f, in);
	expect(&f, "Return-Path: <>\r\nReceived: from c.test ([192.0.2.1])" RECEIVED_BY
		   "UTF8SMTP" RECEIVED_ID RECEIVED_DATE "x: y\r\n\r\n");
	assert_true(str_eq(buf_str(&f.recipients), STR("bob@local.test 10 rfc822;b+ob@x.test|carol@local.test 1 |")));
	assert_int_equal(f.flags, DELIVERY_ALL_OR_NOTHING | DELIVERY_8BIT | DELIVERY_RET_HDRS | DELIVERY_UTF8);
	fake_done(&f);
}

/* RFC 6409 section 8: Date and Message-ID are added, Bcc goes; mail that leaves has no Return-Path. */
static void submitted(void **state)
{
	(void)state;
	static const struct str in[] = {
		SIGN_IN, S("MAIL FROM:<alice@local.test> REQUIRETLS\r\nRCPT TO:<U.X@Ext.test>\r\nDATA\r\n"),
		S("From: Alice <alice@local.test>\r\nBcc: secret@x.test,\r\n other@x.test\r\nTo: "
		  "u@ext.test\r\nResent-Bcc: z@x.test\r\nReturn-Path: <q@x.test>\r\n\r\nBcc: stays\r\n.\r\n"),
		END
	};
	struct fake f;
	fake_init(&f, SERVICE_SUBMISSIONS);
	(void)fake_run(&f, in);
	expect(&f, "Received: from c.test ([192.0.2.1])" RECEIVED_BY
		   "ESMTPSA\r\n\t(TLSv1.3 TLS_AES_256_GCM_SHA384)" RECEIVED_ID " for <U.X@Ext.test>" RECEIVED_DATE
		   "From: Alice <alice@local.test>\r\nTo: u@ext.test\r\nDate: " DATE
		   "\r\nMessage-ID: <0000000000001234.0000000000001234@mx.local.test>\r\n"
		   "\r\nBcc: stays\r\n");
	assert_int_equal(f.identity_calls, 1);          /* From equals the sender: asked once */
	assert_int_equal(f.flags, DELIVERY_ALL_OR_NOTHING | DELIVERY_REQUIRETLS);
	fake_done(&f);
}

/* B34: a device that sends LF only is normalised once it has signed in. A03: so no bare LF is ever relayed. */
static void normalised(void **state)
{
	(void)state;
	static const struct str in[] = {
		SIGN_IN, S("MAIL FROM:<alice@local.test>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
		S("From: alice@local.test\nDate: x\nMessage-ID: <1@x>\n\nline\n.\nlast\r\n.\r\n"), END
	};
	for (size_t step = 0; step < 3; step++) {
		struct fake f;
		fake_init(&f, SERVICE_SUBMISSIONS);
		f.step = step;
		(void)fake_run(&f, in);
		expect(&f,
		       "Return-Path: <alice@local.test>\r\nReceived: from c.test ([192.0.2.1])" RECEIVED_BY
		       "ESMTPSA\r\n\t(TLSv1.3 TLS_AES_256_GCM_SHA384)" RECEIVED_ID " for <bob@local.test>" RECEIVED_DATE
		       "From: alice@local.test\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nline\r\n.\r\nlast\r\n");
		fake_done(&f);
	}
}

/* A25: From and Sender of a submitted message, and how they are refused. */
static void authors(void **state)
{
	(void)state;
	static const struct { const char *header, *want; } headers[] = {
		{ "From: alice@local.test\r\n", "250 2.0.0 " },
		{ "From: \"bob@local.test\" <Alice@Local.Test>\r\n", "250 2.0.0 " },
		{ "From: sales@local.test\r\nSender: alice@local.test\r\n", "250 2.0.0 " },
		{ "From: alice@local.test, sales@local.test\r\nSender: Alice <alice@local.test>\r\n", "250 2.0.0 " },
		{ "From: bob@local.test\r\n", "550 5.7.1 " },
		{ "From: alice@local.test, bob@local.test\r\n", "550 5.7.1 " },
		{ "From: alice@local.test\r\nFrom: bob@local.test\r\n", "554 5.6.0 " },
		{ "From: alice@local.test\r\nFrom: alice@local.test\r\n", "554 5.6.0 " },
		{ "Subject: none\r\n", "554 5.6.0 " },
		{ "From:\r\n", "550 5.7.1 " },
		{ "From: alice\r\n", "550 5.7.1 " },
		{ "From: us: alice@local.test;\r\n", "550 5.7.1 " },
		{ "From: <@x.test:alice@local.test>\r\n", "550 5.7.1 " },
		{ "From: alice@local.test, nobody:;\r\n", "550 5.7.1 " },
		{ "From: alice@local.test bob@local.test\r\n", "550 5.7.1 " },
		{ "From : alice@local.test\r\nFrom: alice@local.test\r\n", "554 5.6.0 " },
		{ "From: Alice\r\n (comment) <alice@local.test>\r\n", "250 2.0.0 " },
		{ "From: alice@local.test\r\nSender: bob@local.test\r\n", "550 5.7.1 " },
		{ "From: alice@local.test\r\nSender: alice@local.test\r\nSender: alice@local.test\r\n", "550 5.7.1 " },
		{ "From: alice@local.test\r\nSender: alice@local.test, sales@local.test\r\n", "550 5.7.1 " },
		{ "From: alice@local.test\r\nSender:\r\n", "550 5.7.1 " },
	};
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		char text[512];
		int n = snprintf(text, sizeof text, "%s\r\nx\r\n.\r\n", headers[i].header);
		const struct str in[] = {
			SIGN_IN, S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"), { text, (size_t)n }, END
		};
		struct fake f;
		fake_init(&f, SERVICE_SUBMISSIONS);
		(void)fake_run(&f, in);
		if (!says(&f, headers[i].want) || f.delivered != (headers[i].want[0] == '2'))
			fail_msg("%s" STR_FMT, headers[i].header, STR_ARG(buf_str(&f.said)));
		fake_done(&f);
	}
}

/* A name that is no domain, and one that would break out of the comment (A26); the null of LMTP; IPv6. */
static void names(void **state)
{
	(void)state;
	static const struct { enum conf_service service; const char *hello, *want; bool v6;
	} hellos[] = {
		{ SERVICE_SMTP, "EHLO my_pc)(x\r\n", "Received: from [192.0.2.1] (helo my_pc??x)\r\n", false },
		{ SERVICE_SMTP, "HELO c.test\r\n", "Received: from c.test ([192.0.2.1])" RECEIVED_BY "SMTP" RECEIVED_ID,
		  false },
		{ SERVICE_SMTP, "EHLO [192.0.2.9]\r\n", "Received: from [192.0.2.9] ([192.0.2.1])\r\n", false },
		{ SERVICE_SMTP, "EHLO c.test\r\n", "Received: from c.test ([IPv6:2001:db8::1])\r\n", true },
		{ SERVICE_LMTP, "LHLO c.test\r\n", RECEIVED_BY "LMTP" RECEIVED_ID, false },
	};
	for (size_t i = 0; i < COUNT_OF(hellos); i++) {
		const struct str in[] = {
			str_c(hellos[i].hello), S("MAIL FROM:<>\r\n"),  S("RCPT TO:<bob@local.test>\r\n"),
			S("DATA\r\n"),          S("x: y\r\n\r\n.\r\n"), END
		};
		struct fake f;
		fake_init(&f, hellos[i].service);
		if (hellos[i].v6)
			f.peer = (struct net_address){ .bytes = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, .v6 = true };
		(void)fake_run(&f, in);
		assert_int_equal(f.delivered, 1);
		if (str_search(buf_str(&f.message), str_c(hellos[i].want)) == STR_NPOS)
			fail_msg("want %s in\n" STR_FMT, hellos[i].want, STR_ARG(buf_str(&f.message)));
		fake_done(&f);
	}
}

/* RFC 3848, RFC 6531 section 4.3. */
static void protocols(void **state)
{
	(void)state;
	static const struct { bool esmtp, lmtp, utf8, tls, auth; const char *want;
	} kinds[] = {
		{ false, false, false, true, false, "SMTP" },  { true, false, false, false, false, "ESMTP" },
		{ true, false, false, true, false, "ESMTPS" }, { true, false, false, false, true, "ESMTPA" },
		{ true, false, false, true, true, "ESMTPSA" }, { true, false, true, true, true, "UTF8SMTPSA" },
		{ true, true, false, true, false, "LMTPS" },   { true, true, true, false, false, "UTF8LMTP" },
	};
	struct arena a;
	arena_init(&a, 4096, NULL, NULL);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct smtp_session s = { .esmtp = kinds[i].esmtp,
					  .service = kinds[i].lmtp ? SERVICE_LMTP : SERVICE_SMTP,
					  .grant = kinds[i].auth };
		s.tx.smtputf8 = kinds[i].utf8;
		s.tls_version = kinds[i].tls ? STR("TLSv1.3") : STR("");
		assert_true(str_eq(smtp_trace_protocol(&a, &s), str_c(kinds[i].want)));
	}
	arena_done(&a);
}

static struct buf repeated(const char *head, const char *line, size_t bytes, const char *tail)
{
	struct buf b;
	buf_init(&b, 16 << 20);
	struct bufw w = { .b = &b };
	bufw_c(&w, head);
	while (b.n < bytes)
		bufw_c(&w, line);
	bufw_c(&w, tail);
	assert_int_equal(w.err, OK);
	return b;
}

/* Runs one message by DATA, and the same by BDAT in chunks; want: how the reply begins. */
static void one_message(struct str content, struct str stuffed, const char *want, size_t step, struct buf *ret)
{
	struct buf chunks;
	buf_init(&chunks, 32 << 20);
	struct bufw w = { .b = &chunks };
	for (struct str rest = content; rest.n;) {
		struct str chunk = str_take_n(&rest, 100000);
		bufw_printf(&w, "BDAT %zu%s\r\n", chunk.n, rest.n ? "" : " LAST");
		bufw_str(&w, chunk);
	}
	assert_int_equal(w.err, OK);
	const struct str by_data[] = { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
				       stuffed, S("NOOP\r\n"), END };
	const struct str by_bdat[] = { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\n"),
				       buf_str(&chunks), END };
	const struct str *const both[] = { by_data, by_bdat };
	for (size_t i = 0; i < 2; i++) {
		struct fake f;
		fake_init(&f, SERVICE_SMTP);
		f.step = step;
		f.conf.limits.message_size = 1000000;
		(void)fake_run(&f, both[i]);
		if (!says(&f, want) || f.delivered != (want[0] == '2'))
			fail_msg("by %s: want %s, said\n" STR_FMT, i ? "BDAT" : "DATA", want,
				 STR_ARG(buf_str(&f.said)));
		assert_true(f.session.content.raw.cap <= SMTP_CONTENT_KEEP &&
			    f.session.content.bytes.cap <= SMTP_CONTENT_KEEP);
		if (ret && i == 0)
			assert_int_equal(buf_put_str(ret, buf_str(&f.message)), OK);
		if (ret && i == 1)
			assert_true(str_eq(buf_str(ret), buf_str(&f.message)));
		fake_done(&f);
	}
	buf_done(&chunks);
}

/* Sizes around the places where the content moves to a memory file; bytes equal by every way (B33). */
static void sizes(void **state)
{
	(void)state;
	static const size_t bodies[] = {
		0, 1000, SMTP_CONTENT_INLINE - 600, SMTP_CONTENT_INLINE, SMTP_CONTENT_INLINE + 70000, 600000
	};
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		for (size_t step = 1; step < 200000; step = step * 400 + 1) {
			struct buf got, sent = repeated("a: b\r\n\r\n", "0123456789 abcdefghijklmnopqrstuvwxyz\r\n",
							bodies[i], "end\r\n");
			if (step == 1 && bodies[i] > 100000) {
				buf_done(&sent);
				continue;
			}
			size_t n = sent.n;
			assert_int_equal(buf_put_str(&sent, STR(".\r\n")), OK);
			buf_init(&got, 4 << 20);
			one_message(str_first(buf_str(&sent), n), buf_str(&sent), "250 2.0.0 Accepted", step, &got);
			size_t at = str_search(buf_str(&got), STR("a: b\r\n\r\n"));
			assert_true(at != STR_NPOS && at < SMTP_TRACE_MAX);
			assert_true(str_eq(str_skip(buf_str(&got), at), str_first(buf_str(&sent), n)));
			buf_done(&got);
			buf_done(&sent);
		}
}

/* A19, A55, and RFC 5321 section 6.3: what is too large or loops, and that the session goes on. */
static void limits(void **state)
{
	(void)state;
	static const struct { const char *head, *line; size_t bytes; const char *want; } messages[] = {
		{ "a: b\r\n\r\n", "0123456789\r\n", 999900, "250 2.0.0 Accepted" },
		{ "a: b\r\n\r\n", "0123456789\r\n", 1000001, "552 5.3.4 Message" },
		{ "a: b\r\n\r\n", "0123456789", 1000001, "552 5.3.4 Message" },
		{ "", "x: 0123456789\r\n", 200000, "250 2.0.0 Accepted" },
		{ "", "x: 0123456789\r\n", 300000, "552 5.3.4 Header" },
		{ "a: ", "0123456789", 300000, "552 5.3.4 Header" },
		{ "", "Received: from x\r\n", 50 * 18, "250 2.0.0 Accepted" },
		{ "", "Received: from x\r\n", 51 * 18, "554 5.4.6 " },
		{ "", "RECEIVED:x\r\n", 51 * 12, "554 5.4.6 " },
	};
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		struct buf sent = repeated(messages[i].head, messages[i].line, messages[i].bytes, "\r\n\r\n");
		size_t n = sent.n;
		assert_int_equal(buf_put_str(&sent, STR(".\r\n")), OK);
		one_message(str_first(buf_str(&sent), n), buf_str(&sent), messages[i].want, 30000, NULL);
		buf_done(&sent);
	}
}

/* A55: a From that is long beyond sense, or names a crowd, is nobody's. */
static void crowds(void **state)
{
	(void)state;
	static const struct { const char *head, *line; size_t bytes; } fields[] = {
		{ "From: alice@local.test", ",\r\n alice@local.test", 300 },
		{ "From: alice@local.test", ",\r\n alice@local.test", 20000 },
		{ "From: (", "((((((((", 15000 },
		{ "From: \"", "aaaaaaaa", 200000 },
	};
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		struct buf text = repeated(fields[i].head, fields[i].line, fields[i].bytes, "\r\n\r\nx\r\n.\r\n");
		const struct str in[] = { SIGN_IN, S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
					  buf_str(&text), END };
		struct fake f;
		fake_init(&f, SERVICE_SUBMISSIONS);
		(void)fake_run(&f, in);
		assert_true(says(&f, "550 5.7.1 ") && f.delivered == 0 && !f.overflown);
		fake_done(&f);
		buf_done(&text);
	}
}

/* A19: a message without end is not read for ever. */
static void endless(void **state)
{
	(void)state;
	struct buf text = repeated("", "0123456789\r\n", 3000000, "");
	const struct str in[] = { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
				  buf_str(&text), S("QUIT\r\n"), END };
	struct fake f;
	fake_init(&f, SERVICE_SMTP);
	f.step = 10000;
	f.conf.limits.message_size = 1000000;
	assert_int_equal(fake_run(&f, in), OK);
	assert_true(says(&f, "552 5.3.4 Message too large, closing") && f.left.n > 900000 && !says(&f, "221"));
	fake_done(&f);
	buf_done(&text);
}

/* A message without a header end, and one that is empty. */
static void shapes(void **state)
{
	(void)state;
	static const struct { struct str content; const char *want; } messages[] = {
		{ S(".\r\n"), "" },
		{ S("just text\r\n.\r\n"), "just text\r\n" },
		{ S("\r\nbody\r\n.\r\n"), "\r\nbody\r\n" },
		{ S("a: b\r\n.\r\n"), "a: b\r\n" },
		{ S("Return-Path: <x@y>\r\n.\r\n"), "" },
		{ S("Return-Path: <x@y>\r\n\r\n.\r\n"), "\r\n" },
	};
	for (size_t i = 0; i < COUNT_OF(messages); i++) {
		const struct str in[] = { S("EHLO c.test\r\n"),
					  S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
					  messages[i].content, END };
		struct fake f;
		fake_init(&f, SERVICE_SMTP);
		(void)fake_run(&f, in);
		assert_int_equal(f.delivered, 1);
		struct str got = buf_str(&f.message);
		assert_true(str_ends(got, str_c(messages[i].want)));
		assert_true(str_ends(str_first(got, got.n - strlen(messages[i].want)), STR(DATE "\r\n")));
		fake_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inbound),
		cmocka_unit_test(envelope),
		cmocka_unit_test(submitted),
		cmocka_unit_test(normalised),
		cmocka_unit_test(authors),
		cmocka_unit_test(names),
		cmocka_unit_test(protocols),
		cmocka_unit_test(sizes),
		cmocka_unit_test(limits),
		cmocka_unit_test(crowds),
		cmocka_unit_test(endless),
		cmocka_unit_test(shapes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
