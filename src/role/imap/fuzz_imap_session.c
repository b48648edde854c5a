/* Whole sessions against a world in memory. The input is what the client sends, in pieces parted by 0xff; a piece that
 * begins with "@" is something that happens elsewhere. Whatever comes, what we say fits the grammar (B49, B50) and the
 * numbers that we told add up (B38): EXISTS never shrinks but by EXPUNGE, and no EXPUNGE or FETCH names a message that
 * is not there. */
#include "role/imap/imap_fake.h"

#include <setjmp.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { PIECES_MAX = 64, INPUT_MAX = 8192 };

static const char *const events[] = { "@new",  "@expunge 1", "@expunge 2", "@flags 2 3", "@lost",
				      "@bare", "@fail 10",   "@fail 0",    "@idle",      "@stop" };
static jmp_buf ended;

static void memory_full(void *ctx)
{
	(void)ctx;
	longjmp(ended, 1);
}

/* Cuts one response line with its literals; checks quotes, literals and parentheses on the way. */
static struct str take_line(struct str *s)
{
	struct str all = *s;
	int depth = 0;
	while (s->n) {
		struct str at = *s;
		char c = s->p[0];
		*s = str_skip(*s, 1);
		if (c == '"') {
			while (s->n && s->p[0] != '"')
				*s = str_skip(*s, s->p[0] == '\\' ? 2 : 1);
			fake_must(str_take_char(s, '"'));
		} else if (c == '{') {
			uint64_t n;
			fake_must(str_take_u64(s, UINT32_MAX, &n) == OK && str_take(s, STR("}\r\n")) && n <= s->n);
			*s = str_skip(*s, (size_t)n);
		} else if (c == '\r') {
			fake_must(str_take_char(s, '\n') && depth == 0);
			return str_first(all, (size_t)(at.p - all.p));
		}
		fake_must(c != '\n' && c != '\0');
		depth += (c == '(') - (c == ')');
		fake_must(depth >= 0);
	}
	fake_must(false);
	return all;
}

struct client { uint64_t exists; bool selected; };

/* What a client that believes us knows of its mailbox. */
static uint64_t count_set(struct str s)
{
	uint64_t count = 0, first, last;
	do {
		fake_must(str_take_u64(&s, UINT32_MAX, &first) == OK);
		last = first;
		if (str_take_char(&s, ':'))
			fake_must(str_take_u64(&s, UINT32_MAX, &last) == OK && last > first);
		count += last - first + 1;
	} while (str_take_char(&s, ','));
	return count;
}

static void follow(struct client *c, struct str line)
{
	uint64_t n;
	if (!str_take(&line, STR("* ")))
		return;
	if (str_starts(line, STR("FLAGS ")))
		c->selected = true;
	if (str_starts(line, STR("OK [CLOSED]")))
		*c = (struct client){ 0 };
	if (str_take(&line, STR("VANISHED ")) && !str_starts(line, STR("(EARLIER)"))) {
		uint64_t gone = count_set(line);
		fake_must(gone <= c->exists);
		c->exists -= gone;
		return;
	}
	if (str_take_u64(&line, UINT32_MAX, &n) != OK)
		return;
	if (str_eq(line, STR(" EXISTS"))) {
		fake_must(n >= c->exists);
		c->exists = n;
	} else if (str_eq(line, STR(" EXPUNGE"))) {
		fake_must(n >= 1 && n <= c->exists);
		c->exists--;
	} else if (str_starts(line, STR(" FETCH "))) {
		fake_must(n >= 1 && n <= c->exists);
	}
}

/* Text of OK, NO and BAD is free; only data is held to the grammar. */
static bool is_status(struct str s)
{
	static const struct str words[] = { STR_INIT("OK "), STR_INIT("NO "), STR_INIT("BAD "), STR_INIT("BYE ") };
	(void)str_word(&s);
	s = str_skip(s, 1);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_starts(s, words[i]))
			return true;
	return false;
}

/* What stands behind the tag: texts of refusals may hold what a client sent. */
static bool leaves(struct str line)
{
	static const struct str ends[] = { STR_INIT(" OK closed"), STR_INIT(" OK [HIGHESTMODSEQ"), STR_INIT(" OK no mailbox"), STR_INIT(" OK signed out") };
	(void)str_word(&line);
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (str_starts(line, ends[i]) && (i != 1 || str_ends(line, STR("] closed\r"))))
			return true;
	return false;
}

static void check_output(struct str out)
{
	struct client c = { 0 };
	while (out.n) {
		if (is_status(out) || str_starts(out, STR("+ "))) {
			struct str line = str_until(&out, '\n');
			fake_must(str_ends(line, STR("\r")) && !str_has_control(str_first(line, line.n - 1)));
			/* CLOSE and UNSELECT are told by their tagged OK only */
			if (leaves(line))
				c = (struct client){ 0 };
			follow(&c, line);
			continue;
		}
		fake_must(str_starts(out, STR("* ")));
		follow(&c, take_line(&out));
	}
}

static char *pieces[PIECES_MAX + 1];
static size_t piece_count;

static void cut(struct str in)
{
	piece_count = 0;
	while (in.n && piece_count < PIECES_MAX) {
		struct str piece = str_until(&in, '\xff');
		char *p = mem_alloc(piece.n + 64);
		if (piece.n && piece.p[0] == '@')
			snprintf(p, 64, "%s", events[piece.n > 1 ? (unsigned char)piece.p[1] % COUNT_OF(events) : 0]);
		else if (piece.n)
			memcpy(p, piece.p, piece.n);
		pieces[piece_count++] = p;
	}
	pieces[piece_count] = NULL;
}

static struct imap_session session;

static void run(void)
{
	fake.script = (const char *const *)pieces;
	fake.s = &session;
	imap_session_init(&session, &fake_env, &fake_conf, NULL, memory_full);
	session.tls = session.tls_offered = true;
	fake_must(buf_put_str(&fake.in, STR("0 LOGIN joe@example.test secret\r\n")) == OK);
	if (setjmp(ended) == 0) {
		int r = imap_session_run(&session);
		fake_must(r == OK || r == E_CLOSED || r == E_TOOBIG || r == E_TIMEOUT);
		check_output(buf_str(&fake.out));
	}
	imap_session_done(&session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n > INPUT_MAX)
		return 0;
	fake_setup(NULL);
	fake_fill_inbox(3);
	fake_add(fake_by_name(STR("INBOX")), STR("From: \"a\\\"b\" <\xfc@x>\r\nSubject: =?x?q?=00=FF?=\r\nContent-Type: multipart/mixed\r\n\r\n--\r\n"), FLAG_SEEN);
	fake_make("Sent/\xc3\xbc\"\\")->role = MAILBOX_SENT;
	cut((struct str){ (const char *)data, n });
	run();
	for (size_t i = 0; i < piece_count; i++)
		mem_free(pieces[i]);
	fake_teardown(NULL);
	return 0;
}
