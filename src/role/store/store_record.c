#include "role/store/store_record.h"

enum { VERSION = 1 };

/* The version of a record; anything but ours makes the error stick. */
static struct reader opened(struct str bytes)
{
	struct reader r = reader_of(bytes);
	if (read_u8(&r) != VERSION)
		r.err = E_CORRUPT;
	return r;
}

static int closed(struct reader *r) { return reader_end(r) == OK ? OK : E_CORRUPT; }
static void start(struct bufw *w) { write_u8(w, VERSION); }
static int64_t read_i64(struct reader *r) { return (int64_t)read_u64(r); }
static void write_i64(struct bufw *w, int64_t v) { write_u64(w, (uint64_t)v); }

void rec_u32_write(struct bufw *w, uint32_t v)
{
	start(w);
	write_u32(w, v);
}

int rec_u32_read(struct str bytes, uint32_t *ret)
{
	struct reader r = opened(bytes);
	uint32_t v = read_u32(&r);
	if (closed(&r) != OK)
		return E_CORRUPT;
	*ret = v;
	return OK;
}

/* The format comes first and keeps its place for ever, so that any version can tell it. */
void rec_system_write(struct bufw *w, const struct rec_system *v)
{
	write_u32(w, v->format);
	write_u32(w, v->next_account);
	write_u64(w, v->next_blob);
	write_u64(w, v->next_queue);
	bufw_put(w, v->thread_key, sizeof v->thread_key);
}

int rec_system_read(struct str bytes, struct rec_system *ret)
{
	struct reader r = reader_of(bytes);
	struct rec_system v = { .format = read_u32(&r) };
	if (r.err == OK && v.format > STORE_FORMAT)
		return E_UNSUPPORTED;
	v.next_account = read_u32(&r);
	v.next_blob = read_u64(&r);
	v.next_queue = read_u64(&r);
	struct str key = read_bytes(&r, STORE_THREAD_KEY);
	if (closed(&r) != OK || v.format == 0)
		return E_CORRUPT;
	memcpy(v.thread_key, key.p, STORE_THREAD_KEY);
	*ret = v;
	return OK;
}

void rec_meta_write(struct bufw *w, const struct rec_meta *v)
{
	start(w);
	write_varint(w, v->modseq);
	write_varint(w, v->next_email);
	write_varint(w, v->bytes);
	write_u32(w, v->next_mailbox);
	write_u32(w, v->uidvalidity);
	write_u32(w, v->messages);
}

int rec_meta_read(struct str bytes, struct rec_meta *ret)
{
	struct reader r = opened(bytes);
	struct rec_meta v = { .modseq = read_varint(&r) };
	v.next_email = read_varint(&r);
	v.bytes = read_varint(&r);
	v.next_mailbox = read_u32(&r);
	v.uidvalidity = read_u32(&r);
	v.messages = read_u32(&r);
	if (closed(&r) != OK || v.modseq == 0)
		return E_CORRUPT;
	*ret = v;
	return OK;
}

void rec_mailbox_write(struct bufw *w, const struct rec_mailbox *v)
{
	start(w);
	write_str(w, v->name);
	write_u8(w, (uint8_t)v->role);
	write_u8(w, v->subscribed);
	write_u32(w, v->uidvalidity);
	write_u32(w, v->uidnext);
	write_u32(w, v->messages);
	write_u32(w, v->unseen);
	write_u32(w, v->deleted);
	write_varint(w, v->size);
	write_varint(w, v->highest_modseq);
	write_u32(w, v->tail_first);
	write_u32(w, v->tail_count);
	write_varint(w, v->log_floor);
	write_u32(w, v->log_count);
}

int rec_mailbox_read(struct str bytes, struct rec_mailbox *ret)
{
	struct reader r = opened(bytes);
	struct rec_mailbox v = { .name = read_str(&r, STORE_NAME_MAX) };
	uint8_t role = read_u8(&r);
	v.subscribed = read_u8(&r);
	v.uidvalidity = read_u32(&r);
	v.uidnext = read_u32(&r);
	v.messages = read_u32(&r);
	v.unseen = read_u32(&r);
	v.deleted = read_u32(&r);
	v.size = read_varint(&r);
	v.highest_modseq = read_varint(&r);
	v.tail_first = read_u32(&r);
	v.tail_count = read_u32(&r);
	v.log_floor = read_varint(&r);
	v.log_count = read_u32(&r);
	if (closed(&r) != OK || role >= STORE_ROLES)
		return E_CORRUPT;
	v.role = (enum store_role)role;
	*ret = v;
	return OK;
}

