/* What the files of the model share. Everything decoded here is a cache over kv: it can be dropped at any time and
 * read again. An operation that fails, and a commit that fails, drop what they touched. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "role/store/store_record.h"

enum { STORE_PAGE = 128 };              /* entries of a page; so many tail keys become one */

/* ---- the cache ---- */

/* All entries of a mailbox, packed, by uid. page[i]: the first uid that page i may hold; it holds those below
 * page[i + 1], the last one those below the mailbox's tail_first. */
struct store_view {
	unsigned char *entries;
	size_t n, cap;
	uint32_t *page;
	size_t pages, page_cap;
};

struct store_mailbox {
	uint32_t id;
	struct store_account *account;
	struct rec_mailbox rec;                 /* rec.name is ours, on the heap */
	struct store_view *view;                /* NULL: not loaded */
	struct store_mailbox *next_dirty;
	bool dirty;
};

struct store_account {
	uint32_t id;
	uint64_t quota;
	struct rec_meta meta;
	struct str keyword[64 - STORE_SYSTEM_FLAGS];    /* on the heap */
	size_t keywords;
	struct store_mailbox **mailbox;         /* by name, INBOX first */
	size_t mailboxes, mailbox_cap;
	struct map by_id;
	struct store_mailbox *dirty_mailboxes;
	uint64_t modseq;                        /* of the operation under way; 0: none taken yet */
	uint64_t seen;                          /* the batch that an answer about this account depends on */
	bool touched, keywords_dirty;
	struct store_account *next_touched;
	struct store_account *newer, *older;    /* by use */
	size_t cost;
};

struct store_event { uint64_t commit, modseq; uint32_t account, mailbox; int64_t due; };
struct store_events { struct store_event *v; size_t n, cap; };

struct store_lease { uint64_t id; int64_t until; uint64_t done; };      /* done: the batch that ends it; 0: none */

struct store {
	struct store_options o;
	struct kv *kv;
	struct rec_system sys;
	bool sys_dirty;
	struct map accounts;
	struct store_account *newest, *oldest, *touched;
	size_t cost;
	uint64_t seen;                          /* by the call under way */
	uint64_t directory_seen, queue_seen, records_seen;
	struct store_events events;
	size_t op_events;                       /* how many there were when the operation began */
	struct map leases;
	size_t leases_ending;
	int64_t due_from;                       /* nothing is due before: where to look first */
	bool directory_touched, queue_touched, records_touched;
	bool purge_pending;
	uint64_t recounts;                      /* mailboxes whose counters were found wrong */
	struct buf scratch;                     /* for one encoding or record at a time */
	struct bufw writer;
	int op_err;                             /* what a write met that could not say so */
	bool joined;                            /* operations are parts of a larger one */
	int join_err;                           /* the first that failed, with which all fail */
};

/* ---- operations: all writes happen between these (store.c) ---- */
must_use int store_op_begin(struct store *st);
/* Writes the records that changed, or undoes everything; returns r. */
int store_op_end(struct store *st, int r);
void store_event_add(struct store *st, uint32_t account, uint32_t mailbox, uint64_t modseq);
void store_event_due(struct store *st, int64_t due);

/* One encoding at a time: w = store_encode(st); rec_x_write(w, ...); store_put_encoded(...). A record that outgrows its
 * ceiling fails the operation. */
struct bufw *store_encode(struct store *st);
void store_put_encoded(struct store *st, enum engine_space space, const struct store_key *k);
static inline void store_put(struct store *st, enum engine_space space, const struct store_key *k, struct str value)
{
	kv_put(st->kv, space, store_key_str(k), value);
}
static inline void store_remove(struct store *st, enum engine_space space, const struct store_key *k)
{
	kv_remove(st->kv, space, store_key_str(k));
}
/* Reads a record into out, which it empties first. */
must_use int store_read(struct store *st, enum engine_space space, const struct store_key *k, struct buf *out);

/* ---- accounts and mailboxes (store_cache.c) ---- */
must_use int store_account_open(struct store *st, uint32_t id, struct store_account **ret);
must_use int store_mailbox_open(struct store *st, uint32_t account, uint32_t id, struct store_mailbox **ret);
struct store_mailbox *store_mailbox_in(const struct store_account *a, uint32_t id);         /* NULL: none */
void store_account_touch(struct store *st, struct store_account *a);
void store_mailbox_touch(struct store *st, struct store_mailbox *m);
/* The modseq of this operation in the account; also marks the mailbox as changed by it. */
uint64_t store_modseq(struct store *st, struct store_account *a, struct store_mailbox *m);
struct store_mailbox *store_mailbox_new(struct store *st, struct store_account *a, struct str name,
					enum store_role role);
void store_mailbox_forget(struct store *st, struct store_mailbox *m);       /* takes it out and frees it */
void store_mailbox_rename_one(struct store *st, struct store_mailbox *m, struct str name);
void store_account_forget(struct store *st, struct store_account *a);
void store_cache_drop(struct store *st);        /* everything */
void store_cache_trim(struct store *st);
void store_cache_add(struct store *st, struct store_account *a, size_t bytes);      /* its views grew */
void store_account_save(struct store *st, struct store_account *a);     /* writes what is dirty */

