/* The embedded engine. Settings, and what they keep away from (bugs of 7.8.3 fixed later upstream):
 *  - max_write_buffer_number stays 2 (updates out of order after a failed flush), no DeleteRange (read errors), no
 *    MultiGet (mixes up errors of blobs), no WAL compression, no async I/O, no tracking of WALs in the manifest;
 *  - one thread commits, so pipelined and concurrent memtable writes would only cost;
 *  - WAL recovery stops at the first record that does not check: what lies behind was never acknowledged, because
 *    each commit is flushed before the next begins.
 * A failed write leaves RocksDB refusing all others, and the C interface has no Resume: recovery opens it anew. */
#include "role/store/engine.h"

#include <errno.h>
#include <pthread.h>
#include <rocksdb/c.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum {
	MIB = 1 << 20,
	WRITE_BUFFER = 8 * MIB,
	CACHE = 8 * MIB,
	OPEN_FILES = 256,
	BLOB_MIN = 1024,                /* values from here on live in blob files */
	BLOB_FILE = 64 * MIB,
	WAL_MAX = 64 * MIB,             /* bounds the time that opening after a crash takes */
	RESERVE = 32 * MIB,
	BLOOM_BITS = 10
};

struct rocks {
	struct engine engine;
	pthread_rwlock_t open;          /* read: uses db; written by recovery alone */
	rocksdb_t *db;
	rocksdb_column_family_handle_t *cf[ENGINE_SPACES];
	rocksdb_options_t *options, *cf_options[ENGINE_SPACES];
	rocksdb_cache_t *cache;
	rocksdb_readoptions_t *read;
	rocksdb_writeoptions_t *write;
	bool broken;                    /* RocksDB takes no writes any more */
	uint64_t reserve;
	char dir[4096];
	pthread_mutex_t why_lock;
	char why[512];                  /* written by any thread */
};

static struct rocks *rocks_of(struct engine *e) { return (struct rocks *)(void *)e; }

static const struct space_tuning {
	const char *name;
	unsigned buffer_share;          /* sixteenths of write_buffer */
	int compression;
	bool blobs;
} tuning[ENGINE_SPACES] = {
	[ENGINE_DIRECTORY] = { "default", 2, rocksdb_lz4_compression, false },
	[ENGINE_INDEX] = { "index", 16, rocksdb_lz4_compression, false },
	[ENGINE_SUMMARY] = { "summary", 16, rocksdb_lz4_compression, false },
	[ENGINE_QUEUE] = { "queue", 4, rocksdb_no_compression, false },
	[ENGINE_BLOB] = { "blob", 16, rocksdb_lz4_compression, true },
};

/* ---- errors ---- */

static const struct { const char *text; int err; } causes[] = {
	{ "No space left", E_FULL },
	{ "Disk quota exceeded", E_FULL },
	{ "Corruption", E_CORRUPT },
	{ "While lock file", E_BUSY },
	{ "lock hold by current process", E_BUSY },
	{ "Column families not opened", E_UNSUPPORTED },
};

static void say(struct rocks *k, const char *text)
{
	struct str why = str_first(str_c(text), sizeof k->why - 1);
	pthread_mutex_lock(&k->why_lock);
	memcpy(k->why, why.p, why.n);
	k->why[why.n] = '\0';
	pthread_mutex_unlock(&k->why_lock);
}

/* Keeps RocksDB's text for the log and frees it. */
static int failed(struct rocks *k, char *text)
{
	int err = E_IO;
	for (size_t i = 0; i < COUNT_OF(causes); i++)
		if (strstr(text, causes[i].text)) {
			err = causes[i].err;
			break;
		}
	say(k, text);
	rocksdb_free(text);
	return err;
}

static int closed(struct rocks *k)
{
	say(k, "not open");
	return E_IO;
}

/* ---- reading ---- */

