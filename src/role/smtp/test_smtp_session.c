/* The session as its client sees it: order, limits, relaying, sign-in, strictness. Rows of THREATS are named at the
 * row. */
#include "role/smtp/smtp_fake.h"

#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define END { NULL, 0 }
#define S(text) STR_INIT(text)
/* base64 of NUL alice@local.test NUL secret, and parts */
#define PLAIN "AGFsaWNlQGxvY2FsLnRlc3QAc2VjcmV0"
#define ALICE "YWxpY2VAbG9jYWwudGVzdA=="
#define SECRET "c2VjcmV0"
#define SIGN_IN S("EHLO c.test\r\n"), S("AUTH PLAIN " PLAIN "\r\n")
#define MESSAGE "From: alice@local.test\r\nSubject: x\r\n\r\nHello\r\n.\r\n"

/* Codes of the replies, separated by spaces. */
static void codes(struct str said, char out[1024])
{
	size_t n = 0;
	while (said.n) {
		size_t end = str_search(said, STR("\r\n"));
		assert_true(end != STR_NPOS && end >= 3);
		bool last = end == 3 || said.p[3] == ' ';
		if (last && n + 5 < 1024)
			n += (size_t)snprintf(out + n, 6, "%s%.3s", n ? " " : "", said.p);
		assert_true(end <= 510);        /* RFC 5321 section 4.5.3.1.5 */
		said = str_skip(said, end + 2);
	}
	out[n] = '\0';
}

enum { SPLITS = 1 };    /* means the same byte by byte */

struct row {
	const char *name;
	enum conf_service service;
	const char *want;
	int end;
	unsigned delivered, flags;
	struct str in[12];
};

