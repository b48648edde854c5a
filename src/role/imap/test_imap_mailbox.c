/* Commands on the selected mailbox. */
#include "role/imap/imap_fake_talk.h"

#define SELECT "s SELECT INBOX\r\n"

/* A session that selects INBOX first; what follows SELECT's answer is compared. */
static void talk_selected(const char *const *script, const char *want)
{
	assert_int_equal(fake_session(script, true, true), E_CLOSED);
	struct str got = fake_said("s OK ");
	(void)str_until(&got, '\n');
	if (!str_eq(got, str_c(want)))
		fail_msg("got:\n%.*s\nwant:\n%s", (int)got.n, got.p, want);
}

/* B41: HIGHESTMODSEQ is at least 1, also for an empty mailbox. Pages of three entries make several calls of the index. */
static void b41_select(void **state)
{
	(void)state;
	fake_talk(SCRIPT("a SELECT INBOX (CONDSTORE)\r\n"),
		  "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] flags that are kept\r\n"
		  "* 0 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] UIDs are valid\r\n* OK [UIDNEXT 1] next UID\r\n* OK [HIGHESTMODSEQ 1] highest\r\n* OK [MAILBOXID (F1)] object\r\n"
		  "a OK [READ-WRITE] selected\r\n");
	fake_fill_inbox(7);
	fake_by_name(STR("INBOX"))->m[0].flags = FLAG_SEEN;
	fake_make("x");
	fake_talk(SCRIPT("a EXAMINE inbox\r\n", "b SELECT none\r\n", "c CHECK\r\n", "d SELECT x\r\ne UNSELECT\r\nf CLOSE\r\n"),
		  "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS ()] read-only\r\n"
		  "* 7 EXISTS\r\n* 0 RECENT\r\n* OK [UNSEEN 2] first unseen\r\n* OK [UIDVALIDITY 1] UIDs are valid\r\n* OK [UIDNEXT 8] next UID\r\n"
		  "* OK [HIGHESTMODSEQ 7] highest\r\n* OK [MAILBOXID (F1)] object\r\na OK [READ-ONLY] selected\r\n"
		  "* OK [CLOSED] previous mailbox is closed\r\nb NO [NONEXISTENT] no such mailbox or message\r\n"
		  "c BAD not in this state; select a mailbox first\r\n"
		  "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] flags that are kept\r\n"
		  "* 0 EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 2] UIDs are valid\r\n* OK [UIDNEXT 1] next UID\r\n* OK [HIGHESTMODSEQ 7] highest\r\n* OK [MAILBOXID (F2)] object\r\n"
		  "d OK [READ-WRITE] selected\r\ne OK no mailbox is selected now\r\nf BAD not in this state; select a mailbox first\r\n");
}

static void fetch(void **state)
{
	(void)state;
	fake_fill_inbox(5);
	talk_selected(SCRIPT(SELECT "a FETCH 2,4 (UID FLAGS INTERNALDATE RFC822.SIZE)\r\n", "b UID FETCH 5:9 FLAGS\r\n", "c FETCH 6 FLAGS\r\n",
	                     "d FETCH 1 (ENVELOPE BODY)\r\n", "e FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]\r\n", "f FETCH 1 BODY.PEEK[]<5.4>\r\n",
	                     "g FETCH 1 (BODY.PEEK[TEXT] BODY.PEEK[9] BODY.PEEK[1] RFC822.HEADER)\r\n", "h FETCH 1:* (MODSEQ) (CHANGEDSINCE 4)\r\n"),
		      "* 2 FETCH (UID 2 FLAGS () INTERNALDATE \" 9-Sep-2001 01:46:40 +0000\" RFC822.SIZE 91)\r\n"
		      "* 4 FETCH (UID 4 FLAGS () INTERNALDATE \" 9-Sep-2001 01:46:40 +0000\" RFC822.SIZE 91)\r\na OK fetched\r\n"
		      "* 5 FETCH (UID 5 FLAGS ())\r\nb OK fetched\r\nc BAD no such message\r\n"
		      "* 1 FETCH (ENVELOPE (\"Thu, 15 Feb 2007 01:02:03 +0200\" \"number 1\" ((NIL NIL \"a1\" \"example.test\")) "
		      "((NIL NIL \"a1\" \"example.test\")) ((NIL NIL \"a1\" \"example.test\")) NIL NIL NIL NIL NIL) "
		      "BODY (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 8 1))\r\nd OK fetched\r\n"
		      "* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] {21}\r\nSubject: number 1\r\n\r\n)\r\ne OK fetched\r\n"
		      "* 1 FETCH (BODY[]<5> {4}\r\n a1@)\r\nf OK fetched\r\n"
		      "* 1 FETCH (BODY[TEXT] {8}\r\nbody 1\r\n BODY[9] NIL BODY[1] {8}\r\nbody 1\r\n RFC822.HEADER {83}\r\n"
		      "From: a1@example.test\r\nSubject: number 1\r\nDate: Thu, 15 Feb 2007 01:02:03 +0200\r\n\r\n)\r\ng OK fetched\r\n"
		      "* OK [HIGHESTMODSEQ 5] highest\r\n* 5 FETCH (MODSEQ (5))\r\nh OK fetched\r\n");
}

