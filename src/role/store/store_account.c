#include "role/store/store_internal.h"

static const struct { struct str name; enum store_role role; } born_with[] = {
	{ STR_INIT("INBOX"), STORE_ROLE_INBOX },     /* the first: its id is STORE_INBOX */
	{ STR_INIT("Drafts"), STORE_ROLE_DRAFTS },
	{ STR_INIT("Sent"), STORE_ROLE_SENT },
	{ STR_INIT("Trash"), STORE_ROLE_TRASH },
	{ STR_INIT("Junk"), STORE_ROLE_JUNK },
	{ STR_INIT("Archive"), STORE_ROLE_ARCHIVE },
};

static struct store_key record_key(uint32_t id) { return store_key_id32(STORE_DIR_ACCOUNT, id); }

static int find_id(struct store *st, struct str address, uint32_t *ret)
{
	if (!address.n || address.n > STORE_ADDRESS_MAX)
		return E_NOTFOUND;
	int r = store_dir_read(st, STORE_DIR_ADDRESS, address, &st->scratch);
	return r == OK ? rec_u32_read(buf_str(&st->scratch), ret) : r;
}

static int read_account(uint32_t id, struct str record, struct arena *a, struct store_account_info *ret)
{
	struct store_account_info info;
	int r = rec_account_read(record, &info);
	if (r != OK)
		return r;
	info.id = id;
	info.address = arena_dup(a, info.address);
	info.credential = arena_dup(a, info.credential);
	*ret = info;
	return OK;
}

static void write_account(struct store *st, uint32_t id, const struct store_account_info *info)
{
	struct store_key k = record_key(id);
	struct bufw *w = store_encode(st);
	rec_account_write(w, info);
	store_put_encoded(st, ENGINE_DIRECTORY, &k);
	store_directory_touch(st);
}

/* ---- create ---- */

static int may_create(struct store *st, const struct store_account_info *info)
{
	uint32_t other;
	if (info->address.n > STORE_ADDRESS_MAX || info->credential.n > STORE_CREDENTIAL_MAX)
		return E_TOOBIG;
	int r = store_domain_known(st, store_address_domain(info->address));
	if (r != OK)
		return r;
	r = find_id(st, info->address, &other);
	if (r == E_NOTFOUND)
		r = store_dir_read(st, STORE_DIR_ALIAS, info->address, &st->scratch);
	return r == OK ? E_EXISTS : r == E_NOTFOUND ? OK : r;
}

static void write_mailboxes(struct store *st, uint32_t id, uint32_t created)
{
	for (uint32_t i = 0; i < COUNT_OF(born_with); i++) {
		struct rec_mailbox m = { .name = born_with[i].name,
					 .role = born_with[i].role,
					 .subscribed = true,
					 .uidvalidity = created + 1 + i,
					 .uidnext = 1,
					 .highest_modseq = 1,
					 .tail_first = 1,
					 .log_floor = 1 };
		struct store_key k = store_key_32(id, STORE_KIND_MAILBOX, STORE_INBOX + i);
		struct bufw *w = store_encode(st);
		rec_mailbox_write(w, &m);
		store_put_encoded(st, ENGINE_INDEX, &k);
	}
}

/* The source of UIDVALIDITY starts at the time, so that an account restored from nothing does not repeat values (B39).
 */
static void write_meta(struct store *st, uint32_t id, uint32_t created)
{
	struct rec_meta meta = { .modseq = 1, .next_email = 1, .next_mailbox = STORE_INBOX + COUNT_OF(born_with),
		                 .uidvalidity = created + COUNT_OF(born_with) };
	struct store_key k = store_key_account(id, STORE_KIND_META);
	struct bufw *w = store_encode(st);
	rec_meta_write(w, &meta);
	store_put_encoded(st, ENGINE_INDEX, &k);
}

static int create(struct store *st, const struct store_account_info *info, uint32_t *ret_id)
{
	int r = may_create(st, info);
	if (r != OK)
		return r;
	uint32_t id = st->sys.next_account++;
	st->sys_dirty = true;
	write_account(st, id, info);
	struct store_key k = store_key_name(STORE_DIR_ADDRESS, info->address);
	struct bufw *w = store_encode(st);
	rec_u32_write(w, id);
	store_put_encoded(st, ENGINE_DIRECTORY, &k);
	write_meta(st, id, (uint32_t)info->created);
	write_mailboxes(st, id, (uint32_t)info->created);
	*ret_id = id;
	return OK;
}