static int get_open(struct rocks *k, enum engine_space space, struct str key, struct buf *out)
{
	char *error = NULL;
	size_t n;
	if (!k->db)
		return closed(k);
	rocksdb_pinnableslice_t *pinned = rocksdb_get_pinned_cf(k->db, k->read, k->cf[space], key.p, key.n, &error);
	if (error)
		return failed(k, error);
	if (!pinned)
		return E_NOTFOUND;
	const char *p = rocksdb_pinnableslice_value(pinned, &n);
	int r = buf_put(out, p, n);
	rocksdb_pinnableslice_destroy(pinned);
	return r;
}

static int rocks_get(struct engine *e, enum engine_space space, struct str key, struct buf *out)
{
	struct rocks *k = rocks_of(e);
	pthread_rwlock_rdlock(&k->open);
	int r = get_open(k, space, key, out);
	pthread_rwlock_unlock(&k->open);
	return r;
}

struct rocks_iter {
	struct engine_iter iter;
	struct rocks *k;
	rocksdb_iterator_t *it;
	rocksdb_readoptions_t *read;
	size_t end_n;
	char end[];
};

static struct rocks_iter *iter_of(struct engine_iter *i) { return (struct rocks_iter *)(void *)i; }

static int iter_show(struct rocks_iter *s)
{
	char *error = NULL;
	s->iter.valid = rocksdb_iter_valid(s->it);
	if (s->iter.valid) {
		s->iter.key.p = rocksdb_iter_key(s->it, &s->iter.key.n);
		s->iter.value.p = rocksdb_iter_value(s->it, &s->iter.value.n);
		return OK;
	}
	rocksdb_iter_get_error(s->it, &error);
	return error ? failed(s->k, error) : OK;
}

static int rocks_next(struct engine_iter *i)
{
	struct rocks_iter *s = iter_of(i);
	rocksdb_iter_next(s->it);
	return iter_show(s);
}

static int rocks_seek(struct engine_iter *i, struct str key)
{
	struct rocks_iter *s = iter_of(i);
	rocksdb_iter_seek(s->it, key.p, key.n);
	return iter_show(s);
}

static void rocks_iter_free(struct engine_iter *i)
{
	struct rocks_iter *s = iter_of(i);
	rocksdb_iter_destroy(s->it);
	rocksdb_readoptions_destroy(s->read);
	mem_free(s);
}

static const struct engine_iter_ops iter_ops = { rocks_seek, rocks_next, rocks_iter_free };

static int rocks_scan(struct engine *e, enum engine_space space, struct str from, struct str end,
		      struct engine_iter **ret)
{
	struct rocks *k = rocks_of(e);
	if (!k->db)
		return closed(k);
	struct rocks_iter *s = mem_alloc(sizeof *s + end.n);
	s->iter.ops = &iter_ops;
	s->k = k;
	s->end_n = end.n;
	s->read = rocksdb_readoptions_create();
	if (end.n) {
		memcpy(s->end, end.p, end.n);
		rocksdb_readoptions_set_iterate_upper_bound(s->read, s->end, s->end_n);
	}
	s->it = rocksdb_create_iterator_cf(k->db, s->read, k->cf[space]);
	rocksdb_iter_seek(s->it, from.p, from.n);
	int r = iter_show(s);
	if (r != OK)
		rocks_iter_free(&s->iter);
	else
		*ret = &s->iter;
	return r;
}

/* ---- writing ---- */

static bool room_for(struct rocks *k, size_t bytes)
{
	struct statvfs fs;
	if (statvfs(k->dir, &fs) != 0)
		return true;            /* then the write itself will tell */
	return (uint64_t)fs.f_bavail * fs.f_frsize >= k->reserve + 2 * (uint64_t)bytes;
}

