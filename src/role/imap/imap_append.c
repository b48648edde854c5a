#include "role/imap/imap_append.h"

#include "os/fd.h"
#include "proto/imap/imap_write.h"

enum { SUMMARIES_MAX = (2 << 20) - (64 << 10) };      /* what one call holds */

static enum imap_read feed(struct imap_session *s)
{
	struct str in = s->env->in(s->io);
	size_t had = in.n;
	enum imap_read got = imap_reader_feed(&s->reader, &in);
	s->env->consume(s->io, had - in.n);
	return got;
}

/* Answered: the command cannot go on. */
static int denied(struct imap_session *s, int r)
{
	(void)s;
	return r == OK ? E_DENIED : r;
}

/* Reads on to the next message or the end of the command. E_DENIED: answered. */
static int read_next(struct imap_session *s)
{
	for (;;) {
		int r = OK;
		switch (feed(s)) {
		case IMAP_READ_MORE:
			r = s->env->read(s->io, s->env->now() + s->conf->idle_ms);
			r = r == E_AGAIN ? OK : r;
			break;
		case IMAP_READ_COMMAND:
		case IMAP_READ_APPEND:
			return OK;
		case IMAP_READ_CONTINUE:
			r = imap_continue(s, "go on");
			break;
		case IMAP_READ_TOOBIG:
			return denied(s, imap_no(s, "TOOBIG", s->reader.why));
		case IMAP_READ_BAD:
			return denied(s, imap_bad(s, s->reader.why));
		case IMAP_READ_BYE:
			return denied(s, imap_bye(s, "[TOOBIG] command is too long"));
		}
		if (r != OK)
			return r;
	}
}

int imap_append_refuse(struct imap_session *s)
{
	struct imap_result kept = s->result;
	int r = OK;
	while (r == OK && imap_reader_at_message(&s->reader)) {
		imap_reader_append_refuse(&s->reader, "refused");
		r = read_next(s);
	}
	if (s->state != IMAP_ENDING)
		s->result = kept;
	return r == OK || r == E_DENIED ? OK : r;
}

int imap_append_target(struct imap_session *s, struct imap_args *a, struct imap_append_run *run)
{
	struct ipc_mailbox_rep target;
	struct str name;
	int r = imap_mailbox_arg(a, &name);
	if (r != OK)
		return denied(s, r == E_UNSUPPORTED ? imap_no(s, "TRYCREATE", "no such mailbox") : imap_bad_args(s, r, a));
	r = s->env->mailbox(&(struct ipc_mailbox_req){ .grant = s->grant, .name = name }, &target, &s->hold);
	if (r == E_NOTFOUND)
		return denied(s, imap_no(s, "TRYCREATE", "no such mailbox"));
	if (r != OK)
		return denied(s, imap_failed(s, r));
	run->mailbox = target.id;
	return OK;
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
		r = imap_append_put(s, piece);
		left -= piece.n;
		s->env->consume(s->io, piece.n);
	}
	return r;
}

static int receive(struct imap_session *s)
{
	uint64_t size = s->reader.message_size;
	int r = imap_append_begin(s, size);
	if (r == OK && s->reader.message_waits)
		r = imap_continue(s, "go on");
	if (r == OK)
		r = take_literal(s, size);
	imap_reader_append_taken(&s->reader);
	return r;
}

/* Scan takes the message in hand apart; what it says is kept until all are stored. */
static int stage(struct imap_session *s, struct imap_append_run *run, const struct imap_staged *head)
{
	struct ipc_scan_rep scanned;
	struct ipc_scan_req q = { .purpose = SCAN_APPEND, .sender = str_c(s->address), .peer = str_c(s->peer),
		.bytes = buf_str(&s->append_bytes), .body = s->append_fd };
	int r = imap_append_seal(s);
	if (r == OK)
		r = s->env->scan(&q, &scanned, &s->hold_scan);
	if (r != OK)
		return denied(s, imap_failed(s, r));
	run->summaries += scanned.summary.n + 32;
	if (run->summaries > SUMMARIES_MAX)
		return denied(s, imap_no(s, "LIMIT", "too many messages in one command"));
	struct imap_staged *to = arena_push(&s->results, &run->v, &run->n, &run->cap, sizeof *to);
	*to = *head;
	to->summary = arena_dup(&s->results, scanned.summary);
	to->size = s->append_size;
	return OK;
}