static const struct row rows[] = {
	{ "a message", SERVICE_SMTP, "220 250 250 250 354 250 221", OK, 1, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
	    S(MESSAGE "QUIT\r\n"), END } },
	{ "HELO, one by one", SERVICE_SMTP, "220 250 250 250 354 250 221", OK, 1, SPLITS,
	  { S("HELO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\n"), S("RCPT TO:<bob@local.test>\r\n"), S("DATA\r\n"),
	    S(MESSAGE), S("QUIT\r\n"), END } },
	{ "two messages", SERVICE_SMTP, "220 250 250 250 354 250 250 250 354 250 221", OK, 2, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
	    S(MESSAGE "MAIL FROM:<a@b.test>\r\nRCPT TO:<carol@local.test>\r\nDATA\r\n"), S(MESSAGE "QUIT\r\n"), END } },
	{ "lower case, spaces", SERVICE_SMTP, "220 250 250 250 250 221", OK, 0, SPLITS,
	  { S("ehlo c.test \r\n"),
	    S("mail from: <a@b.test>  size=100\r\nrcpt to: <BOB@Local.Test>\r\nnoop x\r\nquit \r\n"), END } },
	{ "order", SERVICE_SMTP, "220 503 503 503 250 503 503 250 503 503 250 221", OK, 0, SPLITS,
	  { S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\n"), S("DATA\r\n"), S("EHLO c.test\r\n"),
	    S("RCPT TO:<bob@local.test>\r\n"), S("DATA\r\n"), S("MAIL FROM:<>\r\nMAIL FROM:<>\r\n"), S("DATA\r\n"),
	    S("RSET\r\nQUIT\r\n"), END } },
	{ "arguments", SERVICE_SMTP, "220 501 501 250 501 501 501 501 214 252 221", OK, 0, SPLITS,
	  { S("EHLO\r\n"), S("EHLO a b\r\n"), S("EHLO [192.0.2.1]\r\n"),
	    S("RSET x\r\nMAIL TO:<>\r\nVRFY\r\nQUIT now\r\nHELP\r\nVRFY bob\r\nQUIT\r\n"), END } },
	{ "RSET and EHLO forget", SERVICE_SMTP, "220 250 250 250 250 503 250 250 503 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nRSET\r\n"), S("DATA\r\n"),
	    S("MAIL FROM:<>\r\n"), S("EHLO c.test\r\n"), S("RCPT TO:<bob@local.test>\r\nQUIT\r\n"), END } },
	{ "EXPN, unknown", SERVICE_SMTP, "220 250 502 500 500 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("EXPN staff\r\nTURN\r\nLHLO x\r\nQUIT\r\n"), END } },
	{ "parameters", SERVICE_SMTP, "220 250 555 501 552 530 250 555 501 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"),
	    S("MAIL FROM:<> X=1\r\nMAIL FROM:<> SIZE=1 SIZE=2\r\nMAIL FROM:<> SIZE=52428801\r\nMAIL FROM:<> "
	      "REQUIRETLS\r\n"
	      "MAIL FROM:<> BODY=8BITMIME RET=HDRS ENVID=x AUTH=<>\r\nRCPT TO:<bob@local.test> X\r\n"
	      "RCPT TO:<bob@local.test> NOTIFY=X\r\nQUIT\r\n"),
	    END } },

	/* A01, A02: bare line ends in commands */
	{ "A01 bare LF", SERVICE_SMTP, "220 250 521", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("NOOP\nMAIL FROM:<>\r\n"), END } },
	{ "A02 CR CR LF", SERVICE_SMTP, "220 521", OK, 0, SPLITS, { S("EHLO c.test\r\r\nNOOP\r\n"), END } },
	/* A01: a bare LF in DATA. What stands behind is never executed. */
	{ "A01 smuggling", SERVICE_SMTP, "220 250 250 250 354 554", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
	    S("From: a@b.test\r\n\r\nx\n.\r\nMAIL FROM:<x@y.test>\r\n"
	      "RCPT TO:<bob@local.test>\r\nDATA\r\nsecond\r\n.\r\nNOOP\r\n"),
	    END } },
	{ "A02 doubled CR in DATA", SERVICE_SMTP, "220 250 250 250 354 554", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
	    S("x\r\n.\r\r\nMAIL FROM:<x@y.test>\r\n.\r\nQUIT\r\n"), END } },
	{ "NUL in DATA", SERVICE_SMTP, "220 250 250 250 354 554 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
	    S("x\0y\r\n.\r\nQUIT\r\n"), END } },
	/* A04: early talk */
	{ "A04 behind EHLO", SERVICE_SMTP, "220 503", OK, 0, 0, { S("EHLO c.test\r\nMAIL FROM:<>\r\n"), END } },
	{ "A04 behind HELO", SERVICE_SMTP, "220 250 503", OK, 0, 0,
	  { S("HELO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\n"), END } },
	{ "A04 body before 354", SERVICE_SMTP, "220 250 250 250 503", OK, 0, 0,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n" MESSAGE), END } },
	/* A05: nothing that was sent in clear is answered inside TLS */
	{ "A05 pipelined behind STARTTLS", SERVICE_SMTP, "220 250 503", OK, 0, 0,
	  { S("EHLO c.test\r\n"), S("STARTTLS\r\nNOOP\r\n"), END } },
	{ "A05 state is forgotten", SERVICE_SMTP, "220 250 220 503 250 503 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("STARTTLS\r\n"), S("MAIL FROM:<>\r\n"), S("EHLO c.test\r\n"), S("STARTTLS\r\n"),
	    S("QUIT\r\n"), END } },
	{ "STARTTLS in a transaction", SERVICE_SMTP, "220 250 250 503 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\n"), S("STARTTLS\r\n"), S("QUIT\r\n"), END } },
	/* A72 */
	{ "A72 GET", SERVICE_SMTP, "220 554", OK, 0, SPLITS, { S("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), END } },
	{ "A72 POST", SERVICE_SUBMISSIONS, "220 554", OK, 0, SPLITS,
	  { S("POST / HTTP/1.1\r\nContent-Type: x\r\n\r\nEHLO x\r\n"), END } },
	/* A18: errors are capped (conf.smtp.errors is 10) */
	{ "A18 errors", SERVICE_SMTP, "220 500 500 500 500 500 500 500 500 500 421", OK, 0, SPLITS,
	  { S("A\r\nB\r\nC\r\nD\r\nE\r\nF\r\nG\r\nH\r\nI\r\nJ\r\nK\r\n"), END } },

	/* Recipients. B04: unknown is 550. B02: the store does not answer. B19: over quota. */
	{ "recipients", SERVICE_SMTP, "220 250 250 550 451 452 250 250 250 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"),
	    S("MAIL FROM:<>\r\nRCPT TO:<nobody@local.test>\r\nRCPT TO:<lost@local.test>\r\n"
	      "RCPT TO:<full@local.test>\r\n"
	      "RCPT TO:<bob@local.test>\r\nRCPT TO:<bob@local.test>\r\nRCPT TO:<postmaster>\r\nQUIT\r\n"),
	    END } },
	/* A21, A22: no relaying without sign-in, whatever it looks like */
	{ "A21 relaying", SERVICE_SMTP, "220 250 250 550 550 550 550 550 550 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"),
	    S("MAIL FROM:<a@local.test>\r\nRCPT TO:<u@ext.test>\r\nRCPT TO:<@local.test:u@ext.test>\r\n"
	      "RCPT TO:<u%ext.test@local.test>\r\nRCPT TO:<\"u@ext.test\"@local.test>\r\n"
	      "RCPT TO:<ext.test!u@local.test>\r\nRCPT TO:<u@[192.0.2.9]>\r\nQUIT\r\n"),
	    END } },
	{ "A22 no path", SERVICE_SMTP, "220 250 250 501 501 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"),
	    S("MAIL FROM:<>\r\nRCPT TO:<u@ext.test@local.test>\r\nRCPT TO:u@ext.test\r\nQUIT\r\n"), END } },
	{ "A21 LMTP relays to nobody", SERVICE_LMTP, "220 250 250 550 221", OK, 0, SPLITS,
	  { S("LHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<u@ext.test>\r\nQUIT\r\n"), END } },

	/* BDAT (RFC 3030 section 4.2) */
	{ "BDAT", SERVICE_SMTP, "220 250 250 250 250 250 221", OK, 1, SPLITS,
	  { S("EHLO c.test\r\n"),
	    S("MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@local.test>\r\nBDAT 19\r\nFrom: a@b.test\r\n\r\n."
	      "BDAT 5 LAST\r\nx\r\n\r\nQUIT\r\n"),
	    END } },
	{ "BDAT, empty last", SERVICE_SMTP, "220 250 250 250 250 250 221", OK, 1, SPLITS,
	  { S("EHLO c.test\r\n"),
	    S("MAIL FROM:<a@b.test>\r\nRCPT TO:<bob@local.test>\r\nBDAT 3\r\nx\r\nBDAT 0 LAST\r\nQUIT\r\n"), END } },
	{ "BDAT without recipient drains", SERVICE_SMTP, "220 250 503 250 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("BDAT 6\r\nQUIT\r\nNOOP\r\nQUIT\r\n"), END } },
	{ "BDAT then DATA", SERVICE_SMTP, "220 250 250 250 250 503 250 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nBDAT 3\r\nx\r\n"), S("DATA\r\n"),
	    S("RSET\r\nQUIT\r\n"), END } },
	{ "BDAT of any size", SERVICE_SMTP, "220 250 552", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("BDAT 9223372036854775807\r\nQUIT\r\n"), END } },
	{ "BDAT syntax", SERVICE_SMTP, "220 250 501", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("BDAT x\r\nQUIT\r\n"), END } },
	/* A08: the stream ends inside a chunk, and so does the session */
	{ "A08 close in BDAT", SERVICE_SMTP, "220 250 250 250", E_CLOSED, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nBDAT 1000\r\n0123456789"), END } },
	{ "BINARYMIME", SERVICE_SMTP, "220 250 250 250 503 250 221", OK, 1, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<bob@local.test>\r\n"), S("DATA\r\n"),
	    S("BDAT 12 LAST\r\na: b\r\n\r\n\n\r\0xQUIT\r\n"), END } },
	{ "bare CR at the end of BDAT", SERVICE_SMTP, "220 250 250 250 554 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nBDAT 2 LAST\r\nx\rQUIT\r\n"), END } },
	{ "CRLF cut by chunks", SERVICE_SMTP, "220 250 250 250 250 250 221", OK, 1, SPLITS,
	  { S("EHLO c.test\r\n"),
	    S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nBDAT 2\r\nx\rBDAT 1 LAST\r\n\nQUIT\r\n"), END } },
	{ "bare LF in BDAT", SERVICE_SMTP, "220 250 250 250 554 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nBDAT 2 LAST\r\nx\nQUIT\r\n"), END } },

	/* Submission */
	{ "submission", SERVICE_SUBMISSIONS, "220 250 235 250 250 250 354 250 221", OK, 1, SPLITS,
	  { SIGN_IN, S("MAIL FROM:<alice@local.test>\r\nRCPT TO:<bob@local.test>\r\nRCPT TO:<u@ext.test>\r\nDATA\r\n"),
	    S(MESSAGE "QUIT\r\n"), END } },
	{ "no sign-in, no mail", SERVICE_SUBMISSIONS, "220 250 530 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("MAIL FROM:<alice@local.test>\r\nQUIT\r\n"), END } },
	{ "no TLS, no sign-in", SERVICE_SUBMISSION, "220 250 530 530 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH PLAIN " PLAIN "\r\n"), S("MAIL FROM:<>\r\nQUIT\r\n"), END } },
	{ "STARTTLS, then sign-in", SERVICE_SUBMISSION, "220 250 220 250 235 503 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("STARTTLS\r\n"), SIGN_IN, S("AUTH PLAIN " PLAIN "\r\n"), S("QUIT\r\n"), END } },
	{ "no sign-in on port 25", SERVICE_SMTP, "220 250 502 221", OK, 0, SPLITS, { SIGN_IN, S("QUIT\r\n"), END } },
	{ "AUTH LOGIN", SERVICE_SUBMISSIONS, "220 250 334 334 235 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH LOGIN\r\n"), S(ALICE "\r\n"), S(SECRET "\r\n"), S("QUIT\r\n"), END } },
	{ "AUTH LOGIN, initial", SERVICE_SUBMISSIONS, "220 250 334 235 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("auth login " ALICE "\r\n"), S(SECRET "\r\n"), S("QUIT\r\n"), END } },
	{ "AUTH OAUTHBEARER", SERVICE_SUBMISSIONS, "220 250 235 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH OAUTHBEARER bixhPWFsaWNlQGxvY2FsLnRlc3QsAWF1dGg9QmVhcmVyIHRva2VuAQE=\r\n"), S("QUIT\r\n"), END } },
	{ "AUTH XOAUTH2, asked for", SERVICE_SUBMISSIONS, "220 250 334 235 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH XOAUTH2\r\n"), S("dXNlcj1hbGljZUBsb2NhbC50ZXN0AWF1dGg9QmVhcmVyIHRva2VuAQE=\r\n"), S("QUIT\r\n"), END } },
	{ "A71: a bad token, then a good one", SERVICE_SUBMISSIONS, "220 250 334 535 501 235 221", OK, 0, SPLITS,       /* RFC 7628 4.3 */
	  { S("EHLO c.test\r\n"), S("AUTH OAUTHBEARER biwsAWF1dGg9QmVhcmVyIHdyb25nAQE=\r\n"), S("AQ==\r\n"), S("AUTH XOAUTH2 AAAA\r\n"),
	    S("AUTH OAUTHBEARER bixhPWFsaWNlQGxvY2FsLnRlc3QsAWF1dGg9QmVhcmVyIHRva2VuAQE=\r\n"), S("QUIT\r\n"), END } },
	{ "AUTH SCRAM", SERVICE_SUBMISSIONS, "220 250 334 334 235 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH SCRAM-SHA-256 Zmlyc3Q=\r\n"), S("ZmluYWw=\r\n"), S("\r\n"), S("QUIT\r\n"), END } },
	{ "AUTH SCRAM, asked for; wrong; lost", SERVICE_SUBMISSIONS, "220 250 334 334 535 334 454 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH SCRAM-SHA-256\r\n"), S("Zmlyc3Q=\r\n"), S("AAAA\r\n"), S("AUTH SCRAM-SHA-256 Zmlyc3Q=\r\n"), S("bG9zdA==\r\n"),
	    S("QUIT\r\n"), END } },
	{ "AUTH SCRAM, malformed; not offered", SERVICE_SUBMISSIONS, "220 250 334 501 501 504 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH SCRAM-SHA-256 Zmlyc3Q=\r\n"), S("!\r\n"), S("AUTH SCRAM-SHA-256 AAAA\r\n"), S("AUTH SCRAM-SHA-256-PLUS Zmlyc3Q=\r\n"),
	    S("QUIT\r\n"), END } },
	{ "AUTH PLAIN, asked for", SERVICE_SUBMISSIONS, "220 250 334 235 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH PLAIN\r\n"), S(PLAIN "\r\n"), S("QUIT\r\n"), END } },
	{ "AUTH given up", SERVICE_SUBMISSIONS, "220 250 334 501 235 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH PLAIN\r\n"), S("*\r\n"), S("AUTH PLAIN " PLAIN "\r\n"), S("QUIT\r\n"),
	    END } },
	{ "AUTH in a transaction", SERVICE_SUBMISSIONS, "220 250 235 250 503 221", OK, 0, SPLITS,
	  { SIGN_IN, S("MAIL FROM:<>\r\n"), S("AUTH PLAIN " PLAIN "\r\n"), S("QUIT\r\n"), END } },
	{ "AUTH forms", SERVICE_SUBMISSIONS, "220 250 501 504 501 501 535 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH\r\n"), S("AUTH CRAM-MD5\r\n"), S("AUTH PLAIN a b\r\n"),
	    S("AUTH PLAIN AAAA\r\n"), S("AUTH PLAIN Ym9iAGFsaWNlQGxvY2FsLnRlc3QAc2VjcmV0\r\n") /* authzid bob */,
	    S("QUIT\r\n"), END } },
	/* A14, A15: garbage, then another mechanism, then a good one */
	{ "A14 A15 garbage", SERVICE_SUBMISSIONS, "220 250 501 334 501 334 334 235 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH PLAIN ====\r\n"), S("AUTH LOGIN\r\n"), S("!!!!\r\n"), S("AUTH LOGIN\r\n"),
	    S(ALICE "\r\n"), S(SECRET "\r\n"), S("QUIT\r\n"), END } },
	{ "A14 line cut in the exchange", SERVICE_SUBMISSIONS, "220 250 334", E_CLOSED, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH LOGIN\r\n"), S("YWxp"), END } },
	{ "A01 bare LF in the exchange", SERVICE_SUBMISSIONS, "220 250 334 521", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH LOGIN\r\n"), S(ALICE "\nQUIT\r\n"), END } },
	/* attempts are limited (conf.smtp.sign_in_attempts is 3) */
	{ "attempts", SERVICE_SUBMISSIONS, "220 250 535 535 421", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("AUTH PLAIN AGEAYg==\r\n"), S("AUTH PLAIN AGEAYg==\r\n"),
	    S("AUTH PLAIN AGEAYg==\r\n"), S("AUTH PLAIN " PLAIN "\r\n"), END } },
	/* A25: the envelope belongs to who signed in; B32: the null sender to all */
	{ "A25 envelope", SERVICE_SUBMISSIONS, "220 250 235 550 550 250 250 250 250 250 221", OK, 0, SPLITS,
	  { SIGN_IN,
	    S("MAIL FROM:<bob@local.test>\r\nMAIL FROM:<alice@ext.test>\r\nMAIL FROM:<ALICE@LOCAL.test>\r\nRSET\r\n"
	      "MAIL FROM:<sales@local.test>\r\nRSET\r\nMAIL FROM:<>\r\nQUIT\r\n"),
	    END } },

	/* LMTP: a reply for each recipient */
	{ "LMTP", SERVICE_LMTP, "220 250 250 250 250 550 354 250 250 221", OK, 1, SPLITS,
	  { S("LHLO c.test\r\n"),
	    S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nRCPT TO:<carol@local.test>\r\n"
	      "RCPT TO:<nobody@local.test>\r\nDATA\r\n"),
	    S(MESSAGE "QUIT\r\n"), END } },
	{ "LMTP, same recipient twice", SERVICE_LMTP, "220 250 250 250 250 354 250 250 221", OK, 1, SPLITS,
	  { S("LHLO c.test\r\n"), S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"),
	    S(MESSAGE "QUIT\r\n"), END } },
	{ "LMTP knows no EHLO", SERVICE_LMTP, "220 500 500 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"), S("HELO c.test\r\n"), S("QUIT\r\n"), END } },
	{ "LMTP by BDAT", SERVICE_LMTP, "220 250 250 250 250 250 250 221", OK, 1, SPLITS,
	  { S("LHLO c.test\r\n"),
	    S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nRCPT TO:<carol@local.test>\r\nBDAT 3 LAST\r\nx\r\nQUIT\r\n"),
	    END } },
	/* B37: UTF-8 where it was asked for, and only there */
	{ "B37 SMTPUTF8", SERVICE_SMTP, "220 250 553 250 550 250 250 553 221", OK, 0, SPLITS,
	  { S("EHLO c.test\r\n"),
	    S("MAIL FROM:<\xc3\xa4@b.test>\r\nMAIL FROM:<\xc3\xa4@b.test> SMTPUTF8\r\n"
	      "RCPT TO:<\xc3\xa4@local.test>\r\nRSET\r\n"
	      "MAIL FROM:<a@b.test>\r\nRCPT TO:<\xc3\xa4@local.test>\r\nQUIT\r\n"),
	    END } },
	{ "end without QUIT", SERVICE_SMTP, "220 250", E_CLOSED, 0, SPLITS, { S("EHLO c.test\r\n"), END } },
};

