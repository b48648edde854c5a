#include "role/store/store_role_record.h"

#include "role/store/store_internal.h"

#include <sodium.h>

static struct store_key record_key(char space, struct str key)
{
	char named[STORE_RECORD_KEY_MAX + 1];
	named[0] = space;
	memcpy(named + 1, key.p, key.n);
	return store_key_name(STORE_DIR_RECORD, (struct str){ named, key.n + 1 });
}

/* The digest needs no secret: whoever can choose values of a space may change it anyhow. */
uint64_t store_record_version(struct str value)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES] = "role records";
	uint64_t v;
	crypto_shorthash((unsigned char *)&v, (const unsigned char *)value.p, value.n, key);
	return v == STORE_RECORD_ANY || v == STORE_RECORD_NONE ? 1 : v;
}

static bool key_fits(struct str key)
{
	return key.n && key.n <= STORE_RECORD_KEY_MAX;
}

static int read(struct store *st, char space, struct str key)
{
	struct store_key k = record_key(space, key);
	store_call_see(st, st->records_seen);
	return store_read(st, ENGINE_DIRECTORY, &k, &st->scratch);
}

int store_record_get(struct store *st, char space, struct str key, struct arena *a, struct store_role_record *ret)
{
	int r = key_fits(key) ? read(st, space, key) : E_NOTFOUND;
	if (r != OK)
		return r;
	struct str value = arena_dup(a, buf_str(&st->scratch));
	*ret = (struct store_role_record){ .key = key, .value = value, .version = store_record_version(value) };
	return OK;
}

static int expected(struct store *st, char space, const struct store_record_write *w)
{
	if (w->expect == STORE_RECORD_ANY)
		return OK;
	int r = read(st, space, w->key);
	if (r != OK && r != E_NOTFOUND)
		return r;
	uint64_t found = r == OK ? store_record_version(buf_str(&st->scratch)) : STORE_RECORD_NONE;
	return found == w->expect ? OK : E_STALE;
}

static int put_one(struct store *st, char space, const struct store_record_write *w)
{
	if (!key_fits(w->key) || w->value.n > STORE_RECORD_VALUE_MAX)
		return E_TOOBIG;
	int r = expected(st, space, w);
	if (r != OK)
		return r;
	struct store_key k = record_key(space, w->key);
	if (w->remove)
		store_remove(st, ENGINE_DIRECTORY, &k);
	else
		store_put(st, ENGINE_DIRECTORY, &k, w->value);
	st->records_touched = true;
	return OK;
}

int store_record_put(struct store *st, char space, const struct store_record_write *w, size_t n)
{
	if (n > STORE_RECORD_WRITES_MAX)
		return E_TOOBIG;
	int r = store_op_begin(st);
	if (r != OK)
		return r;
	for (size_t i = 0; r == OK && i < n; i++)
		r = put_one(st, space, &w[i]);
	return store_op_end(st, r);
}

int store_record_list(struct store *st, char space, struct str prefix, struct str after, size_t max, size_t bytes, struct arena *a,
		      struct store_role_record **ret, size_t *ret_n, bool *ret_more)
{
	if (prefix.n > STORE_RECORD_KEY_MAX || after.n > STORE_RECORD_KEY_MAX)
		return E_TOOBIG;
	struct store_key all = record_key(space, prefix), end = store_key_after(&all);
	struct store_key from = after.n && str_cmp(after, prefix) > 0 ? record_key(space, after) : all;
	struct store_role_record *v = NULL;
	size_t n = 0, cap = 0, used = 0;
	struct kv_iter it;
	store_call_see(st, st->records_seen);
	int r = kv_iter_open(st->kv, ENGINE_DIRECTORY, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid && n < max) {
		struct str key = str_skip(it.key, 2);
		used += key.n + it.value.n;
		if (n && used > bytes)
			break;
		if (!str_eq(key, after) || !after.n) {
			struct store_role_record *record = arena_push(a, &v, &n, &cap, sizeof *v);
			struct str value = arena_dup(a, it.value);
			*record = (struct store_role_record){ .key = arena_dup(a, key), .value = value, .version = store_record_version(value) };
		}
		r = kv_iter_next(&it);
	}
	*ret_more = r == OK && it.valid;
	kv_iter_close(&it);
	if (r == OK) {
		*ret = v;
		*ret_n = n;
	}
	return r;
}
