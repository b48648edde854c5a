/* What a session knows of its selected mailbox. Sequence numbers mean what the client was told (B38): a message that
 * has gone stays in its row, marked, until the client has been told.
 *
 * Rows count from 0; the sequence number is row + 1. Rows are ordered by UID. */
#ifndef ROLE_IMAP_VIEW_H
#define ROLE_IMAP_VIEW_H

#include "ipc/wire_types.h"
#include "proto/imap/imap_set.h"

struct imap_session;

enum imap_row_state {
	IMAP_ROW_GONE = 1,              /* removed from the mailbox, the client does not know yet */
	IMAP_ROW_CHANGED = 2,           /* flags changed, the client does not know yet */
	IMAP_ROW_RECENT = 4             /* no session has seen it before this one (RFC 3501) */
};

struct imap_message {
	uint32_t uid, size;
	uint64_t email, modseq, flags;
	int64_t date, saved;
	uint32_t state;                 /* enum imap_row_state */
};

struct imap_view {
	uint32_t mailbox, uidvalidity, uidnext;         /* uidnext: when it was opened */
	bool read_only;
	uint64_t modseq;                /* everything up to here is known */
	struct imap_message *v;
	size_t n, cap;
	size_t told;                    /* rows that the client knows: EXISTS */
	size_t gone, changed;           /* rows in those states */
	size_t recent_told;             /* RECENT */
};

void imap_view_done(struct imap_view *v);       /* frees; everything is zero */
/* Packed index entries, ascending by uid: new ones are appended, known ones updated. tell: changed flags are to be
 * told. */
void imap_view_take(struct imap_view *v, struct str entries, bool tell);
void imap_view_vanish(struct imap_view *v, uint32_t uid);
/* Of the uids from..to only these entries are left: for reading anew when the log of changes does not reach back. */
void imap_view_keep_only(struct imap_view *v, uint32_t from, uint32_t to, struct str entries);
/* Removes rows that are gone. */
void imap_view_forget_gone(struct imap_view *v);
size_t imap_view_find(const struct imap_view *v, uint32_t uid);         /* the first row with this uid or a larger one */
/* UIDs to sequence numbers, both resolved sets. */
void imap_view_rows_of(const struct imap_view *v, struct arena *a, const struct imap_set *uids, struct imap_set *ret);

#endif
