/* What expunging and deleting left behind is removed in bounded pieces, each a commit of its own kind: an account
 * that has something to remove is listed in the directory, so that a restart goes on. */
#include "role/store/store_internal.h"

enum purge_what { PURGE_GARBAGE = 1, PURGE_ALL = 2 };
enum { KEYS_A_STEP = 1000 };

static struct store_key mark_key(uint32_t account) { return store_key_id32(STORE_DIR_PURGE, account); }

static void mark(struct store *st, uint32_t account, enum purge_what what)
{
	struct store_key k = mark_key(account);
	struct bufw *w = store_encode(st);
	rec_u32_write(w, what);
	store_put_encoded(st, ENGINE_DIRECTORY, &k);
	st->purge_pending = true;
}

void store_purge_account(struct store *st, uint32_t account) { mark(st, account, PURGE_GARBAGE); }
void store_purge_everything(struct store *st, uint32_t account) { mark(st, account, PURGE_ALL); }

static int email_remove(struct store *st, uint32_t account, uint64_t email, const struct rec_email *e)
{
	struct store_key k = store_key_64(account, STORE_KIND_EMAIL, email);
	store_remove(st, ENGINE_INDEX, &k);
	k = store_key_summary(account, email);
	store_remove(st, ENGINE_SUMMARY, &k);
	int r = store_thread_leave(st, account, e);
	return r == OK ? store_blob_release(st, e->blob, e->size) : r;
}

/* The e-mail leaves the mailbox, and the account with its last one. A record that is gone or does not read has
 * nothing more to release: the check reports it. */
static int email_leave(struct store *st, uint32_t account, uint32_t mailbox, uint64_t email)
{
	struct rec_email e;
	int r = store_email_read(st, account, email, &e);
	if (r == E_NOTFOUND || r == E_CORRUPT)
		return OK;
	if (r != OK)
		return r;
	size_t kept = 0;
	for (size_t i = 0; i < e.members; i++)
		if (e.member[i] != mailbox)
			e.member[kept++] = e.member[i];
	e.members = kept;
	if (!kept)
		return email_remove(st, account, email, &e);
	store_email_write(st, account, email, &e);
	return OK;
}

/* ---- garbage of an account ---- */