static void check(const struct row *row, size_t step)
{
	struct fake f;
	char got[1024];
	fake_init(&f, row->service);
	f.step = step;
	int r = fake_run(&f, row->in);
	codes(buf_str(&f.said), got);
	if (strcmp(got, row->want) != 0 || r != row->end || f.delivered != row->delivered || f.overflown)
		fail_msg("%s (step %zu): %s, %u delivered, %s\n" STR_FMT, row->name, step, got, f.delivered,
			 err_name(r), STR_ARG(buf_str(&f.said)));
	assert_true(!f.session.grant == !strstr(got, "235"));
	fake_done(&f);
	assert_int_equal(f.grants_closed, strstr(got, "235") != NULL);
}

static void transcripts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		check(&rows[i], 0);
		for (size_t step = 1; step < 4 && rows[i].flags & SPLITS; step++)
			check(&rows[i], step);
	}
}

static bool says(struct fake *f, const char *text)
{
	return str_search(buf_str(&f->said), str_c(text)) != STR_NPOS;
}

/* The client has seen the server's proof and does not take it: the grant that was opened goes. */
static void scram_not_believed(void **state)
{
	static const struct str in[] = {
		S("EHLO c.test\r\n"), S("AUTH SCRAM-SHA-256 Zmlyc3Q=\r\n"), S("ZmluYWw=\r\n"), S("*\r\n"), S("MAIL FROM:<alice@local.test>\r\n"), END
	};
	struct fake f;
	(void)state;
	fake_init(&f, SERVICE_SUBMISSIONS);
	assert_int_equal(fake_run(&f, in), E_CLOSED);
	assert_true(says(&f, "334 dj1vaw==\r\n") && says(&f, "501 5.7.0 ") && says(&f, "530 "));
	assert_false(says(&f, "235 "));
	assert_int_equal(f.session.grant, 0);
	assert_int_equal(f.grants_closed, 1);
	fake_done(&f);
}

