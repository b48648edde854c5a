/* Messages: summaries, bytes, append. */
#include "os/clock.h"
#include "os/fd.h"
#include "proto/mime/mime_summary.h"
#include "role/store/store_serve.h"

enum { READERS = GRANT_IMAP | GRANT_POP | GRANT_JMAP, SUMMARIES_BYTES = 2 << 20, SUMMARIES_ASKED = 4096 };

size_t store_summary_ids(struct str summary, struct str *ret, size_t max)
{
	struct mime_summary s;
	size_t n = 0;
	if (mime_summary_read(summary, &s) != OK)
		return 0;
	if (s.message_id.n)
		ret[n++] = s.message_id;
	for (size_t i = s.reference_count; i > 0 && n < max; i--)
		ret[n++] = s.references[i - 1];
	if (!s.reference_count && s.in_reply_to.n && n < max)
		ret[n++] = s.in_reply_to;
	return n;
}

void store_on_summaries(const struct ipc_request *rq, const struct ipc_summaries_req *q)
{
	uint64_t ids[SUMMARIES_ASKED];
	struct buf out;
	size_t n = q->emails.n / 8, done = 0;
	uint32_t account;
	buf_init(&out, SUMMARIES_BYTES);
	int r = store_grant_account(rq, q->grant, READERS, &account);
	if (r == OK && q->emails.n % 8 != 0)
		r = E_PROTO;
	n = n < COUNT_OF(ids) ? n : COUNT_OF(ids);
	for (size_t i = 0; i < n; i++)
		ids[i] = get_le64(q->emails.p + 8 * i);
	if (r == OK)
		r = store_summaries(store_served(), account, ids, n, SUMMARIES_BYTES, &out, &done);
	ipc_reply_summaries(rq, r, &(struct ipc_summaries_rep){ .summaries = buf_str(&out) });
	buf_done(&out);
}

/* ---- message ---- */

struct message_read { uint32_t account; uint64_t email; };

static int read_email(void *ctx, uint64_t offset, size_t n, struct buf *out)
{
	const struct message_read *m = ctx;
	return store_blob_read(store_served(), m->account, m->email, offset, n, out);
}

void store_on_message(const struct ipc_request *rq, const struct ipc_message_req *q)
{
	struct buf out;
	struct store_email_info info;
	struct message_read m = { .email = q->email };
	auto_fd body = -1;
	buf_init(&out, IPC_INLINE);
	int r = store_grant_account(rq, q->grant, READERS, &m.account);
	if (r == OK)
		r = store_email_get(store_served(), m.account, q->email, &info);
	uint64_t seen = store_call_seen(store_served());
	if (r == OK)
		r = store_message_load(read_email, &m, info.size, &out, &body);
	store_call_see(store_served(), seen);   /* others may have called while it was read */
	ipc_reply_message(rq, r, &(struct ipc_message_rep){ .bytes = buf_str(&out), .body = body });
	buf_done(&out);
}

/* ---- append ---- */

static int append(const struct ipc_request *rq, const struct ipc_append_req *q, struct str message,
		  struct store_appended *ret)
{
	struct str ids[STORE_REFS_MAX];
	uint32_t account;
	int64_t now = clock_real();
	int r = store_grant_account(rq, q->grant, GRANT_IMAP | GRANT_JMAP, &account);
	if (r != OK)
		return r;
	struct store_message m = { .piece = &message, .pieces = 1, .summary = q->summary, .message_id = ids,
		                   .message_ids = store_summary_ids(q->summary, ids, COUNT_OF(ids)), .flags = q->flags,
		                   .internal = q->date ? q->date : now };
	return store_append(store_served(), account, q->mailbox, &m, now, ret);
}

void store_on_append(const struct ipc_request *rq, const struct ipc_append_req *q)
{
	struct str message;
	struct store_appended done = { 0 };
	int r = store_body_open(q->bytes, q->body, &message), mapped = r == OK ? q->body : -1;
	if (r == OK)
		r = append(rq, q, message, &done);
	ipc_reply_append(rq, r, &(struct ipc_append_rep){ .uidvalidity = done.uidvalidity, .uid = done.uid });
	store_body_close(mapped, message);
}

/* ---- several at once ---- */

enum { APPEND_MESSAGES = 4096 };

struct many { struct store_message *m; struct str *pieces, *ids; size_t n; };

static int read_message_record(struct str record, struct str *bytes, struct store_message *m, struct str *piece, struct str *ids, int64_t now)
{
	struct reader r = reader_of(record);
	uint64_t flags = read_u64(&r);
	int64_t date = (int64_t)read_u64(&r);
	uint64_t size = read_u64(&r);
	struct str summary = read_str(&r, STORE_SUMMARY_MAX);
	int e = reader_end(&r);
	if (e == OK && size > bytes->n)
		e = E_PROTO;
	if (e != OK)
		return e;
	*piece = str_take_n(bytes, (size_t)size);
	*m = (struct store_message){ .piece = piece, .pieces = 1, .summary = summary, .message_id = ids,
		                     .message_ids = store_summary_ids(summary, ids, STORE_REFS_MAX), .flags = flags,
		                     .internal = date ? date : now };
	return OK;
}

static int read_messages(struct str list, struct str bytes, int64_t now, struct many *v)
{
	struct reader r = reader_of(list);
	int e = OK;
	while (r.rest.n && e == OK) {
		struct str record = read_str(&r, STORE_SUMMARY_MAX);
		e = r.err == OK && v->n < APPEND_MESSAGES ? OK : E_PROTO;
		if (e == OK)
			e = read_message_record(record, &bytes, &v->m[v->n], &v->pieces[v->n], v->ids + v->n * STORE_REFS_MAX, now);
		v->n += e == OK;
	}
	return e == OK && (bytes.n || v->n == 0) ? E_PROTO : e;
}

static int append_many(const struct ipc_request *rq, const struct ipc_append_many_req *q, struct str bytes, struct buf *uids, struct ipc_append_many_rep *ret)
{
	uint32_t account;
	struct store_mailbox_info info;
	int64_t now = clock_real();
	struct many v = { mem_new_array(struct store_message, APPEND_MESSAGES), mem_new_array(struct str, APPEND_MESSAGES),
		          mem_new_array(struct str, (size_t)APPEND_MESSAGES * STORE_REFS_MAX), 0 };
	int r = store_grant_account(rq, q->grant, GRANT_IMAP | GRANT_JMAP, &account);
	if (r == OK)
		r = store_mailbox_get(store_served(), account, q->mailbox, &info);
	if (r == OK)
		r = read_messages(q->messages, bytes, now, &v);
	if (r == OK)
		r = store_append_many(store_served(), account, q->mailbox, v.m, v.n, &(struct store_replaced){ q->replaced_in, q->replaced }, now, uids,
				      &ret->modseq);
	ret->uidvalidity = r == OK ? info.uidvalidity : 0;
	mem_free(v.m);
	mem_free(v.pieces);
	mem_free(v.ids);
	return r;
}

void store_on_append_many(const struct ipc_request *rq, const struct ipc_append_many_req *q)
{
	struct str message;
	struct buf uids;
	struct ipc_append_many_rep a = { 0 };
	buf_init(&uids, 4 * APPEND_MESSAGES);
	int r = store_body_open(q->bytes, q->body, &message), mapped = r == OK ? q->body : -1;
	if (r == OK)
		r = append_many(rq, q, message, &uids, &a);
	a.uids = buf_str(&uids);
	ipc_reply_append_many(rq, r, &a);
	buf_done(&uids);
	store_body_close(mapped, message);
}