/* A summary that cannot be read, or lost parts of itself, is made up for from the message (B49). */
static void b49_fetch_without_summaries(void **state)
{
	(void)state;
	fake_fill_inbox(1);
	talk_selected(SCRIPT(SELECT, "a FETCH 1 (ENVELOPE)\r\n", "@bare", "b FETCH 1 (ENVELOPE BODY BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[1])\r\n"),
		      "* 1 FETCH (ENVELOPE (\"Thu, 15 Feb 2007 01:02:03 +0200\" \"number 1\" ((NIL NIL \"a1\" \"example.test\")) "
		      "((NIL NIL \"a1\" \"example.test\")) ((NIL NIL \"a1\" \"example.test\")) NIL NIL NIL NIL NIL))\r\na OK fetched\r\n"
		      "* 1 FETCH (ENVELOPE (\"Thu, 15 Feb 2007 01:02:03 +0200\" \"number 1\" ((NIL NIL \"a1\" \"example.test\")) "
		      "((NIL NIL \"a1\" \"example.test\")) ((NIL NIL \"a1\" \"example.test\")) NIL NIL NIL NIL NIL) "
		      "BODY (\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 8 1) BODY[HEADER.FIELDS (SUBJECT)] {21}\r\nSubject: number 1\r\n\r\n "
		      "BODY[1] {8}\r\nbody 1\r\n)\r\nb OK fetched\r\n");
}

/* RFC 9051 section 6.4.5.2, RFC 3516: content without its encoding; literal8 where it holds NUL. */
static void fetch_binary(void **state)
{
	(void)state;
	struct fake_box *b = fake_by_name(STR("INBOX"));
	fake_add(b, STR("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--x\r\n"
			"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nYQBi\r\n--x--\r\n"), FLAG_SEEN);
	fake_add(b, STR("Content-Transfer-Encoding: x-odd\r\n\r\nzzz\r\n"), FLAG_SEEN);
	talk_selected(SCRIPT(SELECT "a FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[1] BINARY.SIZE[2])\r\n", "b FETCH 1 BINARY.PEEK[1]<1.3>\r\n", "c FETCH 1 BINARY.PEEK[3]\r\n",
	                     "d FETCH 2 BINARY.PEEK[1]\r\n", "e FETCH 2 BINARY.SIZE[]\r\n"),
		      "* 1 FETCH (BINARY[1] {5}\r\nhello BINARY.SIZE[1] 5 BINARY.SIZE[2] 3)\r\na OK fetched\r\n"
		      "* 1 FETCH (BINARY[1]<1> {3}\r\nell)\r\nb OK fetched\r\n* 1 FETCH (BINARY[3] NIL)\r\nc OK fetched\r\n"
		      "d NO [UNKNOWN-CTE] some content has an unknown encoding\r\n* 2 FETCH (BINARY.SIZE[] 41)\r\ne OK fetched\r\n");
	assert_int_equal(fake_session(SCRIPT(SELECT "a FETCH 1 BINARY.PEEK[2]\r\n"), true, true), E_CLOSED);
	assert_true(str_search(buf_str(&fake.out), STR("* 1 FETCH (BINARY[2] ~{3}\r\na\0b)\r\na OK fetched\r\n")) != STR_NPOS);
}

/* BODY[] sets \Seen, one change for all, and the response tells it; EXAMINE does not. */
static void fetch_sets_seen(void **state)
{
	(void)state;
	fake_fill_inbox(3);
	talk_selected(SCRIPT(SELECT "a FETCH 1:2 BODY[TEXT]\r\n", "b FETCH 1 RFC822.TEXT\r\n", "c EXAMINE INBOX\r\n", "d FETCH 3 BODY[TEXT]\r\n"),
		      "* 1 FETCH (FLAGS (\\Seen) BODY[TEXT] {8}\r\nbody 1\r\n)\r\n* 2 FETCH (FLAGS (\\Seen) BODY[TEXT] {8}\r\nbody 2\r\n)\r\na OK fetched\r\n"
		      "* 1 FETCH (RFC822.TEXT {8}\r\nbody 1\r\n)\r\nb OK fetched\r\n"
		      "* OK [CLOSED] previous mailbox is closed\r\n* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [PERMANENTFLAGS ()] read-only\r\n"
		      "* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UNSEEN 3] first unseen\r\n* OK [UIDVALIDITY 1] UIDs are valid\r\n* OK [UIDNEXT 4] next UID\r\n"
		      "* OK [HIGHESTMODSEQ 4] highest\r\n* OK [MAILBOXID (F1)] object\r\nc OK [READ-ONLY] selected\r\n* 3 FETCH (BODY[TEXT] {8}\r\nbody 3\r\n)\r\nd OK fetched\r\n");
}