/* The extensions, in clear and in TLS (A05, A07: they differ). */
static void extensions(void **state)
{
	(void)state;
	static const struct str in[] = { S("EHLO c.test\r\n"), END };
	static const char *const common[] = { "PIPELINING",         "SIZE 52428800", "8BITMIME", "SMTPUTF8",
					      "CHUNKING",           "BINARYMIME",    "DSN",      "LIMITS RCPTMAX=1000",
					      "ENHANCEDSTATUSCODES" };
	static const struct { enum conf_service service; bool starttls, auth, requiretls; } rows_of[] = {
		{ SERVICE_SMTP, true, false, false },
		{ SERVICE_SUBMISSION, true, false, false },
		{ SERVICE_SUBMISSIONS, false, true, true },
	};
	for (size_t i = 0; i < COUNT_OF(rows_of); i++) {
		struct fake f;
		fake_init(&f, rows_of[i].service);
		assert_int_equal(fake_run(&f, in), E_CLOSED);
		assert_true(says(&f, "220 mx.local.test ESMTP ready\r\n") && says(&f, "250-mx.local.test\r\n"));
		for (size_t k = 0; k < COUNT_OF(common); k++)
			assert_true(says(&f, common[k]));
		assert_int_equal(says(&f, "250-STARTTLS\r\n"), rows_of[i].starttls);
		assert_int_equal(says(&f, "250-AUTH SCRAM-SHA-256 PLAIN LOGIN OAUTHBEARER XOAUTH2\r\n"), rows_of[i].auth);
		assert_int_equal(says(&f, "250-REQUIRETLS\r\n"), rows_of[i].requiretls);
		fake_done(&f);
	}
}