/* The first garbage record: E_NOTFOUND when there is none. */
static int garbage_first(struct store *st, uint32_t account, struct store_key *ret_key, struct rec_runs *runs)
{
	struct store_key from = store_key_account(account, STORE_KIND_GARBAGE), end = store_key_after(&from);
	struct kv_iter it;
	int r = kv_iter_open(st->kv, ENGINE_INDEX, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	r = it.valid && it.key.n <= sizeof ret_key->p ? rec_runs_read(it.value, runs) : E_NOTFOUND;
	if (r == OK) {
		memcpy(ret_key->p, it.key.p, it.key.n);
		ret_key->n = it.key.n;
	}
	kv_iter_close(&it);
	return r;
}

/* Takes up to max e-mails off the front of the runs. */
static int runs_purge(struct store *st, uint32_t account, uint32_t mailbox, struct rec_runs *runs, size_t max)
{
	size_t done = 0, i = 0;
	for (; i < runs->n && done < max; i++) {
		struct rec_run *run = &runs->v[i];
		for (; run->count && done < max; done++) {
			int r = email_leave(st, account, mailbox, run->email);
			if (r != OK)
				return r;
			run->uid++;
			run->email++;
			run->count--;
		}
		if (run->count)
			break;
	}
	memmove(runs->v, runs->v + i, (runs->n - i) * sizeof runs->v[0]);
	runs->n -= i;
	return OK;
}

static int purge_garbage(struct store *st, uint32_t account, size_t max)
{
	struct store_key k;
	struct rec_runs runs = { 0 };
	int r = garbage_first(st, account, &k, &runs);
	if (r == E_NOTFOUND) {
		k = mark_key(account);
		store_remove(st, ENGINE_DIRECTORY, &k);
		r = OK;
	} else if (r == OK) {
		r = runs_purge(st, account, store_key_tail32(store_key_str(&k)), &runs, max);
		struct bufw *w = store_encode(st);
		rec_runs_write(w, &runs);
		if (runs.n)
			store_put_encoded(st, ENGINE_INDEX, &k);
		else
			store_remove(st, ENGINE_INDEX, &k);
	}
	rec_runs_done(&runs);
	return r;
}

/* ---- a deleted account ---- */

/* The first keys of a range, as length-prefixed strings. */
static int first_keys(struct store *st, enum engine_space space, struct store_key *from, struct store_key *end,
		      size_t max, struct bufw *keys)
{
	struct kv_iter it;
	int r = kv_iter_open(st->kv, space, store_key_str(from), store_key_str(end), &it);
	for (size_t n = 0; r == OK && it.valid && n < max; n++) {
		write_str(keys, it.key);
		r = kv_iter_next(&it);
	}
	if (r == OK || it.base)
		kv_iter_close(&it);
	return r;
}

static int purge_emails(struct store *st, uint32_t account, struct reader keys)
{
	int r = OK;
	while (r == OK && keys.rest.n) {
		struct rec_email e;
		uint64_t email = store_key_tail64(read_str(&keys, ENGINE_KEY_MAX));
		r = store_email_read(st, account, email, &e);
		if (r == E_CORRUPT) {
			struct store_key k = store_key_64(account, STORE_KIND_EMAIL, email);
			store_remove(st, ENGINE_INDEX, &k);
			r = OK;
		} else if (r == OK) {
			r = email_remove(st, account, email, &e);
		}
	}
	return r;
}

static void purge_keys(struct store *st, enum engine_space space, struct reader keys)
{
	while (keys.rest.n)
		kv_remove(st->kv, space, read_str(&keys, ENGINE_KEY_MAX));
}

/* First the e-mails, which lead to blobs; then whatever else the account has. */
static int purge_all(struct store *st, uint32_t account, size_t max)
{
	struct store_key emails = store_key_account(account, STORE_KIND_EMAIL), emails_end = store_key_after(&emails);
	struct store_key all = store_key_account(account, 0), end = store_key_account_end(account);
	struct buf found;
	buf_init(&found, KEYS_A_STEP * ENGINE_KEY_MAX);
	struct bufw w = { .b = &found };
	all.n = 4;
	int r = first_keys(st, ENGINE_INDEX, &emails, &emails_end, max < KEYS_A_STEP ? max : KEYS_A_STEP, &w);
	if (r == OK && found.n) {
		r = purge_emails(st, account, reader_of(buf_str(&found)));
	} else if (r == OK) {
		r = first_keys(st, ENGINE_INDEX, &all, &end, KEYS_A_STEP, &w);
		purge_keys(st, ENGINE_INDEX, reader_of(buf_str(&found)));
		if (r == OK && !found.n) {
			struct store_key k = mark_key(account);
			store_remove(st, ENGINE_DIRECTORY, &k);
		}
	}
	buf_done(&found);
	return r;
}

/* ---- one step ---- */

static int next_marked(struct store *st, uint32_t *ret_account, uint32_t *ret_what)
{
	struct store_key from = store_key_name(STORE_DIR_PURGE, STR("")), end = store_key_after(&from);
	struct kv_iter it;
	int r = kv_iter_open(st->kv, ENGINE_DIRECTORY, store_key_str(&from), store_key_str(&end), &it);
	if (r != OK)
		return r;
	r = it.valid ? rec_u32_read(it.value, ret_what) : E_NOTFOUND;
	if (r == OK)
		*ret_account = store_key_tail32(it.key);
	kv_iter_close(&it);
	return r;
}

bool store_purge(struct store *st, size_t emails_max)
{
	uint32_t account, what;
	if (!st->purge_pending)
		return false;
	int r = next_marked(st, &account, &what);
	if (r != OK) {
		st->purge_pending = r != E_NOTFOUND;
		return false;
	}
	r = store_op_begin(st);
	if (r == OK)
		r = store_op_end(st, what == PURGE_ALL ? purge_all(st, account, emails_max)
						       : purge_garbage(st, account, emails_max));
	return r == OK;
}
