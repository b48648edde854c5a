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
