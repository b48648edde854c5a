/* Is the data whole? Walks everything on disk and holds each record against the others:
 *  - an address leads to its account and back, names are unique, every alias lives in a domain of ours;
 *  - counters of a mailbox and of an account are the sums of their entries (B57); next ids lie above all used;
 *  - UIDs grow strictly, modseqs stay under the account's;
 *  - every entry has its e-mail, summary and blob; every e-mail its entry, or it waits for the purge (B23, B25);
 *  - a blob has all its chunks, as many owners as it counts, and no blob is without owner;
 *  - the due and destination indexes hold exactly the queue's entries.
 * All bytes are read, so that their checksums are verified. Call it when all is durable (store_settle); it writes
 * nothing. */
#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include "role/store/store.h"

struct store_check_options {
	void (*finding)(void *ctx, struct str line);
	void *ctx;
};
struct store_check_counts { uint64_t accounts, mailboxes, emails, blobs, bytes, queued, findings; };

/* OK also when there are findings; an error only when the walk itself could not go on. */
must_use int store_check(struct store *st, const struct store_check_options *o, struct store_check_counts *ret);

#endif