static int rocks_commit(struct engine *e, const struct engine_write *w, size_t n)
{
	struct rocks *k = rocks_of(e);
	char *error = NULL;
	size_t bytes = 0;
	if (!k->db)
		return closed(k);
	for (size_t i = 0; i < n; i++)
		bytes += w[i].key.n + w[i].value.n;
	if (!room_for(k, bytes)) {
		say(k, "disk nearly full");
		return E_FULL;
	}
	rocksdb_writebatch_t *b = rocksdb_writebatch_create();
	for (size_t i = 0; i < n; i++)
		if (w[i].remove)
			rocksdb_writebatch_delete_cf(b, k->cf[w[i].space], w[i].key.p, w[i].key.n);
		else
			rocksdb_writebatch_put_cf(b, k->cf[w[i].space], w[i].key.p, w[i].key.n, w[i].value.p,
						  w[i].value.n);
	rocksdb_write(k->db, k->write, b, &error);
	rocksdb_writebatch_destroy(b);
	k->broken = k->broken || error;
	return error ? failed(k, error) : OK;
}

/* ---- opening, recovery, closing ---- */

static void close_db(struct rocks *k)
{
	for (size_t i = 0; i < ENGINE_SPACES; i++)
		if (k->cf[i])
			rocksdb_column_family_handle_destroy(k->cf[i]);
	memset(k->cf, 0, sizeof k->cf);
	if (k->db)
		rocksdb_close(k->db);
	k->db = NULL;
}

static int open_db(struct rocks *k, bool read_only)
{
	const char *names[ENGINE_SPACES];
	const rocksdb_options_t *options[ENGINE_SPACES];
	char *error = NULL;
	for (size_t i = 0; i < ENGINE_SPACES; i++) {
		names[i] = tuning[i].name;
		options[i] = k->cf_options[i];
	}
	k->db = read_only
		    ? rocksdb_open_for_read_only_column_families(k->options, k->dir, ENGINE_SPACES, names, options,
								 k->cf, 0, &error)
		    : rocksdb_open_column_families(k->options, k->dir, ENGINE_SPACES, names, options, k->cf, &error);
	return error ? failed(k, error) : OK;
}

static int rocks_recover(struct engine *e)
{
	struct rocks *k = rocks_of(e);
	if (!room_for(k, 0))
		return E_FULL;
	if (!k->broken)
		return OK;
	pthread_rwlock_wrlock(&k->open);
	close_db(k);
	int r = open_db(k, false);
	k->broken = r != OK;
	if (r != OK && open_db(k, true) != OK)          /* reading goes on, if it can */
		close_db(k);
	pthread_rwlock_unlock(&k->open);
	return r;
}

static int rocks_checkpoint(struct engine *e, const char *dir)
{
	struct rocks *k = rocks_of(e);
	char *error = NULL;
	if (!k->db)
		return closed(k);
	rocksdb_checkpoint_t *c = rocksdb_checkpoint_object_create(k->db, &error);
	if (error)
		return failed(k, error);
	rocksdb_checkpoint_create(c, dir, 0, &error);
	rocksdb_checkpoint_object_destroy(c);
	return error ? failed(k, error) : OK;
}

static const char *rocks_why(struct engine *e) { return rocks_of(e)->why; }

static void rocks_close(struct engine *e)
{
	struct rocks *k = rocks_of(e);
	close_db(k);
	for (size_t i = 0; i < ENGINE_SPACES; i++)
		rocksdb_options_destroy(k->cf_options[i]);
	rocksdb_options_destroy(k->options);
	rocksdb_readoptions_destroy(k->read);
	rocksdb_writeoptions_destroy(k->write);
	rocksdb_cache_destroy(k->cache);
	pthread_rwlock_destroy(&k->open);
	pthread_mutex_destroy(&k->why_lock);
	mem_free(k);
}

static const struct engine_ops rocks_ops = { rocks_get,     rocks_scan,       rocks_commit, rocks_recover,
	                                     rocks_checkpoint, rocks_close, rocks_why };