/* A04: who speaks before the greeting is not greeted. */
static void early_talker(void **state)
{
	(void)state;
	static const struct str in[] = { S("EHLO c.test\r\n"), END };
	struct fake f;
	fake_init(&f, SERVICE_SMTP);
	f.early = true;
	assert_int_equal(fake_run(&f, in), OK);
	assert_true(str_starts(buf_str(&f.said), STR("554 5.5.1 ")) && f.session.turned_out);
	fake_done(&f);
}

/* A09: the length of a line, for each of these verbs; one reply, and the session goes on. A19: an endless one ends it.
 */
static void long_lines(void **state)
{
	(void)state;
	static const char *const verbs[] = { "EHLO ", "HELO ", "VRFY ", "NOOP ", "RCPT TO:<" };
	static char line[20000], endless[100000];
	memset(endless, 'x', sizeof endless);
	for (size_t i = 0; i < COUNT_OF(verbs); i++) {
		memset(line, 'x', sizeof line);
		memcpy(line, verbs[i], strlen(verbs[i]));
		memcpy(line + sizeof line - 2, "\r\n", 2);
		const struct str in[] = { { line, sizeof line }, S("NOOP\r\nQUIT\r\n"), END };
		for (size_t step = 0; step < 3000; step += 999) {
			struct fake f;
			char got[1024];
			fake_init(&f, SERVICE_SMTP);
			f.step = step;
			assert_int_equal(fake_run(&f, in), OK);
			codes(buf_str(&f.said), got);
			assert_string_equal(got, "220 500 250 221");
			fake_done(&f);
		}
	}
	const struct str in[] = { { endless, sizeof endless }, END };
	struct fake f;
	fake_init(&f, SERVICE_SMTP);
	f.step = 4096;
	assert_int_equal(fake_run(&f, in), OK);
	assert_true(says(&f, "521 ") && f.in.n - f.consumed < 8192);
	fake_done(&f);
}

