/* Sessions before and around the mailbox: greeting, TLS, sign-in, limits, lists, IDLE. */
#include "role/imap/imap_fake_talk.h"

#define GREETING "* OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE STARTTLS LOGINDISABLED] Ceralacca ready\r\n"
#define USER_CAPABILITIES                                                                                                     \
	"CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE IDLE BINARY NAMESPACE UIDPLUS MOVE SPECIAL-USE UNSELECT CHILDREN " \
	"LIST-EXTENDED LIST-STATUS ESEARCH SEARCHRES STATUS=SIZE CONDSTORE SORT SORT=DISPLAY THREAD=ORDEREDSUBJECT " \
	"THREAD=REFERENCES THREAD=REFS ESORT PARTIAL WITHIN SAVEDATE OBJECTID PREVIEW QUOTA QUOTA=RES-STORAGE CREATE-SPECIAL-USE " \
	"UTF8=ACCEPT QRESYNC UIDONLY MULTIAPPEND CATENATE REPLACE METADATA CONTEXT=SEARCH CONTEXT=SORT NOTIFY UIDBATCHES INPROGRESS LANGUAGE UNAUTHENTICATE APPENDLIMIT=52428800"

/* A07: no password without TLS; capabilities differ before and after. */
static void a07_nothing_before_tls(void **state)
{
	(void)state;
	assert_int_equal(fake_session(SCRIPT("a LOGIN joe@example.test secret\r\nb AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=\r\nc SELECT INBOX\r\n"
	                                     "d STARTTLS\r\n", "e CAPABILITY\r\nf LOGIN joe@example.test secret\r\n"), false, false), E_CLOSED);
	fake_expect("* OK", GREETING
		    "a NO [PRIVACYREQUIRED] use TLS first\r\nb NO [PRIVACYREQUIRED] use TLS first\r\nc BAD sign in first\r\nd OK begin TLS\r\n"
		    "* CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN AUTH=OAUTHBEARER AUTH=XOAUTH2\r\ne OK that is all\r\n"
		    "f OK [" USER_CAPABILITIES "] signed in\r\n");
	assert_int_equal(fake.sign_ins, 1);
	assert_int_equal(fake.grants_closed, 1);
}

/* A05: a command behind STARTTLS in the same segment is never answered. */
static void a05_nothing_behind_starttls(void **state)
{
	(void)state;
	assert_int_equal(fake_session(SCRIPT("d STARTTLS\r\nx CAPABILITY\r\ny LOGIN joe@example.test secret\r\nz NO", "e NOOP\r\n"), false, false), E_CLOSED);
	fake_expect("d OK", "d OK begin TLS\r\ne OK done\r\n");
	assert_int_equal(fake.tls_started, 1);
	assert_int_equal(fake.sign_ins, 0);
}

