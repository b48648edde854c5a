/* Mailboxes and the messages in them.
 *
 * An account has one modseq, a counter from 1; every change takes the next value, and one operation is one value. An
 * e-mail is an immutable blob with flags and a place in a mailbox. A UID is never used twice (RFC 9051
 * section 2.3.1.1), a mailbox made anew under an old name has a larger UIDVALIDITY. */
#ifndef STORE_MAIL_H
#define STORE_MAIL_H

#include "role/store/store.h"

enum {
	STORE_MAILBOXES_MAX = 10000,        /* an account */
	STORE_NAME_MAX = 1000,              /* bytes of a full mailbox name */
	STORE_DEPTH_MAX = 32,               /* levels of it */
	STORE_MESSAGE_MAX = 256 << 20,
	STORE_SUMMARY_MAX = 4 << 20,
	STORE_REFS_MAX = 11,                /* own message id and ten references */
	STORE_KEYWORD_MAX = 255,            /* bytes of a keyword */
	STORE_NOTE_NAME_MAX = 256,
	STORE_NOTE_MAX = 64 << 10,          /* bytes of a note */
	STORE_NOTES_MAX = 1000              /* notes of one mailbox, or of the account */
};

#define STORE_INBOX 1u                  /* the mailbox id of INBOX in every account */

/* ---- entries: 48 bytes, little-endian, the same on disk, in memory and between roles ---- */
enum { STORE_ENTRY = 48 };
struct store_entry { uint32_t uid, size; uint64_t email, modseq, flags; int64_t internal, saved; };
void store_entry_put(void *p, const struct store_entry *e);
struct store_entry store_entry_get(const void *p);

enum store_flag {
	STORE_SEEN = 1 << 0,
	STORE_ANSWERED = 1 << 1,
	STORE_FLAGGED = 1 << 2,
	STORE_DELETED = 1 << 3,
	STORE_DRAFT = 1 << 4,
	STORE_SYSTEM_FLAGS = 5 /* bits above are keywords of the account's table */
};

/* ---- mailboxes ---- */
enum store_role {                       /* RFC 6154, RFC 8621 section 2 */
	STORE_ROLE_NONE, STORE_ROLE_INBOX, STORE_ROLE_DRAFTS, STORE_ROLE_SENT, STORE_ROLE_TRASH, STORE_ROLE_JUNK,
	STORE_ROLE_ARCHIVE, STORE_ROLE_ALL, STORE_ROLE_FLAGGED, STORE_ROLES
};

struct store_mailbox_info {
	uint32_t id;
	struct str name;                    /* UTF-8, levels parted by '/'; a view that lives until the next write */
	enum store_role role;
	uint32_t uidvalidity, uidnext;
	uint32_t messages, unseen, deleted;
	uint64_t size;                      /* sum of the messages' sizes */
	uint64_t highest_modseq;
	bool subscribed;
};

/* All mailboxes of the account, by name, INBOX first; valid until the next write. */
must_use int store_mailbox_list(struct store *st, uint32_t account, struct arena *a, struct store_mailbox_info **ret,
                                size_t *ret_n);
must_use int store_mailbox_get(struct store *st, uint32_t account, uint32_t mailbox, struct store_mailbox_info *ret);
/* INBOX in any case. E_NOTFOUND. */
must_use int store_mailbox_find(struct store *st, uint32_t account, struct str name, struct store_mailbox_info *ret);
/* E_EXISTS, E_SYNTAX (not UTF-8, control bytes, empty levels, too deep), E_TOOBIG, E_FULL (too many). Missing parents
 * are made too. */
must_use int store_mailbox_create(struct store *st, uint32_t account, struct str name, enum store_role role,
                                  uint32_t *ret_id);
/* E_DENIED for INBOX. E_BUSY: it has children (RFC 9051 section 6.3.5). */
must_use int store_mailbox_delete(struct store *st, uint32_t account, uint32_t mailbox);
/* With all its children; ids, UIDs and UIDVALIDITY stay. Renaming INBOX moves its messages to a new mailbox
 * (RFC 9051 section 6.3.6). E_EXISTS, E_SYNTAX; E_DENIED into itself. */
must_use int store_mailbox_rename(struct store *st, uint32_t account, uint32_t mailbox, struct str name, int64_t now);
must_use int store_mailbox_subscribe(struct store *st, uint32_t account, uint32_t mailbox, bool subscribed);
/* The name of a mailbox that is gone. */
must_use int store_mailbox_unsubscribe_gone(struct store *st, uint32_t account, struct str name);
must_use int store_mailbox_role(struct store *st, uint32_t account, uint32_t mailbox, enum store_role role);

struct store_status { uint64_t modseq, bytes, quota; uint32_t messages; };      /* of the whole account */
must_use int store_account_status(struct store *st, uint32_t account, struct store_status *ret);

/* ---- notes: small texts that hang on a mailbox, or with mailbox 0 on the account (METADATA, RFC 5464) ----
 * The first byte of a name says whose it is: STORE_NOTE_…; each is listed with all that begin alike. */
enum { STORE_NOTE_METADATA = 'm', STORE_NOTE_SUBSCRIBED = 's', STORE_NOTE_RECENT = 'r' };
typedef int store_note_fn(void *ctx, struct str name, struct str value);
must_use int store_notes(struct store *st, uint32_t account, uint32_t mailbox, struct str prefix, store_note_fn *each, void *ctx);
/* value.p NULL: removes it. E_TOOBIG, E_FULL (too many). */
must_use int store_note_set(struct store *st, uint32_t account, uint32_t mailbox, struct str name, struct str value);
/* Messages from this UID on were not shown to any session (\Recent, RFC 3501 section 2.3.2). claim: now they are. */
must_use int store_recent(struct store *st, uint32_t account, uint32_t mailbox, bool claim, uint32_t *ret_first, uint32_t *ret_count);

