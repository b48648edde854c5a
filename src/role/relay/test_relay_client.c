/* The SMTP client against a scripted server in another fiber: each stage with 2xx, 4xx, 5xx and a cut line.
 *
 * A script is lines: "> text" the server says; "< text" it expects a line that begins so; "." it reads message data; "T" TLS as server;
 * "X" it closes; "Z" it says nothing any more; "#" what follows is for the next connection. */
#include "role/relay/relay_client.h"

#include "io/fiber.h"
#include "io/loop.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proto/smtp/smtp_data.h"
#include "proto/smtp/smtp_line.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static const struct relay_times quick = { .connect = 500, .greeting = 500, .command = 500, .data = 500, .block = 500, .final = 500 };

static struct {
	const char *script, *problem;
	unsigned connections;
	struct buf seen, data;      /* command lines, and the content of the last message */
} server;

static SSL_CTX *server_tls;
static struct tls_client *client_tls;

/* ---- the server */

static int serve_expect(struct stream *s, struct str want)
{
	struct smtp_line line;
	struct str got;
	smtp_line_init(&line, 60000);
	for (;;) {
		struct str input = stream_in(s);
		size_t before = input.n;
		int r = smtp_line_next(&line, &input, &got);
		if (r == OK && (!str_starts(got, want) || buf_put_str(&server.seen, got) != OK || buf_put_char(&server.seen, '\n') != OK))
			r = E_PROTO;
		if (r == E_PROTO && !server.problem)
			server.problem = "the client said something else";
		if (r != E_AGAIN) {
			stream_consume(s, before - input.n);
			return r;
		}
		stream_consume(s, before - input.n);
		r = stream_read(s, clock_mono_ms() + 2000);
		if (r != OK)
			return r;
	}
}

static int serve_data(struct stream *s)
{
	struct smtp_data d;
	struct str run;
	smtp_data_init(&d, SMTP_DATA_STRICT, 1 << 26);
	buf_clear(&server.data);
	while (!d.ended) {
		struct str input = stream_in(s);
		size_t before = input.n;
		while (smtp_data_next(&d, &input, &run))
			if (buf_put_str(&server.data, run) != OK)
				return E_TOOBIG;
		stream_consume(s, before - input.n);
		int r = d.ended ? OK : stream_read(s, clock_mono_ms() + 2000);
		if (r != OK)
			return r;
	}
	if (d.bare)
		server.problem = "a bare CR or LF came over the wire";
	return OK;
}

static int serve_line(struct stream *s, struct str line)
{
	if (str_take(&line, STR("> ")))
		return stream_write(s, line) == OK ? stream_write(s, STR("\r\n")) : E_IO;
	if (str_take(&line, STR("< ")))
		return serve_expect(s, line);
	if (str_eq(line, STR(".")))
		return serve_data(s);
	if (str_eq(line, STR("T")))
		return stream_tls_accept(s, SSL_new(server_tls), clock_mono_ms() + 1000);
	if (str_eq(line, STR("Z")))
		return stream_flush(s) == OK ? fiber_sleep(1200) : E_IO;
	return E_CLOSED;
}

static void serve(void *arg)
{
	struct stream *s = arg;
	struct str script = str_c(server.script), line;
	while ((line = str_until(&script, '\n')).n && !str_eq(line, STR("#")))
		if (serve_line(s, line) != OK)
			break;
	while (line.n && !str_eq(line, STR("#")))
		line = str_until(&script, '\n');
	server.script = script.p ? script.p : "";
	stream_close(s, clock_mono_ms() + 500);
}

static int dial(void *ctx, const struct net_address *to, int64_t deadline, struct stream **ret)
{
	int fds[2];
	(void)ctx;
	(void)to;
	(void)deadline;
	if (!*server.script)
		return E_TIMEOUT;
	assert_int_equal(fd_pair(fds), OK);
	server.connections++;
	fiber_start(serve, stream_new(fds[1]));
	*ret = stream_new(fds[0]);
	return OK;
}

/* ---- the client's side */

static struct relay_link link_ = { .connect = dial, .own_name = STR_INIT("mail.own.test"), .times = &quick };
static const struct relay_target target = { .host = STR_INIT("mx.example.test"), .address = { .bytes = { 192, 0, 2, 1 }, .port = 25 } };
static const struct relay_target loopback = { .host = STR_INIT("hub.test"), .address = { .bytes = { 127, 0, 0, 1 }, .port = 25 } };
static struct relay_security security;
static struct relay_client client;
static struct relay_verdict verdict;
static int result;
static void (*body)(void);

