/* APPEND (RFC 9051 section 6.3.12): the message is taken as it comes, into memory when it is small, else into a memory
 * file that travels on to scan and store as it is; then taken apart by scan, then stored, durable when OK leaves. */
#include "role/imap/imap_cmd.h"

#include "os/fd.h"
#include "proto/imap/imap_command_args.h"

static void forget(struct imap_session *s)
{
	buf_done(&s->append_bytes);
	fd_close(&s->append_fd);
}

static int store_piece(struct imap_session *s, struct str piece)
{
	return s->append_fd >= 0 ? fd_write_all(s->append_fd, piece) : buf_put_str(&s->append_bytes, piece);
}

static int take_literal(struct imap_session *s, uint64_t left)
{
	int r = OK;
	while (left && r == OK) {
		struct str in = s->env->in(s->io);
		struct str piece = str_first(in, left < in.n ? (size_t)left : in.n);
		if (piece.n == 0) {
			r = s->env->read(s->io, s->env->now() + s->conf->idle_ms);
			r = r == E_AGAIN ? OK : r;
			continue;
		}
		r = store_piece(s, piece);
		left -= piece.n;
		s->env->consume(s->io, piece.n);
	}
	return r;
}

static int receive(struct imap_session *s)
{
	uint64_t size = s->reader.message_size;
	int r = OK;
	forget(s);
	if (size > IPC_INLINE)
		r = fd_memory("append", &s->append_fd);
	buf_init(&s->append_bytes, IPC_INLINE);
	if (r == OK && size <= IPC_INLINE)
		r = buf_reserve(&s->append_bytes, (size_t)size);
	if (r == OK && s->reader.message_waits)
		r = imap_continue(s, "go on");
	if (r == OK)
		r = take_literal(s, size);
	if (r == OK && s->append_fd >= 0)
		r = fd_seal(s->append_fd);
	imap_reader_append_taken(&s->reader);
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

/* Reads to the end of the command. OK: it ended well, the arguments are empty. E_SYNTAX: answered. */
static int read_rest(struct imap_session *s)
{
	for (;;) {
		switch (feed(s)) {
		case IMAP_READ_MORE: {
			int r = s->env->read(s->io, s->env->now() + s->conf->idle_ms);
			if (r != OK && r != E_AGAIN)
				return r;
			break;
		}
		case IMAP_READ_COMMAND:
			if (s->reader.command.args.n == 0)
				return OK;
			(void)imap_bad(s, "unexpected argument");
			return E_SYNTAX;
		case IMAP_READ_APPEND:
			imap_reader_append_refuse(&s->reader, "one message a command");
			break;
		case IMAP_READ_CONTINUE:
		case IMAP_READ_BAD:
		case IMAP_READ_TOOBIG:
			(void)imap_bad(s, s->reader.why ? s->reader.why : "unexpected literal");
			return E_SYNTAX;
		case IMAP_READ_BYE: {
			int r = imap_bye(s, "[TOOBIG] command is too long");
			return r == OK ? E_SYNTAX : r;
		}
		}
	}
}

/* Refuses before the octets come, or reads past them when they come anyway. */
static int refuse(struct imap_session *s)
{
	struct imap_result kept = s->result;
	imap_reader_append_refuse(&s->reader, "refused");
	int r = read_rest(s);
	if (s->state != IMAP_ENDING)
		s->result = kept;
	return r == OK || r == E_SYNTAX ? OK : r;
}

static int store(struct imap_session *s, const struct imap_append *p, uint32_t mailbox, uint64_t flags)
{
	struct ipc_scan_rep scanned;
	struct ipc_append_rep stored;
	struct ipc_scan_req sq = { .purpose = SCAN_APPEND, .sender = str_c(s->address), .peer = str_c(s->peer),
		.bytes = buf_str(&s->append_bytes), .body = s->append_fd };
	int r = s->env->scan(&sq, &scanned, &s->hold_scan);
	if (r != OK)
		return imap_failed(s, r);
	struct ipc_append_req aq = { .grant = s->grant, .mailbox = mailbox, .flags = flags, .date = p->dated ? p->date.unix_seconds : 0,
		.summary = scanned.summary, .bytes = sq.bytes, .body = sq.body };
	r = s->env->append(&aq, &stored, &s->hold);
	if (r != OK)
		return imap_failed(s, r);
	if (s->state == IMAP_SELECTED && s->view.mailbox == mailbox) {
		r = imap_mailbox_refresh(s);      /* the client's own message is told of at once */
		if (r != OK)
			return r;
	}
	return imap_ok_code(s, arena_printf(&s->command, "APPENDUID %u %u", stored.uidvalidity, stored.uid), "stored");
}

/* What can be refused is refused before the message is taken. */
static int prepare(struct imap_session *s, struct imap_append *p, struct ipc_mailbox_rep *target, uint64_t *flags)
{
	struct imap_args a = imap_arguments(s);
	int r = imap_append_args(&a, true, p);
	if (r != OK) {
		(void)(r == E_UNSUPPORTED ? imap_no(s, "TRYCREATE", "no such mailbox") : imap_bad_args(s, r, &a));
		return E_DENIED;
	}
	r = s->env->mailbox(&(struct ipc_mailbox_req){ .grant = s->grant, .name = p->mailbox }, target, &s->hold);
	if (r == E_NOTFOUND) {
		(void)imap_no(s, "TRYCREATE", "no such mailbox");
		return E_DENIED;
	}
	if (r == OK)
		r = imap_keyword_bits(s, &p->flags, flags);
	if (r == OK)
		return OK;
	r = imap_failed(s, r);
	return r == OK ? E_DENIED : r;
}

int imap_cmd_append(struct imap_session *s)
{
	struct imap_append p;
	struct ipc_mailbox_rep target;
	uint64_t flags;
	if (!imap_reader_at_message(&s->reader)) {
		struct imap_args a = imap_arguments(s);
		int bad = imap_append_args(&a, true, &p);
		return imap_bad(s, bad == E_SYNTAX ? a.bad : "message literal expected");
	}
	int r = prepare(s, &p, &target, &flags);
	if (r == E_DENIED)
		return refuse(s);
	if (r == OK)
		r = receive(s);
	if (r == OK)
		r = read_rest(s);
	if (r == OK)
		r = store(s, &p, target.id, flags);
	forget(s);
	return r == E_SYNTAX ? OK : r;
}
