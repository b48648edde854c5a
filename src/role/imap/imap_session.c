#include "role/imap/imap_context.h"
#include "role/imap/imap_notify.h"

#include "os/fd.h"

#include <unistd.h>

enum {
	GUEST_MEMORY = 128 << 10,
	KEYWORD_MEMORY = 64 << 10,
	SCRATCH_MEMORY = 64 << 20,      /* taking one message apart: grows with its parts and text, not kept */
	RESULTS_MEMORY = 64 << 20,      /* what is known of each hit while they are put in order; not kept */
	TEXT_MEMORY = 4 << 20,
	SET_GROWTH = 8                  /* bytes of memory that one byte of a long UID list may need */
};

void imap_session_init(struct imap_session *s, const struct imap_env *env, const struct imap_conf *conf, void *io,
		       void (*full)(void *ctx))
{
	*s = (struct imap_session){ .env = env, .conf = conf, .io = io, .state = IMAP_GUEST, .append_fd = -1, .append_joint = -1,
		.hold = IPC_HOLD, .hold_scan = IPC_HOLD };
	s->limits = imap_limits_user;
	s->limits.bytes = conf->command_size;
	s->limits.message = conf->message_size;
	arena_init(&s->mailbox, conf->session_memory, full, s);
	arena_init(&s->command, GUEST_MEMORY, full, s);
	arena_init(&s->keyword_names, KEYWORD_MEMORY, full, s);
	arena_init(&s->scratch, SCRATCH_MEMORY, full, s);
	arena_init(&s->results, RESULTS_MEMORY, full, s);
	buf_init(&s->text, TEXT_MEMORY);
	imap_reader_init(&s->reader, &imap_limits_guest);
}

void imap_session_done(struct imap_session *s)
{
	imap_load_done(s);
	imap_job_free(s->summaries);
	imap_job_abandon_all(s);
	imap_sign_off(s);
	ipc_release(&s->hold);
	ipc_release(&s->hold_scan);
	buf_done(&s->append_bytes);
	buf_done(&s->text);
	fd_close(&s->append_fd);
	fd_close(&s->append_joint);
	imap_reader_done(&s->reader);
	arena_done(&s->mailbox);
	arena_done(&s->command);
	arena_done(&s->keyword_names);
	arena_done(&s->scratch);
	arena_done(&s->results);
}

void imap_sign_off(struct imap_session *s)
{
	imap_contexts_end(s);
	imap_notify_free(s);
	imap_view_done(&s->view);
	if (s->grant) {
		s->env->signed_out(s);
		s->env->grant_close(s->grant);
	}
	s->grant = 0;
}

static int64_t deadline(const struct imap_session *s, int64_t started)
{
	return s->state == IMAP_GUEST ? started + s->conf->login_ms : s->env->now() + s->conf->idle_ms;
}

static int ended(struct imap_session *s, int r)
{
	if (r == E_TIMEOUT)
		imap_saw(s, GUARD_SLOW);
	if (r == E_TIMEOUT)
		return imap_bye(s, s->state == IMAP_GUEST ? "too slow" : "idle for too long");
	if (r == E_CANCELLED)
		return imap_bye(s, "server is stopping");
	return r;
}

static enum imap_read feed(struct imap_session *s)
{
	struct str in = s->env->in(s->io);
	size_t had = in.n;
	enum imap_read got = imap_reader_feed(&s->reader, &in);
	s->env->consume(s->io, had - in.n);
	return got;
}

static int refused(struct imap_session *s, const char *word)
{
	struct bufw w = imap_out(s);
	bufw_str(&w, s->reader.command.tag);
	bufw_c(&w, word);
	bufw_c(&w, s->reader.why);
	bufw_c(&w, "\r\n");
	imap_reader_next(&s->reader);
	imap_saw(s, GUARD_JUNK);
	if (++s->errors >= s->conf->errors)
		return w.err == OK ? imap_bye(s, "too many bad commands") : w.err;
	return imap_push(s, &w);
}

/* After sign-in and STARTTLS the reader has other limits, or must forget: what the handler asked for is done here,
 * between commands. */
