#include "role/store/store_check_internal.h"

/* What the entries of one account add up to. */
struct tally { uint32_t messages, unseen, deleted, tail; uint64_t size, highest; uint32_t last_uid, log; };

struct scope {
	uint32_t account, mailbox;
	struct rec_meta meta;
	struct rec_mailbox rec;
	struct tally sum;               /* of the mailbox */
	uint64_t bytes;                 /* of the account */
	uint32_t messages;
	struct map placed;              /* e-mails that an entry or garbage leads to */
	struct map mailboxes, hashes;
};

static char here;                       /* what placed and mailboxes hold */

static unsigned long long ull(uint64_t v) { return v; }

/* ---- entries ---- */

static int entry_email(struct check *c, struct scope *s, const struct store_entry *e)
{
	struct rec_email rec;
	int r = store_email_read(c->st, s->account, e->email, &rec);
	if (r == E_NOTFOUND || r == E_CORRUPT) {
		check_finding(c, "account %u mailbox %u uid %u: its e-mail %llu %s", s->account, s->mailbox, e->uid,
			      ull(e->email), r == E_NOTFOUND ? "is missing" : "does not read");
		return OK;
	}
	if (r != OK)
		return r;
	bool member = false;
	for (size_t i = 0; i < rec.members; i++)
		member = member || rec.member[i] == s->mailbox;
	if (!member)
		check_finding(c, "account %u mailbox %u uid %u: its e-mail is not in the mailbox", s->account,
			      s->mailbox, e->uid);
	if (rec.size != e->size)
		check_finding(c, "account %u mailbox %u uid %u: two sizes", s->account, s->mailbox, e->uid);
	return OK;
}

static int entry_check(struct check *c, struct scope *s, const struct store_entry *e)
{
	struct tally *t = &s->sum;
	if (e->uid <= t->last_uid || e->uid >= s->rec.uidnext)
		check_finding(c, "account %u mailbox %u uid %u: out of order", s->account, s->mailbox, e->uid);
	if (e->modseq > s->meta.modseq || e->modseq > s->rec.highest_modseq || e->modseq == 0)
		check_finding(c, "account %u mailbox %u uid %u: its modseq lies above", s->account, s->mailbox, e->uid);
	if (e->email >= s->meta.next_email)
		check_finding(c, "account %u mailbox %u uid %u: the counter of e-mails lies below", s->account,
			      s->mailbox, e->uid);
	t->last_uid = e->uid;
	t->messages++;
	t->unseen += !(e->flags & STORE_SEEN);
	t->deleted += (e->flags & STORE_DELETED) != 0;
	t->size += e->size;
	map_put(&s->placed, e->email, &here);
	return entry_email(c, s, e);
}

static int on_entries(struct check *c, void *ctx, struct str key, struct str value)
{
	struct scope *s = ctx;
	struct str packed;
	bool tail = key.p[4] == STORE_KIND_TAIL;
	if (rec_entries_read(value, &packed) != OK || packed.n / STORE_ENTRY > (tail ? 1 : STORE_PAGE)) {
		check_finding(c, "account %u mailbox %u: a page does not read", s->account, s->mailbox);
		return OK;
	}
	s->sum.tail += tail;
	for (; packed.n; packed = str_skip(packed, STORE_ENTRY)) {
		struct store_entry e = store_entry_get(packed.p);
		if (tail != (e.uid >= s->rec.tail_first) || e.uid < store_key_tail32(key))
			check_finding(c, "account %u mailbox %u uid %u: lies in the wrong page", s->account, s->mailbox,
				      e.uid);
		int r = entry_check(c, s, &e);
		if (r != OK)
			return r;
	}
	return OK;
}

static int on_log(struct check *c, void *ctx, struct str key, struct str value)
{
	struct scope *s = ctx;
	struct rec_runs runs = { 0 };
	if (rec_runs_read(value, &runs) != OK)
		check_finding(c, "account %u mailbox %u: its log does not read", s->account, s->mailbox);
	if (store_key_tail64(key) > s->rec.highest_modseq || store_key_tail64(key) <= s->rec.log_floor)
		check_finding(c, "account %u mailbox %u: its log reaches too far", s->account, s->mailbox);
	s->sum.log++;
	rec_runs_done(&runs);
	return OK;
}

