/* Threads: each message id that an e-mail bears or refers to leads, as a keyed hash, to the thread. A thread bears the
 * number of its first e-mail. Each hash counts the e-mails that stand under it, and goes with the last. */
#include "role/store/store_internal.h"

#include <sodium.h>

static uint64_t hash_of(const struct store *st, struct str id)
{
	unsigned char h[crypto_shorthash_BYTES];
	_Static_assert(STORE_THREAD_KEY == crypto_shorthash_KEYBYTES, "key");
	crypto_shorthash(h, (const unsigned char *)(id.p ? id.p : ""), id.n, st->sys.thread_key);
	return get_le64(h);
}

/* Own id first, then the newest references, then the first of them, which is the thread's root. */
void store_thread_hashes(const struct store *st, const struct store_message *m, struct rec_email *ret)
{
	size_t n = 0, ids = m->message_ids;
	for (size_t i = 0; i < ids; i++) {
		bool kept = ids <= STORE_REFS_MAX || i < 2 || i >= ids - (STORE_REFS_MAX - 2);
		if (!kept || !m->message_id[i].n)
			continue;
		uint64_t h = hash_of(st, m->message_id[i]);
		bool twice = false;
		for (size_t k = 0; k < n; k++)
			twice = twice || ret->hash[k] == h;
		if (!twice)
			ret->hash[n++] = h;
	}
	ret->hashes = n;
}

static int read_thread(struct store *st, uint32_t account, uint64_t hash, struct rec_thread *ret)
{
	struct store_key k = store_key_64(account, STORE_KIND_THREAD, hash);
	int r = store_read(st, ENGINE_INDEX, &k, &st->scratch);
	return r == OK ? rec_thread_read(buf_str(&st->scratch), ret) : r;
}

static void write_thread(struct store *st, uint32_t account, uint64_t hash, const struct rec_thread *t)
{
	struct store_key k = store_key_64(account, STORE_KIND_THREAD, hash);
	if (!t->users) {
		store_remove(st, ENGINE_INDEX, &k);
		return;
	}
	struct bufw *w = store_encode(st);
	rec_thread_write(w, t);
	store_put_encoded(st, ENGINE_INDEX, &k);
}

int store_thread_join(struct store *st, uint32_t account, uint64_t email, struct rec_email *e)
{
	struct rec_thread known[STORE_REFS_MAX];
	e->thread = 0;
	for (size_t i = 0; i < e->hashes; i++) {
		known[i] = (struct rec_thread){ 0 };
		int r = read_thread(st, account, e->hash[i], &known[i]);
		if (r != OK && r != E_NOTFOUND)
			return r;
		if (!e->thread)
			e->thread = known[i].thread;
	}
	if (!e->thread)
		e->thread = email;
	for (size_t i = 0; i < e->hashes; i++) {
		if (!known[i].users)
			known[i].thread = e->thread;
		known[i].users++;
		write_thread(st, account, e->hash[i], &known[i]);
	}
	return OK;
}

int store_thread_leave(struct store *st, uint32_t account, const struct rec_email *e)
{
	for (size_t i = 0; i < e->hashes; i++) {
		struct rec_thread t;
		int r = read_thread(st, account, e->hash[i], &t);
		if (r == E_NOTFOUND)
			continue;
		if (r != OK)
			return r;
		t.users -= t.users ? 1 : 0;
		write_thread(st, account, e->hash[i], &t);
	}
	return OK;
}
