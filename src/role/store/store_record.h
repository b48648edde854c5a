/* Keys and records: the only place that knows how anything lies on disk (docs/store.md lists them). Every record
 * begins with the version of its form. Readers take the bytes as hostile: E_CORRUPT for what does not fit. Strings
 * point into the bytes given. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "role/store/store_directory.h"
#include "role/store/store_mail.h"
#include "role/store/store_queue.h"

/* ---- keys ---- */
struct store_key { size_t n; char p[STORE_ADDRESS_MAX + 32]; };
static inline struct str store_key_str(const struct store_key *k) { return (struct str){ k->p, k->n }; }

enum store_kind {                       /* the byte behind the account in ENGINE_INDEX, by what follows it */
	STORE_KIND_META = 'm',
	STORE_KIND_KEYWORDS = 'k',
	STORE_KIND_MAILBOX = 'b',       /* mailbox */
	STORE_KIND_PAGE = 'p',          /* mailbox, first uid */
	STORE_KIND_TAIL = 't',          /* mailbox, uid */
	STORE_KIND_LOG = 'x',           /* mailbox, modseq */
	STORE_KIND_EMAIL = 'e',         /* e-mail */
	STORE_KIND_GARBAGE = 'g',       /* modseq, mailbox */
	STORE_KIND_THREAD = 'h',        /* hash of a message id */
	STORE_KIND_SENDER = 'c',        /* address, in lower case */
	STORE_KIND_NOTE = 'n',          /* mailbox (0: the account), name */
	STORE_KIND_WROTE = 'w',         /* hash of an address that the account has written to */
	STORE_KIND_SHARED = 'r'         /* of account 0: blob */
};

struct store_key store_key_account(uint32_t account, enum store_kind kind);
struct store_key store_key_account_end(uint32_t account);       /* behind all keys of the account */
struct store_key store_key_32(uint32_t account, enum store_kind kind, uint32_t a);
struct store_key store_key_64(uint32_t account, enum store_kind kind, uint64_t a);
struct store_key store_key_32_32(uint32_t account, enum store_kind kind, uint32_t a, uint32_t b);
struct store_key store_key_32_64(uint32_t account, enum store_kind kind, uint32_t a, uint64_t b);
struct store_key store_key_64_32(uint32_t account, enum store_kind kind, uint64_t a, uint32_t b);
/* name: at most STORE_NOTE_NAME_MAX bytes count. */
struct store_key store_key_note(uint32_t account, uint32_t mailbox, struct str name);
struct store_key store_key_sender(uint32_t account, struct str address);        /* at most STORE_ADDRESS_MAX bytes count */
struct store_key store_key_summary(uint32_t account, uint64_t email);
struct store_key store_key_chunk(uint64_t blob, uint32_t chunk);
struct store_key store_key_name(char kind, struct str name);            /* directory and queue, by name */
struct store_key store_key_id32(char kind, uint32_t id);
struct store_key store_key_id64(char kind, uint64_t id);
struct store_key store_key_due(int64_t due, uint64_t id);
struct store_key store_key_destination(struct str destination, uint64_t id);
struct store_key store_key_after(const struct store_key *k);            /* the first key behind all that begin with k */
/* The number at the end of a key. */
uint32_t store_key_tail32(struct str key);
uint64_t store_key_tail64(struct str key);
/* The first number behind the kind: of keys of ENGINE_INDEX. */
uint32_t store_key_first32(struct str key);
uint64_t store_key_first64(struct str key);

/* ENGINE_DIRECTORY */
enum {
	STORE_DIR_SYSTEM = 's',
	STORE_DIR_DOMAIN = 'd',
	STORE_DIR_ACCOUNT = 'A',
	STORE_DIR_ADDRESS = 'a',
	STORE_DIR_ALIAS = 'l',
	STORE_DIR_RECORD = 'R', /* role records: space, key */
	STORE_DIR_PURGE = 'p' /* accounts that were deleted and still have keys */
};
/* ENGINE_QUEUE */
enum { STORE_Q_ENTRY = 'q', STORE_Q_DUE = 'd', STORE_Q_DESTINATION = 'n', STORE_Q_ASIDE = 'z' };