/* A18: a hundred thousand bad commands, and memory that does not grow. A64 of them more than the limit are never read.
 */
static void flood(void **state)
{
	(void)state;
	static char text[600000];
	for (size_t i = 0; i < sizeof text; i += 6)
		memcpy(text + i, "XXXX\r\n", 6);
	const struct str in[] = { { text, sizeof text }, END };
	struct fake f;
	fake_init(&f, SERVICE_SMTP);
	f.step = 1000;
	assert_int_equal(fake_run(&f, in), OK);
	assert_true(says(&f, "421 4.7.0 ") && f.said.n < 1000);
	fake_done(&f);

	for (size_t i = 0; i < sizeof text; i += 6)
		memcpy(text + i, "NOOP\r\n", 6);
	fake_init(&f, SERVICE_SMTP);
	f.step = 1000;
	assert_int_equal(fake_run(&f, in), OK);
	assert_true(says(&f, "421 4.7.0 Too many commands") && f.session.session.total <= 16 << 10);
	fake_done(&f);
}

/* A68: addresses cannot be tried without end. */
static void probing(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 1 << 20);
	assert_int_equal(buf_printf(&text, "MAIL FROM:<>\r\n"), OK);
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(buf_printf(&text, "RCPT TO:<try%u@local.test>\r\n", i), OK);
	const struct str in[] = { S("EHLO c.test\r\n"), buf_str(&text), END };
	struct fake f;
	fake_init(&f, SERVICE_SMTP);
	assert_int_equal(fake_run(&f, in), OK);
	assert_true(says(&f, "421 4.7.0 Too many unknown recipients"));
	assert_int_equal(f.recipient_calls, 50);
	fake_done(&f);
	buf_done(&text);
}