/* B38, B45: numbers keep their meaning until EXPUNGE is told, which FETCH by number never does. */
static void b38_numbers(void **state)
{
	(void)state;
	fake_fill_inbox(4);
	talk_selected(SCRIPT(SELECT, "@expunge 2", "a FETCH 1:* UID\r\n", "b STORE 3 +FLAGS.SILENT (\\Flagged)\r\n", "c SEARCH ALL\r\n", "d NOOP\r\n",
	                     "e FETCH 1:* UID\r\n", "@expunge 3", "f UID FETCH 3 BODY.PEEK[]\r\n", "g FETCH 3 UID\r\n", "h FETCH 2 (UID FLAGS)\r\n"),
		      "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n* 4 FETCH (UID 4)\r\na OK fetched\r\n"
		      "b OK stored\r\n* SEARCH 1 3 4\r\nc OK searched\r\n* 2 EXPUNGE\r\nd OK done\r\n"
		      "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 3)\r\n* 3 FETCH (UID 4)\r\ne OK fetched\r\n"
		      "* 2 EXPUNGE\r\nf OK [EXPUNGEISSUED] some messages have gone\r\ng BAD no such message\r\n* 2 FETCH (UID 4 FLAGS ())\r\nh OK fetched\r\n");
}

static void store(void **state)
{
	(void)state;
	fake_fill_inbox(3);
	talk_selected(SCRIPT(SELECT "a STORE 1:2 +FLAGS (\\Seen)\r\n", "b STORE 1 FLAGS.SILENT (\\Deleted $Junk)\r\n", "c UID STORE 1,3 -FLAGS (\\Deleted)\r\n",
	                     "d STORE 4 FLAGS ()\r\n", "e STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\\Draft)\r\n", "f STORE 2 +FLAGS.SILENT (\\Draft)\r\n",
	                     "g EXAMINE INBOX\r\n", "h STORE 1 FLAGS ()\r\n"),
		      "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 2 FETCH (UID 2 FLAGS (\\Seen))\r\na OK stored\r\n"
		      "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk)\r\n"
		      "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk \\*)] flags that are kept\r\nb OK stored\r\n"
		      "* 1 FETCH (UID 1 FLAGS ($Junk))\r\n* 3 FETCH (UID 3 FLAGS ())\r\nc OK stored\r\nd BAD no such message\r\n"
		      "* OK [HIGHESTMODSEQ 6] highest\r\ne OK [MODIFIED 1] some had changed and were left alone\r\n* 2 FETCH (UID 2 MODSEQ (7))\r\nf OK stored\r\n"
		      "* OK [CLOSED] previous mailbox is closed\r\n* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Junk)\r\n* OK [PERMANENTFLAGS ()] read-only\r\n"
		      "* 3 EXISTS\r\n* 0 RECENT\r\n* OK [UNSEEN 1] first unseen\r\n* OK [UIDVALIDITY 1] UIDs are valid\r\n* OK [UIDNEXT 4] next UID\r\n"
		      "* OK [HIGHESTMODSEQ 7] highest\r\n* OK [MAILBOXID (F1)] object\r\ng OK [READ-ONLY] selected\r\nh NO [NOPERM] mailbox is selected read-only\r\n");
}

/* What somebody else changes is told with the next command. */
static void changes_elsewhere(void **state)
{
	(void)state;
	fake_fill_inbox(3);
	talk_selected(SCRIPT(SELECT, "@new", "@flags 2 3", "a NOOP\r\n", "@expunge 1", "@expunge 3", "b UID SEARCH ALL\r\n", "@lost", "@expunge 2", "@new", "c CHECK\r\n",
	                     "d UID SEARCH ALL\r\n"),
		      "* 4 EXISTS\r\n* 2 FETCH (UID 2 FLAGS (\\Answered \\Seen))\r\na OK done\r\n* SEARCH 1 2 3 4\r\n* 3 EXPUNGE\r\n* 1 EXPUNGE\r\nb OK searched\r\n"
		      "* 1 EXPUNGE\r\n* 2 EXISTS\r\nc OK done\r\n* SEARCH 4 5\r\nd OK searched\r\n");
}

/* B46: APPENDUID and COPYUID always; UID EXPUNGE only what it names. */
static void b46_uidplus(void **state)
{
	(void)state;
	fake_fill_inbox(4);
	fake_make("Trash");
	talk_selected(SCRIPT(SELECT, "a COPY 2:3 Trash\r\n", "b UID COPY 9 Trash\r\n", "c COPY 1 none\r\n", "d UID MOVE 1,3 Trash\r\n",
	                     "e STORE 1:2 +FLAGS.SILENT (\\Deleted)\r\n", "f UID EXPUNGE 4:10\r\n", "g EXPUNGE\r\n", "h EXPUNGE\r\n",
	                     "i APPEND INBOX (\\Seen) {22+}\r\nSubject: x\r\n\r\nhello!\r\n\r\n"),
		      "a OK [COPYUID 2 2:3 1:2] copied\r\nb OK nothing to do\r\nc NO [TRYCREATE] no such mailbox\r\n"
		      "* OK [COPYUID 2 1,3 3:4] moved\r\n* 3 EXPUNGE\r\n* 1 EXPUNGE\r\nd OK moved\r\ne OK stored\r\n* 2 EXPUNGE\r\nf OK expunged\r\n"
		      "* 1 EXPUNGE\r\ng OK expunged\r\nh OK expunged\r\n* 1 EXISTS\r\ni OK [APPENDUID 1 5] stored\r\n");
}