int store_account_create(struct store *st, const struct store_account_info *info, uint32_t *ret_id)
{
	uint32_t id;
	int r = store_op_begin(st);
	if (r == OK)
		r = store_op_end(st, create(st, info, &id));
	if (r == OK)
		*ret_id = id;
	return r;
}

/* ---- read ---- */

int store_account_get(struct store *st, uint32_t id, struct arena *a, struct store_account_info *ret)
{
	struct store_key k = record_key(id);
	store_directory_look(st);
	int r = store_read(st, ENGINE_DIRECTORY, &k, &st->scratch);
	return r == OK ? read_account(id, buf_str(&st->scratch), a, ret) : r;
}

int store_account_find(struct store *st, struct str address, struct arena *a, struct store_account_info *ret)
{
	uint32_t id;
	int r = find_id(st, address, &id);
	return r == OK ? store_account_get(st, id, a, ret) : r;
}

int store_account_list(struct store *st, uint32_t after, size_t max, struct arena *a, struct store_account_info **ret,
                       size_t *ret_n)
{
	struct store_key all = store_key_name(STORE_DIR_ACCOUNT, STR("")), end = store_key_after(&all);
	struct store_key from = after == UINT32_MAX ? end : record_key(after + 1);
	struct store_account_info *v = NULL;
	size_t n = 0, cap = 0;
	struct kv_iter it;
	store_directory_look(st);
	int r = kv_iter_open(st->kv, ENGINE_DIRECTORY, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid && n < max) {
		struct store_account_info *info = arena_push(a, &v, &n, &cap, sizeof *v);
		r = read_account(store_key_tail32(it.key), it.value, a, info);
		if (r == OK)
			r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	if (r == OK) {
		*ret = v;
		*ret_n = n;
	}
	return r;
}

/* ---- change ---- */

struct account_edit { const struct str *credential; const uint32_t *flags; const uint64_t *quota; };

static int edit_within(struct store *st, uint32_t id, const struct account_edit *e)
{
	struct arena arena;
	struct store_account_info info;
	if (e->credential && e->credential->n > STORE_CREDENTIAL_MAX)
		return E_TOOBIG;
	arena_init(&arena, 16 << 10, NULL, NULL);
	int r = store_account_get(st, id, &arena, &info);
	if (r == OK) {
		info.credential = e->credential ? *e->credential : info.credential;
		info.flags = e->flags ? *e->flags : info.flags;
		info.quota = e->quota ? *e->quota : info.quota;
		write_account(st, id, &info);
		struct store_account *a = map_get(&st->accounts, id);
		if (a) {
			a->quota = info.quota;
			store_account_touch(st, a);
		}
	}
	arena_done(&arena);
	return r;
}

static int edit(struct store *st, uint32_t id, const struct account_edit *e)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, edit_within(st, id, e)) : r;
}

int store_account_credential(struct store *st, uint32_t id, struct str credential)
{
	return edit(st, id, &(struct account_edit){ .credential = &credential });
}

int store_account_flags(struct store *st, uint32_t id, uint32_t flags)
{
	return edit(st, id, &(struct account_edit){ .flags = &flags });
}

int store_account_quota(struct store *st, uint32_t id, uint64_t quota)
{
	return edit(st, id, &(struct account_edit){ .quota = &quota });
}

/* ---- delete ---- */

static int delete(struct store *st, uint32_t id)
{
	struct arena arena;
	struct store_account_info info;
	arena_init(&arena, 16 << 10, NULL, NULL);
	int r = store_account_get(st, id, &arena, &info);
	if (r == OK) {
		struct store_key k = store_key_name(STORE_DIR_ADDRESS, info.address);
		store_remove(st, ENGINE_DIRECTORY, &k);
		k = record_key(id);
		store_remove(st, ENGINE_DIRECTORY, &k);
		store_directory_touch(st);
		store_purge_everything(st, id);
		struct store_account *a = map_get(&st->accounts, id);
		if (a)
			store_account_forget(st, a);
	}
	arena_done(&arena);
	return r;
}

int store_account_delete(struct store *st, uint32_t id)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, delete(st, id)) : r;
}