/* A35, RFC 5321 section 4.5.3.1.8: at least 100; ours are counted; one more is 452, and the others stay. */
static void many_recipients(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 1 << 20);
	assert_int_equal(buf_printf(&text, "MAIL FROM:<>\r\n"), OK);
	for (unsigned i = 0; i < 1001; i++)
		assert_int_equal(buf_printf(&text, "RCPT TO:<many%u@local.test>\r\n", i), OK);
	assert_int_equal(buf_printf(&text, "DATA\r\n"), OK);
	const struct str in[] = { S("EHLO c.test\r\n"), buf_str(&text), S(MESSAGE "QUIT\r\n"), END };
	struct fake f;
	fake_init(&f, SERVICE_SMTP);
	f.results = NULL;
	assert_int_equal(fake_run(&f, in), OK);
	assert_true(says(&f, "452 4.5.3 ") && !f.overflown);
	assert_int_equal(f.delivered, 1);
	size_t count = 0;
	for (struct str r = buf_str(&f.recipients); r.n; count++)
		str_until(&r, '|');
	assert_int_equal(count, 1000);
	fake_done(&f);
	buf_done(&text);
}

/* Pipelined commands are answered in one write (RFC 2920 section 3.2). */
static void one_write(void **state)
{
	(void)state;
	static const struct str in[] = {
		S("EHLO c.test\r\n"),
		S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nRCPT TO:<carol@local.test>\r\nDATA\r\n"),
		S(MESSAGE "QUIT\r\n"), END
	};
	struct fake f;
	fake_init(&f, SERVICE_SMTP);
	assert_int_equal(fake_run(&f, in), OK);
	assert_int_equal(f.writes, 4);          /* greeting, EHLO, the group, 250 with 221 */
	fake_done(&f);
}

