/* Delivery: one message to many recipients in one commit, and the queue of what must go elsewhere.
 *
 * States of a queue entry:
 *
 *     scheduled ──lease──▶ leased ──done: delivered, failed──▶ (gone)
 *         ▲  ▲                │
 *         │  └─done: deferred─┤
 *         │   lease ran out, restart
 *     retry, release
 *         │
 *        held ◀──hold── scheduled
 *
 * A lease lives in memory only: it ends at its time or with the process, and the entry is due again (B27). A record
 * that cannot be read is set aside under its id and reported; the others go on (B20). */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "role/store/store_mail.h"

enum {
	STORE_QUEUE_RCPTS_MAX = 1000,       /* local and remote recipients of one delivery */
	STORE_PATH_MAX = 512,
	STORE_QUEUE_TEXT_MAX = 1024
};

enum store_queue_state { STORE_QUEUE_SCHEDULED, STORE_QUEUE_HELD, STORE_QUEUE_STATES };

struct store_queue_entry {
	uint64_t id, blob;                  /* given by the store */
	uint32_t size;
	struct str sender;                  /* empty: the null reverse-path (B32) */
	struct str recipient, destination;  /* the domain, or the route the caller groups by */
	struct str orcpt, envid;            /* RFC 3461, as received */
	uint8_t notify;                     /* RFC 3461, the caller's encoding */
	uint32_t flags;                     /* the caller's */
	bool delay_told;                    /* a delay DSN has gone out */
	enum store_queue_state state;
	int64_t created, expires, next;
	uint32_t attempts;
	struct str text;                    /* the newest answer of the other side, or the reason to hold */
	bool leased;                        /* not stored */
};

struct store_local {
	uint32_t account, mailbox;          /* mailbox 0: the one of that role, or INBOX */
	uint32_t role;                      /* enum store_role */
	uint64_t flags;
	bool over_quota;                    /* deliver even when the account is full: one of many behind an alias */
	int status;                         /* out: OK, E_FULL (quota), E_NOTFOUND */
	struct store_appended appended;     /* out, when OK */
};

/* Somebody wrote to the account, or the account to somebody. The values are those of sender_relation between roles. */
enum store_relation { STORE_SENDER_NEW = 1, STORE_SENDER_SEEN, STORE_SENDER_CORRESPONDENT };
struct store_meeting { uint32_t account; struct str address; enum store_relation relation; };

struct store_delivery {
	const struct store_meeting *meeting;        /* kept in the same commit */
	size_t meetings;
	struct store_message message;       /* flags and internal date apply to all */
	struct store_local *local;
	size_t locals;
	struct store_queue_entry *remote;   /* id and blob are set */
	size_t remotes;
	uint64_t blob;                      /* out: names the message in logs */
};

/* OK: everything with status OK, and all remote ones, are in the batch together. A recipient over quota is refused
 * alone. When no recipient is left: the first one's status. The bytes are stored once. */
must_use int store_deliver(struct store *st, struct store_delivery *d, int64_t now);
/* STORE_SENDER_NEW: no meeting was kept. */
must_use int store_sender_get(struct store *st, uint32_t account, struct str address, enum store_relation *ret);
/* Would a message of this size fit now? OK, E_FULL, E_NOTFOUND: for RCPT. */
must_use int store_deliver_check(struct store *st, uint32_t account, uint64_t size);

/* Up to max entries due at now, not leased; they are leased until now + seconds. Strings live in a. */
must_use int store_queue_lease(struct store *st, int64_t now, int64_t seconds, size_t max, struct arena *a,
                               struct store_queue_entry **ret, size_t *ret_n);
/* When the next entry falls due that is not leased, or INT64_MAX. */
int64_t store_queue_next(struct store *st, int64_t now);

/* Released: no attempt was made, the lease is given back. */
enum store_queue_outcome { STORE_QUEUE_DELIVERED, STORE_QUEUE_FAILED, STORE_QUEUE_DEFERRED, STORE_QUEUE_RELEASED };
struct store_queue_result {
	uint64_t id;
	enum store_queue_outcome outcome;
	int64_t next;                       /* of a deferred one */
	bool delay_told;                    /* of a deferred one: a delay DSN goes out with this */
	struct str text;
};
/* The results of attempts, with a DSN to deliver in the same commit (dsn may be NULL). E_STALE: an entry is not leased
 * any more (its lease ran out, or it was cancelled): then nothing is done. */
must_use int store_queue_done(struct store *st, const struct store_queue_result *v, size_t n,
			      struct store_delivery *dsn, int64_t now);

/* All leases end: whoever held them has died. */
void store_queue_forget_leases(struct store *st);

/* Entries with an id above after; destination empty: all. Reads at most a bounded number of records a call, so that
 * *ret_n may be less than max; *ret_after is where to go on, 0 at the end. */
must_use int store_queue_list(struct store *st, struct str destination, uint64_t after, size_t max, int64_t now,
                              struct arena *a, struct store_queue_entry **ret, size_t *ret_n, uint64_t *ret_after);
must_use int store_queue_show(struct store *st, uint64_t id, int64_t now, struct arena *a,
			      struct store_queue_entry *ret);
/* E_NOTFOUND; hold and cancel: E_BUSY while it is leased. */
must_use int store_queue_hold(struct store *st, uint64_t id, struct str reason, int64_t now);
must_use int store_queue_release(struct store *st, uint64_t id, int64_t now);   /* from held: due at once */
must_use int store_queue_retry(struct store *st, uint64_t id, int64_t now);     /* due at once */
must_use int store_queue_cancel(struct store *st, uint64_t id, int64_t now);
/* Bytes of the entry's message. */
must_use int store_queue_read(struct store *st, uint64_t id, uint64_t offset, size_t n, struct buf *out);

/* Ids of the records that were set aside. */
must_use int store_queue_aside(struct store *st, size_t max, struct arena *a, uint64_t **ret, size_t *ret_n);

struct store_queue_counts { uint64_t entries, leased, aside; };
must_use int store_queue_count(struct store *st, int64_t now, struct store_queue_counts *ret);

/* ---- store_wrote.c ---- */
/* Notes whom the account writes to; *ret_fresh: how many of them for the first time. */
must_use int store_wrote(struct store *st, uint32_t account, const struct store_queue_entry *to, size_t n, struct arena *a, uint32_t *ret_fresh);

#endif