/* B45: MOVE of what has gone meanwhile is OK, and the client is told of the expunge. */
static void b45_move_of_the_gone(void **state)
{
	(void)state;
	fake_fill_inbox(2);
	fake_make("Trash");
	talk_selected(SCRIPT(SELECT, "@expunge 1", "a UID MOVE 1 Trash\r\n", "b UID FETCH 1:* FLAGS\r\n"),
		      "* 1 EXPUNGE\r\na OK moved\r\n* 1 FETCH (UID 2 FLAGS ())\r\nb OK fetched\r\n");
}

static void close_expunges_silently(void **state)
{
	(void)state;
	fake_fill_inbox(2);
	talk_selected(SCRIPT(SELECT, "a STORE 1 +FLAGS.SILENT (\\Deleted)\r\n", "b CLOSE\r\n", "c STATUS INBOX (MESSAGES)\r\n"),
		      "a OK stored\r\nb OK closed\r\n* STATUS INBOX (MESSAGES 1)\r\nc OK done\r\n");
}

static void append(void **state)
{
	(void)state;
	struct buf big;
	assert_int_equal(fake_session(SCRIPT("a APPEND INBOX {5}\r\n", "hello", "\r\n", "b APPEND none {5}\r\n", "c APPEND none {5+}\r\nhello\r\n",
	                                     "d APPEND INBOX (\\Bogus) {5}\r\n", "e APPEND INBOX \" 1-Jan-2001 00:00:00 +0000\" {3+}\r\nabc\r\n",
	                                     "f APPEND INBOX x\r\n", "g APPEND INBOX {99999999}\r\n", "h APPEND INBOX {3+}\r\nabc {3+}\r\ndef\r\n", "i NOOP\r\n"),
			 true, true), E_CLOSED);
	fake_expect("+ go on", "+ go on\r\na OK [APPENDUID 1 1] stored\r\nb NO [TRYCREATE] no such mailbox\r\nc NO [TRYCREATE] no such mailbox\r\n"
		    "d BAD system flag that no client may set\r\ne OK [APPENDUID 1 2] stored\r\nf BAD message literal expected\r\n"
		    "g NO [TOOBIG] message is too big\r\nh OK [APPENDUID 1 3:4] stored\r\ni OK done\r\n");
	struct fake_box *b = fake_by_name(STR("INBOX"));
	assert_int_equal(b->n, 4);
	assert_true(str_eq(buf_str(&b->m[0].bytes), STR("hello")));
	assert_int_equal(b->m[1].date, 978307200);

	/* larger than what travels inline: as sealed memory, and back */
	enum { SIZE = 300000 };
	buf_init(&big, 1 << 20);
	assert_int_equal(buf_printf(&big, "a APPEND INBOX {%d+}\r\n", SIZE), OK);
	for (int i = 0; i < SIZE; i++)
		assert_int_equal(buf_put_char(&big, (char)('a' + i % 26)), OK);
	assert_int_equal(buf_put(&big, "\r\n", 3), OK);
	assert_int_equal(fake_session(SCRIPT(big.p, "s SELECT INBOX\r\nb FETCH 5 BODY.PEEK[]<299990.20>\r\n"), true, true), E_CLOSED);
	assert_int_equal(b->m[4].bytes.n, SIZE);
	fake_expect("* 5 FETCH", "* 5 FETCH (BODY[]<299990> {10}\r\ncdefghijkl)\r\nb OK fetched\r\n");
	buf_done(&big);
}

/* RFC 3502, RFC 4469, RFC 8508: all or none, and refused in step with the client. */
static void append_many(void **state)
{
	(void)state;
	fake_fill_inbox(2);
	struct fake_box *b = fake_by_name(STR("INBOX"));
	talk_selected(SCRIPT(SELECT,
			     "a APPEND INBOX (\\Seen) {3}\r\n", "abc (\\Bogus) {3+}\r\ndef {3+}\r\nghi\r\n",
			     "b APPEND INBOX CATENATE (URL \"/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(Subject)\" TEXT {5+}\r\nhello) {2+}\r\nxy CATENATE (TEXT {1}\r\n", "z)\r\n",
			     "c APPEND INBOX CATENATE (URL \"/INBOX/;UID=9\")\r\n", "d APPEND INBOX CATENATE (URL \"/INBOX/;UID=9\") {3+}\r\nabc\r\n",
			     "e UID REPLACE 1 INBOX (\\Draft) {3+}\r\nnew\r\n", "f REPLACE 9 INBOX {3}\r\n", "g REPLACE 1 none {3}\r\n", "h REPLACE 1 INBOX {1+}\r\na {1+}\r\nb\r\n",
			     "i APPEND INBOX CATENATE ()\r\n", "j APPEND INBOX CATENATE (BOGUS x)\r\n", "k NOOP\r\n"),
		      "+ go on\r\na BAD system flag that no client may set\r\n+ go on\r\n* 5 EXISTS\r\nb OK [APPENDUID 1 3:5] stored\r\n"
		      "c NO [BADURL \"/INBOX/;UID=9\"] there is no such message or part\r\nd NO [BADURL \"/INBOX/;UID=9\"] there is no such message or part\r\n"
		      "* OK [APPENDUID 1 6] replacement\r\n* 1 EXPUNGE\r\n* 5 EXISTS\r\ne OK replaced\r\nf BAD no such message\r\ng NO [TRYCREATE] no such mailbox\r\n"
		      "h BAD one message takes the place of one\r\ni BAD TEXT or URL expected\r\nj BAD TEXT or URL expected\r\nk OK done\r\n");
	assert_true(str_eq(buf_str(&b->m[2].bytes), STR("Subject: number 1\r\n\r\nhello")));
	assert_true(str_eq(buf_str(&b->m[3].bytes), STR("xy")) && str_eq(buf_str(&b->m[4].bytes), STR("z")));
	assert_true(b->m[5].flags == FLAG_DRAFT && b->m[0].gone);
}