/* The keyword table: bit STORE_SYSTEM_FLAGS + i has name [i]. Views valid until the next write. */
must_use int store_keywords(struct store *st, uint32_t account, struct arena *a, struct str **ret, size_t *ret_n);
/* The bits of these keywords (ASCII case folded), adding what is missing. E_FULL beyond 59. E_SYNTAX. */
must_use int store_keywords_add(struct store *st, uint32_t account, const struct str *name, size_t n,
                                uint64_t *ret_flags);

/* ---- reading ---- */
/* Appends to out the entries with uid >= from_uid, at most limit. */
must_use int store_entries(struct store *st, uint32_t account, uint32_t mailbox, uint32_t from_uid, size_t limit,
                           struct buf *out);
/* Appends the entries of these uids. */
must_use int store_entries_of(struct store *st, uint32_t account, uint32_t mailbox, const struct store_set *uids,
                              struct buf *out);
/* What happened after `since` (RFC 7162): appends the entries changed, and the uids that went and were there at
 * `since` or came later. *ret_all: the log no longer reaches back; every uid not present counts as gone. */
must_use int store_changes(struct store *st, uint32_t account, uint32_t mailbox, uint64_t since, struct buf *changed,
                           struct store_set *vanished, bool *ret_all);

/* Appends the summaries of these e-mails in the given order, each framed by its length (write_str); an e-mail that does
 * not exist has an empty one. Stops before out passes max_bytes, but not before the first; *ret_done: how many. */
must_use int store_summaries(struct store *st, uint32_t account, const uint64_t *email, size_t n, size_t max_bytes,
                             struct buf *out, size_t *ret_done);

struct store_email_info { uint64_t id, blob, thread; uint32_t size, mailbox; int64_t received; };
must_use int store_email_get(struct store *st, uint32_t account, uint64_t email, struct store_email_info *ret);
/* Appends bytes offset.. (at most n) of the message to out. */
must_use int store_blob_read(struct store *st, uint32_t account, uint64_t email, uint64_t offset, size_t n,
                             struct buf *out);

/* ---- writing ---- */
struct store_message {
	const struct str *piece;            /* the message is these, one behind the other */
	size_t pieces;
	struct str summary;                 /* opaque */
	const struct str *message_id;       /* own, then references: they make the thread */
	size_t message_ids;                 /* more than STORE_REFS_MAX: the first and the last are used */
	uint64_t flags;
	int64_t internal;                   /* internal date */
};

struct store_appended { uint32_t uid, uidvalidity; uint64_t email, modseq; };
/* E_NOTFOUND, E_QUOTA, E_TOOBIG. */
must_use int store_append(struct store *st, uint32_t account, uint32_t mailbox, const struct store_message *m,
			  int64_t now, struct store_appended *ret);

/* Several in one operation, and one that goes (replaced->uid 0: none; E_NOTFOUND when it is not there). uids: packed u32,
 * appended to. *ret_modseq: of what went, else 0. */
struct store_replaced { uint32_t mailbox, uid; };
must_use int store_append_many(struct store *st, uint32_t account, uint32_t mailbox, const struct store_message *m, size_t n,
                               const struct store_replaced *replaced, int64_t now, struct buf *uids, uint64_t *ret_modseq);

enum store_flag_op { STORE_FLAGS_ADD, STORE_FLAGS_REMOVE, STORE_FLAGS_REPLACE };
struct store_flag_change {
	enum store_flag_op op;
	uint64_t flags;
	uint64_t unchanged_since;           /* UINT64_MAX: no condition (RFC 7162 section 3.1.3) */
};
/* The uids whose flags changed (they have modseq now), and those that failed the condition. Uids that do not exist
 * are passed over. modseq 0: nothing changed. */
struct store_flagged { struct store_set changed, failed; uint64_t modseq; };
must_use int store_flags(struct store *st, uint32_t account, uint32_t mailbox, const struct store_set *uids,
                         const struct store_flag_change *c, struct store_flagged *ret);
void store_flagged_done(struct store_flagged *f);

struct store_place { uint32_t account, mailbox; };
/* The source uids, in order, became first, first + 1, ... in the target. */
struct store_copied { struct store_set from; uint32_t first, uidvalidity; uint64_t modseq; };
/* A copy is a new e-mail that shares the bytes. All of them or none. E_NOTFOUND, E_FULL. */
must_use int store_copy(struct store *st, struct store_place from, const struct store_set *uids, struct store_place to,
                        int64_t now, struct store_copied *ret);
/* Within an account the e-mail stays the same (RFC 6851, RFC 8621). Across accounts: copy and expunge in one. */
must_use int store_move(struct store *st, struct store_place from, const struct store_set *uids, struct store_place to,
                        int64_t now, struct store_copied *ret);
void store_copied_done(struct store_copied *c);

/* Removes what has \Deleted (only_deleted) and lies in uids (NULL: everywhere). *ret_gone is the caller's
 * to free; *ret_modseq 0: nothing. */
must_use int store_expunge(struct store *st, uint32_t account, uint32_t mailbox, const struct store_set *uids,
                           bool only_deleted, struct store_set *ret_gone, uint64_t *ret_modseq);

#endif
