/* Mailboxes by name, keywords, quota. */
#include "os/clock.h"
#include "role/store/store_serve.h"

enum { READERS = GRANT_IMAP | GRANT_POP | GRANT_JMAP, LIST_MAX = 2 << 20, RECORD_MAX = 2048, KEYWORDS_MAX = 16 << 10 };

static int open_mailbox(const struct ipc_request *rq, uint64_t grant, struct str name, uint32_t *account,
			struct store_mailbox_info *ret)
{
	int r = store_grant_account(rq, grant, READERS, account);
	return r == OK ? store_mailbox_find(store_served(), *account, name, ret) : r;
}

static void write_mailbox(struct bufw *w, const struct store_mailbox_info *m, struct buf *record)
{
	struct bufw in = { .b = record };
	buf_clear(record);
	write_u32(&in, m->id);
	write_str(&in, m->name);
	write_u32(&in, (uint32_t)m->role);
	write_u32(&in, m->uidvalidity);
	write_u32(&in, m->uidnext);
	write_u32(&in, m->messages);
	write_u32(&in, m->unseen);
	write_u32(&in, m->deleted);
	write_u64(&in, m->size);
	write_u64(&in, m->highest_modseq);
	write_u32(&in, m->subscribed);
	w->err = w->err == OK ? in.err : w->err;
	write_str(w, buf_str(record));
}

struct listing { struct bufw *w; struct buf *record; };

static int write_kept(void *ctx, struct str name, struct str value)
{
	struct listing *l = ctx;
	(void)value;
	write_mailbox(l->w, &(struct store_mailbox_info){ .name = str_skip(name, 1), .subscribed = true }, l->record);
	return l->w->err;
}

static int list_kept(uint32_t account, struct bufw *w, struct buf *record)
{
	static const char prefix = STORE_NOTE_SUBSCRIBED;
	struct listing l = { w, record };
	return store_notes(store_served(), account, 0, (struct str){ &prefix, 1 }, write_kept, &l);
}

void store_on_mailboxes(const struct ipc_request *rq, const struct ipc_mailboxes_req *q)
{
	struct arena a;
	struct buf out, record;
	struct store_mailbox_info *v;
	size_t n = 0;
	uint32_t account;
	arena_init(&a, 4 << 20, NULL, NULL);
	buf_init(&out, LIST_MAX);
	buf_init(&record, RECORD_MAX);
	struct bufw w = { .b = &out };
	int r = store_grant_account(rq, q->grant, READERS, &account);
	if (r == OK)
		r = store_mailbox_list(store_served(), account, &a, &v, &n);
	for (size_t i = 0; r == OK && i < n; i++)
		write_mailbox(&w, &v[i], &record);
	if (r == OK)
		r = list_kept(account, &w, &record);
	ipc_reply_mailboxes(rq, r == OK ? w.err : r, &(struct ipc_mailboxes_rep){ .mailboxes = buf_str(&out) });
	buf_done(&record);
	buf_done(&out);
	arena_done(&a);
}

void store_on_mailbox(const struct ipc_request *rq, const struct ipc_mailbox_req *q)
{
	struct store_mailbox_info m;
	uint32_t account;
	int r = open_mailbox(rq, q->grant, q->name, &account, &m);
	struct ipc_mailbox_rep out = { 0 };
	if (r == OK)
		out = (struct ipc_mailbox_rep){ .id = m.id,
						.role = (uint32_t)m.role,
						.uidvalidity = m.uidvalidity,
						.uidnext = m.uidnext,
						.count = m.messages,
						.unseen = m.unseen,
						.deleted = m.deleted,
						.size = m.size,
						.modseq = m.highest_modseq,
						.subscribed = m.subscribed };
	ipc_reply_mailbox(rq, r, &out);
}