void rec_email_write(struct bufw *w, const struct rec_email *v)
{
	start(w);
	write_u64(w, v->blob);
	write_varint(w, v->thread);
	write_u32(w, v->size);
	write_i64(w, v->received);
	write_u8(w, (uint8_t)v->members);
	for (size_t i = 0; i < v->members; i++)
		write_varint(w, v->member[i]);
	write_u8(w, (uint8_t)v->hashes);
	for (size_t i = 0; i < v->hashes; i++)
		write_u64(w, v->hash[i]);
}

int rec_email_read(struct str bytes, struct rec_email *ret)
{
	struct reader r = opened(bytes);
	struct rec_email v = { .blob = read_u64(&r) };
	v.thread = read_varint(&r);
	v.size = read_u32(&r);
	v.received = read_i64(&r);
	v.members = read_u8(&r);
	if (v.members > STORE_MEMBERS_MAX)
		return E_CORRUPT;
	for (size_t i = 0; i < v.members; i++)
		v.member[i] = (uint32_t)read_varint(&r);
	v.hashes = read_u8(&r);
	if (v.hashes > STORE_REFS_MAX)
		return E_CORRUPT;
	for (size_t i = 0; i < v.hashes; i++)
		v.hash[i] = read_u64(&r);
	if (closed(&r) != OK)
		return E_CORRUPT;
	*ret = v;
	return OK;
}

void rec_thread_write(struct bufw *w, const struct rec_thread *v)
{
	start(w);
	write_varint(w, v->thread);
	write_varint(w, v->users);
}

int rec_thread_read(struct str bytes, struct rec_thread *ret)
{
	struct reader r = opened(bytes);
	struct rec_thread v = { .thread = read_varint(&r) };
	v.users = (uint32_t)read_varint(&r);
	if (closed(&r) != OK)
		return E_CORRUPT;
	*ret = v;
	return OK;
}

static struct rec_run *run_new(struct rec_runs *r)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 8;
		r->v = mem_resize_array(r->v, r->cap, sizeof r->v[0]);
	}
	return &r->v[r->n++];
}

void rec_runs_add(struct rec_runs *r, uint32_t uid, uint64_t email)
{
	struct rec_run *last = r->n ? &r->v[r->n - 1] : NULL;
	if (last && uid == last->uid + last->count && email == last->email + last->count)
		last->count++;
	else
		*run_new(r) = (struct rec_run){ uid, 1, email };
}

void rec_runs_done(struct rec_runs *r)
{
	mem_free(r->v);
	*r = (struct rec_runs){ 0 };
}

void rec_runs_write(struct bufw *w, const struct rec_runs *v)
{
	start(w);
	for (size_t i = 0; i < v->n; i++) {
		write_varint(w, v->v[i].uid);
		write_varint(w, v->v[i].email);
		write_varint(w, v->v[i].count);
	}
}

int rec_runs_read(struct str bytes, struct rec_runs *ret)
{
	struct reader r = opened(bytes);
	size_t before = ret->n;
	while (r.err == OK && r.rest.n) {
		uint64_t uid = read_varint(&r), email = read_varint(&r), count = read_varint(&r);
		if (r.err != OK || uid == 0 || count == 0 || uid > UINT32_MAX || count > UINT32_MAX - uid + 1) {
			r.err = E_CORRUPT;
			break;
		}
		*run_new(ret) = (struct rec_run){ (uint32_t)uid, (uint32_t)count, email };
	}
	if (closed(&r) == OK)
		return OK;
	ret->n = before;
	return E_CORRUPT;
}

void rec_account_write(struct bufw *w, const struct store_account_info *v)
{
	start(w);
	write_str(w, v->address);
	write_str(w, v->credential);
	write_u32(w, v->flags);
	write_u64(w, v->quota);
	write_i64(w, v->created);
}