static void sasl(void **state)
{
	(void)state;
	/* joe@example.test NUL secret; each script signs in once more or not */
	static const struct { const char *script[4], *want; unsigned sign_ins; } rows[] = {
		{ { "a AUTHENTICATE PLAIN AGpvZUBleGFtcGxlLnRlc3QAc2VjcmV0\r\n" }, "a OK [" USER_CAPABILITIES "] signed in\r\n", 1 },
		{ { "a authenticate plain\r\n", "AGpvZUBleGFtcGxlLnRlc3QAc2VjcmV0\r\n" }, "+ \r\na OK [" USER_CAPABILITIES "] signed in\r\n", 1 },
		{ { "a AUTHENTICATE LOGIN\r\n", "am9lQGV4YW1wbGUudGVzdA==\r\n", "c2VjcmV0\r\n" },
		  "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\na OK [" USER_CAPABILITIES "] signed in\r\n", 1 },
		{ { "a AUTHENTICATE PLAIN\r\n", "*\r\n" }, "+ \r\na BAD that is not a SASL answer\r\n", 0 },
		{ { "a AUTHENTICATE PLAIN !!!\r\n" }, "a BAD that is not a SASL answer\r\n", 0 },            /* A15 */
		{ { "a AUTHENTICATE PLAIN =\r\n" }, "a NO [AUTHENTICATIONFAILED] user or password is wrong\r\n", 0 },
		{ { "a AUTHENTICATE PLAIN eABqb2UAcHc=\r\n" }, "a NO [AUTHORIZATIONFAILED] acting for another user is not possible\r\n", 0 },
		{ { "a AUTHENTICATE OAUTHBEARER bixhPWpvZUBleGFtcGxlLnRlc3QsAWF1dGg9QmVhcmVyIHRva2VuAQE=\r\n" }, "a OK [" USER_CAPABILITIES "] signed in\r\n", 1 },
		{ { "a AUTHENTICATE XOAUTH2\r\n", "dXNlcj1qb2VAZXhhbXBsZS50ZXN0AWF1dGg9QmVhcmVyIHRva2VuAQE=\r\n" }, "+ \r\na OK [" USER_CAPABILITIES "] signed in\r\n", 1 },
		{ { "a AUTHENTICATE OAUTHBEARER biwsAWF1dGg9QmVhcmVyIHdyb25nAQE=\r\n", "AQ==\r\n" },      /* RFC 7628 4.3 */
		  "+ eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJpbWFwIn0=\r\na NO [AUTHENTICATIONFAILED] the token is not valid\r\n", 1 },
		{ { "a AUTHENTICATE OAUTHBEARER bixhPWFubkBleGFtcGxlLnRlc3QsAWF1dGg9QmVhcmVyIHRva2VuAQE=\r\n", "*\r\n" },         /* A71: somebody else's token */
		  "+ eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJpbWFwIn0=\r\na NO [AUTHENTICATIONFAILED] the token is not valid\r\n", 1 },
		{ { "a AUTHENTICATE XOAUTH2 AAAA\r\n" }, "a BAD that is not a SASL answer\r\n", 0 },
		{ { "a AUTHENTICATE SCRAM-SHA-256 Zmlyc3Q=\r\n", "ZmluYWw=\r\n", "\r\n" },
		  "+ Y2hhbGxlbmdl\r\n+ dj1vaw==\r\na OK [" USER_CAPABILITIES "] signed in\r\n", 1 },
		{ { "a AUTHENTICATE SCRAM-SHA-256 Zmlyc3Q=\r\n", "ZmluYWw=\r\n", "*\r\n" }, "+ Y2hhbGxlbmdl\r\n+ dj1vaw==\r\na BAD that is not a SASL answer\r\n", 1 },
		{ { "a AUTHENTICATE SCRAM-SHA-256 Zmlyc3Q=\r\n", "AAAA\r\n" }, "+ Y2hhbGxlbmdl\r\na NO [AUTHENTICATIONFAILED] user or password is wrong\r\n", 1 },
		{ { "a AUTHENTICATE SCRAM-SHA-256 Zmlyc3Q=\r\n", "bG9zdA==\r\n" }, "+ Y2hhbGxlbmdl\r\na NO [UNAVAILABLE] cannot sign in now, try again later\r\n", 1 },
		{ { "a AUTHENTICATE SCRAM-SHA-256 AAAA\r\n" }, "a BAD that is not a SASL answer\r\n", 1 },
		{ { "a AUTHENTICATE SCRAM-SHA-256-PLUS Zmlyc3Q=\r\n" }, "a NO [CANNOT] mechanism is not offered\r\n", 0 },
		{ { "a AUTHENTICATE GSSAPI\r\n" }, "a NO [CANNOT] mechanism is not offered\r\n", 0 },
		/* A14: garbage of one kind, then another mechanism: nothing is left of the first */
		{ { "a AUTHENTICATE LOGIN\r\nam9l\r\n*\r\nb AUTHENTICATE PLAIN AGpvZUBleGFtcGxlLnRlc3QAc2VjcmV0\r\n" },
		  "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\na BAD that is not a SASL answer\r\nb OK [" USER_CAPABILITIES "] signed in\r\n", 1 },
		{ { "a AUTHENTICATE PLAIN\r\n", "AGpv" }, "+ \r\n", 0 },                                      /* A14: cut in mid-exchange */
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		fake.sign_ins = 0;
		assert_int_equal(fake_session(rows[i].script, true, false), E_CLOSED);
		struct str got = buf_str(&fake.out);
		(void)str_until(&got, '\n');
		if (!str_eq(got, str_c(rows[i].want)))
			fail_msg("row %zu: " STR_FMT, i, STR_ARG(got));
		assert_int_equal(fake.sign_ins, rows[i].sign_ins);
	}
}