/* A result that follows what happens (RFC 5267 section 4.3). */
static void context(void **state)
{
	(void)state;
	fake_fill_inbox(3);
	talk_selected(SCRIPT(SELECT "a SEARCH RETURN (UPDATE COUNT) UNSEEN\r\nb UID SEARCH RETURN (UPDATE ALL) SUBJECT new\r\nc STORE 2 +FLAGS.SILENT (\\Seen)\r\n",
	                     "@new", "d NOOP\r\n", "@expunge 3", "e NOOP\r\nf CANCELUPDATE \"a\"\r\ng STORE 1 +FLAGS.SILENT (\\Seen)\r\n",
	                     "h SEARCH RETURN (UPDATE COUNT) 1:2\r\ni SORT RETURN (UPDATE COUNT) (ARRIVAL) UTF-8 ALL\r\n"),
		      "* ESEARCH (TAG \"a\") COUNT 3\r\na OK searched\r\n* ESEARCH (TAG \"b\") UID\r\nb OK searched\r\n"
		      "* ESEARCH (TAG \"a\") REMOVEFROM (0 2)\r\nc OK stored\r\n* 4 EXISTS\r\n* ESEARCH (TAG \"b\") UID ADDTO (0 4)\r\n"
		      "* ESEARCH (TAG \"a\") ADDTO (0 4)\r\nd OK done\r\n* ESEARCH (TAG \"a\") REMOVEFROM (0 3)\r\n* 3 EXPUNGE\r\ne OK done\r\n"
		      "f OK cancelled\r\ng OK stored\r\n* ESEARCH (TAG \"h\") COUNT 2\r\n* NO [NOUPDATE \"h\"] the result will not be kept up to date\r\nh OK searched\r\n"
		      "* ESEARCH (TAG \"i\") COUNT 3\r\n* NO [NOUPDATE \"i\"] the result will not be kept up to date\r\ni OK sorted\r\n");
}

/* RFC 9585: one that takes long says that it goes on. */
static void progress(void **state)
{
	(void)state;
	fake_fill_inbox(4);
	fake.tick = 4000;
	talk_selected(SCRIPT(SELECT "a SEARCH BODY \"body 3\"\r\n"), "* OK [INPROGRESS (\"a\" 3 4)] searching\r\n* SEARCH 3\r\na OK searched\r\n");
}

static void uidbatches(void **state)
{
	(void)state;
	fake_fill_inbox(1201);
	struct fake_box *b = fake_by_name(STR("INBOX"));
	for (size_t i = 0; i < b->n; i++)
		b->m[i].uid = (uint32_t)(10 * i + 10);
	talk_selected(SCRIPT(SELECT "a UIDBATCHES 500\r\nb UIDBATCHES 600 2:3\r\nc UIDBATCHES 2000\r\nd UIDBATCHES 499\r\ne UIDBATCHES 500 9:10\r\nf UIDBATCHES 500 -1:-2\r\n"),
		      "* UIDBATCHES (TAG \"a\") 12010:7020,7019:2020,2019:1\r\na OK done\r\n* UIDBATCHES (TAG \"b\") 6019:20,19:1\r\nb OK done\r\n"
		      "* UIDBATCHES (TAG \"c\") 12010:1\r\nc OK done\r\nd BAD [CLIENTBUG] a batch has 500 messages or more\r\n"
		      "* UIDBATCHES (TAG \"e\")\r\ne OK done\r\nf BAD batches are counted from the newest\r\n");
}

