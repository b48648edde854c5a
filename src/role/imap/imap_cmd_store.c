/* STORE (RFC 9051 section 6.4.6; UNCHANGEDSINCE: RFC 7162 section 3.1.3). */
#include "role/imap/imap_cmd.h"

#include "proto/imap/imap_command_args.h"
#include "proto/imap/imap_write.h"

enum { CHUNK = 40000 };      /* messages of one call: its reply names them all in 2 MiB */

struct store_run {
	const struct imap_store *args;
	uint64_t flags;
	uint32_t op;
	struct imap_set modified;       /* uids or numbers that failed the condition */
	bool uid;
};

static const uint32_t ops[] = { [IMAP_STORE_REPLACE] = 0, [IMAP_STORE_ADD] = 1, [IMAP_STORE_REMOVE] = 2 };

static void note_failed(struct imap_session *s, struct store_run *run, struct str failed)
{
	for (size_t i = 0; i + 4 <= failed.n; i += 4) {
		uint32_t uid = get_le32(failed.p + i);
		size_t row = imap_view_find(&s->view, uid);
		if (row < s->view.told && s->view.v[row].uid == uid)
			imap_set_add(&s->command, &run->modified, run->uid ? uid : (uint32_t)row + 1);
	}
}

/* With CONDSTORE a silent change still tells its mod-sequence (RFC 7162 section 3.1.3). */
static int tell_modseqs(struct imap_session *s, struct str entries)
{
	for (; entries.n >= INDEX_ENTRY_SIZE; entries = str_skip(entries, INDEX_ENTRY_SIZE)) {
		struct index_entry e = index_entry_get(entries.p);
		size_t row = imap_view_find(&s->view, e.uid);
		if (row >= s->view.told || s->view.v[row].uid != e.uid)
			continue;
		struct bufw w = imap_out(s);
		imap_write_fetch(s, &w, row);
		if (!s->uidonly)
			bufw_printf(&w, "UID %u ", e.uid);
		bufw_printf(&w, "MODSEQ (%llu))\r\n", (unsigned long long)e.modseq);
		int r = imap_push(s, &w);
		if (r != OK)
			return r;
	}
	return OK;
}

static int tell_rows(struct imap_session *s, const struct store_run *run, const struct imap_set *rows)
{
	const struct imap_view *v = &s->view;
	for (size_t i = 0; i < rows->n; i++)
		for (size_t row = rows->v[i].first - 1; row < rows->v[i].last; row++) {
			if ((v->v[row].state & IMAP_ROW_GONE) ||
			    imap_set_has(&run->modified, run->uid ? v->v[row].uid : (uint32_t)row + 1))
				continue;
			int r = imap_tell_flags_of(s, row);
			if (r != OK)
				return r;
		}
	return OK;
}

static int store_chunk(struct imap_session *s, struct store_run *run, const struct imap_set *rows)
{
	struct ipc_flags_rep rep;
	struct ipc_flags_req q = { .grant = s->grant, .mailbox = s->view.mailbox, .uids = imap_pack_uids(s, rows), .op = run->op,
		.flags = run->flags, .unchanged_since = run->args->unchanged_since ? run->args->since : UINT64_MAX };
	int r = s->env->flags(&q, &rep, &s->hold);
	if (r == OK && (rep.entries.n % INDEX_ENTRY_SIZE || rep.failed.n % 4))
		r = E_PROTO;
	if (r != OK)
		return imap_failed(s, r);
	note_failed(s, run, rep.failed);
	imap_mailbox_take(s, rep.entries, rep.modseq);
	if (!run->args->silent)
		return tell_rows(s, run, rows);
	return s->condstore ? tell_modseqs(s, rep.entries) : OK;
}

/* Cuts a piece of at most CHUNK messages off the front of rows. */
static struct imap_set cut_chunk(struct imap_session *s, struct imap_set *rows)
{
	struct imap_set chunk = { .v = arena_new_array(&s->command, struct imap_range, rows->n) };
	uint32_t left = CHUNK;
	while (rows->n && left) {
		struct imap_range *r = rows->v, *to = &chunk.v[chunk.n++];
		uint32_t size = r->last - r->first + 1;
		*to = *r;
		if (size > left) {
			to->last = to->first + left - 1;
			r->first = to->last + 1;
			break;
		}
		left -= size;
		rows->v++;
		rows->n--;
	}
	return chunk;
}

static int done(struct imap_session *s, const struct store_run *run)
{
	if (run->modified.n == 0)
		return imap_ok(s, "stored");
	struct buf b = imap_buf_in(&s->command, 64 + 24 * run->modified.n);
	struct bufw w = { .b = &b };
	bufw_c(&w, "MODIFIED ");
	imap_set_write(&w, &run->modified);
	return imap_ok_code(s, buf_str(&b), "some had changed and were left alone");
}

int imap_cmd_store(struct imap_session *s)
{
	struct imap_args a = imap_arguments(s);
	struct imap_store args;
	struct imap_set rows;
	int r = imap_store_args(&a, &args);
	if (r != OK)
		return imap_bad_args(s, r, &a);
	if (imap_rows(s, &args.set, s->reader.command.uid, &rows) != OK)
		return OK;
	if (s->view.read_only)
		return imap_no(s, "NOPERM", "mailbox is selected read-only");
	struct store_run run = { .args = &args, .op = ops[args.mode], .uid = s->reader.command.uid };
	if (args.unchanged_since)
		r = imap_condstore_enable(s);
	if (r == OK)
		r = imap_keyword_bits(s, &args.flags, &run.flags);
	if (r == OK)
		r = imap_keywords_know(s, run.flags);
	if (r != OK)
		return imap_failed(s, r);
	while (rows.n && r == OK && s->result.status == IMAP_STATUS_NONE) {
		struct imap_set chunk = cut_chunk(s, &rows);
		r = store_chunk(s, &run, &chunk);
	}
	return r == OK && s->result.status == IMAP_STATUS_NONE ? done(s, &run) : r;
}
