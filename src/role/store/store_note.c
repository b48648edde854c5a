/* Notes: small texts that hang on mailboxes and accounts. */
#include "role/store/store_internal.h"

int store_notes(struct store *st, uint32_t account, uint32_t mailbox, struct str prefix, store_note_fn *each, void *ctx)
{
	struct store_account *a;
	struct store_key from = store_key_note(account, mailbox, prefix), end = store_key_after(&from);
	struct kv_iter it;
	int r = store_account_open(st, account, &a);
	if (r == OK && mailbox && !store_mailbox_in(a, mailbox))
		r = E_NOTFOUND;
	if (r == OK)
		r = kv_iter_open(st->kv, ENGINE_INDEX, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	while (r == OK && it.valid) {
		r = each(ctx, str_skip(it.key, 9), it.value);
		if (r == OK)
			r = kv_iter_next(&it);
	}
	kv_iter_close(&it);
	return r;
}

static int count_one(void *ctx, struct str name, struct str value)
{
	size_t *n = ctx;
	(void)name;
	(void)value;
	return ++*n < STORE_NOTES_MAX ? OK : E_FULL;
}

static int set(struct store *st, uint32_t account, uint32_t mailbox, struct str name, struct str value)
{
	size_t n = 0;
	struct store_account *a;
	struct store_key k = store_key_note(account, mailbox, name);
	if (name.n == 0 || name.n > STORE_NOTE_NAME_MAX || value.n > STORE_NOTE_MAX)
		return E_TOOBIG;
	int r = value.p ? store_notes(st, account, mailbox, str_first(name, 1), count_one, &n) : OK;
	if (r == OK)
		r = store_account_open(st, account, &a);
	if (r == OK && mailbox && !store_mailbox_in(a, mailbox))
		r = E_NOTFOUND;
	if (r != OK)
		return r;
	if (value.p)
		store_put(st, ENGINE_INDEX, &k, value);
	else
		store_remove(st, ENGINE_INDEX, &k);
	store_account_touch(st, a);
	return OK;
}

int store_note_set(struct store *st, uint32_t account, uint32_t mailbox, struct str name, struct str value)
{
	int r = store_op_begin(st);
	return r == OK ? store_op_end(st, set(st, account, mailbox, name, value)) : r;
}

/* ---- subscriptions of what is gone ---- */

static bool subscribed_key(const struct store_account *a, struct str name, struct store_key *ret)
{
	char room[STORE_NOTE_NAME_MAX];
	if (name.n >= sizeof room)
		return false;
	room[0] = STORE_NOTE_SUBSCRIBED;
	memcpy(room + 1, name.p, name.n);
	*ret = store_key_note(a->id, 0, (struct str){ room, name.n + 1 });
	return true;
}

void store_note_keep_subscribed(struct store *st, const struct store_account *a, struct str name)
{
	struct store_key k;
	if (subscribed_key(a, name, &k))
		store_put(st, ENGINE_INDEX, &k, STR(""));
}

int store_note_take_subscribed(struct store *st, const struct store_account *a, struct str name, bool *ret)
{
	struct store_key k;
	*ret = false;
	if (!subscribed_key(a, name, &k))
		return OK;
	int r = kv_has(st->kv, ENGINE_INDEX, store_key_str(&k));
	if (r == E_NOTFOUND)
		return OK;
	if (r == OK)
		store_remove(st, ENGINE_INDEX, &k);
	*ret = r == OK;
	return r;
}

/* ---- \Recent ---- */

static struct store_key recent_key(uint32_t account, uint32_t mailbox)
{
	static const char name = STORE_NOTE_RECENT;
	return store_key_note(account, mailbox, (struct str){ &name, 1 });
}

static int recent(struct store *st, uint32_t account, uint32_t mailbox, bool claim, uint32_t *ret_first, uint32_t *ret_count)
{
	struct store_mailbox *m;
	struct store_key k = recent_key(account, mailbox);
	uint32_t first = 1;
	int r = store_mailbox_open(st, account, mailbox, &m);
	if (r == OK)
		r = store_read(st, ENGINE_INDEX, &k, &st->scratch);
	if (r == OK)
		r = rec_u32_read(buf_str(&st->scratch), &first);
	if (r == OK || r == E_NOTFOUND)
		r = store_view_load(st, m);
	if (r != OK)
		return r;
	*ret_first = first;
	*ret_count = (uint32_t)(m->view->n - store_view_find(m->view, first));
	if (!claim || first == m->rec.uidnext)
		return OK;
	rec_u32_write(store_encode(st), m->rec.uidnext);
	store_put_encoded(st, ENGINE_INDEX, &k);
	store_account_touch(st, m->account);
	return OK;
}

int store_recent(struct store *st, uint32_t account, uint32_t mailbox, bool claim, uint32_t *ret_first, uint32_t *ret_count)
{
	uint32_t first, count;
	int r = store_op_begin(st);
	if (r == OK)
		r = store_op_end(st, recent(st, account, mailbox, claim, &first, &count));
	if (r != OK)
		return r;
	*ret_first = first;
	*ret_count = count;
	return OK;
}