static void in_fiber(void *arg)
{
	(void)arg;
	body();
	relay_client_done(&client);
	if (fiber_sleep(1) != OK)
		abort();
	loop_stop();
}

static void run(const char *script, void (*fn)(void))
{
	server.script = script;
	server.problem = NULL;
	server.connections = 0;
	buf_clear(&server.seen);
	memset(&verdict, 0, sizeof verdict);
	body = fn;
	relay_client_init(&client, &link_);
	fiber_start(in_fiber, NULL);
	loop_run();
	if (server.problem)
		fail_msg("%s: after\n" STR_FMT, server.problem, STR_ARG(buf_str(&server.seen)));
}

static void just_open(void)
{
	result = relay_client_open(&client, &target, &security, &verdict);
	if (result == OK)
		relay_client_quit(&client);
}

static struct relay_recipient recipients[3];
static struct relay_mail mail;
static int results[4];
static unsigned mails;

static void open_and_send(void)
{
	result = relay_client_open(&client, &target, &security, &verdict);
	for (unsigned i = 0; i < mails && result == OK; i++)
		result = results[i] = relay_client_send(&client, &mail);
	if (client.stream)
		relay_client_quit(&client);
}

static void set_mail(size_t count, struct str message)
{
	static const struct str address[3] = { STR_INIT("a@example.test"), STR_INIT("b@example.test"), STR_INIT("c@example.test") };
	memset(recipients, 0, sizeof recipients);
	for (size_t i = 0; i < count; i++)
		recipients[i].address = address[i];
	mail = (struct relay_mail){ .sender = STR("me@own.test"), .message = message, .recipient = recipients, .count = count };
	mails = 1;
}

static const struct str plain = STR_INIT("Return-Path: <me@own.test>\r\nSubject: x\r\n\r\nhello\r\n.dot\r\n");

#define HELLO "> 220 mx\n< EHLO mail.own.test\n> 250-mx\n> 250-SIZE 100000\n> 250 8BITMIME\n"
#define HELLO_PIPE "> 220 mx\n< EHLO mail.own.test\n> 250-mx\n> 250-PIPELINING\n> 250 8BITMIME\n"
#define ENVELOPE "< MAIL FROM:<me@own.test>\n> 250 ok\n< RCPT TO:<a@example.test>\n> 250 ok\n"
#define BYE "< QUIT\n> 221 bye\n"

static void expect(const struct relay_verdict *v, enum queue_outcome outcome, const char *status)
{
	assert_int_equal(v->outcome, outcome);
	assert_string_equal(v->status, status);
	assert_null(strpbrk(v->text, "\r\n"));
}

/* Each stage of opening. The class of the reply decides; a cut line is never for good. */
static void test_opening(void **state)
{
	(void)state;
	static const struct { const char *script; int result; enum queue_outcome outcome; const char *status; } rows[] = {
		{ "> 220 mx\n< EHLO\n> 250 mx\n" BYE, OK, 0, "" },
		{ "> 220-mx\n> 220-two\n> 220 three\n< EHLO\n> 250 mx\n" BYE, OK, 0, "" },
		{ "> 554 5.7.1 go away\n", E_DENIED, QUEUE_FAILED, "5.7.1" },
		{ "> 554 no\n", E_DENIED, QUEUE_FAILED, "5.0.0" },
		{ "> 421 4.3.2 later\n", E_DENIED, QUEUE_DEFERRED, "4.3.2" },
		{ "> 250 what\n", E_DENIED, QUEUE_DEFERRED, "4.0.0" },
		{ "X\n", E_CLOSED, QUEUE_DEFERRED, "4.4.2" },
		{ "Z\n", E_TIMEOUT, QUEUE_DEFERRED, "4.4.2" },
		{ "", E_TIMEOUT, QUEUE_DEFERRED, "4.4.1" },
		{ "> 220 mx\n< EHLO\n> 502 no\n< HELO mail.own.test\n> 250 mx\n" BYE, OK, 0, "" },
		{ "> 220 mx\n< EHLO\n> 502 no\n< HELO\n> 550 5.7.0 no\n", E_DENIED, QUEUE_FAILED, "5.7.0" },
		{ "> 220 mx\n< EHLO\n> 451 later\n", E_DENIED, QUEUE_DEFERRED, "4.0.0" },
		{ "> 220 mx\n< EHLO\nX\n", E_CLOSED, QUEUE_DEFERRED, "4.4.2" },
		{ "> 220 mx\n< EHLO\nZ\n", E_TIMEOUT, QUEUE_DEFERRED, "4.4.2" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		run(rows[i].script, just_open);
		assert_int_equal(result, rows[i].result);
		expect(&verdict, rows[i].outcome, rows[i].status);
	}
}

/* A13: endless, mixed, bare and huge replies end the connection, and are not for good. */
static void test_A13_hostile(void **state)
{
	(void)state;
	static char endless[40000], huge[300000];
	size_t n = 0;
	for (int i = 0; i < 2000; i++)
		n += (size_t)snprintf(endless + n, sizeof endless - n, "> 220-more\n");
	memset(huge, 'x', sizeof huge - 2);
	memcpy(huge, "> 220 ", 6);
	huge[sizeof huge - 2] = '\n';
	const char *const scripts[] = { endless, huge, "> 220-a\n> 250 b\n", "> hello\n", "> 99 x\n", "> 220x\n", "> \n", "> 999 x\n", "> 220 a\rb\n" };
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		run(scripts[i], just_open);
		assert_int_equal(result, E_PROTO);
		expect(&verdict, QUEUE_DEFERRED, "4.5.0");
	}
	run("> 220\n< EHLO\n> 250\n" BYE, just_open);     /* no text behind the code: fine */
	assert_int_equal(result, OK);
}

