/* IDLE (RFC 2177). "+" goes out first, then what has changed, then again whenever something does (B44): each round
 * looks at what was noted before it waits, so that no change falls between. */
#include "role/imap/imap_cmd.h"
#include "role/imap/imap_notify.h"

enum { KEEP_ALIVE_MS = 4 * 60 * 1000 };      /* below the five minutes after which careless address translators forget */

static bool has_news(const struct imap_session *s)
{
	return (s->state == IMAP_SELECTED && s->noted > s->view.modseq) || (s->notify && s->notify->pending);
}

static int tell_changes(struct imap_session *s)
{
	int r = s->state == IMAP_SELECTED && s->noted > s->view.modseq ? imap_mailbox_refresh(s) : OK;
	if (r == OK && s->notify)
		r = imap_notify_tell(s);
	if (r == OK && s->state == IMAP_SELECTED)
		r = imap_mailbox_tell(s, true);
	return r;
}

/* Memory that only commands need is given back: most sessions spend most of their life here. */
static void rest(struct imap_session *s)
{
	arena_done(&s->command);
	arena_done(&s->scratch);
	arena_done(&s->results);
	ipc_release(&s->hold);
	ipc_release(&s->hold_scan);
}

/* Some clients (iOS 18) send their next command without DONE: what cannot become DONE is left to be the next command. */
static bool is_command(struct imap_session *s)
{
	static const struct str done = STR_INIT("DONE");
	struct str in = s->env->in(s->io);
	size_t n = in.n < done.n ? in.n : done.n;
	return imap_reader_idle(&s->reader) && !str_ieq(str_first(in, n), str_first(done, n));
}

/* The client's line; STR("DONE") where it went on without. */
static int read_done(struct imap_session *s, int64_t until, struct str *ret)
{
	int r = s->env->in(s->io).n ? OK : s->env->read(s->io, until);
	if (r != OK)
		return r;
	*ret = STR("DONE");
	return is_command(s) ? OK : imap_read_line(s, until, ret);
}

/* OK: DONE came. */
static int wait(struct imap_session *s, int64_t until)
{
	struct str line;
	int64_t wake = s->env->now() + KEEP_ALIVE_MS;
	int r = s->env->flush(s->io);
	if (r != OK)
		return r;
	rest(s);
	s->waits = !has_news(s) && !s->gone;
	r = s->waits ? read_done(s, wake < until ? wake : until, &line) : E_AGAIN;
	s->waits = false;
	if (r != OK)
		return r;
	return str_ieq(line, STR("DONE")) ? OK : E_SYNTAX;
}

static int idle(struct imap_session *s)
{
	int64_t until = s->env->now() + s->conf->idle_ms;
	imap_reader_next(&s->reader);
	int r = imap_continue(s, "idling");
	while (r == OK) {
		r = tell_changes(s);
		if (r != OK || s->gone || s->state == IMAP_ENDING)
			return r;
		r = wait(s, until);
		if (r == OK || r == E_SYNTAX)
			return r;
		if (r == E_TIMEOUT && s->env->now() < until)
			r = imap_untagged(s, "OK still here");
		else if (r == E_AGAIN)
			r = OK;
	}
	return r;
}

int imap_cmd_idle(struct imap_session *s)
{
	char tag[256];      /* while the client is waited for the reader holds its lines, and no arena is kept */
	if (str_to_c(s->reader.command.tag, tag, sizeof tag) != OK)
		return imap_bad(s, "tag is too long");
	int r = idle(s);
	s->reader.command = (struct imap_command){ .tag = arena_dup(&s->command, str_c(tag)), .name = STR("IDLE") };
	if (r == E_TIMEOUT)
		return imap_bye(s, "idle for too long");
	if (r == E_CANCELLED)
		return imap_bye(s, "server is stopping");
	if (r == E_SYNTAX)
		return imap_bad(s, "DONE expected");
	return r == OK && s->state != IMAP_ENDING ? imap_ok(s, "done") : r;
}
