/* Notes: METADATA, and what was never shown. */
#include "role/store/store_serve.h"

enum { NOTES_BYTES = 2 << 20 };

/* A client reaches METADATA; the rest of the notes is the store's own. */
static bool may_touch(struct str name) { return name.n && name.p[0] == STORE_NOTE_METADATA; }

static int add_note(void *ctx, struct str name, struct str value)
{
	struct bufw w = { .b = ctx };
	struct buf record;
	buf_init(&record, STORE_NOTE_NAME_MAX + STORE_NOTE_MAX + 16);
	struct bufw in = { .b = &record };
	write_str(&in, name);
	write_str(&in, value);
	w.err = in.err;
	write_str(&w, buf_str(&record));
	buf_done(&record);
	return w.err;
}

void store_on_notes(const struct ipc_request *rq, const struct ipc_notes_req *q)
{
	struct buf out;
	uint32_t account;
	buf_init(&out, NOTES_BYTES);
	int r = store_grant_account(rq, q->grant, GRANT_IMAP | GRANT_JMAP, &account);
	if (r == OK && !may_touch(q->prefix))
		r = E_DENIED;
	if (r == OK)
		r = store_notes(store_served(), account, q->mailbox, q->prefix, add_note, &out);
	ipc_reply_notes(rq, r, &(struct ipc_notes_rep){ .notes = buf_str(&out) });
	buf_done(&out);
}

void store_on_note_set(const struct ipc_request *rq, const struct ipc_note_set_req *q)
{
	uint32_t account;
	struct str value = q->present ? (struct str){ q->value.n ? q->value.p : "", q->value.n } : (struct str){ 0 };
	int r = store_grant_account(rq, q->grant, GRANT_IMAP | GRANT_JMAP, &account);
	if (r == OK && !may_touch(q->name))
		r = E_DENIED;
	if (r == OK)
		r = store_note_set(store_served(), account, q->mailbox, q->name, value);
	ipc_reply_note_set(rq, r, &(struct ipc_note_set_rep){});
}

void store_on_recent(const struct ipc_request *rq, const struct ipc_recent_req *q)
{
	struct ipc_recent_rep a = { 0 };
	uint32_t account;
	int r = store_grant_account(rq, q->grant, GRANT_IMAP, &account);
	if (r == OK)
		r = store_recent(store_served(), account, q->mailbox, q->claim != 0, &a.first, &a.count);
	ipc_reply_recent(rq, r, &a);
}