static void search(void **state)
{
	(void)state;
	struct fake_box *b = fake_by_name(STR("INBOX"));
	fake_fill_inbox(4);
	fake_add(b, STR("From: =?utf-8?q?J=C3=BCrgen?= <j@x.test>\r\nSubject: =?iso-8859-1?q?Gr=FC=DFe?=\r\nX-Odd: Yes\r\n"
			"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\nR3L832UgYXVzIE38bmNoZW4=\r\n"), FLAG_SEEN);
	static const struct { const char *keys, *want; } rows[] = {
		{ "ALL", " 1 2 3 4 5" }, { "SEEN", " 5" }, { "UNSEEN", " 1 2 3 4" }, { "NOT 2,4", " 1 3 5" }, { "OR 1 UID 3", " 1 3" }, { "*", " 5" },
		{ "SUBJECT \"NUMBER 2\"", " 2" }, { "FROM a3@", " 3" }, { "BODY \"Body 4\"", " 4" }, { "TEXT number", " 1 2 3 4" },
		{ "HEADER x-odd \"\"", " 5" }, { "HEADER x-odd ye", " 5" }, { "HEADER x-odd no", "" },
		/* B47: with and without CHARSET, both Unicode forms, in subject, sender and body, whatever the
		 * encoding */
		{ "SUBJECT \"gr\xc3\xbc\xc3\x9f" "e\"", " 5" }, { "CHARSET UTF-8 SUBJECT {7}\r\nGRu\xcc\x88SS", " 5" },
		{ "FROM \"J\xc3\x9cRGEN\"", " 5" }, { "BODY \"m\xc3\xbcnchen\"", " 5" }, { "TEXT \"M\xc3\x9cNCHEN\"", " 5" },
		{ "SENTON 15-Feb-2007", " 1 2 3 4" }, { "SENTBEFORE 15-Feb-2007", " 5" }, { "SENTSINCE 16-Feb-2007", "" },
		{ "ON 9-Sep-2001", " 1 2 3 4 5" }, { "BEFORE 9-Sep-2001", "" }, { "SINCE 9-Sep-2001 SMALLER 100", " 1 2 3 4" }, { "LARGER 100", " 5" },
		{ "MODSEQ 4", " 4 5 (MODSEQ 5)" }, { "KEYWORD nope", "" }, { "UNKEYWORD nope 1:2", " 1 2" }, { "NOT (SUBJECT number NOT FROM a1)", " 1 5" },
		{ "RECENT", "" }, { "NEW", "" }, { "OLD 1", " 1" },
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char line[300], want[300];
		snprintf(line, sizeof line, SELECT "a SEARCH %s\r\n", rows[i].keys);
		snprintf(want, sizeof want, "* SEARCH%s\r\na OK searched\r\n", rows[i].want);
		for (int bare = 0; bare < 2; bare++) {
			fake.no_header = bare;      /* the same answer from the messages alone */
			const char *const script[] = { line, NULL };
			assert_int_equal(fake_session(script, true, true), E_CLOSED);
			struct str got = fake_said("s OK ");
			(void)str_until(&got, '\n');
			(void)str_take(&got, STR("+ go on\r\n"));
			(void)str_take(&got, STR("* OK [HIGHESTMODSEQ 5] highest\r\n"));
			if (!str_eq(got, str_c(want)))
				fail_msg("%s (%d): " STR_FMT, rows[i].keys, bare, STR_ARG(got));
		}
	}
}

static void extended_search(void **state)
{
	(void)state;
	fake_fill_inbox(6);
	talk_selected(SCRIPT(SELECT, "a UID SEARCH RETURN (MIN MAX COUNT ALL) NOT 3\r\n", "b SEARCH RETURN () SUBJECT nothing\r\n", "c SEARCH RETURN (SAVE) 2:4\r\n",
	                     "d FETCH $ UID\r\n", "e SEARCH RETURN (SAVE MIN) $\r\n", "f UID STORE $ +FLAGS.SILENT (\\Seen)\r\n", "g SEARCH SEEN\r\n",
	                     "h SEARCH CHARSET KOI8-R ALL\r\n", "i SEARCH 7\r\n", "j SEARCH BOGUS\r\n", "k ENABLE IMAP4rev2\r\n", "l SEARCH UNSEEN\r\n"),
		      "* ESEARCH (TAG \"a\") UID MIN 1 MAX 6 ALL 1:2,4:6 COUNT 5\r\na OK searched\r\n* ESEARCH (TAG \"b\")\r\nb OK searched\r\nc OK searched\r\n"
		      "* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n* 4 FETCH (UID 4)\r\nd OK fetched\r\n* ESEARCH (TAG \"e\") MIN 2\r\ne OK searched\r\nf OK stored\r\n"
		      "* SEARCH 2\r\ng OK searched\r\nh NO [BADCHARSET (UTF-8 US-ASCII)] character set is not known here\r\n* SEARCH\r\ni OK searched\r\n"
		      "j BAD unknown search key\r\n* ENABLED IMAP4rev2\r\nk OK done\r\n* ESEARCH (TAG \"l\") ALL 1,3:6\r\nl OK searched\r\n");
}

/* RFC 4731 section 3.2: the mod-sequence is that of what the answer names. */
static void search_modseq(void **state)
{
	(void)state;
	fake_fill_inbox(4);
	talk_selected(SCRIPT(SELECT, "@flags 1 1", "@flags 2 1", "a ENABLE CONDSTORE\r\n", "b SEARCH RETURN (MIN) MODSEQ 3\r\n", "c SEARCH RETURN (MAX) MODSEQ 3\r\n",
	                     "d SEARCH RETURN (MIN MAX) 3:4 MODSEQ 3\r\n", "e SEARCH RETURN (COUNT) MODSEQ 3\r\n"),
		      "* ENABLED CONDSTORE\r\n* OK [HIGHESTMODSEQ 4] highest\r\n* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (5))\r\n* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (6))\r\n"
		      "a OK done\r\n* ESEARCH (TAG \"b\") MIN 1 MODSEQ 5\r\nb OK searched\r\n* ESEARCH (TAG \"c\") MAX 4 MODSEQ 4\r\nc OK searched\r\n"
		      "* ESEARCH (TAG \"d\") MIN 3 MAX 4 MODSEQ 4\r\nd OK searched\r\n* ESEARCH (TAG \"e\") COUNT 4 MODSEQ 6\r\ne OK searched\r\n");
}