/* A68: who is unknown and who has a wrong password hear the same; the third time the session ends. */
static void a68_failed_sign_ins(void **state)
{
	(void)state;
	assert_int_equal(fake_session(SCRIPT("a LOGIN joe@example.test wrong\r\nb LOGIN nobody x\r\nc LOGIN joe@example.test \"\"\r\nd NOOP\r\n"), true, false), OK);
	fake_expect("a NO", "a NO [AUTHENTICATIONFAILED] user or password is wrong\r\nb NO [AUTHENTICATIONFAILED] user or password is wrong\r\n"
		    "* BYE too many failed sign-ins\r\n");
	/* trouble of ours is not the client's fault */
	assert_int_equal(fake_session(SCRIPT("@fail 11", "a LOGIN joe@example.test secret\r\n"), true, false), E_CLOSED);
	fake_expect("a NO", "a NO [UNAVAILABLE] cannot sign in now, try again later\r\n");
}

static void limits_of_a_session(void **state)
{
	(void)state;
	char many[20 * 6 + 1];
	for (int i = 0; i < 20; i++)
		snprintf(many + 6 * i, 7, "a Xx\r\n");
	assert_int_equal(fake_session(SCRIPT(many, "b NOOP\r\n"), true, false), OK);
	assert_true(str_ends(buf_str(&fake.out), STR("* BYE too many bad commands\r\n")));
	assert_int_equal(fake_session(SCRIPT("@idle"), true, false), OK);
	fake_expect("* BYE", "* BYE too slow\r\n");
	assert_int_equal(fake_session(SCRIPT("b NOOP\r\n", "@idle"), true, true), OK);
	fake_expect("* BYE", "* BYE idle for too long\r\n");
	assert_int_equal(fake_session(SCRIPT("a NOOP\r\n", "@stop"), true, true), OK);
	fake_expect("a OK", "a OK done\r\n* BYE server is stopping\r\n");
}

static void answers(void **state)
{
	(void)state;
	assert_int_equal(fake_session(SCRIPT("a FETCH 1 FLAGS\r\nb NOOP x\r\nc UID NOOP\r\nd FOO\r\ne LOGIN a b\r\ng CREATE\r\ni ID (\"name\" NIL)\r\n"
	                                     "j NAMESPACE\r\nk LOGOUT\r\nl NOOP\r\n"), true, true), OK);
	fake_expect("a BAD", "a BAD not in this state; select a mailbox first\r\nb BAD no argument allowed\r\nc BAD unknown command\r\n"
		    "d BAD unknown command\r\ne BAD not in this state; select a mailbox first\r\ng BAD argument is missing\r\n"
		    "* ID (\"name\" \"Ceralacca\")\r\ni OK pleased to meet you\r\n* NAMESPACE ((\"\" \"/\")) NIL NIL\r\nj OK done\r\n"
		    "* BYE good bye\r\nk OK logged out\r\n");
}

/* A72: a browser is no mail client, whatever it is made to send. */
static void a72_http(void **state)
{
	(void)state;
	static const char *const requests[] = { "GET /x HTTP/1.1\r\na NOOP\r\n", "POST / HTTP/1.1\r\nHost: x\r\n\r\na NOOP\r\n", "GET\r\na NOOP\r\n" };
	for (size_t i = 0; i < COUNT_OF(requests); i++) {
		assert_int_equal(fake_session(SCRIPT(requests[i]), true, false), E_PROTO);
		struct str said = buf_str(&fake.out);
		(void)str_until(&said, '\n');
		assert_int_equal(said.n, 0);
	}
}