/* B01, B02, B18, B56: what others cannot do now is 4yz, and nothing is accepted. */
static void others_fail(void **state)
{
	(void)state;
	static const struct str in[] = { SIGN_IN, S("MAIL FROM:<alice@local.test>\r\nRCPT TO:<bob@local.test>\r\n"),
					 S("DATA\r\n"), S(MESSAGE), END };
	static const struct { const char *who; int err; const char *want; } fails[] = {
		{ "recipient", E_TIMEOUT, "220 250 235 250 451 503 500" },
		{ "recipient", E_CLOSED, "220 250 235 250 451 503 500" },
		{ "recipient", E_FULL, "220 250 235 250 452 503 500" },         /* B18: early */
		{ "identity", E_IO, "220 250 235 451 503 503 500" },
		{ "sign-in", E_BUSY, "220 250 454 530 530 530 500" },
		{ "sign-in", E_TIMEOUT, "220 250 454 530 530 530 500" },
		{ "scan", E_TIMEOUT, "220 250 235 250 250 354 451" },
		{ "scan", E_CLOSED, "220 250 235 250 250 354 451" },
		{ "scan", E_DENIED, "220 250 235 250 250 354 550" },
		{ "deliver", E_FULL, "220 250 235 250 250 354 452" },           /* B18 */
		{ "deliver", E_TIMEOUT, "220 250 235 250 250 354 451" },
		{ "deliver", E_IO, "220 250 235 250 250 354 451" },
		{ "deliver", E_DENIED, "220 250 235 250 250 354 550" },
		{ "deliver", E_CORRUPT, "220 250 235 250 250 354 451" },
	};
	for (size_t i = 0; i < COUNT_OF(fails); i++) {
		struct fake f;
		char got[1024];
		fake_init(&f, SERVICE_SUBMISSIONS);
		int *const errors[] = { &f.recipient_error, &f.identity_error, &f.sign_in_error, &f.scan_error,
					&f.deliver_error };
		const char *const names[] = { "recipient", "identity", "sign-in", "scan", "deliver" };
		for (size_t k = 0; k < COUNT_OF(names); k++)
			if (strcmp(names[k], fails[i].who) == 0)
				*errors[k] = fails[i].err;
		(void)fake_run(&f, in);
		codes(buf_str(&f.said), got);
		if (strncmp(got, fails[i].want, strlen(fails[i].want)) != 0 || f.delivered)
			fail_msg("%s %s: %s", fails[i].who, err_name(fails[i].err), got);
		fake_done(&f);
	}
}

/* LMTP: each recipient has its own result (B19: one full mailbox harms nobody else). */
static void lmtp_results(void **state)
{
	(void)state;
	static const struct str in[] = { S("LHLO c.test\r\n"),
					 S("MAIL FROM:<>\r\nRCPT TO:<many1@local.test>\r\n"
					   "RCPT TO:<many2@local.test>\r\nRCPT TO:<many3@local.test>\r\nDATA\r\n"),
					 S(MESSAGE "QUIT\r\n"), END };
	static const char results[] = { 0, -E_FULL, -E_IO };
	struct fake f;
	char got[1024];
	fake_init(&f, SERVICE_LMTP);
	f.results = results;
	assert_int_equal(fake_run(&f, in), OK);
	codes(buf_str(&f.said), got);
	assert_string_equal(got, "220 250 250 250 250 250 354 250 452 451 221");
	assert_false(f.flags & DELIVERY_ALL_OR_NOTHING);
	fake_done(&f);
}

/* Time-outs and the end of the server are told before we close. */
static void told(void **state)
{
	(void)state;
	static const struct str idle[] = { S("EHLO c.test\r\n"), END };
	static const struct str data[] = { S("EHLO c.test\r\n"),
					   S("MAIL FROM:<>\r\nRCPT TO:<bob@local.test>\r\nDATA\r\n"), S("x\r\n"), END };
	static const struct { const struct str *in; int end; const char *want; } ends[] = {
		{ idle, E_TIMEOUT, "421 4.4.2 " },
		{ idle, E_CANCELLED, "421 4.3.2 " },
		{ data, E_TIMEOUT, "421 4.4.2 " },
	};
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct fake f;
		fake_init(&f, SERVICE_SMTP);
		f.end = ends[i].end;
		assert_int_equal(fake_run(&f, ends[i].in), OK);
		assert_true(says(&f, ends[i].want) && f.delivered == 0);
		fake_done(&f);
	}
}

/* A session that outgrows its memory ends, and is cleaned up. */
static void overflow(void **state)
{
	(void)state;
	struct buf text;
	struct fake f;
	buf_init(&text, 1 << 20);
	assert_int_equal(buf_printf(&text, "MAIL FROM:<>\r\n"), OK);
	for (unsigned i = 0; i < 900; i++)
		assert_int_equal(buf_printf(&text, "RCPT TO:<many%u@local.test> ORCPT=rfc822;%0400u\r\n", i, i), OK);
	const struct str in[] = { S("EHLO c.test\r\n"), buf_str(&text), END };
	fake_init(&f, SERVICE_SMTP);
	f.conf.limits.session_memory = 65536;
	(void)fake_run(&f, in);
	assert_true(f.overflown);
	fake_done(&f);
	buf_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transcripts), cmocka_unit_test(scram_not_believed),
		cmocka_unit_test(extensions),
		cmocka_unit_test(early_talker),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(flood),
		cmocka_unit_test(probing),
		cmocka_unit_test(many_recipients),
		cmocka_unit_test(one_write),
		cmocka_unit_test(others_fail),
		cmocka_unit_test(lmtp_results),
		cmocka_unit_test(told),
		cmocka_unit_test(overflow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