/* Trouble of ours is told as such and breaks nothing; a store that forgot the grant ends the session. */
static void failures(void **state)
{
	(void)state;
	fake_fill_inbox(1);
	talk_selected(SCRIPT(SELECT, "@fail 10", "a STORE 1 FLAGS (\\Seen)\r\n", "b NOOP\r\n", "c SEARCH BODY x\r\n", "@fail 0", "d STORE 1 FLAGS (\\Seen)\r\n",
	                     "@fail 9", "e APPEND INBOX {1}\r\n"),
		      "a NO [UNAVAILABLE] try again later\r\nb OK done\r\nc NO [UNAVAILABLE] try again later\r\n* 1 FETCH (UID 1 FLAGS (\\Seen))\r\nd OK stored\r\n"
		      "e NO [OVERQUOTA] no room\r\n");
	fake.fail = OK;
	assert_int_equal(fake_session(SCRIPT(SELECT, "@fail 16", "a FETCH 1 BODY.PEEK[]\r\n", "b NOOP\r\n"), true, true), OK);
	fake_expect("a NO", "a NO [UNAVAILABLE] sign in again\r\n* BYE [UNAVAILABLE] sign in again\r\n");
}

/* A54: deeply nested mail costs neither depth nor time here. */
static void a54_nested_message(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 500; i++)
		assert_int_equal(buf_put_str(&b, STR("Content-Type: message/rfc822\r\n\r\n")), OK);
	assert_int_equal(buf_put_str(&b, STR("Subject: innermost\r\n\r\nx\r\n")), OK);
	fake_add(fake_by_name(STR("INBOX")), buf_str(&b), 0);
	assert_int_equal(fake_session(SCRIPT(SELECT, "a FETCH 1 (BODYSTRUCTURE BODY.PEEK[1.1.1.1.1.MIME])\r\n", "@bare", "b FETCH 1 (BODYSTRUCTURE)\r\n"), true, true), E_CLOSED);
	assert_true(fake_said("b OK fetched\r\n").n > 0);
	buf_done(&b);
}

/* B48: a thousand messages in pages of three, a long list of UIDs. */
static void b48_many(void **state)
{
	(void)state;
	struct buf line;
	fake_fill_inbox(1000);
	buf_init(&line, 1 << 20);
	assert_int_equal(buf_put_str(&line, STR("a UID FETCH 1")), OK);
	for (unsigned i = 3; i < 20000; i += 2)
		assert_int_equal(buf_printf(&line, ",%u", i), OK);
	assert_int_equal(buf_put(&line, " (UID)\r\n", 9), OK);
	assert_int_equal(fake_session(SCRIPT(SELECT, line.p), true, true), E_CLOSED);
	fake_expect("* 999 FETCH", "* 999 FETCH (UID 999)\r\na OK fetched\r\n");
	buf_done(&line);
}

/* SORT, THREAD, PARTIAL (RFC 5256, RFC 5267, RFC 9394). The numbers are those of fake_fill_inbox. */
static void sort_and_thread(void **state)
{
	(void)state;
	fake_fill_inbox(3);
	fake_add(fake_by_name(STR("INBOX")), STR("From: b@x.test\r\nTo: team: a@x.test;\r\nSubject: Re: number 2\r\nDate: Fri, 16 Feb 2007 01:02:03 +0200\r\n\r\nx\r\n"), 0);
	talk_selected(SCRIPT(SELECT "a SORT (REVERSE ARRIVAL FROM) UTF-8 ALL\r\nb UID SORT RETURN (PARTIAL 1:2 COUNT) (REVERSE DATE) UTF-8 ALL\r\n"
	              "c THREAD REFERENCES UTF-8 ALL\r\nd SEARCH RETURN (PARTIAL -1:-2) ALL\r\ne SORT (SUBJECT) KOI8-R ALL\r\n"
	              "f SEARCH 1000\r\ng SEARCH YOUNGER 3600 OLDER 3600\r\nh SEARCH YOUNGER 10\r\n"),
	       "* SORT 1 2 3 4\r\na OK sorted\r\n* ESEARCH (TAG \"b\") UID PARTIAL (1:2 4,1) COUNT 4\r\nb OK sorted\r\n"
	       "* THREAD (1)(2 4)(3)\r\nc OK threaded\r\n* ESEARCH (TAG \"d\") PARTIAL (-1:-2 3:4)\r\nd OK searched\r\n"
	       "e NO [BADCHARSET (UTF-8 US-ASCII)] character set is not known here\r\n* SEARCH\r\nf OK searched\r\n"
	       "* SEARCH 1 2 3 4\r\ng OK searched\r\n* SEARCH\r\nh OK searched\r\n");
}