/* One append-message. The reader stands at its literal, or it is put together of others. */
static int take_one(struct imap_session *s, struct imap_args *a, struct imap_append_run *run)
{
	struct imap_append p;
	struct imap_staged head = { 0 };
	int r = imap_append_message(a, &p);
	if (r != OK)
		return denied(s, imap_bad_args(s, r, a));
	if (!p.parts && !imap_reader_at_message(&s->reader))
		return denied(s, imap_bad(s, "message literal expected"));
	r = imap_keyword_bits(s, &p.flags, &head.flags);
	if (r == OK && run->n)
		r = imap_append_join(s, run);
	if (r != OK)
		return denied(s, imap_failed(s, r));
	head.date = p.dated ? p.date.unix_seconds : 0;
	r = p.parts ? imap_catenate(s, &p) : receive(s);
	return r == OK ? stage(s, run, &head) : r;
}

static int take_all(struct imap_session *s, struct imap_args *a, struct imap_append_run *run)
{
	for (;;) {
		bool literal = false;
		do {
			bool waiting = imap_reader_at_message(&s->reader);
			int r = take_one(s, a, run);
			if (r != OK)
				return r;
			literal = waiting && !imap_reader_at_message(&s->reader);
		} while (a->rest.n);
		if (!literal)
			return OK;
		int r = read_next(s);
		if (r != OK)
			return r;
		*a = imap_arguments(s);
		if (a->rest.n == 0)
			return OK;
	}
}

int imap_append_take(struct imap_session *s, struct imap_args *a, struct imap_append_run *run)
{
	int r = take_all(s, a, run);
	if (r != E_DENIED)
		return r;
	r = imap_append_refuse(s);
	return r == OK ? E_DENIED : r;
}

static int store_one(struct imap_session *s, const struct imap_append_run *run, uint32_t *ret_uidvalidity, struct str *ret_uids)
{
	struct ipc_append_rep stored;
	struct ipc_append_req q = { .grant = s->grant, .mailbox = run->mailbox, .flags = run->v[0].flags, .date = run->v[0].date,
		.summary = run->v[0].summary, .bytes = buf_str(&s->append_bytes), .body = s->append_fd };
	int r = s->env->append(&q, &stored, &s->hold);
	if (r != OK)
		return r;
	char *uid = arena_alloc(&s->command, 4);
	put_le32(uid, stored.uid);
	*ret_uidvalidity = stored.uidvalidity;
	*ret_uids = (struct str){ uid, 4 };
	return OK;
}

static struct str pack(struct imap_session *s, const struct imap_append_run *run)
{
	struct buf all = imap_buf_in(&s->results, run->summaries + 64), one = imap_buf_in(&s->results, run->summaries + 64);
	struct bufw w = { .b = &all };
	for (size_t i = 0; i < run->n; i++) {
		struct bufw in = { .b = &one };
		buf_clear(&one);
		write_u64(&in, run->v[i].flags);
		write_u64(&in, (uint64_t)run->v[i].date);
		write_u64(&in, run->v[i].size);
		write_str(&in, run->v[i].summary);
		write_str(&w, buf_str(&one));
	}
	return buf_str(&all);
}

int imap_append_store(struct imap_session *s, struct imap_append_run *run, uint32_t *ret_uidvalidity, struct str *ret_uids,
		      uint64_t *ret_modseq)
{
	struct ipc_append_many_rep stored;
	struct ipc_append_many_req q = { .grant = s->grant, .mailbox = run->mailbox, .replaced_in = run->replaced_in,
		.replaced = run->replaced, .body = -1 };
	int r = OK;
	*ret_modseq = 0;
	if (run->n == 1 && !run->replaced)
		return store_one(s, run, ret_uidvalidity, ret_uids);
	if (run->n > 1)
		r = imap_append_join(s, run);
	if (r == OK && run->n > 1)
		r = fd_seal(s->append_joint);
	if (r != OK)
		return r;
	q.messages = pack(s, run);
	q.bytes = buf_str(&s->append_bytes);
	q.body = run->n > 1 ? s->append_joint : s->append_fd;
	r = s->env->append_many(&q, &stored, &s->hold);
	if (r == OK && (stored.uids.n != 4 * run->n))
		r = E_PROTO;
	if (r != OK)
		return r;
	*ret_uidvalidity = stored.uidvalidity;
	*ret_uids = stored.uids;
	*ret_modseq = stored.modseq;
	return OK;
}

struct str imap_appenduid(struct imap_session *s, uint32_t uidvalidity, struct str uids)
{
	struct imap_set set = { 0 };
	for (size_t i = 0; i < uids.n; i += 4)
		imap_set_add(&s->command, &set, get_le32(uids.p + i));
	struct buf b = imap_buf_in(&s->command, 64 + 24 * set.n);
	struct bufw w = { .b = &b };
	bufw_printf(&w, "APPENDUID %u ", uidvalidity);
	imap_set_write(&w, &set);
	return buf_str(&b);
}
