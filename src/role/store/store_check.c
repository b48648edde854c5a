#include "role/store/store_check_internal.h"

void check_finding(struct check *c, const char *fmt, ...)
{
	struct buf line;
	va_list ap;
	c->n.findings++;
	if (!c->o->finding)
		return;
	buf_init(&line, 1024);
	va_start(ap, fmt);
	if (buf_vprintf(&line, fmt, ap) == OK)
		c->o->finding(c->o->ctx, buf_str(&line));
	va_end(ap);
	buf_done(&line);
}

int check_each(struct check *c, enum engine_space space, struct store_key from, struct store_key end, check_fn *fn,
	       void *ctx)
{
	struct kv_iter it;
	int r = kv_iter_open(c->st->kv, space, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid) {
		r = fn(c, ctx, it.key, it.value);
		if (r == OK)
			r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	return r;
}

static int each_kind(struct check *c, enum engine_space space, char kind, check_fn *fn)
{
	struct store_key from = store_key_name(kind, STR(""));
	return check_each(c, space, from, store_key_after(&from), fn, NULL);
}

/* ---- directory ---- */

static int has(struct check *c, char kind, struct str name)
{
	return store_dir_read(c->st, kind, name, &c->st->scratch);
}

static int on_account(struct check *c, void *ctx, struct str key, struct str value)
{
	struct store_account_info info;
	uint32_t id = store_key_tail32(key), other = 0;
	(void)ctx;
	c->n.accounts++;
	if (rec_account_read(value, &info) != OK) {
		check_finding(c, "account %u: its record does not read", id);
		return OK;
	}
	int r = has(c, STORE_DIR_ADDRESS, info.address);
	if (r == OK && (rec_u32_read(buf_str(&c->st->scratch), &other) != OK || other != id))
		check_finding(c, "account %u: its address leads to account %u", id, other);
	if (r == E_NOTFOUND)
		check_finding(c, "account %u: its address leads nowhere", id);
	if (id >= c->st->sys.next_account)
		check_finding(c, "account %u: the counter of accounts stands at %u", id, c->st->sys.next_account);
	return r == E_NOTFOUND ? OK : r;
}

static int on_address(struct check *c, void *ctx, struct str key, struct str value)
{
	uint32_t id;
	struct str address = str_skip(key, 1);
	(void)ctx;
	if (rec_u32_read(value, &id) != OK) {
		check_finding(c, "address " STR_FMT ": does not read", STR_ARG(address));
		return OK;
	}
	struct store_key k = store_key_id32(STORE_DIR_ACCOUNT, id);
	int r = kv_has(c->st->kv, ENGINE_DIRECTORY, store_key_str(&k));
	if (r == E_NOTFOUND)
		check_finding(c, "address " STR_FMT ": leads to account %u, which does not exist", STR_ARG(address),
			      id);
	r = r == E_NOTFOUND ? OK : r;
	int d = has(c, STORE_DIR_DOMAIN, store_address_domain(address));
	if (d == E_NOTFOUND)
		check_finding(c, "address " STR_FMT ": its domain is not ours", STR_ARG(address));
	return r == OK && d != E_NOTFOUND ? d : r;
}

static int on_alias(struct check *c, void *ctx, struct str key, struct str value)
{
	struct arena a;
	struct store_alias_info info;
	struct str address = str_skip(key, 1);
	(void)ctx;
	arena_init(&a, 1 << 20, NULL, NULL);
	if (rec_alias_read(value, &a, &info) != OK)
		check_finding(c, "alias " STR_FMT ": does not read", STR_ARG(address));
	arena_done(&a);
	int r = has(c, STORE_DIR_DOMAIN, store_address_domain(address));
	if (r == E_NOTFOUND)
		check_finding(c, "alias " STR_FMT ": its domain is not ours", STR_ARG(address));
	return r == E_NOTFOUND ? OK : r;
}

static int check_directory(struct check *c)
{
	int r = each_kind(c, ENGINE_DIRECTORY, STORE_DIR_ACCOUNT, on_account);
	if (r == OK)
		r = each_kind(c, ENGINE_DIRECTORY, STORE_DIR_ADDRESS, on_address);
	return r == OK ? each_kind(c, ENGINE_DIRECTORY, STORE_DIR_ALIAS, on_alias) : r;
}

/* ---- accounts: all that have keys, whether the directory knows them or not ---- */

static int next_account(struct check *c, uint32_t after, uint32_t *ret)
{
	struct store_key from = store_key_account_end(after), end = store_key_account(UINT32_MAX, 0);
	struct kv_iter it;
	int r = kv_iter_open(c->st->kv, ENGINE_INDEX, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	struct reader key = reader_of(it.valid ? it.key : STR(""));
	*ret = read_be32(&key);
	r = it.valid ? OK : E_NOTFOUND;
	kv_iter_close(&it);
	return r;
}

static int one_account(struct check *c, uint32_t id)
{
	struct store_key known = store_key_id32(STORE_DIR_ACCOUNT, id), leaving = store_key_id32(STORE_DIR_PURGE, id);
	int r = kv_has(c->st->kv, ENGINE_DIRECTORY, store_key_str(&known));
	if (r == OK)
		return check_account(c, id);
	if (r == E_NOTFOUND && kv_has(c->st->kv, ENGINE_DIRECTORY, store_key_str(&leaving)) != OK)
		check_finding(c, "account %u: has data but is not in the directory", id);
	return r == E_NOTFOUND ? check_leftover(c, id) : r;
}

static int check_accounts(struct check *c)
{
	uint32_t id = 0;
	for (;;) {
		int r = next_account(c, id, &id);
		if (r == OK)
			r = one_account(c, id);
		if (r != OK)
			return r == E_NOTFOUND ? OK : r;
	}
}

/* ---- blobs ---- */

static struct check_blob *blob_of(struct check *c, uint64_t id)
{
	struct check_blob *b = map_get(&c->blobs, id);
	if (!b) {
		b = arena_new(&c->arena, struct check_blob);
		b->id = id;
		b->shared = 1;
		map_put(&c->blobs, id, b);
	}
	return b;
}

void check_blob_owner(struct check *c, uint64_t id, uint64_t size)
{
	struct check_blob *b = blob_of(c, id);
	if (b->owners && b->size != size)
		check_finding(c, "blob %llu: its owners disagree about its size", (unsigned long long)id);
	b->owners++;
	b->size = size;
	if (id >= c->st->sys.next_blob)
		check_finding(c, "blob %llu: the counter of blobs stands below", (unsigned long long)id);
}

static int on_shared(struct check *c, void *ctx, struct str key, struct str value)
{
	struct check_blob *b = blob_of(c, store_key_tail64(key));
	(void)ctx;
	if (rec_u32_read(value, &b->shared) != OK)
		check_finding(c, "blob %llu: the number of its owners does not read",
			      (unsigned long long)store_key_tail64(key));
	return OK;
}

/* Chunks come in order: the one that is expected next, and how many bytes there were. */
struct chunks { uint64_t blob, bytes; uint32_t next; };

static void chunks_end(struct check *c, const struct chunks *s)
{
	if (!s->blob)
		return;
	struct check_blob *b = blob_of(c, s->blob);
	b->found = true;
	c->n.blobs++;
	c->n.bytes += s->bytes;
	if (!b->owners)
		check_finding(c, "blob %llu: nothing leads to it", (unsigned long long)s->blob);
	else if (b->size != s->bytes)
		check_finding(c, "blob %llu: has %llu bytes of %llu", (unsigned long long)s->blob,
			      (unsigned long long)s->bytes, (unsigned long long)b->size);
}

static int on_chunk(struct check *c, void *ctx, struct str key, struct str value)
{
	struct chunks *s = ctx;
	struct reader k = reader_of(key);
	uint64_t blob = read_be64(&k);
	uint32_t chunk = read_be32(&k);
	if (blob != s->blob) {
		chunks_end(c, s);
		*s = (struct chunks){ .blob = blob };
	}
	if (chunk != s->next++)
		check_finding(c, "blob %llu: a chunk before %u is missing", (unsigned long long)blob, chunk);
	s->bytes += value.n;
	return OK;
}

static void missing_blobs(struct check *c)
{
	const struct check_blob *b;
	for (size_t i = 0; (b = map_next(&c->blobs, &i));) {
		if (b->owners && !b->found)
			check_finding(c, "blob %llu: is missing", (unsigned long long)b->id);
		if (b->owners ? b->owners != b->shared : b->shared > 1)
			check_finding(c, "blob %llu: has %u owners and counts %u", (unsigned long long)b->id, b->owners,
				      b->shared);
	}
}

static int check_blobs(struct check *c)
{
	struct store_key from = store_key_account(0, STORE_KIND_SHARED), all = { 0 };
	struct chunks s = { 0 };
	int r = check_each(c, ENGINE_INDEX, from, store_key_after(&from), on_shared, NULL);
	if (r == OK)
		r = check_each(c, ENGINE_BLOB, all, all, on_chunk, &s);
	if (r != OK)
		return r;
	chunks_end(c, &s);
	missing_blobs(c);
	return OK;
}

int store_check(struct store *st, const struct store_check_options *o, struct store_check_counts *ret)
{
	struct check c = { .st = st, .o = o };
	arena_init(&c.arena, SIZE_MAX / 2, NULL, NULL);
	map_init(&c.blobs, 0);
	int r = check_directory(&c);
	if (r == OK)
		r = check_accounts(&c);
	if (r == OK)
		r = check_queue(&c);
	if (r == OK)
		r = check_blobs(&c);
	map_done(&c.blobs);
	arena_done(&c.arena);
	if (r == OK)
		*ret = c.n;
	return r;
}
