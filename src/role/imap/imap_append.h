/* APPEND and REPLACE: messages are taken one by one, each is taken apart by scan, and all are stored in one commit.
 *
 * The message in hand is in the session (append_bytes, or append_fd when it is large). When a second one comes, the first
 * moves to the joint memory file, and the others follow it. */
#ifndef ROLE_IMAP_APPEND_H
#define ROLE_IMAP_APPEND_H

#include "proto/imap/imap_command_args.h"
#include "role/imap/imap.h"

struct imap_staged { uint64_t flags, size; int64_t date; struct str summary; };

struct imap_append_run {
	uint32_t mailbox;
	uint32_t replaced_in, replaced;         /* mailbox and UID of what REPLACE takes away; 0: nothing */
	struct imap_staged *v;
	size_t n, cap;
	uint64_t joined;                        /* octets in the joint file */
	size_t summaries;                       /* octets of all summaries */
};

/* Finds the mailbox that a command names next. E_DENIED: answered. */
must_use int imap_append_target(struct imap_session *s, struct imap_args *a, struct imap_append_run *run);
/* Everything behind the mailbox: takes and stages messages to the end of the command. E_DENIED: answered, and nothing of
 * the command is left to read. */
must_use int imap_append_take(struct imap_session *s, struct imap_args *a, struct imap_append_run *run);
/* What was refused in front of its message is read past; the answer stays. */
must_use int imap_append_refuse(struct imap_session *s);
/* Stores what is staged. uids: packed u32, valid until the next call; *ret_modseq: of the mailbox that lost one. */
must_use int imap_append_store(struct imap_session *s, struct imap_append_run *run, uint32_t *ret_uidvalidity, struct str *ret_uids,
			       uint64_t *ret_modseq);
struct str imap_appenduid(struct imap_session *s, uint32_t uidvalidity, struct str uids);      /* resp-code-apnd (RFC 4315) */
void imap_append_forget(struct imap_session *s);

/* The message in hand, piece by piece: imap_append_bytes.c. E_TOOBIG. */
must_use int imap_append_begin(struct imap_session *s, uint64_t size_known);     /* 0: not known */
must_use int imap_append_put(struct imap_session *s, struct str piece);
must_use int imap_append_seal(struct imap_session *s);
/* It leaves the hand for the joint file. */
must_use int imap_append_join(struct imap_session *s, struct imap_append_run *run);

/* CATENATE (RFC 4469): puts the message together in hand. E_DENIED: answered. */
must_use int imap_catenate(struct imap_session *s, const struct imap_append *p);

#endif