/* ---- views (store_view.c) ---- */
must_use int store_view_load(struct store *st, struct store_mailbox *m);
void store_view_free(struct store_view *v);
size_t store_view_find(const struct store_view *v, uint32_t uid);       /* index of the first entry with uid >= this */
static inline unsigned char *store_view_at(const struct store_view *v, size_t i)
{
	return v->entries + i * STORE_ENTRY;
}
/* Adds an entry with the mailbox's next uid, and counts it. */
must_use int store_entry_add(struct store *st, struct store_mailbox *m, struct store_entry *e);
/* A run of changes to entries of a loaded view: change the bytes, then say so; at the end, end. */
struct store_rewrite { struct store *st; struct store_mailbox *m; size_t page; };
void store_rewrite_entry(struct store_rewrite *w, size_t i);
void store_rewrite_end(struct store_rewrite *w);
/* Removes the entries marked in gone (one byte an entry), writes pages and counters. */
void store_view_remove(struct store *st, struct store_mailbox *m, const unsigned char *gone);
void store_count(struct store_mailbox *m, const struct store_entry *e, int sign); /* counters of mailbox and account */

/* ---- blobs (store_blob.c) ---- */
uint64_t store_blob_write(struct store *st, const struct str *piece, size_t pieces);
void store_blob_share(struct store *st, uint64_t blob, uint32_t users);         /* of a new blob: more than one */
must_use int store_blob_retain(struct store *st, uint64_t blob);
must_use int store_blob_release(struct store *st, uint64_t blob, uint64_t size);
must_use int store_blob_range(struct store *st, uint64_t blob, uint64_t size, uint64_t offset, size_t n,
			      struct buf *out);

/* ---- e-mails (store_email.c) ---- */
must_use int store_email_read(struct store *st, uint32_t account, uint64_t email, struct rec_email *ret);
void store_email_write(struct store *st, uint32_t account, uint64_t email, const struct rec_email *r);
/* Threads: the message ids as hashes, then the thread that they lead to; the hashes are counted as used. */
void store_thread_hashes(const struct store *st, const struct store_message *m, struct rec_email *ret);
must_use int store_thread_join(struct store *st, uint32_t account, uint64_t email, struct rec_email *e);
must_use int store_thread_leave(struct store *st, uint32_t account, const struct rec_email *r);
bool store_fits(const struct store_account *a, uint64_t bytes);
uint64_t store_message_size(const struct store_message *m);
/* Puts a new e-mail with these bytes into the mailbox. */
must_use int store_email_place(struct store *st, struct store_mailbox *m, uint64_t blob,
			       const struct store_message *msg, int64_t now, struct store_appended *ret);

/* ---- garbage and the expunge log (store_expunge.c, store_purge.c) ---- */
must_use int store_log_add(struct store *st, struct store_mailbox *m, uint64_t modseq, const struct rec_runs *runs);
/* As store_expunge, within an operation. */
must_use int store_expunge_within(struct store *st, uint32_t account, uint32_t mailbox, const struct store_set *uids,
                                  bool only_deleted, struct store_set *ret_gone, uint64_t *ret_modseq);
/* E-mails that no entry leads to any more: the purge takes them. */
void store_garbage_add(struct store *st, struct store_mailbox *m, uint64_t modseq, const struct rec_runs *runs);
/* Lists the account for the purge: its garbage, or all of it. */
void store_purge_account(struct store *st, uint32_t account);
void store_purge_everything(struct store *st, uint32_t account);

/* ---- directory and queue ---- */
must_use int store_dir_read(struct store *st, char kind, struct str name, struct buf *out);
must_use int store_domain_known(struct store *st, struct str name);     /* OK or E_NOTFOUND */
struct str store_address_domain(struct str address);
void store_directory_touch(struct store *st);
void store_directory_look(struct store *st);
void store_queue_touch(struct store *st);
void store_queue_look(struct store *st);
void store_lease_settled(struct store *st, uint64_t durable);
void store_lease_dropped(struct store *st);
must_use int store_queue_add(struct store *st, struct store_queue_entry *e, uint64_t blob, uint32_t size);
must_use int store_queue_remove(struct store *st, const struct store_queue_entry *e);
/* The entry in another state, due at another time. */
void store_queue_move(struct store *st, const struct store_queue_entry *e, enum store_queue_state state, int64_t next,
                      struct str text);
/* Delivers within an operation that is under way. */
must_use int store_sender_note(struct store *st, const struct store_meeting *m);
must_use int store_deliver_within(struct store *st, struct store_delivery *d, int64_t now);

/* ---- notes (store_note.c) ---- */
/* Within an operation. The name of a mailbox that is gone and stays subscribed (RFC 9051 section 6.3.5); long ones are
 * not kept. */
void store_note_keep_subscribed(struct store *st, const struct store_account *a, struct str name);
/* True, and it is forgotten: the name was kept. */
must_use int store_note_take_subscribed(struct store *st, const struct store_account *a, struct str name, bool *ret);

/* ---- names of mailboxes ---- */
bool store_mailbox_name_valid(struct str name);
/* The level INBOX at the front of a path is INBOX in any case (RFC 9051 section 5.1). room: STORE_NAME_MAX bytes. */
struct str store_name_canonical(struct str name, char *room);
bool store_name_is_child(struct str name, struct str parent);
struct store_mailbox *store_mailbox_named(const struct store_account *a, struct str name);      /* NULL: none */
must_use int store_name_free(const struct store_account *a, struct str name);   /* OK, E_EXISTS, E_SYNTAX, E_TOOBIG */
must_use int store_mailbox_parents(struct store *st, struct store_account *a, struct str name);
/* All messages of a mailbox into another of the same account. */
must_use int store_move_all(struct store *st, struct store_mailbox *from, struct store_mailbox *to, int64_t now);

#endif