static void counters(struct check *c, const struct scope *s)
{
	const struct rec_mailbox *m = &s->rec;
	const struct tally *t = &s->sum;
	const struct { const char *what; uint64_t counted, summed; } row[] = {
		{ "messages", m->messages, t->messages }, { "unseen", m->unseen, t->unseen },
		{ "deleted", m->deleted, t->deleted },    { "bytes", m->size, t->size },
		{ "tail keys", m->tail_count, t->tail },  { "log records", m->log_count, t->log },
	};
	for (size_t i = 0; i < COUNT_OF(row); i++)
		if (row[i].counted != row[i].summed)
			check_finding(c, "account %u mailbox %u: counts %llu %s, has %llu", s->account, s->mailbox,
				      ull(row[i].counted), row[i].what, ull(row[i].summed));
}

static int on_mailbox(struct check *c, void *ctx, struct str key, struct str value)
{
	struct scope *s = ctx;
	s->mailbox = store_key_tail32(key);
	s->sum = (struct tally){ 0 };
	c->n.mailboxes++;
	map_put(&s->mailboxes, s->mailbox, &here);
	if (rec_mailbox_read(value, &s->rec) != OK) {
		check_finding(c, "account %u mailbox %u: its record does not read", s->account, s->mailbox);
		return OK;
	}
	if (s->mailbox >= s->meta.next_mailbox || s->rec.highest_modseq > s->meta.modseq ||
	    s->rec.uidvalidity > s->meta.uidvalidity)
		check_finding(c, "account %u mailbox %u: a counter of the account lies below", s->account, s->mailbox);
	static const enum store_kind kinds[] = { STORE_KIND_PAGE, STORE_KIND_TAIL };
	int r = OK;
	for (size_t i = 0; r == OK && i < COUNT_OF(kinds); i++) {
		struct store_key from = store_key_32(s->account, kinds[i], s->mailbox);
		r = check_each(c, ENGINE_INDEX, from, store_key_after(&from), on_entries, s);
	}
	struct store_key log = store_key_32(s->account, STORE_KIND_LOG, s->mailbox);
	if (r == OK)
		r = check_each(c, ENGINE_INDEX, log, store_key_after(&log), on_log, s);
	counters(c, s);
	s->bytes += s->sum.size;
	s->messages += s->sum.messages;
	return r;
}

/* ---- e-mails, garbage, threads ---- */

static int on_garbage(struct check *c, void *ctx, struct str key, struct str value)
{
	struct scope *s = ctx;
	struct rec_runs runs = { 0 };
	(void)key;
	if (rec_runs_read(value, &runs) != OK)
		check_finding(c, "account %u: what is to be purged does not read", s->account);
	for (size_t i = 0; i < runs.n; i++) {
		const struct rec_run *run = &runs.v[i];
		if (run->email >= s->meta.next_email || run->count > s->meta.next_email - run->email) {
			check_finding(c, "account %u: e-mails are to be purged that never were", s->account);
			continue;
		}
		for (uint32_t k = 0; k < run->count; k++)
			map_put(&s->placed, run->email + k, &here);
	}
	rec_runs_done(&runs);
	return OK;
}

static void count_hashes(struct scope *s, const struct rec_email *e)
{
	for (size_t i = 0; i < e->hashes; i++) {
		uintptr_t n = (uintptr_t)map_get(&s->hashes, e->hash[i]);
		map_put(&s->hashes, e->hash[i], (void *)(n + 1));
	}
}

static int on_email(struct check *c, void *ctx, struct str key, struct str value)
{
	struct scope *s = ctx;
	struct rec_email e;
	uint64_t id = store_key_tail64(key);
	c->n.emails++;
	if (rec_email_read(value, &e) != OK) {
		check_finding(c, "account %u e-mail %llu: its record does not read", s->account, ull(id));
		return OK;
	}
	check_blob_owner(c, e.blob, e.size);
	count_hashes(s, &e);
	if (!map_get(&s->placed, id))
		check_finding(c, "account %u e-mail %llu: no entry leads to it", s->account, ull(id));
	struct store_key k = store_key_summary(s->account, id);
	int r = kv_has(c->st->kv, ENGINE_SUMMARY, store_key_str(&k));
	if (r == E_NOTFOUND)
		check_finding(c, "account %u e-mail %llu: its summary is missing", s->account, ull(id));
	return r == E_NOTFOUND ? OK : r;
}

