/* Searches whose result is kept up to date (CONTEXT=SEARCH, RFC 5267): the program as it was written, and the UIDs it
 * found. It is asked again of messages that came or changed, and of no others. */
#ifndef ROLE_IMAP_CONTEXT_H
#define ROLE_IMAP_CONTEXT_H

#include "role/imap/imap_search.h"

enum { IMAP_CONTEXTS_MAX = 8, IMAP_CONTEXT_ARGS_MAX = 16 << 10 };

struct imap_context {
	struct imap_context *next;
	struct buf tag, args;
	struct buf uids;                /* packed u32, ascending */
	uint64_t modseq;                /* of the newest change looked at */
	bool uid;                       /* UID SEARCH */
};

/* Keeps the search under way, with what it found. E_TOOBIG: there is no room: NOUPDATE. */
must_use int imap_context_add(struct imap_session *s, const struct imap_search *p, const struct imap_hits *h);
must_use int imap_no_update(struct imap_session *s);            /* "* NO [NOUPDATE "tag"]" */
bool imap_context_cancel(struct imap_session *s, struct str tag);
void imap_contexts_end(struct imap_session *s);                 /* all of them */
must_use int imap_contexts_tell_removed(struct imap_session *s);        /* before EXPUNGE: what is gone leaves the results */
must_use int imap_contexts_tell_changed(struct imap_session *s);        /* after EXISTS: what came, and what changed */

#endif