void store_on_mailbox_create(const struct ipc_request *rq, const struct ipc_mailbox_create_req *q)
{
	struct ipc_mailbox_create_rep out = { 0 };
	uint32_t account;
	int r = store_grant_account(rq, q->grant, GRANT_IMAP | GRANT_JMAP, &account);
	if (r == OK && q->role >= STORE_ROLES)
		r = E_UNSUPPORTED;
	if (r == OK)
		r = store_mailbox_create(store_served(), account, q->name, (enum store_role)q->role, &out.id);
	ipc_reply_mailbox_create(rq, r, &out);
}

void store_on_mailbox_delete(const struct ipc_request *rq, const struct ipc_mailbox_delete_req *q)
{
	struct store_mailbox_info m;
	uint32_t account;
	int r = open_mailbox(rq, q->grant, q->name, &account, &m);
	if (r == OK)
		r = store_mailbox_delete(store_served(), account, m.id);
	ipc_reply_mailbox_delete(rq, r, &(struct ipc_mailbox_delete_rep){});
}

void store_on_mailbox_rename(const struct ipc_request *rq, const struct ipc_mailbox_rename_req *q)
{
	struct store_mailbox_info m;
	uint32_t account;
	int r = open_mailbox(rq, q->grant, q->from, &account, &m);
	if (r == OK)
		r = store_mailbox_rename(store_served(), account, m.id, q->to, clock_real());
	ipc_reply_mailbox_rename(rq, r, &(struct ipc_mailbox_rename_rep){});
}

void store_on_mailbox_subscribe(const struct ipc_request *rq, const struct ipc_mailbox_subscribe_req *q)
{
	struct store_mailbox_info m;
	uint32_t account;
	int r = open_mailbox(rq, q->grant, q->name, &account, &m);
	if (r == OK)
		r = store_mailbox_subscribe(store_served(), account, m.id, q->on != 0);
	else if (r == E_NOTFOUND && !q->on)
		r = store_mailbox_unsubscribe_gone(store_served(), account, q->name);
	ipc_reply_mailbox_subscribe(rq, r, &(struct ipc_mailbox_subscribe_rep){});
}

void store_on_keywords(const struct ipc_request *rq, const struct ipc_keywords_req *q)
{
	struct arena a;
	struct buf out;
	struct str *names;
	size_t n = 0;
	uint32_t account;
	arena_init(&a, 64 << 10, NULL, NULL);
	buf_init(&out, KEYWORDS_MAX);
	struct bufw w = { .b = &out };
	int r = store_grant_account(rq, q->grant, READERS, &account);
	if (r == OK)
		r = store_keywords(store_served(), account, &a, &names, &n);
	for (size_t i = 0; r == OK && i < n; i++)
		write_str(&w, names[i]);
	ipc_reply_keywords(rq, r == OK ? w.err : r, &(struct ipc_keywords_rep){ .names = buf_str(&out) });
	buf_done(&out);
	arena_done(&a);
}

static uint32_t bit_number(uint64_t flags)
{
	uint32_t bit = 0;
	while (flags >>= 1)
		bit++;
	return bit;
}

void store_on_keyword_bit(const struct ipc_request *rq, const struct ipc_keyword_bit_req *q)
{
	uint64_t flags = 0;
	uint32_t account;
	int r = store_grant_account(rq, q->grant, GRANT_IMAP | GRANT_JMAP, &account);
	if (r == OK)
		r = store_keywords_add(store_served(), account, &q->name, 1, &flags);
	ipc_reply_keyword_bit(rq, r, &(struct ipc_keyword_bit_rep){ .bit = bit_number(flags) });
}

void store_on_quota(const struct ipc_request *rq, const struct ipc_quota_req *q)
{
	struct store_status s = { 0 };
	uint32_t account;
	int r = store_grant_account(rq, q->grant, READERS, &account);
	if (r == OK)
		r = store_account_status(store_served(), account, &s);
	ipc_reply_quota(rq, r, &(struct ipc_quota_rep){ .used = s.bytes, .limit = s.quota });
}
