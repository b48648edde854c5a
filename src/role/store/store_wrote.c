/* Whom an account has written to: a key for each address, by a hash that an address of another spelling may share. */
#include "role/store/store_internal.h"

static uint64_t hash(struct arena *a, struct str address)
{
	char *p = arena_alloc(a, address.n + 1);
	for (size_t i = 0; i < address.n; i++)
		p[i] = ascii_lower(address.p[i]);
	return str_hash((struct str){ p, address.n });
}

static int note(struct store *st, uint32_t account, uint64_t h, uint32_t *fresh)
{
	struct store_key k = store_key_64(account, STORE_KIND_WROTE, h);
	struct buf none;
	buf_init(&none, 16);
	int r = store_read(st, ENGINE_INDEX, &k, &none);
	buf_done(&none);
	if (r != E_NOTFOUND)
		return r;
	store_put(st, ENGINE_INDEX, &k, STR("1"));
	++*fresh;
	return OK;
}

int store_wrote(struct store *st, uint32_t account, const struct store_queue_entry *to, size_t n, struct arena *a, uint32_t *ret_fresh)
{
	uint32_t fresh = 0;
	int r = store_op_begin(st);
	if (r != OK)
		return r;
	for (size_t i = 0; i < n && r == OK; i++)
		r = note(st, account, hash(a, to[i].recipient), &fresh);
	r = store_op_end(st, r);
	if (r == OK)
		*ret_fresh = fresh;
	return r;
}