/* B05, B09: each stage of a transaction. */
static void test_B05_B09_stages(void **state)
{
	(void)state;
	static const struct { const char *script; int result; enum queue_outcome outcome; const char *status; bool doubt; } rows[] = {
		{ HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 250 2.0.0 stored\n" BYE, OK, QUEUE_DELIVERED, "2.0.0", false },
		{ HELLO "< MAIL\n> 550 5.7.1 no\n" BYE, OK, QUEUE_FAILED, "5.7.1", false },
		{ HELLO "< MAIL\n> 451 4.7.1 later\n" BYE, OK, QUEUE_DEFERRED, "4.7.1", false },
		{ HELLO "< MAIL\n> 421 4.3.2 closing\n", E_CLOSED, QUEUE_DEFERRED, "4.3.2", false },
		{ HELLO "< MAIL\nX\n", E_CLOSED, QUEUE_DEFERRED, "4.4.2", false },
		{ HELLO "< MAIL\nZ\n", E_TIMEOUT, QUEUE_DEFERRED, "4.4.2", false },
		{ HELLO "< MAIL\n> 250 ok\n< RCPT\n> 550 5.1.1 who\n" BYE, OK, QUEUE_FAILED, "5.1.1", false },
		{ HELLO "< MAIL\n> 250 ok\n< RCPT\n> 450 4.2.0 grey\n" BYE, OK, QUEUE_DEFERRED, "4.2.0", false },
		{ HELLO "< MAIL\n> 250 ok\n< RCPT\n> 552 full\n" BYE, OK, QUEUE_FAILED, "5.0.0", false },
		{ HELLO "< MAIL\n> 250 ok\n< RCPT\nX\n", E_CLOSED, QUEUE_DEFERRED, "4.4.2", false },
		{ HELLO ENVELOPE "< DATA\n> 554 5.6.0 no\n" BYE, OK, QUEUE_FAILED, "5.6.0", false },
		{ HELLO ENVELOPE "< DATA\n> 451 later\n" BYE, OK, QUEUE_DEFERRED, "4.0.0", false },
		{ HELLO ENVELOPE "< DATA\n> 250 what\n", E_PROTO, QUEUE_DEFERRED, "4.5.0", false },
		{ HELLO ENVELOPE "< DATA\nX\n", E_CLOSED, QUEUE_DEFERRED, "4.4.2", false },
		{ HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 550 5.7.1 spam\n" BYE, OK, QUEUE_FAILED, "5.7.1", false },
		{ HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 452 4.3.1 disk\n" BYE, OK, QUEUE_DEFERRED, "4.3.1", false },
		{ HELLO ENVELOPE "< DATA\n> 354 go\n.\nX\n", E_CLOSED, QUEUE_DEFERRED, "4.4.2", true },
		{ HELLO ENVELOPE "< DATA\n> 354 go\n.\nZ\n", E_TIMEOUT, QUEUE_DEFERRED, "4.4.2", true },
		{ HELLO ENVELOPE "< DATA\n> 354 go\n.\n> rubbish\n", E_PROTO, QUEUE_DEFERRED, "4.5.0", true },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		set_mail(1, plain);
		run(rows[i].script, open_and_send);
		assert_int_equal(result, rows[i].result);
		expect(&recipients[0].verdict, rows[i].outcome, rows[i].status);
		assert_int_equal(recipients[0].verdict.doubt, rows[i].doubt);
	}
	assert_string_equal(recipients[0].verdict.remote, "mx.example.test [192.0.2.1]");
}

/* B33: what the server stored is the message, without our Return-Path. A03 is checked by the server. */
static void test_A03_B33_content(void **state)
{
	(void)state;
	set_mail(1, plain);
	run(HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\n" BYE, open_and_send);
	assert_true(str_eq(buf_str(&server.data), STR("Subject: x\r\n\r\nhello\r\n.dot\r\n")));
	set_mail(1, STR("Subject: x\n\n.\r.\n.\nquit\n"));
	run(HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\n" BYE, open_and_send);
	assert_true(str_eq(buf_str(&server.data), STR("Subject: x\r\n\r\n.\r\n.\r\n.\r\nquit\r\n")));
	static char big[300000];
	memset(big, 'a', sizeof big);
	for (size_t i = 70; i + 2 < sizeof big; i += 72)
		memcpy(big + i, "\r\n", 2);
	set_mail(1, (struct str){ big, 72 * 4000 });
	run("> 220 mx\n< EHLO\n> 250 mx\n" ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\n" BYE, open_and_send);
	assert_true(str_eq(buf_str(&server.data), (struct str){ big, 72 * 4000 }));
}

/* B07: a verdict a recipient, one by one and pipelined; those accepted go on. */
static void test_B07_partial(void **state)
{
	(void)state;
	static const char *const scripts[] = {
		HELLO "< MAIL\n> 250 ok\n< RCPT TO:<a@\n> 250 ok\n< RCPT TO:<b@\n> 450 4.2.1 busy\n< RCPT TO:<c@\n> 550 5.1.1 who\n< DATA\n> 354 go\n.\n> 250 ok\n" BYE,
		HELLO_PIPE "< MAIL\n< RCPT TO:<a@\n< RCPT TO:<b@\n< RCPT TO:<c@\n> 250 ok\n> 250 ok\n> 450 4.2.1 busy\n> 550 5.1.1 who\n< DATA\n> 354 go\n.\n> 250 ok\n" BYE,
	};
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		set_mail(3, plain);
		run(scripts[i], open_and_send);
		assert_int_equal(result, OK);
		expect(&recipients[0].verdict, QUEUE_DELIVERED, "2.0.0");
		expect(&recipients[1].verdict, QUEUE_DEFERRED, "4.2.1");
		expect(&recipients[2].verdict, QUEUE_FAILED, "5.1.1");
	}
	/* MAIL refused while the rest is under way: its reply counts, not those behind it */
	set_mail(2, plain);
	run(HELLO_PIPE "< MAIL\n< RCPT\n< RCPT\n> 550 5.7.1 no\n> 503 order\n> 503 order\n" BYE, open_and_send);
	expect(&recipients[0].verdict, QUEUE_FAILED, "5.7.1");
	expect(&recipients[1].verdict, QUEUE_FAILED, "5.7.1");
	/* the line breaks between two answers: what was judged stays judged */
	set_mail(3, plain);
	run(HELLO_PIPE "< MAIL\n< RCPT\n< RCPT\n< RCPT\n> 250 ok\n> 550 5.1.1 who\nX\n", open_and_send);
	expect(&recipients[0].verdict, QUEUE_FAILED, "5.1.1");
	expect(&recipients[1].verdict, QUEUE_DEFERRED, "4.4.2");
	/* one too many for this transaction is not judged at all */
	set_mail(2, plain);
	run(HELLO "< MAIL\n> 250 ok\n< RCPT\n> 250 ok\n< RCPT\n> 452 4.5.3 too many\n< DATA\n> 354 go\n.\n> 250 ok\n" BYE, open_and_send);
	expect(&recipients[0].verdict, QUEUE_DELIVERED, "2.0.0");
	assert_true(recipients[1].again);
	assert_int_equal(recipients[1].verdict.outcome, 0);
}

/* B10: a line that was used before and has gone costs nothing; after an error comes RSET. */
static void test_B10_reuse(void **state)
{
	(void)state;
	set_mail(1, plain);
	mails = 2;
	run(HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\n" ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\n" BYE, open_and_send);
	assert_int_equal(result, OK);
	set_mail(1, plain);
	mails = 2;
	run(HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\nX\n", open_and_send);
	assert_int_equal(results[1], E_STALE);
	set_mail(1, plain);
	mails = 2;
	run(HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\n< MAIL\n> 421 idle too long\n", open_and_send);
	assert_int_equal(results[1], E_STALE);
	set_mail(1, plain);
	mails = 2;
	run(HELLO "< MAIL\n> 550 no\n< RSET\n> 250 ok\n" ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\n" BYE, open_and_send);
	assert_int_equal(result, OK);
	expect(&recipients[0].verdict, QUEUE_DELIVERED, "2.0.0");
	set_mail(1, plain);
	mails = 2;
	run(HELLO "< MAIL\n> 550 no\n< RSET\n> 500 what\n", open_and_send);
	assert_int_equal(results[1], E_STALE);
	/* once something was answered in this transaction, it is not stale any more */
	set_mail(1, plain);
	mails = 2;
	run(HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\n< MAIL\n> 250 ok\n< RCPT\nX\n", open_and_send);
	assert_int_equal(results[1], E_CLOSED);
}

static bool said(const char *line) { return str_search(buf_str(&server.seen), str_c(line)) != STR_NPOS; }

/* RFC 3461: parameters go on where DSN is offered; elsewhere a success that was asked for is relayed. B32: the null sender. */
static void test_B32_dsn(void **state)
{
	(void)state;
	static const char script[] = "> 220 mx\n< EHLO\n> 250-mx\n> 250 DSN\n< MAIL\n> 250 ok\n< RCPT\n> 250 ok\n< DATA\n> 354 go\n.\n> 250 ok\n" BYE;
	set_mail(1, plain);
	mail.envid = STR("a+b=c");
	mail.flags = DELIVERY_RET_HDRS;
	recipients[0].notify = NOTIFY_SUCCESS | NOTIFY_DELAY;
	recipients[0].orcpt = STR("rfc822;a+x@example.test");
	run(script, open_and_send);
	assert_true(said("MAIL FROM:<me@own.test> RET=HDRS ENVID=a+2Bb+3Dc\n"));
	assert_true(said("RCPT TO:<a@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bx@example.test\n"));
	expect(&recipients[0].verdict, QUEUE_DELIVERED, "2.0.0");
	set_mail(1, plain);
	mail.sender = STR("");
	run(script, open_and_send);
	assert_true(said("MAIL FROM:<>\n"));
	assert_true(said("RCPT TO:<a@example.test>\n"));
	set_mail(1, plain);
	mail.envid = STR("x");
	recipients[0].notify = NOTIFY_SUCCESS;
	run(HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\n" BYE, open_and_send);
	assert_false(said("ENVID"));
	assert_false(said("NOTIFY"));
	expect(&recipients[0].verdict, QUEUE_RELAYED, "2.0.0");
}

/* A96: asked for when needed only; refused recipients fail alone; a local part is never rewritten. */
static void test_A96_smtputf8(void **state)
{
	(void)state;
	static const char utf8[] = "> 220 mx\n< EHLO\n> 250-mx\n> 250-8BITMIME\n> 250 SMTPUTF8\n< MAIL\n> 250 ok\n< RCPT\n> 250 ok\n< DATA\n> 354 go\n.\n> 250 ok\n" BYE;
	set_mail(1, plain);
	mail.flags = DELIVERY_UTF8;
	run(utf8, open_and_send);
	assert_true(said("MAIL FROM:<me@own.test>\n"));
	set_mail(1, plain);
	recipients[0].address = STR("j\xc3\xbcrg@b\xc3\xbc" "cher.test");
	run(utf8, open_and_send);
	assert_true(said("MAIL FROM:<me@own.test> SMTPUTF8\n"));
	assert_true(said("RCPT TO:<j\xc3\xbcrg@b\xc3\xbc" "cher.test>\n"));
	set_mail(1, STR("Subject: \xc3\xbc\r\n\r\nx\r\n"));
	mail.flags = DELIVERY_UTF8;
	run(utf8, open_and_send);
	assert_true(said("MAIL FROM:<me@own.test> SMTPUTF8\n"));
	set_mail(1, STR("Subject: \xc3\xbc\r\n\r\nx\r\n"));
	mail.flags = DELIVERY_UTF8;
	run(HELLO BYE, open_and_send);
	expect(&recipients[0].verdict, QUEUE_FAILED, "5.6.7");
	set_mail(2, plain);
	recipients[0].address = STR("j\xc3\xbcrg@example.test");
	recipients[1].address = STR("b@b\xc3\xbc" "cher.test");
	run(HELLO "< MAIL\n> 250 ok\n< RCPT TO:<b@xn--bcher-kva.test>\n> 250 ok\n< DATA\n> 354 go\n.\n> 250 ok\n" BYE, open_and_send);
	expect(&recipients[0].verdict, QUEUE_FAILED, "5.6.7");
	expect(&recipients[1].verdict, QUEUE_DELIVERED, "2.0.0");
}

static void test_limits_of_the_next_hop(void **state)
{
	(void)state;
	set_mail(1, STR("Subject: x\r\n\r\n\xc3\xbc\r\n"));
	run("> 220 mx\n< EHLO\n> 250 mx\n" BYE, open_and_send);
	expect(&recipients[0].verdict, QUEUE_FAILED, "5.6.3");
	set_mail(1, STR("Subject: x\r\n\r\n\xc3\xbc\r\n"));
	run(HELLO ENVELOPE "< DATA\n> 354 go\n.\n> 250 ok\n" BYE, open_and_send);
	assert_true(said(" SIZE=18 BODY=8BITMIME\n"));
	set_mail(1, plain);
	run("> 220 mx\n< EHLO\n> 250-mx\n> 250 SIZE 10\n" BYE, open_and_send);
	expect(&recipients[0].verdict, QUEUE_FAILED, "5.3.4");
	set_mail(1, plain);
	recipients[0].address = STR("a@b\r\nDATA");
	run(HELLO BYE, open_and_send);
	expect(&recipients[0].verdict, QUEUE_FAILED, "5.1.3");
}

/* Binary content goes by BDAT or not at all. */
static void test_binary(void **state)
{
	(void)state;
	static const struct str message = STR_INIT("Subject: x\r\n\r\na\0b\nc");
	set_mail(1, message);
	mail.flags = DELIVERY_BINARY;
	run(HELLO BYE, open_and_send);
	expect(&recipients[0].verdict, QUEUE_FAILED, "5.6.3");
	set_mail(1, STR("Subject: x\r\n\r\nbody\r"));
	mail.flags = DELIVERY_BINARY;
	run("> 220 mx\n< EHLO\n> 250-mx\n> 250-CHUNKING\n> 250 BINARYMIME\n" ENVELOPE "< BDAT 19 LAST\n< Subject: x\n< \n> 250 ok\n", open_and_send);
	assert_true(said("MAIL FROM:<me@own.test> BODY=BINARYMIME\n"));
	expect(&recipients[0].verdict, QUEUE_DELIVERED, "2.0.0");
}

/* ---- TLS */

#define OFFER "> 220 mx\n< EHLO\n> 250-mx\n> 250 STARTTLS\n< STARTTLS\n> 220 go\n"

static void test_starttls(void **state)
{
	(void)state;
	link_.tls = client_tls;
	run(OFFER "T\n< EHLO mail.own.test\n> 250 mx\n" BYE, just_open);
	assert_int_equal(result, OK);
	assert_int_equal(server.connections, 1);
	run("> 220 mx\n< EHLO\n> 250-mx\n> 250 STARTTLS\n< STARTTLS\n> 454 not now\n" BYE, just_open);
	assert_int_equal(result, OK);
	assert_int_equal(server.connections, 1);
}

/* A06: what was sent in clear behind the 220 counts for nothing, neither as a reply nor as capabilities. */
static void test_A06_injected(void **state)
{
	(void)state;
	set_mail(1, STR("Subject: x\r\n\r\n\xc3\xbc\r\n"));
	run(OFFER "> 250-forged\n> 250 8BITMIME\nT\n< EHLO mail.own.test\n> 250 mx\n" BYE, open_and_send);
	assert_int_equal(result, OK);
	expect(&recipients[0].verdict, QUEUE_FAILED, "5.6.3");
}

/* Records that no certificate here fits. */
static const struct relay_dane wrong_dane = {
	.state = RELAY_DANE_RECORDS,
	.base = STR_INIT("mx.example.test"),
	.set = { .record = { { 3, 1, 1, STR_INIT("0123456789abcdef0123456789abcdef") } }, .count = 1, .present = 1 },
};

/* B11: TLS that breaks, in three ways; the mail goes in clear over a new connection, unless that is forbidden. */
static void test_B11_broken_tls(void **state)
{
	(void)state;
	static const char *const broken[] = {
		OFFER "> not TLS at all, not TLS at all, not TLS at all\nX\n#\n" HELLO BYE,
		OFFER "X\n#\n" HELLO BYE,
		OFFER "T\nX\n#\n" HELLO BYE,
		"> 220 mx\n< EHLO\n> 250-mx\n> 250 STARTTLS\n< STARTTLS\nX\n#\n" HELLO BYE,
	};
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		run(broken[i], just_open);
		assert_int_equal(result, OK);
		assert_int_equal(server.connections, 2);
	}
	for (int level = RELAY_TLS_ENCRYPTED; level <= RELAY_TLS_DANE; level++)
		for (size_t i = 0; i < COUNT_OF(broken); i++) {
			security = (struct relay_security){ .tls = (enum relay_tls)level, .dane = level == RELAY_TLS_DANE ? &wrong_dane : NULL };
			run(broken[i], just_open);
			assert_int_not_equal(result, OK);
			assert_int_equal(verdict.outcome, QUEUE_DEFERRED);
			assert_int_equal(server.connections, 1);
		}
	security = (struct relay_security){ 0 };
}

/* A44: the handshake is good and the certificate is not the one: not a word behind it, no second try in clear; the report knows why. */
static void test_A44_not_a_word(void **state)
{
	(void)state;
	static const struct { enum relay_tls tls; const char *script; int result; enum tlsrpt_result report; } rows[] = {
		{ RELAY_TLS_DANE, OFFER "T\nX\n", E_DENIED, TLSRPT_VALIDATION_FAILURE },
		{ RELAY_TLS_DANE, HELLO, E_DENIED, TLSRPT_STARTTLS_NOT_SUPPORTED },
		{ RELAY_TLS_ENCRYPTED, HELLO, E_DENIED, TLSRPT_STARTTLS_NOT_SUPPORTED },
		{ RELAY_TLS_ENCRYPTED, OFFER "T\n< EHLO\n> 250 mx\n" BYE, OK, TLSRPT_SUCCESS },
		{ RELAY_TLS_OPPORTUNISTIC, OFFER "T\n< EHLO\n> 250 mx\n" BYE, OK, TLSRPT_SUCCESS },
		{ RELAY_TLS_OPPORTUNISTIC, "> 554 5.7.1 go away\n", E_DENIED, TLSRPT_NO_SESSION },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		security = (struct relay_security){ .tls = rows[i].tls, .dane = rows[i].tls == RELAY_TLS_DANE ? &wrong_dane : NULL };
		run(rows[i].script, just_open);
		assert_int_equal(result, rows[i].result);
		assert_int_equal(client.result, rows[i].report);
		assert_int_equal(server.connections, 1);
	}
	/* a policy in testing mode: mail goes, and the report tells (RFC 8461 section 5) */
	security = (struct relay_security){ .judged = RELAY_TLS_VERIFIED, .not_listed = true };
	run(OFFER "T\n< EHLO\n> 250 mx\n" BYE, just_open);
	assert_int_equal(result, OK);
	assert_int_not_equal(client.result, TLSRPT_SUCCESS);
	security = (struct relay_security){ 0 };
}

/* RFC 8689: verified TLS and the keyword, else it fails. */
static void test_requiretls(void **state)
{
	(void)state;
	security = (struct relay_security){ .tls = RELAY_TLS_VERIFIED, .requiretls = true };
	set_mail(1, plain);
	mail.flags = DELIVERY_REQUIRETLS;
	run(OFFER "T\n< EHLO\n> 250-mx\n> 250 REQUIRETLS\n< MAIL FROM:<me@own.test> REQUIRETLS\n> 250 ok\n< RCPT\n> 250 ok\n< DATA\n> 354 go\n.\n> 250 ok\n" BYE, open_and_send);
	assert_int_equal(result, OK);
	expect(&recipients[0].verdict, QUEUE_DELIVERED, "2.0.0");
	run(OFFER "T\n< EHLO\n> 250 mx\n", just_open);
	expect(&verdict, QUEUE_FAILED, "5.7.30");
	run(HELLO, just_open);
	expect(&verdict, QUEUE_FAILED, "5.7.10");
	run("> 220 mx\n< EHLO\n> 250-mx\n> 250-REQUIRETLS\n> 250 STARTTLS\n< STARTTLS\n> 454 no\n", just_open);
	expect(&verdict, QUEUE_FAILED, "5.7.10");
	security = (struct relay_security){ 0 };
}

static void open_other(void)
{
	static const struct relay_target other = { .host = STR_INIT("other.test"), .address = { .bytes = { 192, 0, 2, 2 } } };
	result = relay_client_open(&client, &other, &security, &verdict);
}

static void test_wrong_name(void **state)
{
	(void)state;
	security = (struct relay_security){ .tls = RELAY_TLS_VERIFIED, .requiretls = true };
	run(OFFER "T\n", open_other);
	expect(&verdict, QUEUE_FAILED, "5.7.10");
	security = (struct relay_security){ 0 };
	run(OFFER "T\n< EHLO\n> 250 mx\n", open_other);
	assert_int_equal(result, OK);
}

static void open_loopback(void) { result = relay_client_open(&client, &loopback, &security, &verdict); }

/* B06: whatever goes wrong with our own sign-in defers and is marked as ours. No password goes over an open line. */
static void test_B06_sign_in(void **state)
{
	(void)state;
	static const struct { const char *script; int result; const char *status; bool fault; } rows[] = {
		{ "> 220 mx\n< EHLO\n> 250-mx\n> 250 AUTH PLAIN\n< AUTH PLAIN AHVzZXIAc2VjcmV0\n> 235 2.7.0 ok\n", OK, "", false },
		{ "> 220 mx\n< EHLO\n> 250-mx\n> 250 AUTH PLAIN\n< AUTH\n> 535 5.7.8 wrong\n", E_DENIED, "4.7.8", true },
		{ "> 220 mx\n< EHLO\n> 250-mx\n> 250 AUTH PLAIN\n< AUTH\n> 454 4.7.0 later\n", E_DENIED, "4.7.0", true },
		{ "> 220 mx\n< EHLO\n> 250-mx\n> 250 AUTH LOGIN\n", E_DENIED, "4.7.0", true },
		{ "> 220 mx\n< EHLO\n> 250-mx\n> 250 AUTH PLAIN\n< AUTH\nX\n", E_CLOSED, "4.4.2", true },
	};
	link_.user = STR("user");
	link_.password = STR("secret");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		run(rows[i].script, open_loopback);
		assert_int_equal(result, rows[i].result);
		assert_string_equal(verdict.status, rows[i].status);
		assert_int_equal(verdict.local_fault, rows[i].fault);
		if (rows[i].result != OK)
			assert_int_equal(verdict.outcome, QUEUE_DEFERRED);
	}
	run("> 220 mx\n< EHLO\n> 250-mx\n> 250 AUTH PLAIN\n", just_open);
	assert_int_equal(result, E_DENIED);
	assert_false(said("AUTH"));
	link_.user = link_.password = STR("");
}

/* ---- a certificate for mx.example.test that only we trust */

static void make_tls(void)
{
	char path[] = "/tmp/test_relay_client_XXXXXX";
	int fd = mkstemp(path);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)"mx.example.test", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:mx.example.test");
	X509_add_ext(x, names, -1);
	X509_EXTENSION_free(names);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	FILE *f = fdopen(fd, "w");
	assert_int_equal(PEM_write_X509(f, x), 1);
	fclose(f);
	assert_int_equal(tls_client_new(path, &client_tls), OK);
	unlink(path);
	server_tls = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(server_tls, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(server_tls, key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opening), cmocka_unit_test(test_A13_hostile), cmocka_unit_test(test_B05_B09_stages),
		cmocka_unit_test(test_A03_B33_content), cmocka_unit_test(test_B07_partial), cmocka_unit_test(test_B10_reuse),
		cmocka_unit_test(test_B32_dsn), cmocka_unit_test(test_A96_smtputf8), cmocka_unit_test(test_limits_of_the_next_hop),
		cmocka_unit_test(test_binary), cmocka_unit_test(test_starttls), cmocka_unit_test(test_A06_injected),
		cmocka_unit_test(test_B11_broken_tls), cmocka_unit_test(test_A44_not_a_word), cmocka_unit_test(test_requiretls), cmocka_unit_test(test_wrong_name),
		cmocka_unit_test(test_B06_sign_in),
	};
	loop_init();
	buf_init(&server.seen, 1 << 20);
	buf_init(&server.data, 1 << 26);
	make_tls();
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	tls_client_free(client_tls);
	SSL_CTX_free(server_tls);
	buf_done(&server.seen);
	buf_done(&server.data);
	return r;
}