/* \Recent goes to one session (RFC 3501 section 2.3.2), and to none with IMAP4rev2. */
static void recent(void **state)
{
	(void)state;
	fake_fill_inbox(3);
	fake.recent_from = 2;
	assert_int_equal(fake_session(SCRIPT("z STATUS INBOX (RECENT)\r\ns SELECT INBOX\r\na FETCH 1:2 FLAGS\r\nb SEARCH NEW\r\n", "@new", "c NOOP\r\n", "d SELECT INBOX\r\n"), true, true), E_CLOSED);
	assert_true(str_starts(fake_said("* STATUS"), STR("* STATUS INBOX (RECENT 2)\r\nz OK done\r\n")));
	assert_true(fake_said("* 3 EXISTS\r\n* 2 RECENT\r\n").n > 0);
	assert_true(str_starts(fake_said("* 1 FETCH"), STR("* 1 FETCH (FLAGS ())\r\n* 2 FETCH (FLAGS (\\Recent))\r\na OK fetched\r\n* SEARCH 2 3\r\n"
	                       "b OK searched\r\n* 4 EXISTS\r\n* 3 RECENT\r\nc OK done\r\n")));
	assert_true(fake_said("* 4 EXISTS\r\n* 0 RECENT\r\n").n > 0);
}

/* A client that comes back learns what went and what changed, by UID (RFC 7162 sections 3.2.5, 3.2.6, 3.2.10). */
static void qresync(void **state)
{
	(void)state;
	fake_fill_inbox(5);      /* modseq 1..5 */
	assert_int_equal(fake_session(SCRIPT("a SELECT INBOX (QRESYNC (1 5))\r\nb ENABLE QRESYNC\r\nc SELECT INBOX\r\n", "@expunge 2", "@flags 4 1",
	                                     "d NOOP\r\ne SELECT INBOX (QRESYNC (1 5))\r\nf UID FETCH 1:* FLAGS (CHANGEDSINCE 5 VANISHED)\r\n"
	                                     "g SELECT INBOX (QRESYNC (9 5))\r\n", "@lost",
	                                     "h SELECT INBOX (QRESYNC (1 5 1:3))\r\ni FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)\r\n"), true, true), E_CLOSED);
	assert_true(fake_said("a BAD ENABLE QRESYNC first").n > 0);
	assert_true(str_starts(fake_said("* VANISHED 2\r\n"), STR("* VANISHED 2\r\n* 3 FETCH (UID 4 FLAGS (\\Seen) MODSEQ (7))\r\nd OK done\r\n")));
	assert_true(fake_said("object\r\n* VANISHED (EARLIER) 2\r\n* 3 FETCH (UID 4 FLAGS (\\Seen) MODSEQ (7))\r\ne OK").n > 0);
	assert_true(fake_said("e OK [READ-WRITE] selected\r\n* VANISHED (EARLIER) 2\r\n* 3 FETCH (UID 4 FLAGS (\\Seen) MODSEQ (7))\r\nf OK").n > 0);
	assert_true(fake_said("object\r\ng OK").n > 0);
	assert_true(fake_said("object\r\n* VANISHED (EARLIER) 2\r\nh OK").n > 0);
	assert_true(fake_said("i BAD VANISHED is for UID FETCH").n > 0);
}

/* No number is told, none is taken (RFC 9586). */
static void uidonly(void **state)
{
	(void)state;
	fake_fill_inbox(3);
	talk_selected(SCRIPT(SELECT "a ENABLE UIDONLY\r\nb FETCH 1 FLAGS\r\nc UID FETCH 2 (FLAGS)\r\nd UID STORE 2 +FLAGS (\\Deleted)\r\ne SEARCH ALL\r\n"
	              "f UID SEARCH 1:2\r\ng UID SEARCH UID 2:3\r\nh EXPUNGE\r\ni UID MOVE 3 INBOX\r\nj MOVE 1 INBOX\r\nk UID FETCH 1:* UID (PARTIAL -1:-1)\r\n"),
	       "* ENABLED UIDONLY\r\na OK done\r\nb BAD [UIDREQUIRED] messages are named by UID only\r\n* 2 UIDFETCH (FLAGS ())\r\nc OK fetched\r\n"
	       "* 2 UIDFETCH (FLAGS (\\Deleted))\r\nd OK stored\r\ne BAD [UIDREQUIRED] messages are named by UID only\r\n"
	       "f BAD [UIDREQUIRED] messages are named by UID only\r\n* SEARCH 2 3\r\ng OK searched\r\n* VANISHED 2\r\nh OK expunged\r\n"
	       "* OK [COPYUID 1 3 4] moved\r\n* VANISHED 3\r\n* 2 EXISTS\r\ni OK moved\r\nj BAD [UIDREQUIRED] messages are named by UID only\r\n"
	       "* 4 UIDFETCH (UID 4)\r\nk OK fetched\r\n");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		T(b41_select), T(fetch), T(fetch_binary), T(b49_fetch_without_summaries), T(fetch_sets_seen), T(b38_numbers), T(store), T(changes_elsewhere), T(b46_uidplus),
		T(b45_move_of_the_gone), T(sort_and_thread), T(recent), T(qresync), T(uidonly),
		T(close_expunges_silently), T(append), T(append_many),
		T(uidbatches), T(progress), T(context), T(search), T(extended_search), T(search_modseq), T(failures), T(a54_nested_message), T(b48_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
