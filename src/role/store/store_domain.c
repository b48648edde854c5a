#include "role/store/store_internal.h"

int store_dir_read(struct store *st, char kind, struct str name, struct buf *out)
{
	struct store_key k = store_key_name(kind, name);
	store_directory_look(st);
	return store_read(st, ENGINE_DIRECTORY, &k, out);
}

struct str store_address_domain(struct str address)
{
	size_t at = str_rfind(address, '@');
	return at == STR_NPOS ? STR("") : str_skip(address, at + 1);
}

int store_domain_known(struct store *st, struct str name)
{
	return name.n && name.n <= STORE_DOMAIN_MAX ? store_dir_read(st, STORE_DIR_DOMAIN, name, &st->scratch)
						    : E_NOTFOUND;
}

/* ---- write ---- */

static int put(struct store *st, const struct store_domain_info *info)
{
	if (!info->name.n || info->name.n > STORE_DOMAIN_MAX || info->catch_all.n > STORE_ADDRESS_MAX)
		return E_TOOBIG;
	struct store_key k = store_key_name(STORE_DIR_DOMAIN, info->name);
	struct bufw *w = store_encode(st);
	rec_domain_write(w, info);
	store_put_encoded(st, ENGINE_DIRECTORY, &k);
	store_directory_touch(st);
	return OK;
}

int store_domain_put(struct store *st, const struct store_domain_info *info)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, put(st, info)) : r;
}

static int lives_in(struct store *st, char kind, struct str domain)
{
	struct store_key from = store_key_name(kind, STR("")), end = store_key_after(&from);
	struct kv_iter it;
	bool lives = false;
	int r = kv_iter_open(st->kv, ENGINE_DIRECTORY, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid && !lives) {
		lives = str_eq(store_address_domain(str_skip(it.key, 1)), domain);
		r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	return lives ? E_BUSY : r;
}

static int delete(struct store *st, struct str name)
{
	int r = store_domain_known(st, name);
	if (r == OK)
		r = lives_in(st, STORE_DIR_ADDRESS, name);
	if (r == OK)
		r = lives_in(st, STORE_DIR_ALIAS, name);
	if (r != OK)
		return r;
	struct store_key k = store_key_name(STORE_DIR_DOMAIN, name);
	store_remove(st, ENGINE_DIRECTORY, &k);
	store_directory_touch(st);
	return OK;
}

int store_domain_delete(struct store *st, struct str name)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, delete(st, name)) : r;
}

/* ---- read ---- */

static int read_domain(struct str name, struct str record, struct arena *a, struct store_domain_info *ret)
{
	struct store_domain_info info;
	int r = rec_domain_read(record, &info);
	if (r != OK)
		return r;
	info.name = arena_dup(a, name);
	info.catch_all = arena_dup(a, info.catch_all);
	*ret = info;
	return OK;
}

int store_domain_get(struct store *st, struct str name, struct arena *a, struct store_domain_info *ret)
{
	int r = store_domain_known(st, name);
	return r == OK ? read_domain(name, buf_str(&st->scratch), a, ret) : r;
}

int store_domain_list(struct store *st, struct str after, size_t max, struct arena *a, struct store_domain_info **ret,
                      size_t *ret_n)
{
	struct store_key all = store_key_name(STORE_DIR_DOMAIN, STR("")), end = store_key_after(&all);
	struct store_key from = store_key_name(STORE_DIR_DOMAIN, after);
	struct store_domain_info *v = NULL;
	size_t n = 0, cap = 0;
	struct kv_iter it;
	store_directory_look(st);
	int r = kv_iter_open(st->kv, ENGINE_DIRECTORY, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid && n < max) {
		struct store_domain_info info;
		struct str name = str_skip(it.key, 1);
		r = str_eq(name, after) ? E_NOTFOUND : read_domain(name, it.value, a, &info);
		if (r == OK)
			*(struct store_domain_info *)arena_push(a, &v, &n, &cap, sizeof *v) = info;
		if (r == OK || r == E_NOTFOUND)
			r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	if (r == OK) {
		*ret = v;
		*ret_n = n;
	}
	return r;
}