/* ---- records ---- */
enum { STORE_THREAD_KEY = 16, STORE_MEMBERS_MAX = 64, STORE_CHUNK = 512 << 10 };

struct rec_system {
	uint32_t format, next_account;
	uint64_t next_blob, next_queue;
	unsigned char thread_key[STORE_THREAD_KEY];
};
struct rec_meta { uint64_t modseq, next_email, bytes; uint32_t next_mailbox, uidvalidity, messages; };
struct rec_mailbox {
	struct str name;
	enum store_role role;
	bool subscribed;
	uint32_t uidvalidity, uidnext, messages, unseen, deleted;
	uint64_t size, highest_modseq;
	uint32_t tail_first, tail_count;        /* uids from tail_first on are tail keys, so many of them */
	uint64_t log_floor;                     /* the expunge log knows what went after this modseq */
	uint32_t log_count;                     /* records in it */
};
struct rec_email {
	uint64_t blob, thread;
	uint32_t size;
	int64_t received;
	size_t members, hashes;
	uint32_t member[STORE_MEMBERS_MAX];     /* mailboxes */
	uint64_t hash[STORE_REFS_MAX];          /* of the message ids it stands under */
};
struct rec_thread { uint64_t thread; uint32_t users; };
/* Runs of messages that went together: uid, uid + 1, ... and email, email + 1, ... */
struct rec_run { uint32_t uid, count; uint64_t email; };
struct rec_runs { struct rec_run *v; size_t n, cap; };
void rec_runs_add(struct rec_runs *r, uint32_t uid, uint64_t email);
void rec_runs_done(struct rec_runs *r);

void rec_system_write(struct bufw *w, const struct rec_system *v);
must_use int rec_system_read(struct str bytes, struct rec_system *ret);
void rec_meta_write(struct bufw *w, const struct rec_meta *v);
must_use int rec_meta_read(struct str bytes, struct rec_meta *ret);
void rec_mailbox_write(struct bufw *w, const struct rec_mailbox *v);
must_use int rec_mailbox_read(struct str bytes, struct rec_mailbox *ret);
void rec_email_write(struct bufw *w, const struct rec_email *v);
must_use int rec_email_read(struct str bytes, struct rec_email *ret);
void rec_thread_write(struct bufw *w, const struct rec_thread *v);
must_use int rec_thread_read(struct str bytes, struct rec_thread *ret);
void rec_runs_write(struct bufw *w, const struct rec_runs *v);
must_use int rec_runs_read(struct str bytes, struct rec_runs *ret);     /* appends */
void rec_account_write(struct bufw *w, const struct store_account_info *v);
must_use int rec_account_read(struct str bytes, struct store_account_info *ret);       /* but the id */
void rec_domain_write(struct bufw *w, const struct store_domain_info *v);
must_use int rec_domain_read(struct str bytes, struct store_domain_info *ret);         /* but the name */
void rec_alias_write(struct bufw *w, const struct store_alias_info *v);
must_use int rec_alias_read(struct str bytes, struct arena *a, struct store_alias_info *ret);  /* but the address */
void rec_queue_write(struct bufw *w, const struct store_queue_entry *v);
must_use int rec_queue_read(struct str bytes, struct store_queue_entry *ret);          /* but the id */
void rec_u32_write(struct bufw *w, uint32_t v);                 /* counters, ids */
must_use int rec_u32_read(struct str bytes, uint32_t *ret);

/* Pages and tail keys: the version, then whole entries. */
void rec_entries_write(struct bufw *w, const void *entries, size_t n);
must_use int rec_entries_read(struct str bytes, struct str *ret_entries);

#endif