static void next_command(struct imap_session *s)
{
	bool user = s->state != IMAP_GUEST;
	const struct imap_limits *limits = user ? &s->limits : &imap_limits_guest;
	if (s->reader.limits == limits) {
		imap_reader_next(&s->reader);
		return;
	}
	imap_reader_limit(&s->reader, limits);
	s->command.limit = user ? s->conf->session_memory + SET_GROWTH * s->conf->command_size : GUEST_MEMORY;
}

static int tell_notes(struct imap_session *s)
{
	int r = imap_notify_tell(s);
	arena_reset(&s->command);
	return r;
}

static int read_more(struct imap_session *s, int64_t started)
{
	int r = s->notify && imap_reader_idle(&s->reader) ? tell_notes(s) : OK;
	if (r == OK)
		r = s->env->flush(s->io);
	s->between = r == OK && imap_reader_idle(&s->reader);
	if (r == OK)
		r = s->env->read(s->io, deadline(s, started));
	s->between = false;
	return r == OK || r == E_AGAIN ? OK : ended(s, r);
}

/* Browsers can be made to send us requests that hold commands further down (A72), and strangers may want to pass for a front end (A89):
 * nobody who speaks so is answered. */
static bool speaks_otherwise(const struct imap_session *s)
{
	static const struct str verbs[] = {
		STR_INIT("GET"), STR_INIT("POST"), STR_INIT("PUT"), STR_INIT("HEAD"),
		STR_INIT("OPTIONS"), STR_INIT("DELETE"), STR_INIT("CONNECT"), STR_INIT("PATCH"), STR_INIT("PROXY"),
	};
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		if (s->state == IMAP_GUEST && str_eq(s->reader.command.tag, verbs[i]))
			return true;
	return false;
}

/* A front end that was not made known is a mistake of ours, and no attack. */
static int leave(struct imap_session *s)
{
	imap_saw(s, str_eq(s->reader.command.tag, STR("PROXY")) ? GUARD_JUNK : GUARD_HTTP);
	return E_PROTO;
}

static int step(struct imap_session *s, int64_t started)
{
	int r;
	switch (feed(s)) {
	case IMAP_READ_MORE:
		return read_more(s, started);
	case IMAP_READ_CONTINUE:
		return imap_continue(s, "go on");
	case IMAP_READ_COMMAND:
	case IMAP_READ_APPEND:
		if (speaks_otherwise(s))
			return leave(s);
		r = imap_dispatch(s);
		next_command(s);
		return r;
	case IMAP_READ_BAD:
		return speaks_otherwise(s) ? leave(s) : refused(s, " BAD ");
	case IMAP_READ_TOOBIG:
		return refused(s, " NO [TOOBIG] ");
	case IMAP_READ_BYE:
		break;
	}
	return imap_bye(s, "[TOOBIG] command is too long");
}

static int greet(struct imap_session *s)
{
	struct bufw w = imap_out(s);
	bufw_c(&w, "* OK [");
	imap_write_capabilities(s, &w);
	bufw_c(&w, "] Ceralacca ready\r\n");
	return imap_push(s, &w);
}

int imap_session_run(struct imap_session *s)
{
	int64_t started = s->env->now();
	int r = greet(s);
	while (r == OK && s->state != IMAP_ENDING) {
		if (s->gone)
			r = imap_bye(s, "[UNAVAILABLE] sign in again");
		else if (s->stopping)
			r = ended(s, E_CANCELLED);
		else
			r = step(s, started);
	}
	int flushed = s->env->flush(s->io);
	return r == OK ? flushed : r;
}

int imap_read_line(struct imap_session *s, int64_t until, struct str *ret)
{
	for (;;) {
		struct str in = s->env->in(s->io);
		size_t had = in.n;
		enum imap_read got = imap_reader_line(&s->reader, &in, ret);
		s->env->consume(s->io, had - in.n);
		if (got == IMAP_READ_COMMAND)
			return OK;
		if (got == IMAP_READ_BYE) {
			int r = imap_bye(s, "[TOOBIG] line is too long");
			return r == OK ? E_TOOBIG : r;
		}
		int r = s->env->read(s->io, until);
		if (r != OK)
			return r;
	}
}