static rocksdb_options_t *db_options(const struct engine_rocksdb_options *o)
{
	rocksdb_options_t *d = rocksdb_options_create();
	rocksdb_options_set_create_if_missing(d, 1);
	rocksdb_options_set_create_missing_column_families(d, 1);
	rocksdb_options_set_max_open_files(d, o->max_open_files ? o->max_open_files : OPEN_FILES);
	rocksdb_options_set_max_background_jobs(d, 2);
	rocksdb_options_set_max_total_wal_size(d, WAL_MAX);
	rocksdb_options_set_allow_concurrent_memtable_write(d, 0);
	rocksdb_options_set_stats_dump_period_sec(d, 0);
	rocksdb_options_set_info_log_level(d, 2);       /* warnings */
	rocksdb_options_set_keep_log_file_num(d, 2);
	rocksdb_options_set_max_log_file_size(d, MIB);
	return d;
}

static rocksdb_options_t *space_options(const struct rocks *k, const struct space_tuning *t, size_t write_buffer)
{
	rocksdb_options_t *c = rocksdb_options_create();
	rocksdb_options_set_write_buffer_size(c, write_buffer / 16 * t->buffer_share);
	rocksdb_options_set_max_write_buffer_number(c, 2);
	rocksdb_options_set_compression(c, t->compression);
	rocksdb_options_set_target_file_size_base(c, 16 * MIB);
	rocksdb_options_set_max_bytes_for_level_base(c, 64 * MIB);
	if (t->blobs) {
		rocksdb_options_set_enable_blob_files(c, 1);
		rocksdb_options_set_min_blob_size(c, BLOB_MIN);
		rocksdb_options_set_blob_file_size(c, BLOB_FILE);
		rocksdb_options_set_blob_compression_type(c, t->compression);
		rocksdb_options_set_enable_blob_gc(c, 1);
		rocksdb_options_set_blob_gc_force_threshold(c, 0.5);
	}
	rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
	rocksdb_block_based_options_set_block_cache(table, k->cache);
	rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
	rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
	rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
	rocksdb_block_based_options_set_format_version(table, 5);
	rocksdb_options_set_block_based_table_factory(c, table);
	rocksdb_block_based_options_destroy(table);
	return c;
}

static struct rocks *new_rocks(const struct engine_rocksdb_options *o)
{
	struct rocks *k = mem_new(struct rocks);
	size_t write_buffer = o->write_buffer ? o->write_buffer : WRITE_BUFFER;
	k->engine.ops = &rocks_ops;
	k->reserve = o->reserve ? o->reserve : RESERVE;
	pthread_rwlock_init(&k->open, NULL);
	pthread_mutex_init(&k->why_lock, NULL);
	k->cache = rocksdb_cache_create_lru(o->cache ? o->cache : CACHE);
	k->options = db_options(o);
	for (size_t i = 0; i < ENGINE_SPACES; i++)
		k->cf_options[i] = space_options(k, &tuning[i], write_buffer);
	k->read = rocksdb_readoptions_create();
	k->write = rocksdb_writeoptions_create();
	rocksdb_writeoptions_set_sync(k->write, 1);
	return k;
}

static void tell(struct buf *reterr, struct rocks *k, int err)
{
	const char *hint = err == E_BUSY          ? "in use by another process"
	                   : err == E_UNSUPPORTED ? "written by a newer version"
	                                          : "cannot be opened";
	if (reterr && buf_printf(reterr, "%s: %s (%s)", k->dir, hint, k->why) != OK)
		buf_clear(reterr);
}

int engine_rocksdb_open(const struct engine_rocksdb_options *o, struct engine **ret, struct buf *reterr)
{
	struct rocks *k = new_rocks(o);
	int r = str_to_c(str_c(o->dir), k->dir, sizeof k->dir);
	if (r == OK && mkdir(k->dir, 0700) != 0 && errno != EEXIST)
		r = errno == ENOSPC ? E_FULL : E_IO;
	if (r == OK)
		r = open_db(k, false);
	if (r != OK) {
		tell(reterr, k, r);
		rocks_close(&k->engine);
		return r;
	}
	*ret = &k->engine;
	return OK;
}