static int on_thread(struct check *c, void *ctx, struct str key, struct str value)
{
	struct scope *s = ctx;
	struct rec_thread t;
	uint64_t hash = store_key_tail64(key);
	uintptr_t users = (uintptr_t)map_remove(&s->hashes, hash);
	if (rec_thread_read(value, &t) != OK)
		check_finding(c, "account %u: a thread does not read", s->account);
	else if (t.users != users)
		check_finding(c, "account %u thread %llu: counts %u e-mails, has %llu", s->account, ull(t.thread),
			      t.users, ull(users));
	return OK;
}

/* Keys under a mailbox that does not exist. */
static int on_any(struct check *c, void *ctx, struct str key, struct str value)
{
	const struct scope *s = ctx;
	(void)value;
	if (key.n >= 9 && strchr("ptxn", key.p[4]) && store_key_first32(key) && !map_get(&s->mailboxes, store_key_first32(key)))
		check_finding(c, "account %u mailbox %u: has keys but does not exist", s->account,
			      store_key_first32(key));
	return OK;
}

static int on_summary(struct check *c, void *ctx, struct str key, struct str value)
{
	const struct scope *s = ctx;
	(void)value;
	struct store_key k = store_key_64(s->account, STORE_KIND_EMAIL, store_key_tail64(key));
	int r = kv_has(c->st->kv, ENGINE_INDEX, store_key_str(&k));
	if (r == E_NOTFOUND)
		check_finding(c, "account %u: a summary is left of e-mail %llu", s->account,
			      ull(store_key_tail64(key)));
	return r == E_NOTFOUND ? OK : r;
}

/* ---- the account ---- */

static int each_kind(struct check *c, struct scope *s, enum store_kind kind, check_fn *fn)
{
	struct store_key from = store_key_account(s->account, kind);
	return check_each(c, ENGINE_INDEX, from, store_key_after(&from), fn, s);
}

static int walk(struct check *c, struct scope *s)
{
	struct store_key all = store_key_account_end(s->account - 1), end = store_key_account_end(s->account);
	int r = each_kind(c, s, STORE_KIND_MAILBOX, on_mailbox);
	if (r == OK)
		r = each_kind(c, s, STORE_KIND_GARBAGE, on_garbage);
	if (r == OK)
		r = each_kind(c, s, STORE_KIND_EMAIL, on_email);
	if (r == OK)
		r = each_kind(c, s, STORE_KIND_THREAD, on_thread);
	if (r == OK)
		r = check_each(c, ENGINE_INDEX, all, end, on_any, s);
	if (r == OK)
		r = check_each(c, ENGINE_SUMMARY, all, end, on_summary, s);
	if (s->hashes.count)
		check_finding(c, "account %u: %zu message ids lead to no thread", s->account, s->hashes.count);
	if (s->bytes != s->meta.bytes || s->messages != s->meta.messages)
		check_finding(c, "account %u: counts %u messages and %llu bytes, has %u and %llu", s->account,
			      s->meta.messages, ull(s->meta.bytes), s->messages, ull(s->bytes));
	return r;
}

int check_account(struct check *c, uint32_t account)
{
	struct scope s = { .account = account };
	struct store_key k = store_key_account(account, STORE_KIND_META);
	int r = store_read(c->st, ENGINE_INDEX, &k, &c->st->scratch);
	if (r != OK && r != E_NOTFOUND)
		return r;
	if (r != OK || rec_meta_read(buf_str(&c->st->scratch), &s.meta) != OK)
		check_finding(c, "account %u: its own record does not read", account);
	map_init(&s.placed, 0);
	map_init(&s.mailboxes, 0);
	map_init(&s.hashes, 0);
	r = walk(c, &s);
	map_done(&s.placed);
	map_done(&s.mailboxes);
	map_done(&s.hashes);
	return r;
}

static int on_leftover(struct check *c, void *ctx, struct str key, struct str value)
{
	struct rec_email e;
	(void)ctx;
	(void)key;
	if (rec_email_read(value, &e) == OK)
		check_blob_owner(c, e.blob, e.size);
	return OK;
}

int check_leftover(struct check *c, uint32_t account)
{
	struct store_key from = store_key_account(account, STORE_KIND_EMAIL);
	return check_each(c, ENGINE_INDEX, from, store_key_after(&from), on_leftover, NULL);
}
