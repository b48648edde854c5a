/* The engine: ordered keys in a few spaces, an atomic and durable batch, point reads and forward scans. Nothing above
 * this header knows which engine runs.
 *
 * Partitions (an account, the directory, the queue) are key prefixes; a batch may span several, which the embedded
 * engines give and a distributed one may not: what needs it is confined to deliveries (store_mail.h).
 *
 * Threads: get and scan may run on any thread, beside one commit. Only one thread at a time commits. */
#ifndef ENGINE_H
#define ENGINE_H

#include "base/base.h"

enum engine_space {
	ENGINE_DIRECTORY,       /* domains, addresses, accounts, the format version */
	ENGINE_INDEX,           /* records of accounts: small, hot */
	ENGINE_SUMMARY,         /* what FETCH asks of single messages, in arrival order */
	ENGINE_QUEUE,
	ENGINE_BLOB,            /* bytes of messages, in chunks */
	ENGINE_SPACES
};

enum {
	ENGINE_KEY_MAX = 1024,
	ENGINE_VALUE_MAX = 64 << 20
};

/* One change of a batch. A key occurs at most once in a batch. */
struct engine_write {
	enum engine_space space;
	bool remove;
	struct str key, value;
};

struct engine_iter {
	const struct engine_iter_ops *ops;
	bool valid;                                     /* key and value may be read */
	struct str key, value;                          /* until the next step */
};

struct engine_iter_ops {
	int (*seek)(struct engine_iter *it, struct str key);    /* to the first key >= key */
	int (*next)(struct engine_iter *it);
	void (*free)(struct engine_iter *it);
};

struct engine { const struct engine_ops *ops; };

struct engine_ops {
	int (*get)(struct engine *e, enum engine_space space, struct str key, struct buf *out);
	int (*scan)(struct engine *e, enum engine_space space, struct str from, struct str end,
		    struct engine_iter **ret);
	int (*commit)(struct engine *e, const struct engine_write *w, size_t n);
	int (*recover)(struct engine *e);
	int (*checkpoint)(struct engine *e, const char *dir);
	void (*close)(struct engine *e);
	const char *(*why)(struct engine *e);
};

/* Appends the value to out. E_NOTFOUND, E_CORRUPT (a checksum does not hold), E_IO, E_TOOBIG (out's ceiling). */
must_use int engine_get(struct engine *e, enum engine_space space, struct str key, struct buf *out);

/* A scan over from <= key < end, standing on its first key. The scan sees the state of its birth. */
must_use int engine_scan(struct engine *e, enum engine_space space, struct str from, struct str end,
                         struct engine_iter **ret);
must_use int engine_iter_next(struct engine_iter *it);
must_use int engine_iter_seek(struct engine_iter *it, struct str key);      /* forward only */
void engine_iter_free(struct engine_iter *it);                              /* takes NULL */

/* All of it or nothing, on stable storage when it returns OK. E_FULL or E_IO: refused; what was refused may still
 * show after engine_recover (the write was in doubt), never in part. */
must_use int engine_commit(struct engine *e, const struct engine_write *w, size_t n);

/* After a failed commit: makes the engine take writes again, once the cause is gone. No scan may be open. What was
 * read before may be out of date. */
must_use int engine_recover(struct engine *e);

/* A consistent copy in a new folder, while the engine works on. */
must_use int engine_checkpoint(struct engine *e, const char *dir);

/* One line for the log about the newest failure; never NULL. */
const char *engine_why(struct engine *e);
void engine_close(struct engine *e);                                        /* takes NULL */

/* RocksDB in a folder of its own, which is made when absent. E_BUSY: another process has it open.
 * reterr, when not NULL, is filled with a line for the log on failure. */
struct engine_rocksdb_options {
	const char *dir;
	size_t write_buffer;        /* bytes of a memtable of the two large spaces; 0: 8 MiB */
	size_t cache;               /* bytes of the block cache; 0: 8 MiB */
	int max_open_files;         /* 0: 256 */
	uint64_t reserve; /* free disk below which a commit is refused before RocksDB meets the end of it; 0: 32 MiB */
};
must_use int engine_rocksdb_open(const struct engine_rocksdb_options *o, struct engine **ret, struct buf *reterr);

/* In memory, for tests: commits fail on demand, and the power goes at will. */
struct engine *engine_memory_new(void);
struct engine_memory_faults {
	unsigned fail_commit;       /* the commit so many commits from now fails (1: the next); 0: none */
	int fail_with;              /* E_FULL or E_IO */
	bool fail_sticky;           /* all later commits and recoveries fail too, until this is cleared */
	bool fail_in_doubt;         /* what the failing commit held shows after engine_recover */
	unsigned fail_get;          /* the read so many reads from now fails with E_IO; 0: none */
	unsigned delay_us;          /* each commit takes so long */
};
void engine_memory_fail(struct engine *e, const struct engine_memory_faults *f);    /* from now on; all zero: no more */
/* Power loss: a new engine that holds what was committed at this moment. The old one answers E_IO from now on. */
struct engine *engine_memory_cut(struct engine *e);
size_t engine_memory_commits(const struct engine *e);       /* commits that succeeded so far */

#endif