static void mailboxes_are_managed(void **state)
{
	(void)state;
	fake_talk(SCRIPT("a CREATE Work/\r\nb CREATE Work/2024/Q1\r\nc CREATE Work\r\nd CREATE inbox\r\ne CREATE Entw&APw-rfe\r\nf CREATE a&b\r\n"
	                 "g RENAME Work/2024/Q1 Work/2024/Q2\r\nh RENAME none x\r\ni DELETE Work\r\nj DELETE inbox\r\nk DELETE Work/2024/Q2\r\n"
	                 "l DELETE none\r\nm SUBSCRIBE Work\r\nn SUBSCRIBE none\r\no UNSUBSCRIBE none\r\n"),
		  "a OK [MAILBOXID (F2)] created\r\nb OK [MAILBOXID (F4)] created\r\nc NO [ALREADYEXISTS] mailbox exists already\r\nd NO [ALREADYEXISTS] mailbox exists already\r\n"
		  "e OK [MAILBOXID (F5)] created\r\nf NO [CANNOT] mailbox name is not valid\r\ng OK renamed\r\nh NO [NONEXISTENT] no such mailbox or message\r\n"
		  "i NO [HASCHILDREN] mailbox has children\r\nj NO [CANNOT] INBOX stays\r\nk OK deleted\r\n"
		  "l NO [NONEXISTENT] no such mailbox or message\r\nm OK subscribed\r\nn NO [NONEXISTENT] no such mailbox or message\r\n"
		  "o OK unsubscribed\r\n");
}

static void lists(void **state)
{
	(void)state;
	fake_make("Drafts")->role = MAILBOX_DRAFTS;
	fake_make("t2");
	fake_make("t2/t1")->subscribed = true;
	fake_make("Entw\xc3\xbcrfe")->subscribed = true;
	fake_talk(SCRIPT("a LIST \"\" \"\"\r\n", "b LIST \"\" *\r\n", "c LIST \"\" %\r\n", "d LIST t2/ %\r\n", "e LIST (SUBSCRIBED) \"\" *\r\n",
	                 "f LIST (SUBSCRIBED RECURSIVEMATCH) \"\" % RETURN (CHILDREN)\r\n", "g LIST (SPECIAL-USE) \"\" *\r\n",
	                 "h LIST \"\" (inbox t2) RETURN (STATUS (MESSAGES UIDNEXT))\r\n", "i LSUB \"\" %\r\n", "j LSUB \"\" *\r\n",
	                 "k STATUS inbox (MESSAGES RECENT UNSEEN UIDVALIDITY SIZE DELETED HIGHESTMODSEQ)\r\n", "l STATUS none (MESSAGES)\r\n"),
		  "* LIST (\\Noselect) \"/\" \"\"\r\na OK done\r\n"
		  "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\HasNoChildren \\Drafts) \"/\" Drafts\r\n* LIST (\\HasChildren) \"/\" t2\r\n"
		  "* LIST (\\HasNoChildren) \"/\" t2/t1\r\n* LIST (\\HasNoChildren) \"/\" Entw&APw-rfe\r\nb OK that is all\r\n"
		  "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\HasNoChildren \\Drafts) \"/\" Drafts\r\n* LIST (\\HasChildren) \"/\" t2\r\n"
		  "* LIST (\\HasNoChildren) \"/\" Entw&APw-rfe\r\nc OK that is all\r\n"
		  "* LIST (\\HasNoChildren) \"/\" t2/t1\r\nd OK that is all\r\n"
		  "* LIST (\\HasNoChildren \\Subscribed) \"/\" t2/t1\r\n* LIST (\\HasNoChildren \\Subscribed) \"/\" Entw&APw-rfe\r\ne OK that is all\r\n"
		  "* LIST (\\HasChildren) \"/\" t2 (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n* LIST (\\HasNoChildren \\Subscribed) \"/\" Entw&APw-rfe\r\nf OK that is all\r\n"
		  "* LIST (\\HasNoChildren \\Drafts) \"/\" Drafts\r\ng OK that is all\r\n"
		  "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 0 UIDNEXT 1)\r\n* LIST (\\HasChildren) \"/\" t2\r\n"
		  "* STATUS t2 (MESSAGES 0 UIDNEXT 1)\r\nh OK that is all\r\n"
		  "* LSUB (\\Noselect) \"/\" t2\r\n* LSUB () \"/\" Entw&APw-rfe\r\ni OK that is all\r\n"
		  "* LSUB () \"/\" t2/t1\r\n* LSUB () \"/\" Entw&APw-rfe\r\nj OK that is all\r\n"
		  "* STATUS INBOX (MESSAGES 0 RECENT 0 UIDVALIDITY 1 UNSEEN 0 DELETED 0 SIZE 0 HIGHESTMODSEQ 1)\r\nk OK done\r\n"
		  "l NO [NONEXISTENT] no such mailbox or message\r\n");
}

