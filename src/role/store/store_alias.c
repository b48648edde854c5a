#include "role/store/store_internal.h"

static int check(struct store *st, const struct store_alias_info *info)
{
	if (!info->targets || info->targets > STORE_ALIAS_TARGETS || info->address.n > STORE_ADDRESS_MAX)
		return E_TOOBIG;
	for (size_t i = 0; i < info->targets; i++)
		if (!info->target[i].n || info->target[i].n > STORE_ADDRESS_MAX)
			return E_TOOBIG;
	int r = store_domain_known(st, store_address_domain(info->address));
	if (r != OK)
		return r;
	r = store_dir_read(st, STORE_DIR_ADDRESS, info->address, &st->scratch);
	return r == OK ? E_EXISTS : r == E_NOTFOUND ? OK : r;
}

static int put(struct store *st, const struct store_alias_info *info)
{
	int r = check(st, info);
	if (r != OK)
		return r;
	struct store_key k = store_key_name(STORE_DIR_ALIAS, info->address);
	struct bufw *w = store_encode(st);
	rec_alias_write(w, info);
	store_put_encoded(st, ENGINE_DIRECTORY, &k);
	store_directory_touch(st);
	return OK;
}

int store_alias_put(struct store *st, const struct store_alias_info *info)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, put(st, info)) : r;
}

static int delete(struct store *st, struct str address)
{
	int r = store_dir_read(st, STORE_DIR_ALIAS, address, &st->scratch);
	if (r != OK)
		return r;
	struct store_key k = store_key_name(STORE_DIR_ALIAS, address);
	store_remove(st, ENGINE_DIRECTORY, &k);
	store_directory_touch(st);
	return OK;
}

int store_alias_delete(struct store *st, struct str address)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, delete(st, address)) : r;
}

int store_alias_list(struct store *st, struct str after, size_t max, struct arena *a, struct store_alias_info **ret,
                     size_t *ret_n)
{
	struct store_key all = store_key_name(STORE_DIR_ALIAS, STR("")), end = store_key_after(&all);
	struct store_key from = store_key_name(STORE_DIR_ALIAS, after);
	struct store_alias_info *v = NULL;
	size_t n = 0, cap = 0;
	struct kv_iter it;
	store_directory_look(st);
	int r = kv_iter_open(st->kv, ENGINE_DIRECTORY, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid && n < max) {
		struct str address = str_skip(it.key, 1);
		if (!str_eq(address, after)) {
			struct store_alias_info *info = arena_push(a, &v, &n, &cap, sizeof *v);
			r = rec_alias_read(it.value, a, info);
			info->address = arena_dup(a, address);
		}
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