int rec_account_read(struct str bytes, struct store_account_info *ret)
{
	struct reader r = opened(bytes);
	struct store_account_info v = { .address = read_str(&r, STORE_ADDRESS_MAX) };
	v.credential = read_str(&r, STORE_CREDENTIAL_MAX);
	v.flags = read_u32(&r);
	v.quota = read_u64(&r);
	v.created = read_i64(&r);
	if (closed(&r) != OK)
		return E_CORRUPT;
	*ret = v;
	return OK;
}

void rec_domain_write(struct bufw *w, const struct store_domain_info *v)
{
	start(w);
	write_str(w, v->catch_all);
	write_i64(w, v->created);
}

int rec_domain_read(struct str bytes, struct store_domain_info *ret)
{
	struct reader r = opened(bytes);
	struct store_domain_info v = { .catch_all = read_str(&r, STORE_ADDRESS_MAX) };
	v.created = read_i64(&r);
	if (closed(&r) != OK)
		return E_CORRUPT;
	*ret = v;
	return OK;
}

void rec_alias_write(struct bufw *w, const struct store_alias_info *v)
{
	start(w);
	write_u16(w, (uint16_t)v->targets);
	for (size_t i = 0; i < v->targets; i++)
		write_str(w, v->target[i]);
}

int rec_alias_read(struct str bytes, struct arena *a, struct store_alias_info *ret)
{
	struct reader r = opened(bytes);
	struct store_alias_info v = { .targets = read_u16(&r) };
	if (v.targets > STORE_ALIAS_TARGETS)
		return E_CORRUPT;
	v.target = arena_new_array(a, struct str, v.targets);
	for (size_t i = 0; i < v.targets; i++)
		v.target[i] = arena_dup(a, read_str(&r, STORE_ADDRESS_MAX));
	if (closed(&r) != OK)
		return E_CORRUPT;
	*ret = v;
	return OK;
}

void rec_queue_write(struct bufw *w, const struct store_queue_entry *v)
{
	start(w);
	write_u64(w, v->blob);
	write_u32(w, v->size);
	write_str(w, v->sender);
	write_str(w, v->recipient);
	write_str(w, v->destination);
	write_str(w, v->orcpt);
	write_str(w, v->envid);
	write_u8(w, v->notify);
	write_u32(w, v->flags);
	write_u8(w, v->delay_told);
	write_u8(w, (uint8_t)v->state);
	write_i64(w, v->created);
	write_i64(w, v->expires);
	write_i64(w, v->next);
	write_u32(w, v->attempts);
	write_str(w, v->text);
}

int rec_queue_read(struct str bytes, struct store_queue_entry *ret)
{
	struct reader r = opened(bytes);
	struct store_queue_entry v = { .blob = read_u64(&r) };
	v.size = read_u32(&r);
	v.sender = read_str(&r, STORE_PATH_MAX);
	v.recipient = read_str(&r, STORE_PATH_MAX);
	v.destination = read_str(&r, STORE_DOMAIN_MAX);
	v.orcpt = read_str(&r, STORE_QUEUE_TEXT_MAX);
	v.envid = read_str(&r, STORE_QUEUE_TEXT_MAX);
	v.notify = read_u8(&r);
	v.flags = read_u32(&r);
	v.delay_told = read_u8(&r);
	uint8_t state = read_u8(&r);
	v.created = read_i64(&r);
	v.expires = read_i64(&r);
	v.next = read_i64(&r);
	v.attempts = read_u32(&r);
	v.text = read_str(&r, STORE_QUEUE_TEXT_MAX);
	if (closed(&r) != OK || state >= STORE_QUEUE_STATES)
		return E_CORRUPT;
	v.state = (enum store_queue_state)state;
	*ret = v;
	return OK;
}

void rec_entries_write(struct bufw *w, const void *entries, size_t n)
{
	start(w);
	bufw_put(w, entries, n * STORE_ENTRY);
}

int rec_entries_read(struct str bytes, struct str *ret_entries)
{
	struct reader r = opened(bytes);
	if (r.err != OK || r.rest.n == 0 || r.rest.n % STORE_ENTRY != 0)
		return E_CORRUPT;
	*ret_entries = r.rest;
	return OK;
}