static void enable_and_utf8_names(void **state)
{
	(void)state;
	fake_make("\xc3\xbc");
	fake_talk(SCRIPT("a ENABLE CONDSTORE IMAP4rev2 X\r\nb ENABLE CONDSTORE\r\n", "c LIST \"\" \"\xc3\xbc\"\r\n", "d SELECT \"\xc3\xbc\"\r\n"),
		  "* ENABLED CONDSTORE IMAP4rev2\r\na OK done\r\n* ENABLED\r\nb OK done\r\n"
		  "* LIST (\\HasNoChildren) \"/\" \"\xc3\xbc\"\r\nc OK that is all\r\n"
		  "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] flags that are kept\r\n"
		  "* 0 EXISTS\r\n* OK [UIDVALIDITY 2] UIDs are valid\r\n* OK [UIDNEXT 1] next UID\r\n* OK [HIGHESTMODSEQ 1] highest\r\n* OK [MAILBOXID (F2)] object\r\n"
		  "* LIST () \"/\" \"\xc3\xbc\"\r\nd OK [READ-WRITE] selected\r\n");
}

/* B44: "+" comes first, then what changed in the gap, then each change; DONE may come in pieces. */
static void b44_idle(void **state)
{
	(void)state;
	fake_fill_inbox(2);
	assert_int_equal(fake_session(SCRIPT("a SELECT INBOX\r\n", "b IDLE\r\n", "@new", "@flags 1 1", "DO", "@expunge 1", "@idle", "NE\r\nc NOOP\r\n"), true, true), E_CLOSED);
	fake_expect("+ idling", "+ idling\r\n* 3 EXISTS\r\n* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 1 EXPUNGE\r\n* OK still here\r\nb OK done\r\nc OK done\r\n");
	assert_int_equal(fake_session(SCRIPT("a SELECT INBOX\r\n", "@new", "b IDLE\r\n", "DONE\r\n"), true, true), E_CLOSED);
	fake_expect("+ idling", "+ idling\r\n* 3 EXISTS\r\nb OK done\r\n");
	/* a change noted before the mailbox was left wakes nobody for ever */
	assert_int_equal(fake_session(SCRIPT("a SELECT INBOX\r\n", "@new", "c CLOSE\r\nd IDLE\r\n", "@new", "DONE\r\n"), true, true), E_CLOSED);
	fake_expect("+ idling", "+ idling\r\nd OK done\r\n");
	assert_int_equal(fake_session(SCRIPT("b IDLE\r\n", "DO", "NUT\r\n", "e IDLE\r\n", "f NOOP\r\n", "c IDLE\r\n", "@stop", "D"), true, true), E_CLOSED);
	fake_expect("+ idling", "+ idling\r\nb BAD DONE expected\r\n+ idling\r\ne OK done\r\nf OK done\r\n+ idling\r\n");
}

/* What one account had is gone before another signs in (RFC 8437). */
static void unauthenticate(void **state)
{
	(void)state;
	fake.grants_closed = 0;
	fake_fill_inbox(1);
	assert_int_equal(fake_session(SCRIPT("a ENABLE QRESYNC UIDONLY\r\nb SELECT INBOX\r\nc UNAUTHENTICATE\r\nd SELECT INBOX\r\n"
	                                     "e LOGIN joe@example.test secret\r\nf SELECT INBOX\r\ng FETCH 1 FLAGS\r\n"), true, true), E_CLOSED);
	assert_true(str_starts(fake_said("c OK"), STR("c OK signed out\r\nd BAD sign in first\r\ne OK ")));
	assert_true(fake_said("* 1 FETCH (FLAGS ())\r\ng OK fetched\r\n").n > 0);
	assert_int_equal(fake.grants_closed, 2);
}

static void metadata(void **state)
{
	(void)state;
	fake_talk(SCRIPT("a SETMETADATA INBOX (/private/comment \"my box\" /private/comment/below {3+}\r\nabc /shared/x \"y\")\r\n",
	                 "b SETMETADATA \"\" (/private/comment \"hi\")\r\nc GETMETADATA INBOX /PRIVATE/comment\r\n",
	                 "d GETMETADATA INBOX (DEPTH infinity MAXSIZE 3) (/private/comment /shared/x)\r\ne GETMETADATA \"\" /private/comment\r\n",
	                 "f SETMETADATA INBOX (/private/comment NIL)\r\ng GETMETADATA INBOX /private/comment\r\nh GETMETADATA none /private/comment\r\n",
	                 "i GETMETADATA INBOX bogus\r\n"),
		  "a OK done\r\nb OK done\r\n* METADATA INBOX (/private/comment \"my box\")\r\nc OK done\r\n"
		  "* METADATA INBOX (/private/comment/below \"abc\" /shared/x \"y\")\r\nd OK [METADATA LONGENTRIES 6] some are longer\r\n"
		  "* METADATA \"\" (/private/comment \"hi\")\r\ne OK done\r\nf OK done\r\ng OK done\r\nh NO [NONEXISTENT] no such mailbox or message\r\n"
		  "i BAD entry name expected: /private/... or /shared/...\r\n");
}

static void language(void **state)
{
	(void)state;
	fake_talk(SCRIPT("a LANGUAGE\r\nb LANGUAGE de en-GB\r\nc LANGUAGE it\r\nd LANGUAGE \r\n"),
		  "* LANGUAGE (EN I-DEFAULT)\r\na OK done\r\n* LANGUAGE (EN)\r\nb OK done\r\nc NO only English is spoken here\r\nd BAD argument is missing\r\n");
}

/* Outlook enables what it cannot handle: it is not offered. */
static void quirks(void **state)
{
	(void)state;
	assert_int_equal(fake_session(SCRIPT("a ID (\"name\" \"Microsoft Outlook\" \"vendor\" NIL)\r\nb CAPABILITY\r\nc ENABLE UIDONLY QRESYNC\r\n"
	                                     "d ID (\"name\" \"other\")\r\ne ENABLE UIDONLY\r\n"), true, true), E_CLOSED);
	assert_true(str_search(fake_said("* CAPABILITY"), STR("UIDONLY")) > str_search(fake_said("* CAPABILITY"), STR("b OK")));
	assert_true(fake_said("* ENABLED QRESYNC\r\nc OK").n > 0 && fake_said("* ENABLED UIDONLY\r\ne OK").n > 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		T(metadata), T(quirks), T(language), T(unauthenticate), T(a07_nothing_before_tls), T(a05_nothing_behind_starttls), T(sasl), T(a68_failed_sign_ins), T(limits_of_a_session),
		T(answers), T(a72_http), T(mailboxes_are_managed), T(lists), T(enable_and_utf8_names), T(b44_idle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
